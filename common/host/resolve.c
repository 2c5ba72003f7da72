/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.c - a few threads that wait for getaddrinfo(), so that nobody else
 * has to
 *
 * Those who ask for the same name wait for the same answer. A thread that hangs
 * in a mute resolver is one of RESOLVE_THREADS, and comes back when the
 * resolver's own patience ends. It must never hold the lock while it asks.
 */
#include "resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/ip.h"
#include "lib/table.h"
#include "lib/timefmt.h"
#include "lib/url.h"

#define HOST_MAX	253u
#define QUEUE_MAX	64u

/* Held by the thread that asks and by all who wait. */
struct question {
	struct question *next;
	unsigned holders, era;
	bool done;
	int32_t result;
	struct resolve_addrs addrs;	/* port 0 */
	size_t host_n;
	char host[HOST_MAX + 1];
};

struct answer {
	int64_t until_ms;
	int32_t result;
	struct resolve_addrs addrs;
};

static struct {
	pthread_once_t once;
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	bool usable, resting;
	unsigned threads, idle, queued;
	unsigned nended;
	pthread_t ended[RESOLVE_THREADS];	/* to be joined */
	unsigned era;			/* grows with resolve_forget() */
	struct question *first, **last;
	struct table *open;		/* host to question */
	struct table *known;		/* host to answer */
} all = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

static void
all_init(void)
{
	pthread_condattr_t attr;

	all.last = &all.first;
	all.open = table_new();
	all.known = table_new();
	if (all.open == NULL || all.known == NULL ||
	    pthread_condattr_init(&attr) != 0)
		return;
	all.usable = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&all.asked, &attr) == 0 &&
	    pthread_cond_init(&all.answered, &attr) == 0;
	(void)pthread_condattr_destroy(&attr);
}

static struct csn_str
question_host(const struct question *q)
{
	return str_of(q->host, q->host_n);
}

static void
question_drop(struct question *q)
{
	if (--q->holders == 0)
		free(q);
}

/* ------------------------------------------------------------------ */
/* asking */

static void
addr_add(struct resolve_addrs *to, const struct addrinfo *ai)
{
	if (to->n < RESOLVE_ADDRS_MAX &&
	    ai->ai_addrlen <= sizeof(to->v[0])) {
		memset(&to->v[to->n], 0, sizeof(to->v[0]));
		memcpy(&to->v[to->n++], ai->ai_addr, ai->ai_addrlen);
	}
}

static const struct addrinfo *
next_of(const struct addrinfo *ai, int family, bool same)
{
	while (ai != NULL && ((ai->ai_family != AF_INET &&
	    ai->ai_family != AF_INET6) || (ai->ai_family == family) != same))
		ai = ai->ai_next;
	return ai;
}

/* RFC 8305 4: the families in turn, beginning with the preferred one's. */
static void
addrs_take(struct resolve_addrs *to, const struct addrinfo *list)
{
	const struct addrinfo *one, *two;
	int family;

	one = next_of(list, AF_UNSPEC, false);
	if (one == NULL)
		return;
	family = one->ai_family;
	two = next_of(list, family, false);
	while (one != NULL || two != NULL) {
		if (one != NULL) {
			addr_add(to, one);
			one = next_of(one->ai_next, family, true);
		}
		if (two != NULL) {
			addr_add(to, two);
			two = next_of(two->ai_next, family, false);
		}
	}
}

static int32_t
result_of(int rc, const struct resolve_addrs *addrs)
{
	switch (rc) {
	case 0:
		return addrs->n > 0 ? CSN_OK : CSN_E_ABSENT;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return CSN_E_ABSENT;
	default:
		return CSN_E_BACKEND;
	}
}

static int32_t
host_ask(const char *host, struct resolve_addrs *ret)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct resolve_addrs addrs = { .n = 0 };
	int rc = getaddrinfo(host, NULL, &hints, &list);

	if (rc == 0) {
		addrs_take(&addrs, list);
		freeaddrinfo(list);
	}
	*ret = addrs;
	return result_of(rc, &addrs);
}

/* ------------------------------------------------------------------ */
/* what is known; with the lock held */

static void
known_sweep(int64_t now)
{
	struct answer *a;
	struct csn_str host;
	size_t at = 0;
	void *v;

	if (table_count(all.known) < RESOLVE_CACHE)
		return;
	while (table_next(all.known, &at, &host, &v)) {
		a = v;
		if (a->until_ms <= now)
			free(table_remove(all.known, host));
	}
}

static void
known_put(const struct question *q)
{
	int64_t now = clock_mono_ms();
	struct answer *a;
	void *old = NULL;

	/* a resolver that failed may be well a moment later */
	if (q->era != all.era || q->result == CSN_E_BACKEND)
		return;
	known_sweep(now);
	if (table_count(all.known) >= RESOLVE_CACHE)
		return;
	a = malloc(sizeof(*a));
	if (a == NULL)
		return;
	a->until_ms = now + (q->result == CSN_OK ? RESOLVE_KEEP_MS :
	    RESOLVE_KEEP_NO_MS);
	a->result = q->result;
	a->addrs = q->addrs;
	if (table_set(all.known, question_host(q), a, &old) != 0)
		free(a);
	free(old);
}

static bool
known_get(struct csn_str host, int32_t *ret_result, struct resolve_addrs *ret)
{
	const struct answer *a = table_get(all.known, host);

	if (a == NULL || a->until_ms <= clock_mono_ms())
		return false;
	*ret_result = a->result;
	*ret = a->addrs;
	return true;
}

/* ------------------------------------------------------------------ */
/* threads and questions; with the lock held, but for the asking */

static void
question_answer(struct question *q)
{
	(void)pthread_mutex_unlock(&all.lock);
	q->result = host_ask(q->host, &q->addrs);
	(void)pthread_mutex_lock(&all.lock);
	q->done = true;
	known_put(q);
	if (table_get(all.open, question_host(q)) == q)
		(void)table_remove(all.open, question_host(q));
	(void)pthread_cond_broadcast(&all.answered);
	question_drop(q);
}

/* NULL: the thread is to end. */
static struct question *
question_next(void)
{
	struct question *q;

	while (all.first == NULL && !all.resting) {
		all.idle++;
		(void)pthread_cond_wait(&all.asked, &all.lock);
		all.idle--;
	}
	q = all.first;
	if (q == NULL)
		return NULL;
	all.first = q->next;
	if (all.first == NULL)
		all.last = &all.first;
	all.queued--;
	return q;
}

static void *
thread_main(void *arg)
{
	struct question *q;

	(void)pthread_setname_np(pthread_self(), "csn-resolve");
	(void)pthread_mutex_lock(&all.lock);
	while ((q = question_next()) != NULL)
		question_answer(q);
	all.threads--;
	all.ended[all.nended++] = pthread_self();
	(void)pthread_cond_broadcast(&all.answered);
	(void)pthread_mutex_unlock(&all.lock);
	return arg;
}

/* Signals are for the program's own threads. */
static void
thread_start(void)
{
	sigset_t every, before;
	pthread_t t;

	if (all.threads + all.nended >= RESOLVE_THREADS)
		return;
	(void)sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &before);
	if (pthread_create(&t, NULL, thread_main, NULL) == 0)
		all.threads++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct question *
question_new(struct csn_str host)
{
	struct question *q;

	if (all.queued >= QUEUE_MAX || (q = calloc(1, sizeof(*q))) == NULL)
		return NULL;
	memcpy(q->host, host.p, host.n);
	q->host_n = host.n;
	q->era = all.era;
	q->holders = 1;		/* the thread */
	if (table_set(all.open, host, q, NULL) != 0) {
		free(q);
		return NULL;
	}
	*all.last = q;
	all.last = &q->next;
	if (all.queued++ >= all.idle)
		thread_start();
	(void)pthread_cond_signal(&all.asked);
	return q;
}

static int32_t
question_wait(struct question *q, int64_t deadline_ms,
    struct resolve_addrs *ret)
{
	struct timespec until = { deadline_ms / 1000,
		deadline_ms % 1000 * 1000000 };
	int32_t result = CSN_E_DEADLINE;

	q->holders++;
	while (!q->done && clock_mono_ms() < deadline_ms)
		(void)pthread_cond_timedwait(&all.answered, &all.lock, &until);
	if (q->done) {
		result = q->result;
		*ret = q->addrs;
	}
	question_drop(q);
	return result;
}

static int32_t
name_resolve(struct csn_str host, int64_t deadline_ms,
    struct resolve_addrs *ret)
{
	struct question *q;
	int32_t result = CSN_E_BACKEND;

	(void)pthread_once(&all.once, all_init);
	if (!all.usable)
		return CSN_E_BACKEND;
	(void)pthread_mutex_lock(&all.lock);
	if (!known_get(host, &result, ret)) {
		q = table_get(all.open, host);
		if (q == NULL)
			q = question_new(host);
		if (q != NULL)
			result = question_wait(q, deadline_ms, ret);
	}
	(void)pthread_mutex_unlock(&all.lock);
	return result;
}

/* ------------------------------------------------------------------ */

static void
port_set(struct resolve_addrs *addrs, uint16_t port)
{
	for (size_t i = 0; i < addrs->n; i++) {
		if (addrs->v[i].ss_family == AF_INET)
			((struct sockaddr_in *)&addrs->v[i])->sin_port =
			    htons(port);
		else
			((struct sockaddr_in6 *)&addrs->v[i])->sin6_port =
			    htons(port);
	}
}

static void
addr_of(const struct ip *ip, struct resolve_addrs *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->v[0];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->v[0];

	memset(&ret->v[0], 0, sizeof(ret->v[0]));
	ret->n = 1;
	if (ip->v4) {
		v4->sin_family = AF_INET;
		memcpy(&v4->sin_addr, ip->b + 12, 4);
	} else {
		v6->sin6_family = AF_INET6;
		memcpy(&v6->sin6_addr, ip->b, 16);
	}
}

static struct csn_str
lower(struct csn_str host, char text[static HOST_MAX])
{
	for (size_t i = 0; i < host.n; i++)
		text[i] = host.p[i] >= 'A' && host.p[i] <= 'Z' ?
		    (char)(host.p[i] - 'A' + 'a') : host.p[i];
	return str_of(text, host.n);
}

int32_t
resolve_host(struct csn_str host, uint16_t port, int64_t deadline_ms,
    struct resolve_addrs *ret)
{
	struct csn_str bare = host;
	struct resolve_addrs addrs;
	char text[HOST_MAX];
	struct ip ip;
	int32_t result = CSN_OK;

	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		bare = str_of(host.p + 1, host.n - 2);
	if (clock_mono_ms() >= deadline_ms)
		return CSN_E_DEADLINE;
	if (ip_parse(bare, &ip) == 0)
		addr_of(&ip, &addrs);
	else if (bare.n == host.n && host.n <= HOST_MAX && url_host_valid(host))
		result = name_resolve(lower(host, text), deadline_ms, &addrs);
	else
		result = CSN_E_INVALID;
	if (result == CSN_OK) {
		port_set(&addrs, port);
		*ret = addrs;
	}
	return result;
}

void
resolve_forget(void)
{
	struct csn_str host;
	size_t at = 0;
	void *v;

	(void)pthread_once(&all.once, all_init);
	if (!all.usable)
		return;
	(void)pthread_mutex_lock(&all.lock);
	all.era++;
	while (table_next(all.known, &at, &host, &v))
		free(table_remove(all.known, host));
	at = 0;
	while (table_next(all.open, &at, &host, &v))
		(void)table_remove(all.open, host);
	(void)pthread_mutex_unlock(&all.lock);
}

void
resolve_rest(void)
{
	pthread_t ended[RESOLVE_THREADS];
	unsigned n;

	(void)pthread_once(&all.once, all_init);
	if (!all.usable)
		return;
	(void)pthread_mutex_lock(&all.lock);
	all.resting = true;
	(void)pthread_cond_broadcast(&all.asked);
	while (all.idle > 0)
		(void)pthread_cond_wait(&all.answered, &all.lock);
	all.resting = false;
	n = all.nended;
	memcpy(ended, all.ended, n * sizeof(ended[0]));
	all.nended = 0;
	(void)pthread_mutex_unlock(&all.lock);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(ended[i], NULL);
}
