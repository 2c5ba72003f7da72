/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - idle connections of one directory
 *
 * It must never hand one connection to two threads, nor one on which a
 * person was bound to somebody who searches. The lock is held for the list
 * only, never while talking to a server.
 */
#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "bind.h"
#include "servers.h"

/* Below what firewalls and directories allow (Active Directory: 900 s). */
#define IDLE_MAX_MS 90000

struct pool {
	pthread_mutex_t lock;
	struct conn *idle[POOL_KINDS];	/* the youngest first */
	size_t n[POOL_KINDS];
};

struct pool *
pool_new(void)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p != NULL)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

static void
close_all(struct conn *c)
{
	struct conn *next;

	for (; c != NULL; c = next) {
		next = c->next;
		connect_close(c);
	}
}

void
pool_free(struct pool *p)
{
	int kind;

	if (p == NULL)
		return;
	for (kind = 0; kind < POOL_KINDS; kind++)
		close_all(p->idle[kind]);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static bool
too_old(const struct conn *c)
{
	return job_clock_ms() - c->idle_since_ms > IDLE_MAX_MS;
}

static struct conn *
idle_pop(struct pool *p, enum pool_kind kind)
{
	struct conn *c;

	pthread_mutex_lock(&p->lock);
	c = p->idle[kind];
	if (c != NULL) {
		p->idle[kind] = c->next;
		p->n[kind]--;
		c->next = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

/* A server that went away has closed: that can be seen before use. */
static struct conn *
idle_take(struct pool *p, enum pool_kind kind)
{
	struct conn *c;

	while ((c = idle_pop(p, kind)) != NULL) {
		if (!too_old(c) && !wait_readable(c->fd)) {
			c->reused = true;
			return c;
		}
		connect_close(c);
	}
	return NULL;
}

/* *ret_refused: the service account was, so that no other server need be
 * asked: its lock-out would only come sooner. */
static struct conn *
open_to(const struct job *job, enum pool_kind kind, const struct address *a,
    int64_t limit_ms, bool *ret_refused)
{
	struct wait w;
	struct conn *c;

	wait_init(&w, job, limit_ms);
	c = connect_open(job, a, limit_ms);
	if (c == NULL) {
		servers_failed(job, a);
		pool_forget(job->inst->pool, a);
		return NULL;
	}
	if (kind == POOL_SEARCH &&
	    bind_service(job, c, wait_left_ms(&w)) != 0) {
		*ret_refused = !c->broken;
		if (c->broken)
			servers_failed(job, a);
		connect_close(c);
		return NULL;
	}
	servers_answered(job->inst->servers, a);
	return c;
}

void
pool_probe(const struct job *job, const struct address *a, int64_t limit_ms)
{
	bool refused = false;
	struct conn *c = open_to(job, POOL_SEARCH, a, limit_ms, &refused);

	if (c == NULL)
		return;
	job_log(job, CSN_INFO, "directory server %s answers again", a->name);
	pool_give(job, POOL_SEARCH, c);
}

static struct conn *
open_any(const struct job *job, enum pool_kind kind, int64_t limit_ms)
{
	struct address v[SERVERS_MAX];
	struct conn *c = NULL;
	bool refused = false;
	struct wait w;
	size_t i, n;

	wait_init(&w, job, limit_ms);
	n = servers_order(job, v, SERVERS_MAX);
	for (i = 0; i < n && c == NULL && !refused; i++) {
		if (wait_left_ms(&w) == 0)
			break;
		c = open_to(job, kind, &v[i],
		    wait_left_ms(&w) / (int64_t)(n - i), &refused);
	}
	return c;
}

struct conn *
pool_take(const struct job *job, enum pool_kind kind, bool only_new,
    int64_t limit_ms)
{
	struct conn *c = NULL;

	if (!only_new)
		c = idle_take(job->inst->pool, kind);
	return c != NULL ? c : open_any(job, kind, limit_ms);
}

void
pool_give(const struct job *job, enum pool_kind kind, struct conn *c)
{
	struct pool *p = job->inst->pool;

	if (c == NULL)
		return;
	if (c->broken) {
		connect_close(c);
		return;
	}
	c->idle_since_ms = job_clock_ms();
	pthread_mutex_lock(&p->lock);
	if (p->n[kind] < job->inst->opt.connections) {
		c->next = p->idle[kind];
		p->idle[kind] = c;
		p->n[kind]++;
		c = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	connect_close(c);
}

/* Takes those out that are to go; returns them. */
static struct conn *
idle_cut(struct pool *p, enum pool_kind kind, const struct address *only)
{
	struct conn *gone = NULL, **at = &p->idle[kind], *c;

	while ((c = *at) != NULL) {
		if (only != NULL ? strcmp(c->address.name, only->name) != 0 :
		    !too_old(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		c->next = gone;
		gone = c;
		p->n[kind]--;
	}
	return gone;
}

static void
cut_all(struct pool *p, const struct address *only)
{
	struct conn *gone[POOL_KINDS];
	int kind;

	pthread_mutex_lock(&p->lock);
	for (kind = 0; kind < POOL_KINDS; kind++)
		gone[kind] = idle_cut(p, (enum pool_kind)kind, only);
	pthread_mutex_unlock(&p->lock);
	for (kind = 0; kind < POOL_KINDS; kind++)
		close_all(gone[kind]);
}

void
pool_forget(struct pool *p, const struct address *a)
{
	cut_all(p, a);
}

void
pool_reap(struct pool *p)
{
	cut_all(p, NULL);
}
