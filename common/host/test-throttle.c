/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-throttle.c - however many guess at once, no more than the limit pass
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "host_testing.h"
#include "throttle.h"

#define LIMIT	5u
#define WINDOW	900000

static struct rig g;
static struct place place;
static const struct throttle_key ann = { STR_INIT("phone"), STR_INIT("corp"),
	STR_INIT("ann"), NULL };

static int
set_up(void **state)
{
	(void)state;
	rig_init(&g);
	place_make(&place);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	place_free(&place);
	rig_free(&g);
	return 0;
}

static int
reserve(const struct throttle_key *k, int64_t now_ms, int64_t *until)
{
	*until = 0;
	return throttle_reserve(place.store, &g.conf, k, now_ms, until);
}

static void
reserve_ok(int64_t now_ms)
{
	int64_t until;

	assert_int_equal(reserve(&ann, now_ms, &until), THROTTLE_OK);
}

static void
reserve_limit(int64_t now_ms, int64_t want)
{
	int64_t until;

	assert_int_equal(reserve(&ann, now_ms, &until), THROTTLE_LIMIT);
	assert_true(until == want);
	assert_true(throttle_until(place.store, &g.conf, &ann, now_ms) ==
	    want);
}

static void
test_window(void **state)
{
	(void)state;
	assert_true(throttle_until(place.store, &g.conf, &ann, T_NOW) == 0);
	for (unsigned i = 0; i < LIMIT; i++) {
		assert_true(throttle_until(place.store, &g.conf, &ann,
		    T_NOW + i) == 0);
		reserve_ok(T_NOW + i);
	}
	/* a limited try does not lengthen the wait */
	for (unsigned i = 0; i < 20; i++)
		reserve_limit(T_NOW + 10 + i, T_NOW + WINDOW);
	reserve_limit(T_NOW + WINDOW - 1, T_NOW + WINDOW);
	reserve_ok(T_NOW + WINDOW);
	assert_true(throttle_until(place.store, &g.conf, &ann,
	    T_NOW + WINDOW) == 0);
}

/* Who is counted: factor, realm and person, each by itself. */
static void
test_keys(void **state)
{
	struct throttle_key other = ann;
	int64_t until;

	(void)state;
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(T_NOW);
	reserve_limit(T_NOW, T_NOW + WINDOW);
	other.subject = STR("bob");
	assert_int_equal(reserve(&other, T_NOW, &until), THROTTLE_OK);
	other = ann;
	other.realm = STR("partner");
	assert_int_equal(reserve(&other, T_NOW, &until), THROTTLE_OK);
	other = ann;
	other.factor = STR("ldap");
	assert_int_equal(reserve(&other, T_NOW, &until), THROTTLE_OK);
	/* a slash in a name makes no other person of it */
	other = (struct throttle_key){ STR("phone"), STR("corp"),
	    STR("ann/x"), NULL };
	assert_int_equal(reserve(&other, T_NOW, &until), THROTTLE_OK);
	reserve_limit(T_NOW, T_NOW + WINDOW);
}

/* Who comes back to the limit soon after a wait waits longer, up to an hour;
 * whoever lets it rest waits as at first. */
static void
test_longer(void **state)
{
	static const int64_t waits[] = { WINDOW, 2 * WINDOW, 4 * WINDOW,
		4 * WINDOW };
	int64_t now = T_NOW;

	(void)state;
	for (size_t w = 0; w < COUNT(waits); w++) {
		for (unsigned i = 0; i < LIMIT; i++)
			reserve_ok(now);
		for (unsigned i = 0; i < 3; i++)
			reserve_limit(now, now + waits[w]);
		reserve_limit(now + waits[w] - 1, now + waits[w]);
		now += waits[w];
	}
	now += 4 * WINDOW;
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(now);
	reserve_limit(now, now + WINDOW);
	/* nor after an operator has lifted it */
	now += WINDOW;
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(now);
	reserve_limit(now, now + 2 * WINDOW);
	assert_int_equal(throttle_lift(place.store, STR("t/phone/corp/ann"),
	    now), THROTTLE_OK);
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(now);
	reserve_limit(now, now + WINDOW);
}

static int
familiar(unsigned where, struct throttle_key *k)
{
	int64_t until = T_NOW + WINDOW;

	*k = ann;
	return throttle_reserve_familiar(place.store, &g.conf, k, where,
	    T_NOW, &until);
}

/* Counts of their own where somebody has logged in before: as many tries
 * there, and neither of them a stranger's to use up. */
static void
test_familiar(void **state)
{
	struct throttle_key k;

	(void)state;
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(T_NOW);
	reserve_limit(T_NOW, T_NOW + WINDOW);
	assert_int_equal(familiar(0, &k), THROTTLE_LIMIT);
	assert_null(k.place);
	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(familiar(THROTTLE_NETWORK, &k), THROTTLE_OK);
	assert_string_equal(k.place, "@network");
	assert_int_equal(familiar(THROTTLE_NETWORK, &k), THROTTLE_LIMIT);
	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(familiar(THROTTLE_BROWSER | THROTTLE_NETWORK,
		    &k), THROTTLE_OK);
	assert_string_equal(k.place, "@browser");
	/* given back where it was taken */
	assert_int_equal(throttle_refund(place.store, &k, T_NOW),
	    THROTTLE_OK);
	assert_int_equal(familiar(THROTTLE_BROWSER, &k), THROTTLE_OK);
	assert_int_equal(familiar(THROTTLE_BROWSER | THROTTLE_NETWORK, &k),
	    THROTTLE_LIMIT);
	reserve_limit(T_NOW, T_NOW + WINDOW);
	/* an unlocked person is unlocked everywhere */
	assert_int_equal(throttle_clear(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	reserve_ok(T_NOW);
	assert_int_equal(familiar(THROTTLE_NETWORK, &k), THROTTLE_OK);
	assert_int_equal(familiar(THROTTLE_BROWSER, &k), THROTTLE_OK);
}

/* P4: GRANT clears, ERROR gives one try back and no more. */
static void
test_settle(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(T_NOW);
	assert_int_equal(throttle_refund(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	reserve_ok(T_NOW);
	reserve_limit(T_NOW, T_NOW + WINDOW);
	assert_int_equal(throttle_clear(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(T_NOW);
	reserve_limit(T_NOW, T_NOW + WINDOW);
	assert_int_equal(throttle_clear(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	/* a refund that comes late, after a clear, gives nobody more tries */
	assert_int_equal(throttle_clear(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	assert_int_equal(throttle_refund(place.store, &ann, T_NOW),
	    THROTTLE_OK);
	for (unsigned i = 0; i < LIMIT; i++)
		reserve_ok(T_NOW + 2);
	reserve_limit(T_NOW + 2, T_NOW + 2 + WINDOW);
}

static atomic_uint passed, failed;

static void *
guess(void *unused)
{
	int64_t until;

	(void)unused;
	for (unsigned i = 0; i < 4; i++)
		switch (reserve(&ann, T_NOW, &until)) {
		case THROTTLE_OK:
			atomic_fetch_add(&passed, 1);
			break;
		case THROTTLE_LIMIT:
			break;
		default:
			atomic_fetch_add(&failed, 1);
			break;
		}
	return NULL;
}

/* 64 at once, four guesses each: the limit reaches step(), not one more. */
static void
test_parallel(void **state)
{
	pthread_t t[64];

	(void)state;
	for (unsigned i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, guess, NULL), 0);
	for (unsigned i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(atomic_load(&passed), LIMIT);
	assert_int_equal(atomic_load(&failed), 0);
}

/* A reservation that failed is no reservation. */
static void
test_fault(void **state)
{
	struct throttle_key longer = ann;
	char name[600];
	int64_t until;

	(void)state;
	memset(name, 'x', sizeof(name));
	longer.subject = str_of(name, sizeof(name));
	assert_int_equal(reserve(&longer, T_NOW, &until), THROTTLE_FAILED);
	place_break_writes(&place);
	assert_int_equal(reserve(&ann, T_NOW, &until), THROTTLE_FAILED);
	place_mend_writes(&place);
	reserve_ok(T_NOW);
	/* a counter that is none, a refund below nothing */
	place_sql(&place, "UPDATE kv SET v = X'78'");
	assert_int_equal(reserve(&ann, T_NOW, &until), THROTTLE_FAILED);
	place_sql(&place, "UPDATE kv SET v = X'2d35'");
	assert_int_equal(reserve(&ann, T_NOW, &until), THROTTLE_FAILED);
	place_break(&place);
	assert_int_equal(reserve(&ann, T_NOW, &until), THROTTLE_FAILED);
	assert_int_equal(throttle_clear(place.store, &ann, T_NOW),
	    THROTTLE_FAILED);
	assert_int_equal(throttle_refund(place.store, &ann, T_NOW),
	    THROTTLE_FAILED);
}

struct seen { unsigned n; char key[256]; size_t key_n; int64_t until; };

static int
seen_one(void *arg, struct csn_str key, const struct throttle_key *k,
    int64_t count, int64_t until_ms)
{
	struct seen *s = arg;

	s->n++;
	if (str_is(k->subject, "a/b")) {
		assert_str(k->factor, "phone");
		assert_str(k->realm, "corp");
		assert_int_equal(count, LIMIT);
		memcpy(s->key, key.p, key.n);
		s->key_n = key.n;
		s->until = until_ms;
	}
	return 0;
}

static void
test_operator(void **state)
{
	struct throttle_key slash = ann;
	struct seen s = { .n = 0 };
	int64_t until;

	(void)state;
	reserve_ok(T_NOW);
	slash.subject = STR("a/b");
	for (unsigned i = 0; i < LIMIT; i++)
		assert_int_equal(reserve(&slash, T_NOW, &until), THROTTLE_OK);
	assert_int_equal(throttle_list(place.store, &g.conf, T_NOW, seen_one,
	    &s), THROTTLE_OK);
	assert_int_equal(s.n, 2);
	assert_true(s.until == T_NOW + WINDOW);
	assert_int_equal(throttle_lift(place.store, str_of(s.key, s.key_n),
	    T_NOW), THROTTLE_OK);
	assert_int_equal(reserve(&slash, T_NOW, &until), THROTTLE_OK);
	/* it lifts nothing but throttles */
	assert_int_equal(throttle_lift(place.store, STR("p/corp/ann"),
	    T_NOW), THROTTLE_FAILED);
}

/* ------------------------------------------------------------------ */
/* sources */

static struct throttle *sources;

static struct ip
ip(const char *text)
{
	struct ip ret;

	assert_int_equal(ip_parse(str_from(text), &ret), 0);
	return ret;
}

static bool
over(const char *text, int64_t now_ms)
{
	struct ip a = ip(text);
	int64_t until = 0;
	bool ret = throttle_source_over(sources, &g.conf, &a, now_ms, &until);

	assert_int_equal(ret, until > now_ms);
	return ret;
}

static void
fail_from(const char *text, unsigned times)
{
	struct ip a = ip(text);

	for (unsigned i = 0; i < times; i++)
		throttle_source_failed(sources, &g.conf, &a, T_NOW);
}

static void
test_sources(void **state)
{
	(void)state;
	sources = throttle_new();
	assert_non_null(sources);
	fail_from("192.0.2.1", 19);
	assert_false(over("192.0.2.1", T_NOW));
	fail_from("192.0.2.1", 1);
	assert_true(over("192.0.2.1", T_NOW));
	/* the same address as IPv6 text; its neighbour is another */
	assert_true(over("::ffff:192.0.2.1", T_NOW));
	assert_false(over("192.0.2.2", T_NOW));
	assert_true(over("192.0.2.1", T_NOW + WINDOW - 1));
	assert_false(over("192.0.2.1", T_NOW + WINDOW));
	/* IPv6: a /64 is one source, a /48 at most four of them */
	fail_from("2001:db8:1:1::1", 20);
	assert_true(over("2001:db8:1:1:ffff::9", T_NOW));
	assert_false(over("2001:db8:1:2::1", T_NOW));
	fail_from("2001:db8:1:2::1", 20);
	fail_from("2001:db8:1:3::1", 20);
	assert_false(over("2001:db8:1:4::1", T_NOW));
	fail_from("2001:db8:1:5::1", 20);
	assert_true(over("2001:db8:1:4::1", T_NOW));
	assert_false(over("2001:db8:2:4::1", T_NOW));
	throttle_free(sources);
}

static bool
forms_over(const char *text, int64_t now_ms)
{
	struct ip a = ip(text);
	int64_t until;

	return throttle_forms_over(sources, &g.conf, &a, now_ms, &until);
}

static void
forms_of(const char *text, unsigned times, bool returned, int64_t now_ms)
{
	struct ip a = ip(text);

	for (unsigned i = 0; i < times; i++) {
		throttle_forms_spend(sources, &g.conf, &a, now_ms);
		if (returned)
			throttle_forms_refund(sources, &g.conf, &a, now_ms);
	}
}

/* What came to a login counts no more; more than was counted is not given
 * back, nor what was counted before. */
static void
test_forms(void **state)
{
	struct ip nobody = ip("192.0.2.3");

	(void)state;
	sources = throttle_new();
	assert_non_null(sources);
	forms_of("192.0.2.1", 2000, true, T_NOW);
	throttle_forms_refund(sources, &g.conf, &nobody, T_NOW);
	forms_of("192.0.2.1", 999, false, T_NOW);
	assert_false(forms_over("192.0.2.1", T_NOW));
	forms_of("192.0.2.1", 1, false, T_NOW);
	assert_true(forms_over("192.0.2.1", T_NOW));
	assert_false(over("192.0.2.1", T_NOW));
	assert_false(forms_over("192.0.2.1", T_NOW + WINDOW));
	forms_of("2001:db8:1:1::1", 4001, true, T_NOW);
	forms_of("2001:db8:1:1::1", 1000, false, T_NOW);
	assert_true(forms_over("2001:db8:1:1::2", T_NOW));
	assert_false(forms_over("2001:db8:1:2::2", T_NOW));
	throttle_free(sources);
}

static void
test_sources_shared(void **state)
{
	struct ip_net net;
	struct conf_network network = { .name = STR("nat"), .nets = &net,
	    .nnets = 1 };

	(void)state;
	assert_int_equal(ip_net_parse(STR("192.0.2.0/24"), &net), 0);
	g.conf.networks = &network;
	g.conf.nnetworks = 1;
	g.conf.throttle.shared_sources = 1;
	sources = throttle_new();
	assert_non_null(sources);
	fail_from("192.0.2.1", 100);
	assert_false(over("192.0.2.1", T_NOW));
	fail_from("192.0.3.1", 20);
	assert_true(over("192.0.3.1", T_NOW));
	throttle_free(sources);
}

/* Strangers without number cost no memory, and a source that is over stays so
 * while a few thousand others fail. */
static void
test_sources_many(void **state)
{
	char text[32];
	unsigned still = 0;

	(void)state;
	sources = throttle_new();
	assert_non_null(sources);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "198.51.100.%u", i);
		fail_from(text, 20);
	}
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%u.%u", i >> 8,
		    i & 255);
		fail_from(text, 1);
	}
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "198.51.100.%u", i);
		still += over(text, T_NOW);
	}
	assert_true(still > 90);
	for (unsigned i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "10.%u.%u.1", i >> 8,
		    i & 255);
		fail_from(text, 1);
	}
	throttle_free(sources);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_window), TEST(test_keys), TEST(test_settle),
		TEST(test_longer), TEST(test_familiar),
		TEST(test_parallel), TEST(test_fault), TEST(test_operator),
		TEST(test_sources), TEST(test_forms),
		TEST(test_sources_shared),
		TEST(test_sources_many),
	};

	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
