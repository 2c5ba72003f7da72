/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_wait.c - jobs that wait for a peer or for the store without a thread
 *
 * Such a job runs on a stack of its own and leaves it when it has to wait; the
 * thread takes the next one. Of the pool's threads one at a time waits for all
 * descriptors together, so that one waking brings several answers. It must
 * never keep a job beyond the time that it gave.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fiber.h"
#include "lib/apart.h"
#include "lib/timefmt.h"
#include "pool_impl.h"

#define EVENTS_MAX	32

/* A job that has begun. */
struct pool_wait {
	struct pool *pool;
	struct fiber *fiber;
	void (*begin)(struct pool_wait *, void *);	/* what it left for */
	void *arg;
	int fd;
	short events;
	bool polled, came;
	int64_t until_ms;
	struct pool_wait *next, **at;	/* in one of the pool's lists */
};

static _Thread_local struct pool_wait *wait_now;

APART static struct pool_wait *
wait_here(void)
{
	return wait_now;
}

APART static void
wait_is(struct pool_wait *w)
{
	wait_now = w;
}

/* ------------------------------------------------------------------ */

static struct pool_waits *
waits_new(unsigned max)
{
	struct pool_waits *s = calloc(1, sizeof(*s));
	struct epoll_event e = { .events = EPOLLIN };

	if (s == NULL)
		return NULL;
	s->max = max;
	s->last = &s->ready;
	s->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->poll_fd >= 0 && s->wake_fd >= 0 &&
	    epoll_ctl(s->poll_fd, EPOLL_CTL_ADD, s->wake_fd, &e) == 0)
		return s;
	if (s->poll_fd >= 0)
		(void)close(s->poll_fd);
	if (s->wake_fd >= 0)
		(void)close(s->wake_fd);
	free(s);
	return NULL;
}

struct pool *
pool_new_waiting(const char *name, unsigned threads, unsigned queue,
    unsigned jobs)
{
	struct pool *p = pool_new(name, threads, queue);

	if (p == NULL)
		return NULL;
	p->waits = waits_new(jobs);
	if (p->waits != NULL)
		return p;
	pool_free(p);
	return NULL;
}

static void
wait_free(struct pool_wait *w)
{
	fiber_free(w->fiber);
	free(w);
}

void
waits_trim(struct pool *p)
{
	struct pool_wait *w;

	while (p->waits != NULL && (w = p->waits->spare) != NULL) {
		p->waits->spare = w->next;
		wait_free(w);
	}
}

void
waits_free(struct pool *p)
{
	if (p->waits == NULL)
		return;
	waits_trim(p);
	(void)close(p->waits->poll_fd);
	(void)close(p->waits->wake_fd);
	free(p->waits);
}

void
waits_interrupt(struct pool *p)
{
	const uint64_t one = 1;

	/* it can only fail by being full, and then it wakes as well */
	if (write(p->waits->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ------------------------------------------------------------------ */
/* running */

/* A stack of those that were used, or a new one. Without memory the job keeps
 * its thread while it waits. */
static struct pool_wait *
wait_take(struct pool *p)
{
	struct pool_wait *w = p->waits->spare;

	if (w != NULL) {
		p->waits->spare = w->next;
		return w;
	}
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->pool = p;
	w->fiber = fiber_new();
	if (w->fiber != NULL)
		return w;
	free(w);
	return NULL;
}

static struct pool_wait *
wait_begin(struct pool *p, struct pool_job job)
{
	struct pool_wait *w = wait_take(p);

	if (w != NULL)
		fiber_begin(w->fiber, job.run, job.arg);
	return w;
}

static struct pool_wait *
ready_take(struct pool_waits *s)
{
	struct pool_wait *w = s->ready;

	s->ready = w->next;
	if (s->ready == NULL)
		s->last = &s->ready;
	return w;
}

static void
wait_enter(struct pool_wait *w)
{
	struct pool *p = w->pool;
	bool ended;

	(void)pthread_mutex_unlock(&p->lock);
	wait_is(w);
	ended = fiber_enter(w->fiber);
	wait_is(NULL);
	/* as soon as it has begun to wait, another thread may go on with it */
	if (!ended)
		w->begin(w, w->arg);
	(void)pthread_mutex_lock(&p->lock);
	if (!ended)
		return;
	w->next = p->waits->spare;
	p->waits->spare = w;
	p->waits->begun--;
}

void
waits_run(struct pool *p)
{
	struct pool_wait *w;
	struct pool_job job;

	p->waits->taken++;
	if (p->waits->ready != NULL) {
		w = ready_take(p->waits);
		pool_wake_one(p);
		wait_enter(w);
		return;
	}
	p->waits->begun++;
	job = pool_take_job(p);
	pool_wake_one(p);
	w = wait_begin(p, job);
	if (w != NULL) {
		wait_enter(w);
		return;
	}
	(void)pthread_mutex_unlock(&p->lock);
	job.run(job.arg);
	(void)pthread_mutex_lock(&p->lock);
	p->waits->begun--;
}

/* ------------------------------------------------------------------ */
/* waiting */

bool
pool_can_leave(void)
{
	return wait_here() != NULL;
}

void
pool_leave(void (*begin)(struct pool_wait *, void *), void *arg)
{
	struct pool_wait *w = wait_here();

	w->begin = begin;
	w->arg = arg;
	fiber_leave();
}

static void
ready_put(struct pool_wait *w)
{
	struct pool_waits *s = w->pool->waits;

	w->next = NULL;
	*s->last = w;
	s->last = &w->next;
}

void
pool_go_on(struct pool_wait *w)
{
	struct pool *p = w->pool;

	(void)pthread_mutex_lock(&p->lock);
	ready_put(w);
	pool_wake_one(p);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
polled_remove(struct pool_wait *w)
{
	w->polled = false;
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	w->pool->waits->polled--;
}

static void
polled_add(struct pool_wait *w)
{
	struct pool_waits *s = w->pool->waits;

	w->polled = true;
	w->next = s->first;
	w->at = &s->first;
	if (w->next != NULL)
		w->next->at = &w->next;
	s->first = w;
	s->polled++;
}

static void
polled_back(struct pool_wait *w, bool came)
{
	w->came = came;
	polled_remove(w);
	ready_put(w);
}

/* The stack is left: it may be entered as soon as the lock is given up. */
static void
poll_begin(struct pool_wait *w, void *arg)
{
	struct pool *p = w->pool;
	struct epoll_event e = { .events = (w->events & POLLOUT ? EPOLLOUT :
	    0u) | (w->events & POLLIN ? EPOLLIN : 0u) | EPOLLONESHOT,
	    .data.ptr = w };

	(void)arg;
	(void)pthread_mutex_lock(&p->lock);
	polled_add(w);
	/* most have been waited for before. Where the kernel has no room for
	 * one more its time goes by: told at once it would ask in a loop */
	if (epoll_ctl(p->waits->poll_fd, EPOLL_CTL_MOD, w->fd, &e) != 0 &&
	    epoll_ctl(p->waits->poll_fd, EPOLL_CTL_ADD, w->fd, &e) != 0 &&
	    errno != ENOSPC && errno != ENOMEM) {
		polled_back(w, true);	/* who uses it will see */
		pool_wake_one(p);
	} else if (p->waits->polling) {
		waits_interrupt(p);	/* its time may be shorter */
	}
	(void)pthread_mutex_unlock(&p->lock);
}

static int
poll_blocking(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	while ((left = until_ms - clock_mono_ms()) > 0) {
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
	}
	return -1;
}

int
pool_wait_fd(int fd, short events, int64_t until_ms)
{
	struct pool_wait *w = wait_here();

	if (w == NULL)
		return poll_blocking(fd, events, until_ms);
	w->fd = fd;
	w->events = events;
	w->until_ms = until_ms;
	pool_leave(poll_begin, NULL);
	return w->came ? 0 : -1;
}

static int
poll_time(const struct pool_waits *s)
{
	int64_t now = clock_mono_ms(), left, least = INT32_MAX;

	for (const struct pool_wait *w = s->first; w != NULL; w = w->next) {
		left = w->until_ms - now;
		if (left < least)
			least = left;
	}
	return least < 0 ? 0 : (int)least;
}

/* Taken back before another thread polls: what that one was told of a wait
 * that is over it would take for the next wait's, or for another job's. */
static void
polled_late(struct pool_waits *s)
{
	int64_t now = clock_mono_ms();
	struct pool_wait *w, *next;

	for (w = s->first; w != NULL; w = next) {
		next = w->next;
		if (w->until_ms > now)
			continue;
		(void)epoll_ctl(s->poll_fd, EPOLL_CTL_DEL, w->fd, NULL);
		polled_back(w, false);
	}
}

void
waits_poll(struct pool *p)
{
	struct pool_waits *s = p->waits;
	struct epoll_event e[EVENTS_MAX];
	int ms = poll_time(s), n;
	uint64_t count;

	s->polling = true;
	(void)pthread_mutex_unlock(&p->lock);
	n = epoll_wait(s->poll_fd, e, EVENTS_MAX, ms);
	(void)pthread_mutex_lock(&p->lock);
	s->polling = false;
	for (int i = 0; i < n; i++) {
		struct pool_wait *w = e[i].data.ptr;

		if (w != NULL && w->polled)
			polled_back(w, true);
		else if (w == NULL &&
		    read(s->wake_fd, &count, sizeof(count)) < 0)
			continue;
	}
	polled_late(s);
}

/* ------------------------------------------------------------------ */

void
pool_away(bool away)
{
	struct pool_wait *w = wait_here();
	struct pool *p;

	if (w == NULL)
		return;
	p = w->pool;
	(void)pthread_mutex_lock(&p->lock);
	if (away) {
		p->waits->away++;
		pool_wake_one(p);
	} else {
		p->waits->away--;
	}
	(void)pthread_mutex_unlock(&p->lock);
}
