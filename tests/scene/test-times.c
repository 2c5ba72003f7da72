/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-times.c - cookies and login pages that are over, or of a time to come
 *
 * Each is no login, changes nothing that is kept, and leaves a way on; what was
 * only early is as good as ever once its time is there.
 */
#include "scene.h"

#include "host/exchange.h"
#include "host/session.h"

#define APP	"https://app.example.org/"
#define MIN_MS	INT64_C(60000)

static const char CONF[] =
    "session: { idle: 30m, lifetime: 2h }\n"
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n"
    "  - { match: { host: app.example.org }, require: [ pass ] }\n";

static struct scene *s;
static int64_t start_ms;

/* Ids and times of all sessions of ann. */
static struct csn_str
kept(void)
{
	struct csn_str all = STR(""), copy;

	assert_int_equal(csn_sessions(s->gate, STR("corp"), STR("ann"), &all),
	    0);
	copy = arena_str(&s->arena, all);
	csn_free(&all);
	return copy;
}

static struct browser
logged_in(void)
{
	struct browser b = browser_new();
	struct seen p;

	scene_begin(s);
	p = scene_go(s, &b, APP);
	p = scene_do(s, &b, &p, "grant subject=ann");
	assert_int_equal(p.what, SEEN_ALLOWED);
	start_ms = s->now_ms;
	return b;
}

/* The check of a copy of a browser, at so many ms from the login on. */
static bool
is_in_at(const struct browser *b, int64_t ms)
{
	struct browser copy = *b;
	struct csn_str before;
	struct seen p;

	s->now_ms = start_ms + ms;
	before = kept();
	p = scene_check(s, &copy, APP);
	HOLDS("S7", p.what == SEEN_ALLOWED || p.status == 401);
	HOLDS("S7", (p.what == SEEN_ALLOWED) == (p.headers.n > 0));
	HOLDS("S7", str_equal(before, kept()));
	return p.what == SEEN_ALLOWED;
}

static void
test_cookies(void **state)
{
	struct browser b = logged_in();
	struct seen p;

	(void)state;
	HOLDS("S7", !is_in_at(&b, -SESSION_SKEW_MS - MIN_MS));
	HOLDS("S7", is_in_at(&b, 0));
	HOLDS("S9", !is_in_at(&b, 31 * MIN_MS));
	/* what is used now and then lives on, but not for ever */
	b = logged_in();
	for (int64_t m = 20; m < 120; m += 20)
		HOLDS("S9", is_in_at(&b, m * MIN_MS));
	HOLDS("S9", is_in_at(&b, 119 * MIN_MS));
	HOLDS("S9", !is_in_at(&b, 121 * MIN_MS));
	/* the page that one came for is one login away */
	p = scene_go(s, &b, APP);
	HOLDS("S9", p.what == SEEN_PAGE && p.nprompts > 0);
	HOLDS("S9", scene_do(s, &b, &p, "grant subject=ann").what ==
	    SEEN_ALLOWED);
}

/* A form sent at another time than it was shown at: no login by it. */
static bool
is_over_at(const struct browser *b, const struct seen *page, int64_t ms)
{
	struct browser copy = *b;
	struct csn_str before;
	struct seen q;

	s->now_ms = start_ms + ms;
	before = kept();
	q = scene_do(s, &copy, page, "grant subject=ann");
	return q.what == SEEN_PAGE && q.screen == 22 && q.nprompts == 0 &&
	    str_find(q.message, STR("has expired")) >= 0 &&
	    str_equal(before, kept()) &&
	    scene_check(s, &copy, APP).what != SEEN_ALLOWED;
}

static void
test_login_pages(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, APP);
	start_ms = s->now_ms;
	HOLDS("S7", is_over_at(&b, &p, -SESSION_SKEW_MS - MIN_MS));
	HOLDS("S7", is_over_at(&b, &p, EXCHANGE_LIFE_MS + 1));
	/* nothing of it was used up */
	s->now_ms = start_ms + EXCHANGE_LIFE_MS - MIN_MS;
	HOLDS("S7", scene_do(s, &b, &p, "grant subject=ann").what ==
	    SEEN_ALLOWED);
}

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_login_pages),
	};

	return cmocka_run_group_tests_name("times", tests, set_up,
	    scene_tear_down);
}
