/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - a bounded queue and the threads that empty it
 *
 * It must never grow past its bounds: what does not fit is refused at once,
 * so that a directory that hangs costs its own pool and nothing else.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define POOL_STACK	(512u * 1024)

struct pool_job { void (*run)(void *); void *arg; };

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, gone;
	char name[16];
	unsigned threads_max, threads, idle;
	unsigned queue_max, head, n, running;
	bool ending;
	struct pool_job jobs[];		/* a ring of queue_max */
};

struct pool *
pool_new(const char *name, unsigned threads, unsigned queue)
{
	struct pool *p;

	p = calloc(1, sizeof(*p) + queue * sizeof(p->jobs[0]));
	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->gone, NULL);
	strncpy(p->name, name, sizeof(p->name) - 1);
	p->threads_max = threads;
	p->queue_max = queue;
	return p;
}

/* Called with the lock held; gives it up while the job runs. */
static void
job_run(struct pool *p)
{
	struct pool_job job = p->jobs[p->head];

	p->head = (p->head + 1) % p->queue_max;
	p->n--;
	p->running++;
	pthread_mutex_unlock(&p->lock);
	job.run(job.arg);
	pthread_mutex_lock(&p->lock);
	p->running--;
}

static void *
pool_thread(void *arg)
{
	struct pool *p = arg;

	pthread_setname_np(pthread_self(), p->name);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->n > 0)
			job_run(p);
		if (p->ending)
			break;
		p->idle++;
		pthread_cond_wait(&p->work, &p->lock);
		p->idle--;
	}
	p->threads--;
	pthread_cond_signal(&p->gone);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

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

int
pool_run(struct pool *p, void (*run)(void *), void *arg)
{
	int rc = -1;

	pthread_mutex_lock(&p->lock);
	if (p->ending || p->n == p->queue_max)
		goto out;
	/* more work than sleepers: another thread, if it may be */
	if (p->n + 1 > p->idle && p->threads < p->threads_max &&
	    thread_start(p) < 0 && p->threads == 0)
		goto out;
	p->jobs[(p->head + p->n) % p->queue_max] =
	    (struct pool_job){ run, arg };
	p->n++;
	pthread_cond_signal(&p->work);
	rc = 0;
out:
	pthread_mutex_unlock(&p->lock);
	return rc;
}

size_t
pool_load(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->n + p->running;
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
	while (p->threads > 0)
		pthread_cond_wait(&p->gone, &p->lock);
	pthread_mutex_unlock(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->gone);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
