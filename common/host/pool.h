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
#include <stdint.h>

struct pool;
struct pool_wait;		/* a job that has left its thread */

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
/* One whose jobs may leave their thread while they wait, so that `jobs` of them
 * have begun at once; `threads` of them can block. */
struct pool *pool_new_waiting(const char *name, unsigned threads,
    unsigned queue, unsigned jobs);
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

/* In a job. What is kept for a thread (errno, OpenSSL's errors) may be another
 * thread's afterwards. */

/* Until a descriptor has one of these events of poll(2), 0, or the monotonic
 * clock comes to until_ms, -1. Where the job cannot leave, it blocks. */
int pool_wait_fd(int fd, short events, int64_t until_ms);
/* Whether this job can leave its thread. */
bool pool_can_leave(void);
/* Leaves it until pool_go_on(); begin() is called when that may come. */
void pool_leave(void (*begin)(struct pool_wait *, void *), void *arg);
/* From any thread. */
void pool_go_on(struct pool_wait *);
/* Around what may block after all: others go on with what there is. */
void pool_away(bool);

#endif
