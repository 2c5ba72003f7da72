/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.c - tries counted per person in the store, per source in memory
 *
 * A person's counter is one atomic count in a fixed window, which begins with
 * the first failure: of many parallel guesses no more than the limit are ever
 * looked at, on all nodes together, and a guess beyond it does not lengthen
 * the wait. Who reaches the limit again soon after such a wait waits longer
 * each time. A stranger could keep somebody waiting like that for ever: where
 * a person has logged in before, they have counts of their own.
 */
#include <pthread.h>
#include <stdlib.h>

#include "lib/secret.h"
#include "lib/siphash.h"
#include "store_wait.h"
#include "throttle.h"

#define SOURCES		4096u	/* a power of two */
#define SOURCE_PROBES	8u
#define WIDE_FACTOR	4u
#define WAIT_MAX_MS	3600000
#define WAITS		"@waits"	/* behind the factor's name */

static const char *const places[] = { "@browser", "@network" };

/* "t/FACTOR/REALM/SUBJECT", each percent-free by its own rule: the subject
 * comes last, since it may hold a slash. A factor's name has no "@". */
static void
key_put_of(struct buf *b, const struct throttle_key *k, const char *what)
{
	buf_puts(b, "t/");
	buf_str_put(b, k->factor);
	if (k->place != NULL)
		buf_puts(b, k->place);
	buf_puts(b, what);
	buf_char(b, '/');
	buf_str_put(b, k->realm);
	buf_char(b, '/');
	buf_str_put(b, k->subject);
}

static void
key_put(struct buf *b, const struct throttle_key *k)
{
	key_put_of(b, k, "");
}

/* The key of how often they waited, from that of the count. */
static void
waits_key(struct buf *b, struct csn_str key)
{
	struct csn_str rest = str_from_at(key, 2), factor;

	str_cut(&rest, '/', &factor);
	buf_puts(b, "t/");
	buf_str_put(b, factor);
	buf_puts(b, WAITS "/");
	buf_str_put(b, rest);
}

void
throttle_op(struct store_op *op, struct buf *key, const struct conf *conf,
    const struct throttle_key *k, int64_t now_ms)
{
	key_put(key, k);
	*op = (struct store_op){ .kind = STORE_COUNT, .key = buf_str(key),
	    .delta = 1, .expires_ms = now_ms + conf->throttle.window_s * 1000 };
}

void
throttle_clear_op(struct store_op *op, struct buf *key,
    const struct throttle_key *k)
{
	key_put(key, k);
	*op = (struct store_op){ .kind = STORE_CLEAR, .key = buf_str(key) };
}

/* When the window of a counter ends; it was there a moment ago. */
static int64_t
window_end(struct store *store, struct csn_str key, int64_t now_ms)
{
	struct buf value;
	int64_t until = 0;

	buf_init(&value, 64);
	if (store_get_until(store, key, now_ms, &value, &until) != STORE_OK)
		until = now_ms + 1000;
	buf_free(&value);
	return until;
}

/* The limit was reached: until when. Twice as long each time, if it comes soon
 * after the last one. What the store fails to lengthen stays as it is. */
static int64_t
wait_lengthen(struct store *store, const struct conf *conf,
    struct csn_str key, int64_t now_ms, int64_t until_ms)
{
	int64_t window = conf->throttle.window_s * 1000, wait = window, n = 0;
	struct store_op ops[2];
	struct buf waits;

	buf_init(&waits, STORE_KEY_MAX);
	waits_key(&waits, key);
	if (buf_failed(&waits) || store_count(store, buf_str(&waits), 1,
	    now_ms + 2 * window, now_ms, &n) != STORE_OK)
		n = 0;
	for (; n > 1 && wait < WAIT_MAX_MS; n--)
		wait *= 2;
	if (wait > WAIT_MAX_MS && window < WAIT_MAX_MS)
		wait = WAIT_MAX_MS;
	ops[0] = (struct store_op){ .kind = STORE_TOUCH, .key = key,
	    .expires_ms = now_ms + wait };
	ops[1] = (struct store_op){ .kind = STORE_TOUCH,
	    .key = buf_str(&waits), .expires_ms = now_ms + 2 * wait };
	if (wait > window && store_batch(store, ops, 2, now_ms) == STORE_OK)
		until_ms = now_ms + wait;
	buf_free(&waits);
	return until_ms;
}

int
throttle_judge(struct store *store, const struct conf *conf,
    const struct store_op *op, int64_t now_ms, int64_t *ret_until_ms)
{
	if (op->ret != STORE_OK || op->ret_count <= 0)
		return THROTTLE_FAILED;
	if (op->ret_count <= (int64_t)conf->throttle.subject_tries)
		return THROTTLE_OK;
	*ret_until_ms = window_end(store, op->key, now_ms);
	/* of many at once one is the first beyond it */
	if (op->ret_count == (int64_t)conf->throttle.subject_tries + 1)
		*ret_until_ms = wait_lengthen(store, conf, op->key, now_ms,
		    *ret_until_ms);
	return THROTTLE_LIMIT;
}

int
throttle_reserve(struct store *store, const struct conf *conf,
    const struct throttle_key *k, int64_t now_ms, int64_t *ret_until_ms)
{
	struct store_op op;
	struct buf key;
	int rc = THROTTLE_FAILED;

	buf_init(&key, STORE_KEY_MAX);
	throttle_op(&op, &key, conf, k, now_ms);
	if (!buf_failed(&key) &&
	    store_wait_batch(store, &op, 1, now_ms) == STORE_OK)
		rc = throttle_judge(store, conf, &op, now_ms, ret_until_ms);
	buf_free(&key);
	return rc;
}

int
throttle_reserve_familiar(struct store *store, const struct conf *conf,
    struct throttle_key *k, unsigned where, int64_t now_ms,
    int64_t *ret_until_ms)
{
	int64_t until = *ret_until_ms;
	int rc;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((where & 1u << i) == 0)
			continue;
		k->place = places[i];
		rc = throttle_reserve(store, conf, k, now_ms, &until);
		if (rc != THROTTLE_LIMIT)
			return rc;
		if (until < *ret_until_ms)
			*ret_until_ms = until;
	}
	k->place = NULL;
	return THROTTLE_LIMIT;
}

static int
key_clear(struct store *store, const struct throttle_key *k,
    const char *what, int64_t now_ms)
{
	struct buf key;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	key_put_of(&key, k, what);
	rc = store_delete(store, buf_str(&key), now_ms);
	buf_free(&key);
	return rc == STORE_OK ? 0 : -1;
}

int
throttle_clear(struct store *store, const struct throttle_key *k,
    int64_t now_ms)
{
	struct throttle_key at = *k;
	int rc = 0;

	at.place = NULL;
	for (size_t i = 0; i <= sizeof(places) / sizeof(places[0]); i++) {
		rc |= key_clear(store, &at, "", now_ms);
		rc |= key_clear(store, &at, WAITS, now_ms);
		if (i < sizeof(places) / sizeof(places[0]))
			at.place = places[i];
	}
	return rc == 0 ? THROTTLE_OK : THROTTLE_FAILED;
}

int
throttle_refund(struct store *store, const struct throttle_key *k,
    int64_t now_ms)
{
	struct buf key;
	int64_t left;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	key_put(&key, k);
	/* a window that ended meanwhile would begin at -1: it ends at once */
	rc = store_count(store, buf_str(&key), -1, now_ms + 1, now_ms, &left);
	buf_free(&key);
	return rc == STORE_OK ? THROTTLE_OK : THROTTLE_FAILED;
}

static int
count_read(struct csn_str value, int64_t *ret)
{
	uint64_t n;

	if (str_u64(value, INT64_MAX, &n) < 0)
		return -1;
	*ret = (int64_t)n;
	return 0;
}

int64_t
throttle_until(struct store *store, const struct conf *conf,
    const struct throttle_key *k, int64_t now_ms)
{
	struct buf key, value;
	int64_t until = 0, n;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 64);
	key_put(&key, k);
	if (store_get_until(store, buf_str(&key), now_ms, &value, &until) !=
	    STORE_OK || count_read(buf_str(&value), &n) < 0 ||
	    n < (int64_t)conf->throttle.subject_tries)
		until = 0;
	buf_free(&key);
	buf_free(&value);
	return until;
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

/* ------------------------------------------------------------------ */
/* the operator */

bool
throttle_counts(struct csn_str key)
{
	struct csn_str rest = str_from_at(key, 2), factor;

	str_cut(&rest, '/', &factor);
	return str_find(factor, STR(WAITS)) < 0;
}

struct listing {
	const struct conf *conf;
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
	int64_t n;

	if (count_read(value, &n) < 0 || n == 0 ||
	    !str_cut(&rest, '/', &k.factor) || !str_cut(&rest, '/', &k.realm))
		return 0;
	k.subject = rest;
	k.place = NULL;
	if (!throttle_counts(key))
		return 0;
	return l->each(l->arg, key, &k, n,
	    n >= (int64_t)l->conf->throttle.subject_tries ? expires_ms : 0);
}

int
throttle_list(struct store *store, const struct conf *conf, int64_t now_ms,
    int (*each)(void *, struct csn_str key, const struct throttle_key *,
	int64_t count, int64_t until_ms), void *arg)
{
	struct listing l = { conf, each, arg };

	return store_list(store, STR("t/"), STR(""), 10000, now_ms, list_one,
	    &l) == STORE_OK ? THROTTLE_OK : THROTTLE_FAILED;
}

int
throttle_lift(struct store *store, struct csn_str key, int64_t now_ms)
{
	struct buf waits;
	int rc;

	if (!str_starts(key, STR("t/")))
		return THROTTLE_FAILED;
	buf_init(&waits, STORE_KEY_MAX);
	waits_key(&waits, key);
	rc = store_delete(store, buf_str(&waits), now_ms) == STORE_OK &&
	    store_delete(store, key, now_ms) == STORE_OK ? THROTTLE_OK :
	    THROTTLE_FAILED;
	buf_free(&waits);
	return rc;
}
