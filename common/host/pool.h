/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - threads for what may block, bounded in number and in queue
 *
 * Threads start when they are first needed and end when they were not for half
 * a minute. Jobs run in the order they came.
 */
#ifndef COUNTERSIGN_HOST_POOL_H
#define COUNTERSIGN_HOST_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool;

/* The rest of a job that was taken before and had to wait for something. The
 * memory is the caller's until it runs. */
struct pool_task {
	void (*run)(void *);
	void *arg;
	struct pool_task *next;
};

/* At most `threads` at once and `queue` waiting. NULL when memory is
 * refused. The name (copied, 15 bytes) is the threads' name. */
struct pool *pool_new(const char *name, unsigned threads, unsigned queue);
/* For tests: how long a thread without work stays. Before the first job. */
void pool_set_idle(struct pool *, unsigned ms);
/* 0, or -1 when the queue is full or the pool is being freed. Any thread. */
int pool_run(struct pool *, void (*job)(void *), void *arg);
/* In front of the queue, full or not: such tasks are as few as those who were
 * taken before. -1: there is no thread, and none can be started. */
int pool_resume(struct pool *, struct pool_task *);
/* Whether pool_run() would refuse now. */
bool pool_full(struct pool *);
/* Waits for what is queued, ends the threads. */
void pool_free(struct pool *);
/* Jobs queued and running. */
size_t pool_load(struct pool *);

#endif
