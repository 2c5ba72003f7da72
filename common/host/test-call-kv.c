/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-call-kv.c - the plugins' view of the store: private, sealed, and every
 * fault a taint (security.md P1, P5, P6)
 */
#include <unistd.h>

#include "call_kv.h"
#include "factor.h"
#include "host_testing.h"
#include "lib/timefmt.h"
#include "pool.h"

/* How often this thread is still given memory; below 0: always. */
static _Thread_local int given_left = -1;
static bool given_refused;

void *__real_malloc(size_t);
void *__wrap_malloc(size_t);

void *
__wrap_malloc(size_t n)
{
	if (given_left == 0) {
		given_refused = true;
		return NULL;
	}
	given_left -= given_left > 0;
	return __real_malloc(n);
}

static struct rig g;
static struct place place;
static struct sealer *sealer;
static struct reach reach;
static struct factor phone, other;
static struct csn_call c;
static const struct csn_host *h = &call_services;

static int
set_up(void **state)
{
	unsigned realm;

	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	rig_factor(&g, "ldap", &rig_identity, realm);
	rig_factor(&g, "phone", &rig_second, 0);
	place_make(&place);
	sealer = rig_sealer();
	reach_init(&reach, place.store, sealer);
	reach_factor(&phone, &g, 1);
	reach_factor(&other, &g, 0);
	call_begin(&c, &reach.host, &phone, 60000);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	call_end(&c);
	sealer_free(sealer);
	place_free(&place);
	rig_free(&g);
	return 0;
}

/* The same instant, another call. */
static void
again(struct factor *f)
{
	call_end(&c);
	call_begin(&c, &reach.host, f, 60000);
}

static int32_t
put(const char *key, const char *value, uint32_t ttl_s, uint32_t flags)
{
	return h->kv_put(&c, str_from(key), str_from(value), ttl_s, flags);
}

static void
has(const char *key, const char *value)
{
	struct csn_str got;

	assert_int_equal(h->kv_get(&c, str_from(key), &got), CSN_OK);
	assert_str(got, value);
	assert_int_equal(got.p[got.n], 0);
}

static int32_t
get(const char *key)
{
	struct csn_str got;

	return h->kv_get(&c, str_from(key), &got);
}

/* What the store holds under a full key. */
static struct csn_str
stored(const char *full, struct buf *b)
{
	buf_init(b, STORE_VALUE_MAX);
	assert_int_equal(store_get(place.store, str_from(full), T_NOW, b),
	    STORE_OK);
	return buf_str(b);
}

/* ------------------------------------------------------------------ */

static void
test_values(void **state)
{
	(void)state;
	assert_int_equal(get("a"), CSN_E_ABSENT);
	assert_int_equal(put("a", "one", 60, 0), CSN_OK);
	has("a", "one");
	assert_int_equal(put("a", "", 0, CSN_KV_DURABLE), CSN_OK);
	has("a", "");
	assert_int_equal(put("a", "secret", 0, CSN_KV_DURABLE |
	    CSN_KV_SECRET), CSN_OK);
	has("a", "secret");
	assert_int_equal(put("e", "", 60, CSN_KV_SECRET), CSN_OK);
	has("e", "");
	assert_int_equal(h->kv_put_new(&c, STR("a"), STR("x"), 60, 0),
	    CSN_E_EXISTS);
	assert_int_equal(h->kv_put_new(&c, STR("b"), STR("x"), 60, 0),
	    CSN_OK);
	assert_int_equal(h->kv_del(&c, STR("a")), CSN_OK);
	assert_int_equal(get("a"), CSN_E_ABSENT);
	assert_int_equal(h->kv_del(&c, STR("a")), CSN_OK);
	assert_false(c.tainted);
	reach.now_ms += 59999;
	has("b", "x");
	reach.now_ms++;
	assert_int_equal(get("b"), CSN_E_ABSENT);
	assert_int_equal(h->kv_put_new(&c, STR("b"), STR("y"), 60, 0),
	    CSN_OK);
	assert_false(c.tainted);
}

/* Keys are private to the factor, and counters are no values. */
static void
test_private(void **state)
{
	int64_t n = 0;

	(void)state;
	assert_int_equal(put("a", "mine", 60, 0), CSN_OK);
	again(&other);
	assert_int_equal(get("a"), CSN_E_ABSENT);
	assert_int_equal(put("a", "its", 60, 0), CSN_OK);
	again(&phone);
	has("a", "mine");
	assert_int_equal(h->kv_count(&c, STR("n"), 3, 60, &n), CSN_OK);
	assert_true(n == 3);
	assert_int_equal(h->kv_count(&c, STR("n"), -1, 60, &n), CSN_OK);
	assert_true(n == 2);
	assert_int_equal(get("n"), CSN_E_ABSENT);
	again(&other);
	assert_int_equal(h->kv_count(&c, STR("n"), 1, 60, &n), CSN_OK);
	assert_true(n == 1);
}

/* P6: sealed at rest, and bound to factor and key. */
static void
test_secret(void **state)
{
	struct csn_str bytes;
	struct buf b;

	(void)state;
	assert_int_equal(put("a", "JBSWY3DPEHPK3PXP", 0, CSN_KV_DURABLE |
	    CSN_KV_SECRET), CSN_OK);
	bytes = stored("k/phone/a", &b);
	assert_true(str_find(bytes, STR("JBSWY3DP")) < 0);
	/* moved under another key, or another factor's: it does not open */
	assert_int_equal(store_put(place.store, STR("k/phone/b"), bytes, 0,
	    T_NOW), STORE_OK);
	assert_int_equal(store_put(place.store, STR("k/ldap/a"), bytes, 0,
	    T_NOW), STORE_OK);
	assert_int_equal(get("b"), CSN_E_BACKEND);
	assert_true(c.tainted);
	again(&other);
	assert_int_equal(get("a"), CSN_E_BACKEND);
	assert_true(c.tainted);
	/* what cannot be opened is not "absent" */
	again(&phone);
	b.p[b.n - 1] ^= 1;
	assert_int_equal(store_put(place.store, STR("k/phone/a"), bytes, 0,
	    T_NOW), STORE_OK);
	assert_int_equal(get("a"), CSN_E_BACKEND);
	assert_true(c.tainted);
	again(&phone);
	assert_int_equal(store_put(place.store, STR("k/phone/a"), STR(""), 0,
	    T_NOW), STORE_OK);
	assert_int_equal(get("a"), CSN_E_BACKEND);
	assert_true(c.tainted);
	buf_free(&b);
}

static int32_t swap(const char *, const char *, const char *);

/* P6: a value that says it is not sealed, or another kind than it was, is no
 * value. */
static void
test_forged(void **state)
{
	static const uint8_t kinds[] = { 0, CSN_KV_DURABLE, CSN_KV_SECRET,
	    CSN_KV_DURABLE | CSN_KV_SECRET };
	struct csn_str bytes;
	struct buf b;

	(void)state;
	assert_int_equal(put("a", "real", 0, CSN_KV_DURABLE |
	    CSN_KV_SECRET), CSN_OK);
	bytes = stored("k/phone/a", &b);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		again(&phone);
		b.p[0] = (char)kinds[i];
		assert_int_equal(store_put(place.store, STR("k/phone/a"),
		    bytes, 0, T_NOW), STORE_OK);
		assert_int_equal(get("a"), i == 3 ? CSN_OK : CSN_E_BACKEND);
		assert_true(c.tainted == (i != 3));
		again(&phone);
		assert_int_equal(store_put(place.store, STR("k/phone/a"),
		    arena_printf(&c.arena, "%cknown", kinds[i]), 0, T_NOW),
		    STORE_OK);
		assert_int_equal(get("a"), CSN_E_BACKEND);
		assert_true(c.tainted);
		again(&phone);
		assert_int_equal(swap("a", "known", "x"), CSN_E_BACKEND);
	}
	/* what is no secret is as hard to forge */
	again(&phone);
	assert_int_equal(put("n", "7", 60, 0), CSN_OK);
	assert_int_equal(store_put(place.store, STR("k/phone/n"),
	    str_of("\0" "8", 2), 0, T_NOW), STORE_OK);
	assert_int_equal(get("n"), CSN_E_BACKEND);
	buf_free(&b);
	again(&phone);
}

static int32_t
swap(const char *key, const char *before, const char *after)
{
	return h->kv_swap(&c, str_from(key), str_from(before),
	    str_from(after));
}

/* P6: compared as plain text, swapped on the bytes that were read. */
static void
test_swap(void **state)
{
	struct buf b;

	(void)state;
	assert_int_equal(swap("a", "", "x"), CSN_E_ABSENT);
	for (uint32_t secret = 0; secret <= CSN_KV_SECRET;
	    secret += CSN_KV_SECRET) {
		assert_int_equal(put("a", "1", 60, CSN_KV_DURABLE | secret),
		    CSN_OK);
		assert_int_equal(swap("a", "0", "2"), CSN_E_STALE);
		assert_int_equal(swap("a", "", "2"), CSN_E_STALE);
		has("a", "1");
		assert_int_equal(swap("a", "1", "2"), CSN_OK);
		has("a", "2");
		assert_int_equal(swap("a", "1", "3"), CSN_E_STALE);
		assert_int_equal(swap("a", "2", ""), CSN_OK);
		assert_int_equal(swap("a", "", "4"), CSN_OK);
		has("a", "4");
	}
	assert_false(c.tainted);
	/* it keeps its flags: still sealed, still durable */
	assert_int_equal(stored("k/phone/a", &b).p[0],
	    CSN_KV_DURABLE | CSN_KV_SECRET);
	assert_true(str_find(buf_str(&b), STR("4")) != 1);
	buf_free(&b);
	/* and its expiry */
	reach.now_ms += 60000;
	assert_int_equal(swap("a", "4", "5"), CSN_E_ABSENT);
}

/* Left to who asked, where he takes it; compared in either case. */
static void
test_swap_with(void **state)
{
	struct store_op op;

	(void)state;
	assert_int_equal(put("w", "1", 0, CSN_KV_SECRET | CSN_KV_DURABLE),
	    CSN_OK);
	assert_int_equal(h->kv_swap_with(&c, STR("w"), STR("1"), STR("2")),
	    CSN_OK);
	has("w", "2");		/* nobody takes it along: done at once */
	c.takes_along = true;
	assert_int_equal(h->kv_swap_with(&c, STR("w"), STR("1"), STR("3")),
	    CSN_E_STALE);
	assert_int_equal(c.along.key.n, 0);
	assert_int_equal(h->kv_swap_with(&c, STR("w"), STR("2"), STR("3")),
	    CSN_OK);
	has("w", "2");
	op = c.along;
	/* a second one does not take the first one's place */
	assert_int_equal(put("v", "1", 60, 0), CSN_OK);
	assert_int_equal(h->kv_swap_with(&c, STR("v"), STR("1"), STR("2")),
	    CSN_OK);
	has("v", "2");
	assert_str(c.along.key, "k/phone/w");
	assert_int_equal(store_batch(place.store, &op, 1, T_NOW), STORE_OK);
	has("w", "3");
	assert_int_equal(store_batch(place.store, &op, 1, T_NOW),
	    STORE_STALE);
	assert_false(c.tainted);
	again(&phone);
}

/* A swap behind a get compares with what was read then: reading again would
 * only make the gap smaller. */
static void
test_swap_after_get(void **state)
{
	struct csn_call another;
	uint64_t calls;

	(void)state;
	assert_int_equal(put("a", "1", 60, CSN_KV_SECRET), CSN_OK);
	has("a", "1");
	calls = store_calls(place.store);
	assert_int_equal(swap("a", "1", "2"), CSN_OK);
	assert_int_equal(store_calls(place.store) - calls, 1);
	/* used once: the next one reads */
	assert_int_equal(swap("a", "1", "3"), CSN_E_STALE);
	assert_int_equal(swap("a", "2", "3"), CSN_OK);
	/* another's change in between, the same text sealed anew too */
	has("a", "3");
	call_begin(&another, &reach.host, &phone, 60000);
	assert_int_equal(h->kv_put(&another, STR("a"), STR("3"), 60,
	    CSN_KV_SECRET), CSN_OK);
	call_end(&another);
	assert_int_equal(swap("a", "3", "4"), CSN_E_STALE);
	/* the plugin's own change in between is none of another's */
	has("a", "3");
	assert_int_equal(put("a", "3", 60, CSN_KV_SECRET), CSN_OK);
	assert_int_equal(swap("a", "3", "4"), CSN_OK);
	/* another key's */
	assert_int_equal(put("b", "4", 60, CSN_KV_SECRET), CSN_OK);
	has("b", "4");
	assert_int_equal(swap("a", "4", "5"), CSN_OK);
	has("b", "4");
	has("a", "5");
	assert_false(c.tainted);
}

#define ACCOUNT	"account-1"

/* How long a step waited for its commit, and for a thread. */
static int64_t waited_ms;

/* As the commit before a step reads it along, into this call; whether there is
 * something to read. */
static bool
ahead_here(struct buf *value)
{
	struct store_op op;

	buf_clear(value);
	if (!ahead_op(&phone, &c.arena, STR(ACCOUNT), &op, value))
		return false;
	assert_str(op.key, "k/phone/d/" ACCOUNT);
	assert_int_equal(store_batch(place.store, &op, 1, T_NOW), STORE_OK);
	ahead_was_read(&op, clock_mono_ms() - waited_ms, &c.ahead);
	ahead_keep(&c.arena, &c.ahead);
	return c.ahead.key.n > 0;
}

/* How often the store was asked by a get that must give this. */
static unsigned
asked_for(const char *value)
{
	uint64_t calls = store_calls(place.store);

	has("d/" ACCOUNT, value);
	return (unsigned)(store_calls(place.store) - calls);
}

/* What a step reads first is what the commit before it has read; everything
 * else is read when it is asked for. */
static void
test_ahead(void **state)
{
	struct csn_call another;
	struct buf b;

	(void)state;
	buf_init(&b, STORE_VALUE_MAX);
	assert_int_equal(put("d/" ACCOUNT, "1", 60, CSN_KV_SECRET), CSN_OK);
	has("d/" ACCOUNT, "1");
	assert_false(ahead_here(&b));	/* whose it is was not said */
	c.account = STR(ACCOUNT);
	assert_int_equal(put("x", "1", 60, 0), CSN_OK);
	has("x", "1");
	assert_false(ahead_here(&b));	/* no key of a person's */
	has("d/" ACCOUNT, "1");
	assert_true(ahead_here(&b));
	assert_int_equal(asked_for("1"), 0);
	assert_int_equal(asked_for("1"), 1);	/* once */
	assert_true(ahead_here(&b));
	has("x", "1");			/* first */
	assert_int_equal(asked_for("1"), 1);
	assert_true(ahead_here(&b));
	assert_int_equal(put("d/" ACCOUNT, "2", 60, 0), CSN_OK);
	assert_int_equal(asked_for("2"), 1);	/* it wrote itself */
	waited_ms = 5000;
	assert_true(ahead_here(&b));
	waited_ms = 0;
	assert_int_equal(asked_for("2"), 1);	/* long ago */
	/* another's change meanwhile is found by the swap (P6) */
	assert_true(ahead_here(&b));
	call_begin(&another, &reach.host, &phone, 60000);
	assert_int_equal(h->kv_put(&another, STR("d/" ACCOUNT), STR("2"), 60,
	    0), CSN_OK);
	call_end(&another);
	assert_int_equal(asked_for("2"), 0);
	assert_int_equal(swap("d/" ACCOUNT, "2", "3"), CSN_E_STALE);
	assert_int_equal(asked_for("2"), 1);
	/* nothing is no value */
	assert_int_equal(h->kv_del(&c, STR("d/" ACCOUNT)), CSN_OK);
	assert_false(ahead_here(&b));
	assert_int_equal(get("d/" ACCOUNT), CSN_E_ABSENT);
	assert_false(c.tainted);
	buf_free(&b);
}

static void
listed(const char *prefix, const char *after, uint32_t max, const char *want)
{
	struct csn_strs l;
	struct buf b;

	assert_int_equal(h->kv_list(&c, str_from(prefix), str_from(after),
	    max, &l), CSN_OK);
	buf_init(&b, 0);
	for (size_t i = 0; i < l.n; i++) {
		buf_str_put(&b, l.v[i]);
		buf_char(&b, ' ');
	}
	assert_str(buf_str(&b), want);
	buf_free(&b);
}

static void
test_list(void **state)
{
	static const char *const keys[] = { "d/2", "d/1", "e", "d/3", "d" };

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(put(keys[i], "v", 0, CSN_KV_DURABLE |
		    (i % 2 != 0 ? CSN_KV_SECRET : 0)), CSN_OK);
	assert_int_equal(put("d/0", "passing", 60, 0), CSN_OK);
	again(&other);
	assert_int_equal(put("d/9", "its", 0, CSN_KV_DURABLE), CSN_OK);
	again(&phone);
	listed("d/", "", 10, "d/1 d/2 d/3 ");
	listed("d/", "d/1", 10, "d/2 d/3 ");
	listed("d/", "", 2, "d/1 d/2 ");
	listed("", "", 10, "d d/1 d/2 d/3 e ");
	listed("x", "", 10, "");
}

static void
test_batch(void **state)
{
	struct csn_kv_op ops[33] = {
		{ .op = CSN_KV_PUT, .flags = CSN_KV_SECRET, .ttl_s = 60,
		    .key = STR("a"), .value = STR("1") },
		{ .op = CSN_KV_PUT_NEW, .ttl_s = 60, .key = STR("b"),
		    .value = STR("2") },
		{ .op = CSN_KV_DEL, .key = STR("c") },
	};

	(void)state;
	assert_int_equal(put("c", "3", 60, 0), CSN_OK);
	assert_int_equal(h->kv_batch(&c, ops, 3), CSN_OK);
	has("a", "1");
	has("b", "2");
	assert_int_equal(get("c"), CSN_E_ABSENT);
	/* all or none */
	ops[0].value = STR("changed");
	assert_int_equal(h->kv_batch(&c, ops, 3), CSN_E_EXISTS);
	has("a", "1");
	ops[1].op = 9;
	assert_int_equal(h->kv_batch(&c, ops, 2), CSN_E_INVALID);
	ops[1] = (struct csn_kv_op){ .op = CSN_KV_PUT, .key = STR("b") };
	assert_int_equal(h->kv_batch(&c, ops, 2), CSN_E_INVALID);
	assert_int_equal(h->kv_batch(&c, ops, 0), CSN_E_INVALID);
	assert_int_equal(h->kv_batch(&c, ops, 33), CSN_E_INVALID);
	has("a", "1");
	assert_false(c.tainted);
}

/* What a plugin asks wrongly is its own fault: refused, not a taint. */
static void
test_invalid(void **state)
{
	static char longest[CSN_KV_VALUE_MAX + 1];
	struct csn_str key = str_of(longest, CSN_KV_KEY_MAX + 1), got;
	struct csn_strs l;
	int64_t n;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(h->kv_get(&c, key, &got), CSN_E_INVALID);
	assert_int_equal(get(""), CSN_E_INVALID);
	assert_int_equal(h->kv_put(&c, key, STR(""), 60, 0), CSN_E_INVALID);
	assert_int_equal(h->kv_put(&c, STR("a"), str_of(longest,
	    sizeof(longest)), 60, 0), CSN_E_INVALID);
	assert_int_equal(put("a", "x", 0, 0), CSN_E_INVALID);
	assert_int_equal(put("a", "x", 60, 4), CSN_E_INVALID);
	assert_int_equal(swap("", "", ""), CSN_E_INVALID);
	assert_int_equal(h->kv_count(&c, STR("n"), 1, 0, &n), CSN_E_INVALID);
	assert_int_equal(h->kv_del(&c, key), CSN_E_INVALID);
	assert_int_equal(h->kv_list(&c, key, STR(""), 1, &l), CSN_E_INVALID);
	assert_int_equal(h->kv_list(&c, STR(""), STR(""), 0, &l),
	    CSN_E_INVALID);
	assert_false(c.tainted);
	assert_int_equal(h->kv_put(&c, STR("a"), str_of(longest,
	    CSN_KV_VALUE_MAX), 60, CSN_KV_SECRET), CSN_OK);
	assert_int_equal(get("a"), CSN_OK);
}

/* ------------------------------------------------------------------ */
/* P1: every operation that fails taints the call */

enum { OPS = 8 };

static int32_t
op_run(unsigned i)
{
	static const struct csn_kv_op one = { .op = CSN_KV_PUT, .ttl_s = 60,
	    .key = STR_INIT("z"), .value = STR_INIT("1") };
	struct csn_strs l;
	int64_t n;

	switch (i) {
	case 0:
		return get("a");
	case 1:
		return put("a", "x", 60, 0);
	case 2:
		return h->kv_put_new(&c, STR("new"), STR("x"), 60, 0);
	case 3:
		return swap("a", "1", "2");
	case 4:
		return h->kv_count(&c, STR("n"), 1, 60, &n);
	case 5:
		return h->kv_del(&c, STR("a"));
	case 6:
		return h->kv_list(&c, STR(""), STR(""), 5, &l);
	default:
		return h->kv_batch(&c, &one, 1);
	}
}

static void
all_fail(int32_t want, bool reads_too)
{
	for (unsigned i = 0; i < OPS; i++) {
		bool reads = i == 0 || i == 6;

		again(&phone);
		if (reads && !reads_too) {
			assert_int_equal(op_run(i), CSN_OK);
			assert_false(c.tainted);
			continue;
		}
		assert_int_equal(op_run(i), want);
		assert_true(c.tainted);
	}
}

static void
test_faults(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1", 60, 0), CSN_OK);
	place_break_writes(&place);
	all_fail(CSN_E_BACKEND, false);
	place_mend_writes(&place);
	again(&phone);
	has("a", "1");
	assert_false(c.tainted);
	place_break(&place);
	all_fail(CSN_E_BACKEND, true);
}

static void
test_no_store(void **state)
{
	(void)state;
	reach.host.store = NULL;
	all_fail(CSN_E_BACKEND, true);
}

static void
test_late(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OPS; i++) {
		again(&phone);
		c.deadline_ms = clock_mono_ms() - 1;
		assert_int_equal(op_run(i), CSN_E_DEADLINE);
		assert_true(c.tainted);
	}
	assert_true(h->left_ms(&c) == 0);
	again(&phone);
	assert_int_equal(get("a"), CSN_E_ABSENT);
}

/* A ring without a key: nothing can be sealed, and that is no "invalid". */
static void
test_unsealable(void **state)
{
	struct keyring none = { .name = KEYRING_RECORDS }, cookies = {
	    .name = KEYRING_COOKIES };
	struct csn_kv_op one = { .op = CSN_KV_PUT, .ttl_s = 60,
	    .flags = CSN_KV_SECRET, .key = STR("z"), .value = STR("1") };

	(void)state;
	assert_int_equal(put("a", "1", 60, CSN_KV_SECRET), CSN_OK);
	assert_int_equal(sealer_reload(sealer, &cookies, &none), 0);
	assert_int_equal(put("b", "1", 60, CSN_KV_SECRET), CSN_E_BACKEND);
	assert_true(c.tainted);
	again(&phone);
	assert_int_equal(h->kv_batch(&c, &one, 1), CSN_E_BACKEND);
	assert_true(c.tainted);
	again(&phone);
	assert_int_equal(get("a"), CSN_E_BACKEND);
	assert_true(c.tainted);
}

/* P5: past the budget there is nothing, and the call counts for nothing. */
static void
test_budget(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1", 60, 0), CSN_OK);
	assert_non_null(h->alloc(&c, CALL_BUDGET / 2));
	assert_false(c.tainted);
	assert_null(h->alloc(&c, CALL_BUDGET));
	assert_true(c.tainted);
	for (unsigned i = 0; i < OPS; i++) {
		again(&phone);
		c.arena.over = true;
		assert_int_not_equal(op_run(i), CSN_OK);
		assert_true(c.tainted);
	}
	again(&phone);
	assert_null(h->alloc(&c, SIZE_MAX));
	assert_true(c.tainted);
}

/* ------------------------------------------------------------------ */
/* throttle(): reserved once per call, P4 */

static void
test_throttle(void **state)
{
	(void)state;
	again(&other);
	assert_int_equal(h->throttle(&c, STR("Ann")), CSN_OK);
	assert_true(c.reserved);
	assert_str(c.reserved_subject, "ann");
	/* the same person again is the same try, another one is refused */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(h->throttle(&c, STR("ANN")), CSN_OK);
	assert_int_equal(h->throttle(&c, STR("bob")), CSN_E_INVALID);
	for (unsigned i = 0; i < 4; i++) {
		again(&other);
		assert_int_equal(h->throttle(&c, STR("ann")), CSN_OK);
	}
	again(&other);
	assert_int_equal(h->throttle(&c, STR("ann")), CSN_E_LIMIT);
	assert_true(!c.reserved && !c.tainted &&
	    c.limited_until_ms == T_NOW + 900000);
	assert_int_equal(h->throttle(&c, STR("")), CSN_E_INVALID);
	again(&phone);
	assert_int_equal(h->throttle(&c, STR("ann")), CSN_E_INVALID);
	again(&other);
	place_break(&place);
	assert_int_equal(h->throttle(&c, STR("bob")), CSN_E_BACKEND);
	assert_true(c.tainted && !c.reserved);
	again(&other);
	c.deadline_ms = clock_mono_ms() - 1;
	assert_int_equal(h->throttle(&c, STR("bob")), CSN_E_DEADLINE);
	assert_true(c.tainted && !c.reserved);
	again(&other);
	reach.host.store = NULL;
	assert_int_equal(h->throttle(&c, STR("bob")), CSN_E_BACKEND);
	assert_true(c.tainted);
}

/* On the event loop a plugin may only ask: what may block taints. */
static void
test_only_asks(void **state)
{
	struct csn_pairs none = { NULL, 0 };

	(void)state;
	for (unsigned i = 0; i < OPS; i++) {
		again(&phone);
		c.only_asks = true;
		assert_int_equal(op_run(i), CSN_E_BACKEND);
		assert_true(c.tainted);
	}
	again(&other);
	c.only_asks = true;
	assert_int_not_equal(h->throttle(&c, STR("ann")), CSN_OK);
	assert_true(c.tainted && !c.reserved);
	again(&other);
	c.only_asks = true;
	h->audit(&c, STR("event"), none);
	assert_true(c.tainted);
	again(&other);
	c.only_asks = true;
	assert_non_null(h->alloc(&c, 16));
	assert_true(h->now_ms(&c) == T_NOW && h->left_ms(&c) > 0);
	assert_false(c.tainted);
}

/* O6: an event that cannot be written must not be followed by a grant. */
static void
test_audit(void **state)
{
	struct csn_pairs none = { NULL, 0 };

	(void)state;
	h->audit(&c, STR("event"), none);
	assert_false(c.tainted);
	reach.audit_rc = -1;
	h->audit(&c, STR("event"), none);
	assert_true(c.tainted);
}

/* As long as was asked for, and never longer than the call has. */
static void
test_wait(void **state)
{
	int64_t from_ms;
	int fd[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(h->wait(&c, fd[0], 0, 10), CSN_E_INVALID);
	assert_int_equal(h->wait(&c, -1, CSN_W_READ, 10), CSN_E_INVALID);
	assert_int_equal(h->wait(&c, fd[0], CSN_W_READ, -1), CSN_E_INVALID);
	assert_int_equal(h->wait(&c, fd[0], CSN_W_READ, 20), CSN_E_DEADLINE);
	assert_int_equal(h->wait(&c, fd[1], CSN_W_WRITE, 60000), CSN_OK);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(h->wait(&c, fd[0], CSN_W_READ, 60000), CSN_OK);
	assert_int_equal(read(fd[0], &byte, 1), 1);
	from_ms = clock_mono_ms();
	c.deadline_ms = from_ms + 20;
	assert_int_equal(h->wait(&c, fd[0], CSN_W_READ, 10000),
	    CSN_E_DEADLINE);
	assert_in_range(clock_mono_ms() - from_ms, 0, 9999);
	assert_false(c.tainted);
	again(&phone);
	c.only_asks = true;
	assert_int_equal(h->wait(&c, fd[0], CSN_W_READ, 20), CSN_E_BACKEND);
	assert_true(c.tainted);
	close(fd[0]);
	close(fd[1]);
}

/* P1: without memory there is no answer that a factor could take for one of
 * the store's. */
static void
test_memory(void **state)
{
	int32_t rc = CSN_E_BACKEND;
	unsigned refused = 0;
	struct csn_str got;

	(void)state;
	assert_int_equal(put("m", "one", 60, CSN_KV_SECRET), CSN_OK);
	for (int i = 0; rc != CSN_OK; i++) {
		again(&phone);
		assert_int_equal(h->kv_get(&c, STR("m"), &got), CSN_OK);
		given_refused = false;
		given_left = i;
		rc = h->kv_swap(&c, STR("m"), STR("one"), STR("two"));
		given_left = -1;
		refused += given_refused;
		assert_true(c.tainted == (rc != CSN_OK));
	}
	assert_true(refused > 1);
	has("m", "two");
}

static void
job_put(void *arg)
{
	*(int32_t *)arg = put("of-a-job", "1", 60, 0);
}

/* A commit is waited for without the thread, and is done all the same. */
static void
test_put_in_job(void **state)
{
	struct pool *p = pool_new_waiting("put", 1, 4, 4);
	int32_t rc = -1;

	(void)state;
	assert_int_equal(pool_run(p, job_put, &rc), 0);
	pool_free(p);
	assert_int_equal(rc, CSN_OK);
	has("of-a-job", "1");
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values), TEST(test_private), TEST(test_secret),
		TEST(test_forged),
		TEST(test_swap), TEST(test_swap_with),
		TEST(test_swap_after_get), TEST(test_ahead),
		TEST(test_list), TEST(test_batch),
		TEST(test_invalid), TEST(test_faults), TEST(test_no_store),
		TEST(test_late), TEST(test_unsealable), TEST(test_budget),
		TEST(test_memory),
		TEST(test_throttle), TEST(test_only_asks),
		TEST(test_audit), TEST(test_wait), TEST(test_put_in_job),
	};

	return cmocka_run_group_tests_name("call-kv", tests, NULL, NULL);
}
