/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - one commit, put together of what was read of somebody
 *
 * For people_move.c and people_erase.c: operations, and the memory that they
 * point into until the commit is made.
 */
#ifndef COUNTERSIGN_HOST_PLAN_H
#define COUNTERSIGN_HOST_PLAN_H

#include "people_kept.h"

#define PLAN_TRIES	16	/* others may be quicker so often */
#define PLAN_BUFS	10u

struct plan {
	const struct move *m;
	struct arena *a;
	struct move_result *ret;
	struct people_kept from, into;
	struct people_record next;	/* what `into` becomes */
	struct buf bufs[PLAN_BUFS];
	size_t nbufs;
	struct store_op *ops;
	size_t n, cap;
	int rc;				/* what went wrong first */
};

/* With room in `ops`; else, and without a key or value, `rc` says so. */
void plan_op(struct plan *, enum store_op_kind kind, struct csn_str key,
    struct csn_str value, int64_t expires_ms);
/* An entry goes that must still be as it was read. */
void plan_take(struct plan *, const struct kept *);
/* One of `bufs` that nobody has yet. */
struct buf *plan_buf(struct plan *);
/* A buffer's text in the arena, and the buffer freed; p NULL if it failed. */
struct csn_str plan_keep(struct plan *, struct buf *);

#endif
