/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - what a store's backend offers to store.c
 *
 * Keys, values and operations were checked against the limits of store.h
 * before a backend sees them, and every result goes to the caller as it is.
 * The contracts are those of store.h.
 */
#ifndef COUNTERSIGN_STORE_BACKEND_H
#define COUNTERSIGN_STORE_BACKEND_H

#include <stdatomic.h>

#include "store.h"

typedef int store_each(void *, struct csn_str key, struct csn_str value,
    int64_t expires_ms);
typedef int store_feed_each(void *, uint64_t number, struct csn_str value);

struct store_range {
	struct csn_str prefix, after;
	size_t max;
	int64_t now_ms;
};

struct store_backend {
	int (*get)(struct store *, struct csn_str key, int64_t now_ms,
	    struct buf *ret, int64_t *ret_expires_ms);
	/* n is not 0. The ret_count of what was undone may be anything. */
	int (*batch)(struct store *, struct store_op *, size_t n,
	    int64_t now_ms);
	/* calls store_batch_end() before it tells */
	void (*batch_later)(struct store *, struct store_op *, size_t n,
	    int64_t now_ms, store_done *, void *arg);
	int (*list)(struct store *, const struct store_range *, store_each *,
	    void *);
	int (*feed_read)(struct store *, uint64_t after, size_t max,
	    store_feed_each *, void *);
	int (*feed_range)(struct store *, uint64_t *ret_low,
	    uint64_t *ret_high);
	int (*feed_trim)(struct store *, uint64_t through);
	int (*sweep)(struct store *, int64_t now_ms, size_t max,
	    size_t *ret_n);
	int (*ping)(struct store *, int64_t now_ms);
	void (*trouble)(struct store *, struct buf *);
	void (*close)(struct store *);
};

/* The first member of a backend's own struct. */
struct store {
	const struct store_backend *backend;
	atomic_uint_fast64_t calls;
};

/* Takes from the operations what a batch that was undone left in them. */
void store_batch_end(struct store_op *, size_t n, int rc);

#endif
