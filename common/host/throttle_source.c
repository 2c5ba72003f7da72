/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle_source.c - what comes from one address or browser, in memory
 *
 * Of this node alone, and in front of everything: it must never ask the store,
 * nor grow with how many sources there are. What is counted for one thing
 * takes nothing from another.
 */
#include <pthread.h>
#include <stdlib.h>

#include "lib/secret.h"
#include "lib/siphash.h"
#include "throttle.h"

#define SOURCES		4096u	/* a power of two */
#define SOURCE_PROBES	8u
#define WIDE_FACTOR	4u

struct source { uint64_t net; uint32_t count; int64_t since_ms; };

struct throttle {
	pthread_mutex_t lock;
	uint64_t key[2];
	struct source v[SOURCES];
};

struct throttle *
throttle_new(void)
{
	struct throttle *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	secret_random(t->key, sizeof(t->key));
	return t;
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* What a source is counted for: each has an account of its own. */
#define FOR_TRIES	0u
#define FOR_MESSAGES	0x10000u
#define FOR_BROWSERS	0x20000u
#define FOR_WORDS	0x40000u
#define FOR_FORMS	0x80000u

#define FORMS_FACTOR	50u	/* of them, where a failure counts once */

static uint64_t
source_hash(const struct throttle *t, const struct ip *ip, unsigned bits,
    unsigned what)
{
	struct ip net = ip_mask(ip, bits);
	uint64_t h = siphash(str_of(net.b, sizeof(net.b)), t->key) ^ bits ^
	    what;

	return h == 0 ? 1 : h;
}

/* Its slot, or the one to take over: a free or the oldest of a few. */
static struct source *
source_slot(struct throttle *t, uint64_t net)
{
	struct source *oldest = NULL;

	for (unsigned i = 0; i < SOURCE_PROBES; i++) {
		struct source *s = &t->v[(net + i) & (SOURCES - 1)];

		if (s->net == net)
			return s;
		if (oldest == NULL || s->since_ms < oldest->since_ms)
			oldest = s;
	}
	return oldest;
}

static bool
source_over(struct throttle *t, const struct conf *conf, uint64_t net,
    unsigned limit, int64_t now_ms, int64_t *ret_until_ms)
{
	int64_t window = conf->throttle.window_s * 1000;
	struct source *s = source_slot(t, net);

	if (s->net != net || now_ms - s->since_ms >= window ||
	    s->count < limit)
		return false;
	*ret_until_ms = s->since_ms + window;
	return true;
}

static bool
source_shared(const struct conf *conf, const struct ip *ip)
{
	return conf->throttle.shared_sources != 0 &&
	    conf_networks_have(conf, conf->throttle.shared_sources, ip);
}

static bool
over(struct throttle *t, const struct conf *conf, const struct ip *ip,
    unsigned what, int64_t now_ms, int64_t *ret_until_ms)
{
	unsigned limit = conf->throttle.source_tries *
	    (what == FOR_FORMS ? FORMS_FACTOR : 1);
	bool is_over;

	if (source_shared(conf, ip))
		return false;
	pthread_mutex_lock(&t->lock);
	is_over = source_over(t, conf, source_hash(t, ip, ip->v4 ? 128 : 64,
	    what), limit, now_ms, ret_until_ms) || (!ip->v4 && source_over(t,
	    conf, source_hash(t, ip, 48, what), limit * WIDE_FACTOR, now_ms,
	    ret_until_ms));
	pthread_mutex_unlock(&t->lock);
	return is_over;
}

bool
throttle_source_over(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms, int64_t *ret_until_ms)
{
	return over(t, conf, ip, FOR_TRIES, now_ms, ret_until_ms);
}

static uint64_t
browser_hash(const struct throttle *t, struct csn_str account)
{
	uint64_t h = siphash(account, t->key) ^ FOR_BROWSERS;

	return h == 0 ? 1 : h;
}

bool
throttle_browser_over(struct throttle *t, const struct conf *conf,
    struct csn_str account, int64_t now_ms, int64_t *ret_until_ms)
{
	bool is_over;

	pthread_mutex_lock(&t->lock);
	is_over = source_over(t, conf, browser_hash(t, account),
	    conf->throttle.source_tries, now_ms, ret_until_ms);
	pthread_mutex_unlock(&t->lock);
	return is_over;
}

bool
throttle_budget_over(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms, int64_t *ret_until_ms)
{
	return over(t, conf, ip, FOR_MESSAGES, now_ms, ret_until_ms);
}

static void
source_count(struct throttle *t, const struct conf *conf, uint64_t net,
    int64_t now_ms)
{
	struct source *s = source_slot(t, net);

	if (s->net != net ||
	    now_ms - s->since_ms >= conf->throttle.window_s * 1000)
		*s = (struct source){ .net = net, .since_ms = now_ms };
	s->count++;
}

static void
failed(struct throttle *t, const struct conf *conf, const struct ip *ip,
    unsigned what, int64_t now_ms)
{
	if (source_shared(conf, ip))
		return;
	pthread_mutex_lock(&t->lock);
	source_count(t, conf, source_hash(t, ip, ip->v4 ? 128 : 64, what),
	    now_ms);
	if (!ip->v4)
		source_count(t, conf, source_hash(t, ip, 48, what), now_ms);
	pthread_mutex_unlock(&t->lock);
}

void
throttle_source_failed(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	failed(t, conf, ip, FOR_TRIES, now_ms);
}

void
throttle_browser_failed(struct throttle *t, const struct conf *conf,
    struct csn_str account, int64_t now_ms)
{
	pthread_mutex_lock(&t->lock);
	source_count(t, conf, browser_hash(t, account), now_ms);
	pthread_mutex_unlock(&t->lock);
}

void
throttle_budget_spend(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	failed(t, conf, ip, FOR_MESSAGES, now_ms);
}

bool
throttle_forms_over(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms, int64_t *ret_until_ms)
{
	return over(t, conf, ip, FOR_FORMS, now_ms, ret_until_ms);
}

void
throttle_forms_spend(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	failed(t, conf, ip, FOR_FORMS, now_ms);
}

static void
source_refund(struct throttle *t, const struct conf *conf, uint64_t net,
    int64_t now_ms)
{
	struct source *s = source_slot(t, net);

	if (s->net == net && s->count > 0 &&
	    now_ms - s->since_ms < conf->throttle.window_s * 1000)
		s->count--;
}

void
throttle_forms_refund(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	pthread_mutex_lock(&t->lock);
	source_refund(t, conf, source_hash(t, ip, ip->v4 ? 128 : 64,
	    FOR_FORMS), now_ms);
	if (!ip->v4)
		source_refund(t, conf, source_hash(t, ip, 48, FOR_FORMS),
		    now_ms);
	pthread_mutex_unlock(&t->lock);
}

bool
throttle_told_enough(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	int64_t until;

	return over(t, conf, ip, FOR_WORDS, now_ms, &until);
}

bool
throttle_may_tell(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	if (throttle_told_enough(t, conf, ip, now_ms))
		return false;
	failed(t, conf, ip, FOR_WORDS, now_ms);
	return true;
}
