/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_impl.h - what pool.c, pool_turn.c and pool_wait.c share
 */
#ifndef COUNTERSIGN_HOST_POOL_IMPL_H
#define COUNTERSIGN_HOST_POOL_IMPL_H

#include <pthread.h>

#include "pool.h"

struct pool_job { void (*run)(void *); void *arg; };

/* Of a pool whose jobs may wait without a thread. All under the pool's
 * lock. */
struct pool_waits {
	unsigned max, begun;	/* jobs that have begun and not ended */
	unsigned away;		/* threads that said that they may block */
	unsigned polled;	/* jobs that wait for a descriptor */
	bool polling;		/* a thread waits for them */
	bool watched;		/* and one looks whether others are stuck */
	int poll_fd, wake_fd;
	unsigned long taken;	/* jobs and their rests so far */
	struct pool_wait *spare, *first;	/* to be used again; polled */
	struct pool_wait *ready, **last;	/* to go on */
};

/* A thread that looks whether those that are awake get on. */
struct waits_look { bool on; unsigned long taken; unsigned without; };

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, gone;
	char name[16];
	unsigned threads_max, threads, idle;
	unsigned queue_max, head, n, running;
	struct pool_task *first, **last;	/* those that came back */
	unsigned ntasks;
	bool waking;		/* a thread was woken and is not here yet */
	bool ending;
	unsigned idle_ms;
	struct pool_job *jobs;		/* a ring of queue_max, or NULL */
	struct pool_waits *waits;	/* or NULL */
};

/* All with the lock held. */

/* Whether a thread that has time finds something to take. */
bool pool_has_work(const struct pool *);
/* Whether there is no other thread to be had: all that may be are, and none
 * sleeps. */
bool pool_is_whole(const struct pool *);
/* What was queued first; there is something. */
struct pool_job pool_take_job(struct pool *);
/* Sees to it that somebody takes what there is. */
void pool_wake_one(struct pool *);

/* The rest is for pools whose jobs wait; of another one all are false, but
 * waits_may_take(). */

/* Whether no more jobs may begin; whether one that has begun can go on. */
bool waits_full(const struct pool *);
bool waits_ready(const struct pool *);
/* Whether a thread waits for descriptors; whether one should, and none does. */
bool waits_polling(const struct pool *);
bool waits_unpolled(const struct pool *);
/* Whether a thread is awake; and another that sees to it that it comes to
 * what there is. */
bool waits_awake(const struct pool *);
bool waits_looked_after(struct pool *);
unsigned waits_begun(const struct pool *);
/* Whether this thread, which begins or has slept, is to take something. */
bool waits_may_take(struct pool *, struct waits_look *);
void waits_look_end(struct pool *, struct waits_look *);
/* Whether the last thread must stay: a job has begun. */
bool waits_keep(const struct pool *);

/* The thread that waits for descriptors comes back. */
void waits_interrupt(struct pool *);
/* Waits for descriptors, and brings back whose came. */
void waits_poll(struct pool *);
/* Runs a job, or its rest, until it waits or ends; without the lock. */
void waits_run(struct pool *);
/* Gives memory back that nobody uses now; all of it. */
void waits_trim(struct pool *);
void waits_free(struct pool *);

#endif
