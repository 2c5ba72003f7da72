/* SPDX-License-Identifier: Apache-2.0 */
/*
 * po.h - reads the translations of a gettext catalogue (.po), strictly
 *
 * msgid, msgstr, continued strings and comments; no contexts, no plurals.
 * For any thread.
 */
#ifndef COUNTERSIGN_GATEWAY_PO_H
#define COUNTERSIGN_GATEWAY_PO_H

#include "lib/buf.h"

#define PO_FILE_MAX	(1u << 20)	/* bytes of a file */
#define PO_TEXT_MAX	4096u		/* bytes of a msgid or msgstr */
#define PO_ENTRIES_MAX	4096u

/* Takes an entry, borrowed for the call. 0 to go on; a sentence without its
 * end (static) refuses it. */
typedef const char *po_take(void *arg, struct csn_str id, struct csn_str text);

/*
 * Gives each translated entry; untranslated, fuzzy and obsolete ones are left
 * out, and the header, which must come first and say charset=UTF-8. Refused:
 * what is not UTF-8, a control or bidi character in a text, an escape other
 * than \" \\ (and \n in the header), placeholders that differ between id and
 * text, anything over the limits. 0; or -1 with the line and a static
 * sentence, after what stood before it was given.
 */
int po_read(struct csn_str file, po_take *, void *arg, unsigned *ret_line,
    const char **ret_why);

#endif
