/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-remembered.c - a browser that stands in for a second factor, and where
 * it does not
 *
 * docs/security.md E6 and S8: only where a policy says so, for as long as that
 * one says, for this browser, person, factor and enrolment; forgotten at once
 * on every node; never fresh, never for a change of the account.
 */
#include "scene.h"

#include "host/people.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define DAY (86400LL * 1000)
#define KEY "https://key.example.org/"
#define SHORT "https://short.example.org/"
#define FRESH "https://fresh.example.org/"
#define DEVICE "https://device.example.org/"
#define PIN "https://pin.example.org/"
#define THREE "https://three.example.org/"

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "  pin: { plugin: stick, issuer: b }\n"
    "  also: { plugin: puppet, realm: corp, issuer: c }\n"
    "enrol:\n"
    "  key: { first_login: true }\n"
    "  pin: { first_login: true }\n"
    "session: { idle: 7d, lifetime: 60d }\n"
    "throttle: { per_person: 1000, per_source: 100000 }\n"
    "%s"
    "policies:\n"
    "  - { match: { host: key.example.org }, require: [ pass then key ] }\n"
    "  - match: { host: short.example.org }\n"
    "    require: [ pass then key ]\n"
    "%s"
    "  - match: { host: fresh.example.org }\n"
    "    require: [ pass then key ]\n"
    "    fresh: { key: 1h }\n"
    "  - match: { host: device.example.org }\n"
    "    require: [ pass then key ]\n"
    "    accept: device\n"
    "  - { match: { host: pin.example.org }, require: [ pass then pin ] }\n"
    "  - match: { host: three.example.org }\n"
    "    require: [ pass then key then also ]\n";

static struct scene *s;

/* ------------------------------------------------------------------ */
/* somebody forgets it right before the commit that rests on it */

static _Atomic bool forget_now;

void __real_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);
void __wrap_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);

void
__wrap_store_batch_later(struct store *st, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(ops[i].key, STR("b/")) &&
		    atomic_exchange(&forget_now, false))
			assert_int_equal(store_delete(s->store, ops[i].key,
			    now_ms), STORE_OK);
	__real_store_batch_later(st, ops, n, now_ms, done, arg);
}

/* ------------------------------------------------------------------ */

static const char *
conf_with(const char *all, const char *one)
{
	static char text[4000];

	(void)snprintf(text, sizeof(text), CONF, all, one);
	return text;
}

#define ALL "remember: { key: 10d }\n"
#define ONE "    remember: { key: 1d }\n"

static int
set_up(void **state)
{
	*state = s = scene_new(conf_with(ALL, ONE));
	return 0;
}

static const char *
named(const char *name)
{
	static char text[200];

	(void)snprintf(text, sizeof(text), "grant subject=%s", name);
	return text;
}

static void
enrolled(const char *name, const char *url)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, url);

	p = scene_do(s, &b, &p, named(name));
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
}

/* The page's form with the box ticked; `words` may be a recovery code. */
static struct seen
ticked(struct browser *b, const struct seen *page, const char *words)
{
	struct seen with = *page;
	struct csn_pair *v = arena_array(&s->arena, page->fields.n + 2,
	    sizeof(*v));

	assert_non_null(v);
	for (size_t i = 0; i < page->fields.n; i++)
		v[i] = page->fields.v[i];
	v[page->fields.n] = (struct csn_pair){ STR("csn-remember"),
	    STR("1") };
	v[page->fields.n + 1] = (struct csn_pair){
	    STR("csn-remember-asked"), STR("1") };
	with.fields = (struct csn_pairs){ v, page->fields.n + 2 };
	return scene_do(s, b, &with, words);
}

/* No session any more; what is remembered stays. */
static void
leave(struct browser *b)
{
	for (size_t i = 0; i < b->n;)
		if (strcmp(b->v[i].name, "__Host-countersign") == 0)
			b->v[i] = b->v[--b->n];
		else
			i++;
}

/* In a browser that is remembered now, and logged out. */
static struct browser
remembered(const char *name, const char *url, const char *words)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, url);

	p = scene_do(s, &b, &p, named(name));
	p = ticked(&b, &p, words);
	assert_int_equal(p.what, SEEN_ALLOWED);
	leave(&b);
	return b;
}

static bool
let_in(struct browser *b, const char *name, const char *url)
{
	struct seen p = scene_go(s, b, url);

	if (p.what == SEEN_PAGE && p.screen == 6)
		p = scene_do(s, b, &p, named(name));
	return p.what == SEEN_ALLOWED;
}

/* ------------------------------------------------------------------ */

static void
test_where_written(void **state)
{
	struct browser b, c;

	(void)state;
	scene_begin(s);
	enrolled("ann", KEY);
	b = remembered("ann", KEY, "code");
	c = b;
	assert_true(let_in(&c, "ann", KEY));
	/* what it proved is of its kind, in the session too */
	HOLDS("E6", !let_in(&c, "ann", FRESH));
	HOLDS("E6", !let_in(&c, "ann", DEVICE));
	c = b;
	HOLDS("E6", !let_in(&c, "ann", FRESH));
	c = b;
	HOLDS("E6", !let_in(&c, "ann", DEVICE));
	/* another factor, and nothing to enrol one with (E2) */
	c = b;
	HOLDS("E6", !let_in(&c, "ann", PIN));
	/* not longer than a policy says, nor than all do */
	s->now_ms += 2 * DAY;
	c = b;
	HOLDS("E6", !let_in(&c, "ann", SHORT));
	c = b;
	assert_true(let_in(&c, "ann", KEY));
	HOLDS("E6", !let_in(&c, "ann", SHORT));
	s->now_ms += 8 * DAY;
	c = b;
	HOLDS("E6", !let_in(&c, "ann", KEY));
}

static void
test_switched_off(void **state)
{
	struct browser b, c;

	(void)state;
	scene_begin(s);
	enrolled("bob", KEY);
	b = remembered("bob", KEY, "code");
	assert_int_equal(scene_reload(s, conf_with("", ONE)), 0);
	c = b;
	HOLDS("E6", !let_in(&c, "bob", KEY));
	/* where nothing is written none is made, whatever a form says */
	c = remembered("bob", KEY, "code");
	HOLDS("E6", !let_in(&c, "bob", SHORT));
	c = b;
	assert_true(let_in(&c, "bob", SHORT));
	assert_int_equal(scene_reload(s, conf_with(ALL, ONE)), 0);
}

/* This browser, this person; behind a code that was typed. */
static void
test_whose(void **state)
{
	struct browser b, other = browser_new();

	(void)state;
	scene_begin(s);
	enrolled("cat", KEY);
	enrolled("dan", KEY);
	b = remembered("cat", KEY, "code");
	HOLDS("E6", !let_in(&other, "cat", KEY));
	HOLDS("E6", !let_in(&b, "dan", KEY));
	leave(&b);
	/* the sealed value under the name of another's cookie */
	for (size_t i = 0; i < b.n; i++)
		if (str_starts(str_from(b.v[i].name),
		    STR("__Host-countersign-b-"))) {
			struct browser d = remembered("dan", KEY, "code");

			for (size_t k = 0; k < d.n; k++)
				if (str_starts(str_from(d.v[k].name),
				    STR("__Host-countersign-b-")))
					memcpy(d.v[k].value, b.v[i].value,
					    sizeof(d.v[k].value));
			HOLDS("E6", !let_in(&d, "dan", KEY));
			break;
		}
	b = remembered("cat", KEY, "code ago=1");
	assert_true(let_in(&b, "cat", KEY));
}

static void
test_by_recovery(void **state)
{
	struct browser b;

	(void)state;
	scene_begin(s);
	assert_int_equal(scene_reload(s, conf_with(ALL, ONE
	    "    accept: [recovery]\n")), 0);
	enrolled("eva", KEY);
	b = remembered("eva", SHORT, "code recovery");
	HOLDS("E6", !let_in(&b, "eva", SHORT));
	assert_int_equal(scene_reload(s, conf_with(ALL, ONE)), 0);
}

/* Revoke-all and a reset end it; so does who forgets it, on every node, and
 * what rests on it ends with it. */
static void
test_forgotten(void **state)
{
	struct csn_gate *node = scene_node(s), *first = s->gate;
	struct browser b, c;
	struct csn_str ret;

	(void)state;
	for (int i = 0; i < 3; i++) {
		scene_begin(s);
		enrolled("flo", KEY);
		b = remembered("flo", KEY, "code");
		c = b;
		assert_true(let_in(&c, "flo", KEY));
		assert_int_equal(i == 0 ? csn_browsers_revoke(node, STR(""),
		    STR("corp"), STR("flo"), STR("test"), &ret) : i == 1 ?
		    csn_sessions_revoke(node, STR(""), STR("corp"),
		    STR("flo"), STR("test"), &ret) : people_reset(s->store,
		    STR("corp"), STR("flo"), 4711, s->now_ms), 0);
		if (i < 2)
			csn_free(&ret);
		leave(&b);
		HOLDS("S8", !let_in(&b, "flo", KEY));
		/* the session, by the feed, within its second */
		for (int k = 0; k < 2000 && scene_check(s, &c, KEY).what ==
		    SEEN_ALLOWED; k++)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 },
			    NULL);
		HOLDS("S8", scene_check(s, &c, KEY).what != SEEN_ALLOWED);
	}
	assert_ptr_equal(first, s->gate);
}

/* Forgotten between the look and the commit. */
static void
test_race(void **state)
{
	struct browser b;

	(void)state;
	scene_begin(s);
	enrolled("gus", KEY);
	b = remembered("gus", KEY, "code");
	atomic_store(&forget_now, true);
	HOLDS("S8", !let_in(&b, "gus", KEY));
	assert_false(atomic_load(&forget_now));
	HOLDS("S8", scene_check(s, &b, KEY).what != SEEN_ALLOWED);
}

/* And between the round in which it stood for the factor and the last one. */
static void
test_before_the_end(void **state)
{
	struct browser b;
	struct csn_str ret;
	struct seen p;

	(void)state;
	scene_begin(s);
	enrolled("hal", KEY);
	b = remembered("hal", KEY, "code");
	for (unsigned i = 0; i < 2; i++) {
		leave(&b);
		p = scene_go(s, &b, THREE);
		p = scene_do(s, &b, &p, named("hal"));
		HOLDS("S8", p.what == SEEN_PAGE && str_is(p.label, "also"));
		if (i == 1) {
			assert_int_equal(csn_browsers_revoke(s->gate, STR(""),
			    STR("corp"), STR("hal"), STR("test"), &ret), 0);
			csn_free(&ret);
		}
		p = scene_do(s, &b, &p, named("hal"));
		HOLDS("S8", (p.what == SEEN_ALLOWED) == (i == 0));
	}
	HOLDS("S8", scene_check(s, &b, THREE).what != SEEN_ALLOWED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_written),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_by_recovery),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_before_the_end),
	};

	return cmocka_run_group_tests_name("remembered", tests, set_up,
	    scene_tear_down);
}
