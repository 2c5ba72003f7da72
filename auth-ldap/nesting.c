/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nesting.c - which group is inside which, remembered for a short while
 */
#include "nesting.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/table.h"

#define GROUPS_KNOWN_MAX 4096u	/* more, and all are forgotten */
#define BLIND_MS	600000

struct parents {
	int64_t until_ms;
	struct buf pairs;	/* DN and name of each, as lv16 */
};

struct nesting {
	pthread_mutex_t lock;
	struct table *known;
	int64_t blind_until_ms;
};

static void
parents_free(void *p)
{
	struct parents *parents = p;

	if (parents == NULL)
		return;
	buf_free(&parents->pairs);
	free(parents);
}

struct nesting *
nesting_new(void)
{
	struct nesting *n = calloc(1, sizeof(*n));

	if (n == NULL || (n->known = table_new()) == NULL) {
		free(n);
		return NULL;
	}
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
nesting_free(struct nesting *n)
{
	if (n == NULL)
		return;
	table_free(n->known, parents_free);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static bool
parents_copy(const struct job *job, const struct parents *p,
    struct job_list *dns, struct job_list *names)
{
	struct reader r;

	reader_init(&r, buf_str(&p->pairs));
	while (r.n > 0 && !r.failed) {
		if (job_list_add(job, dns, reader_lv16(&r)) != 0 ||
		    job_list_add(job, names, reader_lv16(&r)) != 0)
			return false;
	}
	return reader_end(&r) == 0;
}

static bool
known_since(const struct job *job, struct csn_str dn, int64_t now_ms,
    struct job_list *dns, struct job_list *names)
{
	struct nesting *n = job->inst->nesting;
	struct parents *p;
	bool known = false;

	pthread_mutex_lock(&n->lock);
	p = table_get(n->known, dn);
	if (p != NULL && p->until_ms > now_ms)
		known = parents_copy(job, p, dns, names);
	pthread_mutex_unlock(&n->lock);
	return known;
}

bool
nesting_get(const struct job *job, struct csn_str dn, struct job_list *dns,
    struct job_list *names)
{
	return known_since(job, dn, job_clock_ms(), dns, names);
}

bool
nesting_recall(const struct job *job, struct csn_str dn, struct job_list *dns,
    struct job_list *names)
{
	return known_since(job, dn, INT64_MIN, dns, names);
}

bool
nesting_blind(const struct job *job)
{
	struct nesting *n = job->inst->nesting;
	bool blind;

	pthread_mutex_lock(&n->lock);
	blind = job_clock_ms() < n->blind_until_ms;
	pthread_mutex_unlock(&n->lock);
	return blind;
}

void
nesting_blinded(const struct job *job)
{
	struct nesting *n = job->inst->nesting;

	pthread_mutex_lock(&n->lock);
	n->blind_until_ms = job_clock_ms() + BLIND_MS;
	pthread_mutex_unlock(&n->lock);
}

static struct parents *
parents_new(const struct job_list *dns, const struct job_list *names,
    int64_t until_ms)
{
	struct parents *p = calloc(1, sizeof(*p));
	size_t i;

	if (p == NULL)
		return NULL;
	p->until_ms = until_ms;
	buf_init(&p->pairs, 0);
	for (i = 0; i < dns->n; i++) {
		buf_lv16(&p->pairs, dns->v[i]);
		buf_lv16(&p->pairs, names->v[i]);
	}
	if (buf_failed(&p->pairs)) {
		parents_free(p);
		return NULL;
	}
	return p;
}

/* Takes it. */
static void
parents_keep(struct nesting *n, struct csn_str dn, struct parents *p)
{
	struct table *empty = NULL, *full = NULL;
	void *old = NULL;

	if (table_count(n->known) >= GROUPS_KNOWN_MAX)
		empty = table_new();
	if (empty != NULL) {
		full = n->known;
		n->known = empty;
	}
	if (table_count(n->known) >= GROUPS_KNOWN_MAX ||
	    table_set(n->known, dn, p, &old) != 0)
		old = p;
	parents_free(old);
	table_free(full, parents_free);
}

void
nesting_put(const struct job *job, struct csn_str dn,
    const struct job_list *dns, const struct job_list *names)
{
	struct nesting *n = job->inst->nesting;
	int64_t keep_ms = (int64_t)job->inst->opt.group_cache_s * 1000;
	struct parents *p;

	p = parents_new(dns, names, job_clock_ms() + keep_ms);
	if (p == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	parents_keep(n, dn, p);
	pthread_mutex_unlock(&n->lock);
}
