/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.c - which server to ask, and which one was down a moment ago
 *
 * The memory of failures changes the order only: a server is never left out,
 * so that this can make a login late but not impossible. Whether one is back
 * is found out in the background; no login is the one that tries.
 */
#include "servers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define AWAY_MIN_MS 2000
#define AWAY_MAX_MS 60000
/* so long after its time a server that nobody has looked at is tried again by
 * a login after all */
#define FORGET_MS 180000

struct failure {
	struct address address;		/* name empty: free */
	int64_t until_ms, away_ms;
};

struct servers {
	pthread_mutex_t lock;
	struct failure v[SERVERS_MAX];
};

struct servers *
servers_new(void)
{
	struct servers *s = calloc(1, sizeof(*s));

	if (s != NULL)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
servers_free(struct servers *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct failure *
failure_find(struct servers *s, const char *name)
{
	size_t i;

	for (i = 0; i < SERVERS_MAX; i++) {
		if (strcmp(s->v[i].address.name, name) == 0)
			return &s->v[i];
	}
	return NULL;
}

static bool
is_away(struct servers *s, const struct address *a, int64_t now)
{
	struct failure *f = failure_find(s, a->name);

	return f != NULL && f->until_ms + FORGET_MS > now;
}

/* A quarter more or less: nodes that lost a server together do not all come
 * back to it at once. */
static int64_t
jittered(int64_t ms)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		return ms;
	return ms - ms / 4 + (int64_t)(r % (uint32_t)(ms / 2));
}

void
servers_failed(const struct job *job, const struct address *a)
{
	struct servers *s = job->inst->servers;
	struct failure *f;
	bool first = false;

	pthread_mutex_lock(&s->lock);
	f = failure_find(s, a->name);
	if (f == NULL) {
		f = failure_find(s, "");
		first = true;
	}
	if (f != NULL) {
		f->address = *a;
		f->away_ms = f->away_ms == 0 ? AWAY_MIN_MS : f->away_ms * 2;
		if (f->away_ms > AWAY_MAX_MS)
			f->away_ms = AWAY_MAX_MS;
		f->until_ms = job_clock_ms() + jittered(f->away_ms);
	}
	pthread_mutex_unlock(&s->lock);
	/* so that somebody looks whether it is back */
	if (first)
		job->host->refresh_soon(job->call);
}

size_t
servers_away(struct servers *s, struct address *ret, size_t *ret_due)
{
	int64_t now = job_clock_ms();
	size_t i, n = 0;

	*ret_due = 0;
	pthread_mutex_lock(&s->lock);
	for (i = 0; i < SERVERS_MAX; i++) {
		if (s->v[i].address.name[0] == '\0')
			continue;
		n++;
		if (s->v[i].until_ms <= now)
			ret[(*ret_due)++] = s->v[i].address;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
servers_answered(struct servers *s, const struct address *a)
{
	struct failure *f;

	pthread_mutex_lock(&s->lock);
	f = failure_find(s, a->name);
	if (f != NULL)
		*f = (struct failure){ .until_ms = 0 };
	pthread_mutex_unlock(&s->lock);
}

static size_t
by_domain(const struct job *job, struct address *v, size_t max)
{
	const struct options *o = &job->inst->opt;
	struct csn_strs found = { NULL, 0 };
	struct csn_str name;
	size_t i, n = 0;

	name = job_printf(job, "_ldap._tcp.%s", o->domain.p);
	if (name.p == NULL)
		return 0;
	if (job->host->srv(job->call, name, &found) != CSN_OK) {
		job_log(job, CSN_WARN, "DNS has no answer for %s (SRV): is "
		    "domain right, and the resolver up?", name.p);
		return 0;
	}
	for (i = 0; i < found.n && n < max; i++) {
		if (address_from_srv(found.v[i], o->domain, &v[n]) == 0)
			n++;
		else
			job_log(job, CSN_WARN, "%s names a server outside "
			    "the domain, which is not asked", name.p);
	}
	return n;
}

static size_t
by_url(const struct job *job, struct address *v, size_t max)
{
	const struct options *o = &job->inst->opt;
	size_t i;

	for (i = 0; i < o->nurls && i < max; i++)
		v[i] = o->urls[i];
	return i;
}

size_t
servers_order(const struct job *job, struct address *ret, size_t max)
{
	struct address all[SERVERS_MAX];
	struct servers *s = job->inst->servers;
	int64_t now = job_clock_ms();
	size_t i, n, k = 0;

	if (max > SERVERS_MAX)
		max = SERVERS_MAX;
	n = job->inst->opt.domain.n > 0 ? by_domain(job, all, max) :
	    by_url(job, all, max);
	pthread_mutex_lock(&s->lock);
	for (i = 0; i < n; i++) {
		if (!is_away(s, &all[i], now))
			ret[k++] = all[i];
	}
	for (i = 0; i < n; i++) {
		if (is_away(s, &all[i], now))
			ret[k++] = all[i];
	}
	pthread_mutex_unlock(&s->lock);
	return k;
}
