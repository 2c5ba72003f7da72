/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - threads for what may block, bounded in number and in queue
 *
 * Threads start when they are first needed. Jobs run in the order they came.
 */
#ifndef COUNTERSIGN_HOST_POOL_H
#define COUNTERSIGN_HOST_POOL_H

#include <stddef.h>

struct pool;

/* At most `threads` at once and `queue` waiting. NULL when memory is
 * refused. The name (copied, 15 bytes) is the threads' name. */
struct pool *pool_new(const char *name, unsigned threads, unsigned queue);
/* 0, or -1 when the queue is full or the pool is being freed. Any thread. */
int pool_run(struct pool *, void (*job)(void *), void *arg);
/* Waits for what is queued, ends the threads. */
void pool_free(struct pool *);
/* Jobs queued and running. */
size_t pool_load(struct pool *);

#endif
