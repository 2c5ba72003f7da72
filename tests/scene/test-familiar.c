/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-familiar.c - a stranger who guesses at a name locks nobody out
 *
 * docs/security.md P4: elsewhere everybody waits, those whose name it is as
 * well; with a browser or in a network where they have logged in before they
 * go on, and their own failures there count there.
 */
#include "scene.h"

#include <stdio.h>

#include "host/gate.h"
#include "host/people_kept.h"

#define APP "https://app.example.org/"
#define HOME "203.0.113.7"
#define CAFE "203.0.113.200"
#define AWAY "198.51.100.1"
#define HOTEL "192.0.2.77"

#define CONF_WITH(per_source) \
    "realms: { corp: {} }\n" \
    "factors:\n" \
    "  pass: { plugin: puppet, realm: corp }\n" \
    "  key: { plugin: stick }\n" \
    "enrol: { key: { first_login: true } }\n" \
    "throttle: { per_person: 5, per_source: " per_source " }\n" \
    "policies:\n" \
    "  - { match: { host: app.example.org }, require: [ pass then key ] }\n"

static const char CONF[] = CONF_WITH("1000");
static const char CONF_SOURCE[] = CONF_WITH("8");
static const char CONF_CHOICE[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  other: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "throttle: { per_source: 8 }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass | other then key ]\n";

static const char CONF_GRACE[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true, remind: 90d } }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n"
    "    require:\n"
    "      - pass where unenrolled key until 2024-01-01\n"
    "      - pass then key\n";

static struct scene *s;

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	return 0;
}

static struct browser
browser_at(const char *client)
{
	struct browser b = browser_new();

	b.client = client;
	return b;
}

static const char *
right(const char *name)
{
	static char text[200];

	(void)snprintf(text, sizeof(text), "try=%s grant subject=%s", name,
	    name);
	return text;
}

static const char *
wrong(const char *name)
{
	static char text[200];

	(void)snprintf(text, sizeof(text), "try=%s again", name);
	return text;
}

/* Gets past the first factor, and then through. */
static bool
let_in(struct browser *b, const char *name)
{
	struct seen p = scene_go(s, b, APP);

	p = scene_do(s, b, &p, right(name));
	if (p.what == SEEN_PAGE && p.screen != 25)
		p = scene_do(s, b, &p, "code");
	return p.what == SEEN_ALLOWED;
}

/* No session any more, as after the browser was closed. */
static void
leave(struct browser *b)
{
	for (size_t i = 0; i < b->n;)
		if (strcmp(b->v[i].name, "__Host-countersign") == 0)
			b->v[i] = b->v[--b->n];
		else
			i++;
}

static void
guess(struct browser b, const char *name, unsigned times)
{
	struct seen p;

	for (unsigned i = 0; i < times; i++) {
		struct browser one = b;

		p = scene_go(s, &one, APP);
		(void)scene_do(s, &one, &p, wrong(name));
	}
}

static void
test_stranger(void **state)
{
	struct browser home = browser_at(HOME), b;

	(void)state;
	scene_begin(s);
	assert_true(let_in(&home, "ann"));
	leave(&home);
	for (unsigned round = 0; round < 3; round++) {
		guess(browser_at(AWAY), "ann", 7);
		/* the right password does nothing for a stranger */
		b = browser_at(AWAY);
		HOLDS("P4", !let_in(&b, "ann"));
		/* her browser, wherever it is; her network, by any browser */
		b = home;
		b.client = CAFE;
		HOLDS("P4", let_in(&b, "ann"));
		b = browser_at(HOME);
		HOLDS("P4", let_in(&b, "ann"));
	}
	/* both are hers alone */
	guess(browser_at(AWAY), "bob", 7);
	b = home;
	b.client = AWAY;
	HOLDS("P4", !let_in(&b, "bob"));
	b = browser_at(HOME);
	HOLDS("P4", !let_in(&b, "bob"));
}

/* The same for codes, behind a password that the stranger has. */
static void
test_second_factor(void **state)
{
	struct browser home = browser_at(HOME), b;
	struct seen p;

	(void)state;
	assert_true(let_in(&home, "fay"));
	leave(&home);
	scene_begin(s);
	for (unsigned i = 0; i < 7; i++) {
		b = browser_at(AWAY);
		p = scene_go(s, &b, APP);
		p = scene_do(s, &b, &p, right("fay"));
		(void)scene_do(s, &b, &p, "again");
	}
	b = browser_at(AWAY);
	HOLDS("P4", !let_in(&b, "fay"));
	b = home;
	b.client = CAFE;
	HOLDS("P4", let_in(&b, "fay"));
	b = browser_at(HOME);
	HOLDS("P4", let_in(&b, "fay"));
}

/* Of as many guesses as one likes no more are looked at than there are tries
 * in each place, and a stranger's use up none of them. */
static void
test_guessed_at_home(void **state)
{
	struct browser home = browser_at(HOME);
	unsigned tried = 0;

	(void)state;
	assert_true(let_in(&home, "cat"));
	leave(&home);
	scene_begin(s);
	guess(home, "cat", 40);
	guess(browser_at(HOME), "cat", 40);
	guess(browser_at(AWAY), "cat", 40);
	for (const char *at = s->said; (at = strstr(at, "tried cat")) !=
	    NULL; at++)
		tried++;
	HOLDS("P4", tried == 15);
}

/* Somebody else at the same address uses up what the address has: a browser
 * that is known there goes on, for as many failures of its own. */
static void
test_same_address(void **state)
{
	struct browser home, b;

	(void)state;
	assert_int_equal(scene_reload(s, CONF_SOURCE), 0);
	scene_begin(s);
	home = browser_at(HOTEL);
	assert_true(let_in(&home, "gil"));
	leave(&home);
	for (unsigned i = 0; i < 9; i++)
		guess(browser_at(HOTEL), "nobody", 1);
	b = browser_at(HOTEL);
	HOLDS("P4", !let_in(&b, "gil"));
	b = home;
	HOLDS("P4", let_in(&b, "gil"));
	guess(home, "gus", 4);
	guess(home, "hal", 4);
	b = home;
	HOLDS("P4", !let_in(&b, "gil"));
	assert_int_equal(scene_reload(s, CONF), 0);
}

/* Forms that are no tries leave rows in the store as well: a stranger's come to
 * an end, and somebody who is known here goes on. */
static void
test_forms_without_end(void **state)
{
	struct browser home, b;
	struct seen p;
	unsigned n = 0;

	(void)state;
	assert_int_equal(scene_reload(s, CONF_SOURCE), 0);
	scene_begin(s);
	home = browser_at("192.0.2.90");
	assert_true(let_in(&home, "flo"));
	leave(&home);
	b = browser_at("192.0.2.90");
	for (p = scene_go(s, &b, APP); p.nprompts > 0 && n < 500; n++)
		p = scene_do(s, &b, &p, "ask");
	HOLDS("P4", n == 401 && p.screen == 25);
	b = home;
	HOLDS("P4", let_in(&b, "flo"));
	assert_int_equal(scene_reload(s, CONF), 0);
}

/* So does a page of choices that is sent back without one. */
static void
test_choices_without_end(void **state)
{
	struct browser b = browser_at("192.0.2.93");
	struct seen p;
	unsigned n = 0;

	(void)state;
	assert_int_equal(scene_reload(s, CONF_CHOICE), 0);
	scene_begin(s);
	for (p = scene_go(s, &b, APP); p.screen == 1 && n < 500; n++)
		p = scene_press(s, &b, &p, "none", "1");
	HOLDS("P4", n == 401 && p.screen == 25);
	assert_int_equal(scene_reload(s, CONF), 0);
}

/* So does what a peer's trouble comes to. It is nobody's failed try: many
 * share an address while a provider is down. */
static void
trouble(const char *client, const char *words)
{
	struct browser home = browser_at(client), b;
	struct seen p = { .screen = 0 };
	unsigned n = 0;

	assert_true(let_in(&home, "ida"));
	leave(&home);
	for (; p.screen != 25 && n < 500; n++) {
		b = browser_at(client);
		p = scene_go(s, &b, APP);
		p = scene_do(s, &b, &p, words);
	}
	HOLDS("P4", n == 401);
	b = home;
	HOLDS("P4", let_in(&b, "ida"));
}

static void
test_trouble_without_end(void **state)
{
	(void)state;
	assert_int_equal(scene_reload(s, CONF_SOURCE), 0);
	scene_begin(s);
	trouble("192.0.2.91", "verdict=0x946d1679 reason=9");
	scene_begin(s);
	trouble("192.0.2.92", "verdict=0xcec8b323 reason=9");
	assert_int_equal(scene_reload(s, CONF), 0);
}

/* A cookie says only who was here, and only while it opens. */
static void
test_cookie(void **state)
{
	struct browser home = browser_at(HOME), b;
	struct cookie_kept *c;

	(void)state;
	scene_begin(s);
	assert_true(let_in(&home, "dan"));
	leave(&home);
	guess(browser_at(AWAY), "dan", 7);
	b = home;
	b.client = CAFE;
	c = browser_cookie(&b, "login.example.org", "__Host-countersign-f");
	assert_non_null(c);
	c->value[20] ^= 1;
	HOLDS("P4", !let_in(&b, "dan"));
	b = home;
	b.client = CAFE;
	HOLDS("P4", let_in(&b, "dan"));
	/* who comes after them in the same browser leaves them known */
	leave(&home);
	assert_true(let_in(&home, "eve"));
	leave(&home);
	home.client = CAFE;
	guess(browser_at(AWAY), "eve", 7);
	b = home;
	HOLDS("P4", let_in(&b, "dan"));
	b = home;
	HOLDS("P4", let_in(&b, "eve"));
}

static size_t nrows;

static int
row_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	(void)arg;
	(void)key;
	(void)value;
	(void)expires_ms;
	nrows++;
	return 0;
}

static size_t
rows(void)
{
	nrows = 0;
	assert_int_equal(store_list(s->store, STR("w/"), STR(""), SIZE_MAX,
	    s->now_ms, row_each, NULL), STORE_OK);
	return nrows;
}

/* A thief was here as well: what ends their sessions ends this. */
static void
test_ended(void **state)
{
	static const char *const names[] = { "ivy", "jo", "kit" };
	struct csn_str ret = STR("");

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct browser thief = browser_at(AWAY),
		    own = browser_at(HOME), b;
		struct seen p;

		scene_begin(s);
		assert_true(let_in(&own, names[i]));
		assert_true(let_in(&thief, names[i]));
		leave(&thief);
		guess(browser_at(CAFE), names[i], 7);
		b = thief;
		assert_true(let_in(&b, names[i]));
		s->now_ms += 1000;
		if (i == 0) {
			p = scene_go(s, &own,
			    "https://login.example.org/account");
			p = scene_press(s, &own, &p, "csn-wish", "not-me");
			assert_int_equal(p.screen, 32);
		} else if (i == 1) {
			assert_int_equal(csn_sessions_revoke(s->gate,
			    STR(""), STR("corp"), str_from(names[i]),
			    STR("test"), &ret), 0);
			csn_free(&ret);
		} else {
			assert_int_equal(people_reset(s->store, STR("corp"),
			    str_from(names[i]), 4711, s->now_ms), 0);
		}
		guess(browser_at(CAFE), names[i], 7);
		b = thief;
		HOLDS("S8", !let_in(&b, names[i]));
		b = browser_at(AWAY);
		HOLDS("S8", !let_in(&b, names[i]));
		s->now_ms += 3600 * 1000;
	}
}

/* Nor does a login that was under way, and all proved but a reminder put off,
 * leave anything behind when it is ended. */
static void
test_ended_at_reminder(void **state)
{
	struct browser thief = browser_at(AWAY), own = browser_at(HOME);
	struct seen p, late;
	size_t before;

	(void)state;
	assert_int_equal(scene_reload(s, CONF_GRACE), 0);
	scene_begin(s);
	p = scene_go(s, &own, APP);
	p = scene_do(s, &own, &p, right("max"));
	assert_int_equal(p.screen, 10);
	p = scene_press(s, &own, &p, "csn-later", "1");
	assert_int_equal(p.what, SEEN_ALLOWED);
	late = scene_go(s, &thief, APP);
	late = scene_do(s, &thief, &late, right("max"));
	assert_int_equal(late.screen, 10);
	s->now_ms += 1000;
	p = scene_go(s, &own, "https://login.example.org/account");
	p = scene_press(s, &own, &p, "csn-wish", "not-me");
	assert_int_equal(p.screen, 32);
	before = rows();
	s->now_ms += 1000;
	p = scene_press(s, &thief, &late, "csn-later", "1");
	HOLDS("S8", p.what == SEEN_PAGE && p.nprompts == 0);
	HOLDS("S8", rows() == before);
	assert_int_equal(scene_reload(s, CONF), 0);
}

/* Who is forgotten leaves no network behind, nor under a name of before. */
static void
test_erased(void **state)
{
	struct browser b = browser_at(HOME);
	struct move m = { .store = s->store, .sealer = s->gate->sealer,
	    .realm = STR("corp"), .from = STR("lee"), .into = STR("lea") };
	struct move_result result;
	size_t before = rows();
	struct arena a;

	(void)state;
	assert_true(let_in(&b, "lee"));
	assert_int_equal(rows(), before + 1);
	arena_init(&a, 8u << 20);
	m.now_ms = s->now_ms;
	assert_int_equal(people_move(&m, &a, &result), STORE_OK);
	m.from = STR("lea");
	assert_int_equal(people_erase(&m, &a, &result), STORE_OK);
	assert_int_equal(rows(), before);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_second_factor),
		cmocka_unit_test(test_guessed_at_home),
		cmocka_unit_test(test_same_address),
		cmocka_unit_test(test_forms_without_end),
		cmocka_unit_test(test_choices_without_end),
		cmocka_unit_test(test_trouble_without_end),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_ended_at_reminder),
		cmocka_unit_test(test_erased),
	};

	return cmocka_run_group_tests_name("familiar", tests, set_up,
	    scene_tear_down);
}
