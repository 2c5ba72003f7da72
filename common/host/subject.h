/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - the one rule for names of people (security.md E8)
 *
 * What a factor calls somebody becomes the canonical name under which
 * everything about the person is kept, or is refused: full-width ASCII is
 * narrowed, the rest normalised (NFC), ASCII letters made lower-case unless
 * the realm keeps case. Refused is what another name could be mistaken for. It
 * must never map two names that look different to one, but by these rules.
 */
#ifndef COUNTERSIGN_HOST_SUBJECT_H
#define COUNTERSIGN_HOST_SUBJECT_H

#include <stdbool.h>

#include "lib/arena.h"

#define SUBJECT_MAX	255u	/* bytes of a canonical name */
#define SUBJECT_RAW_MAX	765u	/* all of them typed full-width */

#define SUBJECT_LENGTH	(-1)	/* empty or too long */
#define SUBJECT_TEXT	(-2)	/* not UTF-8, or control or bidi characters */
#define SUBJECT_BLANK	(-3)	/* at an edge, two together, or not U+0020 */
#define SUBJECT_UNSEEN	(-4)	/* invisible, private or unassigned */
#define SUBJECT_FORM	(-5)	/* a look-alike form of other characters: NFKC
				 * would change it */
#define SUBJECT_MIXED	(-6)	/* scripts, or digits of two kinds */
#define SUBJECT_MEMORY	(-7)

/*
 * The canonical name, in the arena: 0, or one of the above and nothing
 * written. One script per name (UTS 39, "highly restrictive"), but Latin may
 * stand with Han, Hiragana and Katakana; with Han and Bopomofo; with Han and
 * Hangul. A canonical name's canonical name is itself.
 */
int subject_canonical(struct arena *, bool keep_case, struct csn_str raw,
    struct csn_str *ret);
/* A sentence about one of the above, for the log. */
const char *subject_fault(int);

/* Whether a canonical name fits a pattern of a realm's `names`: `*` is any
 * text, also none; all else is itself, without regard to ASCII case. */
bool subject_matches(struct csn_str pattern, struct csn_str subject);

#endif
