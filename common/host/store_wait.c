/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_wait.c - a commit that a job waits for without its thread
 */
#include "pool.h"
#include "store_wait.h"

struct awaited {
	struct store *store;
	struct store_op *ops;
	size_t n;
	int64_t now_ms;
	int rc;
	struct pool_wait *job;
};

/* On the store's thread, mostly. */
static void
awaited_told(void *arg, int rc)
{
	struct awaited *a = arg;

	a->rc = rc;
	pool_go_on(a->job);
}

static void
awaited_begin(struct pool_wait *job, void *arg)
{
	struct awaited *a = arg;

	a->job = job;
	store_batch_later(a->store, a->ops, a->n, a->now_ms, awaited_told, a);
}

int
store_wait_batch(struct store *store, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	struct awaited a = { .store = store, .ops = ops, .n = n,
	    .now_ms = now_ms };

	if (!pool_can_leave())
		return store_batch(store, ops, n, now_ms);
	pool_leave(awaited_begin, &a);
	return a.rc;
}
