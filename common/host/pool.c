/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - a bounded queue and the threads that empty it
 *
 * It must never grow past its bounds: what does not fit is refused at once,
 * so that a directory that hangs costs its own pool and nothing else. What was
 * taken once and waited for something else comes back in front of the queue
 * and is never refused.
 *
 * A thread that is woken costs more than most jobs. So one is on its way at a
 * time: it takes what there is, and wakes the next one if that is more than
 * it can do alone. One that had nothing to do for a while ends, and with the
 * last of them the queue's memory goes: of a thousand providers most are asked
 * now and then.
 *
 * Jobs that may leave their thread while they wait: pool_wait.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pool_impl.h"

#define POOL_STACK	(512u * 1024)
#define POOL_IDLE_MS	30000u
#define POOL_LOOK_MS	5u	/* of who sees to it that none is stuck */

struct pool *
pool_new(const char *name, unsigned threads, unsigned queue)
{
	struct pool *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->work, &attr);
	pthread_condattr_destroy(&attr);
	pthread_cond_init(&p->gone, NULL);
	strncpy(p->name, name, sizeof(p->name) - 1);
	p->threads_max = threads;
	p->queue_max = queue;
	p->idle_ms = POOL_IDLE_MS;
	p->last = &p->first;
	return p;
}

void
pool_set_idle(struct pool *p, unsigned ms)
{
	p->idle_ms = ms;
}

static void *pool_thread(void *);

static int
thread_start(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t t;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, POOL_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	p->threads++;
	rc = pthread_create(&t, &attr, pool_thread, p);
	if (rc != 0)
		p->threads--;
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : -1;
}

bool
pool_has_work(const struct pool *p)
{
	return (!waits_full(p) && p->n + p->ntasks > 0) || waits_ready(p);
}

bool
pool_is_whole(const struct pool *p)
{
	return p->idle == 0 && p->threads == p->threads_max;
}

/* With the lock held, and so never when the pool may be gone: what was queued
 * can be done, and the pool freed, as soon as the lock is given up. More work
 * than sleepers: another thread, if it may be. */
void
pool_wake_one(struct pool *p)
{
	if (p->waking || !(pool_has_work(p) || waits_unpolled(p)) ||
	    waits_looked_after(p))
		return;
	if (waits_polling(p) && (!waits_awake(p) || pool_is_whole(p))) {
		p->waking = true;
		waits_interrupt(p);
	} else if (p->idle > 0) {
		p->waking = true;
		pthread_cond_signal(&p->work);
	} else if (p->threads < p->threads_max) {
		p->waking = thread_start(p) == 0;
	}
}

struct pool_job
pool_take_job(struct pool *p)
{
	struct pool_task *t = p->first;
	struct pool_job job;

	if (t == NULL) {
		job = p->jobs[p->head];
		p->head = (p->head + 1) % p->queue_max;
		p->n--;
		return job;
	}
	p->first = t->next;
	if (p->first == NULL)
		p->last = &p->first;
	p->ntasks--;
	return (struct pool_job){ t->run, t->arg };
}

/* Called with the lock held; gives it up while the job runs. */
static void
job_run(struct pool *p)
{
	struct pool_job job;

	if (p->waits != NULL) {
		waits_run(p);
		return;
	}
	job = pool_take_job(p);
	pool_wake_one(p);
	p->running++;
	pthread_mutex_unlock(&p->lock);
	job.run(job.arg);
	pthread_mutex_lock(&p->lock);
	p->running--;
}

/* Until there may be work. false: there was none for as long as that. */
static bool
idle_wait(struct pool *p, unsigned ms)
{
	struct timespec until;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	p->idle++;
	rc = pthread_cond_timedwait(&p->work, &p->lock, &until);
	p->idle--;
	return rc != ETIMEDOUT;
}

static void
thread_work(struct pool *p)
{
	struct waits_look look = { .on = false };
	bool go_on = true;

	for (;;) {
		/* it may have been woken just when it gave up waiting */
		p->waking = false;
		if (waits_may_take(p, &look)) {
			for (; pool_has_work(p); go_on = true)
				job_run(p);
			if (waits_unpolled(p)) {
				waits_poll(p);
				continue;
			}
		}
		if ((p->ending || !go_on) && !waits_keep(p))
			break;
		/* a look is no while without work: it would end who looked,
		 * and the next burst of jobs begin another thread */
		go_on = look.on;
		go_on |= idle_wait(p, go_on ? POOL_LOOK_MS : p->idle_ms);
	}
	waits_look_end(p, &look);
}

static void *
pool_thread(void *arg)
{
	static const struct sched_param batch = { 0 };
	struct pool *p = arg;

	pthread_setname_np(pthread_self(), p->name);
	/* who wakes it goes on; refused, it is a thread like others */
	(void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &batch);
	pthread_mutex_lock(&p->lock);
	thread_work(p);
	p->threads--;
	if (p->threads == 0) {
		free(p->jobs);
		p->jobs = NULL;
		p->head = 0;
		waits_trim(p);
	}
	pthread_cond_signal(&p->gone);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
pool_run(struct pool *p, void (*run)(void *), void *arg)
{
	int rc = -1;

	pthread_mutex_lock(&p->lock);
	if (p->ending || p->n == p->queue_max)
		goto out;
	if (p->jobs == NULL)
		p->jobs = calloc(p->queue_max, sizeof(p->jobs[0]));
	if (p->jobs == NULL)
		goto out;
	p->jobs[(p->head + p->n) % p->queue_max] =
	    (struct pool_job){ run, arg };
	p->n++;
	pool_wake_one(p);
	rc = 0;
	if (p->threads == 0) {		/* nobody will ever take it */
		p->n--;
		rc = -1;
	}
out:
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int
pool_resume(struct pool *p, struct pool_task *t)
{
	int rc = 0;

	t->next = NULL;
	pthread_mutex_lock(&p->lock);
	*p->last = t;
	p->last = &t->next;
	p->ntasks++;
	pool_wake_one(p);
	if (p->threads == 0) {
		/* it is the only one: others would have had this fate too */
		p->first = NULL;
		p->last = &p->first;
		p->ntasks = 0;
		rc = -1;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

bool
pool_full(struct pool *p)
{
	bool full;

	pthread_mutex_lock(&p->lock);
	full = p->ending || p->n == p->queue_max;
	pthread_mutex_unlock(&p->lock);
	return full;
}

size_t
pool_load(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->n + p->ntasks + p->running + waits_begun(p);
	pthread_mutex_unlock(&p->lock);
	return n;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	if (waits_polling(p))
		waits_interrupt(p);
	while (p->threads > 0)
		pthread_cond_wait(&p->gone, &p->lock);
	pthread_mutex_unlock(&p->lock);
	free(p->jobs);
	waits_free(p);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
