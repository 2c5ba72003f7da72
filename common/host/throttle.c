/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.c - tries counted per person, in the store
 *
 * A person's counter is one atomic count in a fixed window, which begins with
 * the first failure: of many parallel guesses no more than the limit are ever
 * looked at, on all nodes together, and a guess beyond it does not lengthen
 * the wait. Who reaches the limit again soon after such a wait waits longer
 * each time. A stranger could keep somebody waiting like that for ever: where
 * a person has logged in before, they have counts of their own.
 */
#include "store_wait.h"
#include "throttle.h"

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
