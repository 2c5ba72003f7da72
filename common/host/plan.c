/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - one commit, put together of what was read of somebody
 *
 * It must never let a commit go that lacks a piece: what went wrong first is
 * kept, and whoever makes the commit asks.
 */
#include "plan.h"

void
plan_op(struct plan *p, enum store_op_kind kind, struct csn_str key,
    struct csn_str value, int64_t expires_ms)
{
	if (p->n == p->cap || key.p == NULL || value.p == NULL) {
		p->rc = STORE_FAILED;
		return;
	}
	p->ops[p->n++] = (struct store_op){ .kind = kind, .key = key,
	    .value = value, .before = value, .expires_ms = expires_ms };
}

void
plan_take(struct plan *p, const struct kept *k)
{
	plan_op(p, STORE_EXPECT, k->key, k->value, 0);
	plan_op(p, STORE_DELETE, k->key, STR(""), 0);
}

struct buf *
plan_buf(struct plan *p)
{
	return &p->bufs[p->nbufs++];
}

struct csn_str
plan_keep(struct plan *p, struct buf *b)
{
	struct csn_str ret = buf_failed(b) ? str_of(NULL, 0) :
	    arena_str(p->a, buf_str(b));

	buf_free(b);
	return ret;
}
