/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt.h - factors that durable records hang on, and records handed from one
 * to another (security.md O1)
 *
 * The store lists each factor that was in force, with what records know it
 * by. A load in whose configuration one of them is gone, or another plugin's,
 * is refused while somebody has enrolled it: they would be shut out, or, where
 * a policy lets the unenrolled in, let in. The operator decides: the records
 * become another factor's, or are forgotten.
 */
#ifndef COUNTERSIGN_HOST_ADOPT_H
#define COUNTERSIGN_HOST_ADOPT_H

#include "lib/arena.h"
#include "people.h"

#define ADOPT_FACTORS_MAX (2 * CHAIN_FACTORS_MAX)
#define ADOPT_BUDGET	(4u << 20)	/* of an arena for a list */

struct adopt_factor {
	struct csn_str name, plugin;
	struct csn_str realm;		/* of one that identifies, or "" */
	uint64_t id;			/* factor_id(): bound ids */
	uint64_t enrols;		/* fingerprint of a second factor's
					 * enrolments, or 0 */
};

struct adopt_list {
	struct adopt_factor *v;		/* room for ADOPT_FACTORS_MAX */
	size_t n;
};

/* The list, in the arena; none yet is empty. `raw` is what was
 * read. A store result. */
int adopt_list_read(struct store *, struct arena *, int64_t now_ms,
    struct buf *raw, struct adopt_list *ret);
/* A factor of a configuration as the list has it; texts are borrowed. */
struct adopt_factor adopt_factor_of(const struct conf *, unsigned);
/* Whether the configuration has it, so that its records count. */
bool adopt_has(const struct conf *, const struct adopt_factor *);

/* Whether this configuration may come into force: 0, or -1 with a line for
 * each reason. Reads only. */
int adopt_check(struct store *, const struct conf *, int64_t now_ms,
    struct buf *why);
/* Its factors are listed from now on; with `prune` those that are gone and
 * nobody has enrolled are not any more. A store result. */
int adopt_note(struct store *, const struct conf *, int64_t now_ms,
    bool prune);

/* What hangs on a factor. */
struct adopt_count {
	size_t people;			/* who have enrolled it */
	size_t bound;			/* whose id it bound */
	size_t values, counters;	/* what its plugin keeps; waits */
	size_t clashes;			/* keys that the other has as well */
};

struct adopt {
	struct store *store;
	struct sealer *sealer;
	struct adopt_factor from;
	struct adopt_factor into;	/* name "": forget */
	int64_t now_ms;
};

/* Counts; `clashes` are people and keys that both have. -1: unreadable. */
int adopt_counted(const struct adopt *, struct adopt_count *ret,
    struct buf *why);
/* Whether one was begun and not ended: 1 and which (texts in the arena), 0,
 * or -1. */
int adopt_begun(struct store *, struct arena *, int64_t now_ms,
    struct adopt *ret);
/* Does it, in batches; what was cut short is gone on with by the same call.
 * 0, or -1 with a sentence. */
int adopt_run(const struct adopt *, struct buf *why);

/* For adopt*.c only. */
#define ADOPT_BEGUN_KEY	STR("store/adopting")
void adopt_factor_put(struct buf *, const struct adopt_factor *);
int adopt_factor_get(struct reader *, struct arena *,
    struct adopt_factor *ret);
/* The list without a factor (by its id and enrolments), as an operation. */
int adopt_list_without(struct store *, const struct adopt_factor *gone,
    const struct adopt_factor *added, int64_t now_ms, struct buf *raw,
    struct buf *value, struct store_op *ret);

#endif
