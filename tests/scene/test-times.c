/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-times.c - cookies and login pages that are over, or of a time to come
 *
 * Each is no login, changes nothing that is kept, and leaves a way on; what was
 * only early is as good as ever once its time is there. And what is over in the
 * store goes, however much there is.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

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
rows_over(const struct scene *of)
{
	sqlite3_stmt *st;
	char path[512];
	sqlite3 *db;
	int n;

	(void)snprintf(path, sizeof(path), "%s/state/state.db", of->folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 60000), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM kv "
	    "WHERE exp = 1", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

/* Ten turns' worth goes in the time of two: each login leaves ten rows or so,
 * and a store that gives back less than comes grows for ever. */
static void
test_what_is_over_goes(void **state)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct scene *own = scene_new(CONF);
	int n = 10000;

	(void)state;
	scene_sql(own, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT "
	    "i + 1 FROM c WHERE i < 10000) INSERT INTO kv (k, exp, v) "
	    "SELECT CAST('x/' || i AS BLOB), 1, x'00' FROM c");
	for (int i = 0; i < 600 && n > 0; i++) {
		nanosleep(&pause, NULL);
		n = rows_over(own);
	}
	assert_int_equal(n, 0);
	scene_close(own);
	scene_free(own);
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
		cmocka_unit_test(test_what_is_over_goes),
	};

	return cmocka_run_group_tests_name("times", tests, set_up,
	    scene_tear_down);
}
