/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.c - tries counted per person in the store, per source in memory
 *
 * A person's counter is one record: count, start of the window, and until
 * when no try is taken. It is changed by compare-and-swap, so that of many
 * parallel guesses no more than the limit are ever looked at.
 */
#include <pthread.h>
#include <stdlib.h>

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/siphash.h"
#include "throttle.h"

#define SWAP_TRIES	64
#define SOURCES		4096u	/* a power of two */
#define SOURCE_PROBES	8u
#define WIDE_FACTOR	4u

struct counter { uint32_t count; int64_t since_ms, until_ms; };

/* "t/FACTOR/REALM/SUBJECT", each percent-free by its own rule: the subject
 * comes last, since it may hold a slash. */
static void
key_put(struct buf *b, const struct throttle_key *k)
{
	buf_puts(b, "t/");
	buf_str_put(b, k->factor);
	buf_char(b, '/');
	buf_str_put(b, k->realm);
	buf_char(b, '/');
	buf_str_put(b, k->subject);
}

static int
counter_read(struct csn_str raw, struct counter *ret)
{
	struct reader r;

	reader_init(&r, raw);
	ret->count = reader_u32(&r);
	ret->since_ms = (int64_t)reader_u64(&r);
	ret->until_ms = (int64_t)reader_u64(&r);
	return reader_end(&r);
}

static void
counter_put(struct buf *b, const struct counter *c)
{
	buf_u32(b, c->count);
	buf_u64(b, (uint64_t)c->since_ms);
	buf_u64(b, (uint64_t)c->until_ms);
}

/* STORE_OK, ABSENT (a zero counter) or FAILED. */
static int
counter_get(struct store *store, struct csn_str key, int64_t now_ms,
    struct buf *raw, struct counter *ret)
{
	int rc;

	memset(ret, 0, sizeof(*ret));
	buf_clear(raw);
	rc = store_get(store, key, now_ms, raw);
	if (rc == STORE_OK && counter_read(buf_str(raw), ret) < 0)
		return STORE_FAILED;
	return rc == STORE_OK || rc == STORE_ABSENT ? rc : STORE_FAILED;
}

static int
counter_swap(struct store *store, struct csn_str key, bool absent,
    struct csn_str before, const struct counter *c, int64_t expires_ms,
    int64_t now_ms)
{
	struct store_op op = { .key = key, .expires_ms = expires_ms,
	    .before = before };
	struct buf value;
	int rc;

	buf_init(&value, 64);
	counter_put(&value, c);
	op.kind = absent ? STORE_PUT_NEW : STORE_SWAP;
	op.value = buf_str(&value);
	rc = store_batch(store, &op, 1, now_ms);
	buf_free(&value);
	return rc;
}

/* One more try. true if it may be looked at. */
static bool
counter_step(const struct conf *conf, struct counter *c, int64_t now_ms)
{
	int64_t window = conf->throttle.window_s * 1000;

	if (now_ms < c->until_ms)
		return false;
	if (c->until_ms != 0 || now_ms - c->since_ms >= window) {
		c->count = 0;
		c->since_ms = now_ms;
		c->until_ms = 0;
	}
	c->count++;
	if (c->count >= conf->throttle.subject_tries)
		c->until_ms = c->since_ms + window;
	return true;
}

int
throttle_reserve(struct store *store, const struct conf *conf,
    const struct throttle_key *k, int64_t now_ms, int64_t *ret_until_ms)
{
	struct buf key, raw;
	struct counter c;
	int rc = THROTTLE_FAILED, got;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&raw, 64);
	key_put(&key, k);
	for (int i = 0; i < SWAP_TRIES && !buf_failed(&key); i++) {
		got = counter_get(store, buf_str(&key), now_ms, &raw, &c);
		if (got == STORE_FAILED)
			break;
		if (!counter_step(conf, &c, now_ms)) {
			*ret_until_ms = c.until_ms;
			rc = THROTTLE_LIMIT;
			break;
		}
		got = counter_swap(store, buf_str(&key), got == STORE_ABSENT,
		    buf_str(&raw), &c, now_ms + conf->throttle.window_s *
		    2000, now_ms);
		if (got == STORE_OK) {
			rc = THROTTLE_OK;
			break;
		}
		if (got == STORE_FAILED)
			break;
	}
	buf_free(&key);
	buf_free(&raw);
	return rc;
}

int
throttle_clear(struct store *store, const struct throttle_key *k,
    int64_t now_ms)
{
	struct buf key;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	key_put(&key, k);
	rc = store_delete(store, buf_str(&key), now_ms);
	buf_free(&key);
	return rc == STORE_OK || rc == STORE_ABSENT ? THROTTLE_OK :
	    THROTTLE_FAILED;
}

int
throttle_refund(struct store *store, const struct throttle_key *k,
    int64_t now_ms)
{
	struct buf key, raw;
	struct counter c;
	int rc = STORE_STALE;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&raw, 64);
	key_put(&key, k);
	for (int i = 0; i < SWAP_TRIES && rc != STORE_OK; i++) {
		rc = counter_get(store, buf_str(&key), now_ms, &raw, &c);
		if (rc != STORE_OK)
			break;
		c.count -= c.count > 0;
		/* the try that closed the gate was no try */
		c.until_ms = 0;
		rc = counter_swap(store, buf_str(&key), false, buf_str(&raw),
		    &c, 0, now_ms);
		if (rc == STORE_FAILED)
			break;
	}
	buf_free(&key);
	buf_free(&raw);
	return rc == STORE_OK || rc == STORE_ABSENT ? THROTTLE_OK :
	    THROTTLE_FAILED;
}

int64_t
throttle_until(struct store *store, const struct conf *conf,
    const struct throttle_key *k, int64_t now_ms)
{
	struct buf key, raw;
	struct counter c;

	(void)conf;
	buf_init(&key, STORE_KEY_MAX);
	buf_init(&raw, 64);
	key_put(&key, k);
	if (counter_get(store, buf_str(&key), now_ms, &raw, &c) != STORE_OK)
		c.until_ms = 0;
	buf_free(&key);
	buf_free(&raw);
	return c.until_ms > now_ms ? c.until_ms : 0;
}

/* ------------------------------------------------------------------ */
/* sources */

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

static uint64_t
source_hash(const struct throttle *t, const struct ip *ip, unsigned bits)
{
	struct ip net = ip_mask(ip, bits);
	uint64_t h = siphash(str_of(net.b, sizeof(net.b)), t->key) ^ bits;

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

bool
throttle_source_over(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms, int64_t *ret_until_ms)
{
	unsigned limit = conf->throttle.source_tries;
	bool over;

	if (source_shared(conf, ip))
		return false;
	pthread_mutex_lock(&t->lock);
	over = source_over(t, conf, source_hash(t, ip, ip->v4 ? 128 : 64),
	    limit, now_ms, ret_until_ms) || (!ip->v4 && source_over(t, conf,
	    source_hash(t, ip, 48), limit * WIDE_FACTOR, now_ms,
	    ret_until_ms));
	pthread_mutex_unlock(&t->lock);
	return over;
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

void
throttle_source_failed(struct throttle *t, const struct conf *conf,
    const struct ip *ip, int64_t now_ms)
{
	if (source_shared(conf, ip))
		return;
	pthread_mutex_lock(&t->lock);
	source_count(t, conf, source_hash(t, ip, ip->v4 ? 128 : 64), now_ms);
	if (!ip->v4)
		source_count(t, conf, source_hash(t, ip, 48), now_ms);
	pthread_mutex_unlock(&t->lock);
}

/* ------------------------------------------------------------------ */
/* the operator */

struct listing {
	int (*each)(void *, struct csn_str, const struct throttle_key *,
	    int64_t, int64_t);
	void *arg;
};

static int
list_one(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct csn_str rest = str_from_at(key, 2);
	struct listing *l = arg;
	struct throttle_key k;
	struct counter c;

	(void)expires_ms;
	if (counter_read(value, &c) < 0 ||
	    !str_cut(&rest, '/', &k.factor) || !str_cut(&rest, '/', &k.realm))
		return 0;
	k.subject = rest;
	return l->each(l->arg, key, &k, c.count, c.until_ms);
}

int
throttle_list(struct store *store, const struct conf *conf, int64_t now_ms,
    int (*each)(void *, struct csn_str key, const struct throttle_key *,
	int64_t count, int64_t until_ms), void *arg)
{
	struct listing l = { each, arg };

	(void)conf;
	return store_list(store, STR("t/"), STR(""), 10000, now_ms, list_one,
	    &l) == STORE_OK ? THROTTLE_OK : THROTTLE_FAILED;
}

int
throttle_lift(struct store *store, struct csn_str key, int64_t now_ms)
{
	if (!str_starts(key, STR("t/")))
		return THROTTLE_FAILED;
	return store_delete(store, key, now_ms) == STORE_OK ? THROTTLE_OK :
	    THROTTLE_FAILED;
}
