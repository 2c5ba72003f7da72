/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-login.c - the scene itself: a login as a browser has it, and what the
 * application gets
 */
#include "scene.h"

#include <stdio.h>

static const char CONF[] =
    "realms: { corp: {} }\n"
    "groups: { staff: { corp: all-staff } }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "policies:\n"
    "  - match: { host: open.example.org }\n"
    "    public: true\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass then key ]\n"
    "  - match: { host: staff.example.org }\n"
    "    require: [ pass then key ]\n"
    "    allow: { groups: [staff] }\n"
    "  - match: { host: only.example.org }\n"
    "    require: [ pass where group staff ]\n";

static struct scene *s;

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	return 0;
}

static void
test_login(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, "https://app.example.org/a?b=c");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_int_equal(p.nprompts, 1);
	p = scene_do(s, &b, &p, "grant subject=Ann groups=all-staff,x");
	assert_int_equal(p.nprompts, 1);
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_str(p.url, "https://app.example.org/a?b=c");
	assert_str(seen_header(&p, "Remote-User"), "ann");
	assert_str(seen_header(&p, "Remote-Groups"), "staff,x");
	assert_str(p.cookie, "");
	/* another application: no question */
	p = scene_go(s, &b, "https://staff.example.org/");
	assert_int_equal(p.what, SEEN_ALLOWED);
	/* and what needs none says nobody */
	p = scene_go(s, &b, "https://open.example.org/");
	assert_int_equal(p.what, SEEN_ALLOWED);
	/* every name is there, or a proxy would let the client's pass (R6) */
	for (size_t i = 0; i < 4; i++)
		HOLDS("R6", p.headers.n == 4 && str_starts(
		    p.headers.v[i].name, STR("Remote-")));
	assert_str(seen_header(&p, "Remote-User"), "");
	p = scene_go(s, &b, "https://other.example.org/");
	assert_int_equal(p.what, SEEN_REFUSED);
	assert_int_equal(s->broken, 0);
}

static void
test_refused(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, "https://staff.example.org/");
	p = scene_do(s, &b, &p, "again");
	assert_int_equal(p.nprompts, 1);
	p = scene_do(s, &b, &p, "grant subject=bob groups=x");
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_true(p.reference.n > 0);
	/* that host never gives a session cookie to this person */
	p = scene_go(s, &b, "https://staff.example.org/");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_int_equal(p.status, 403);
	p = scene_go(s, &b, "https://app.example.org/");
	assert_int_equal(p.what, SEEN_ALLOWED);
}

/* No way is for this person: told so, and not that accounts were mixed up. */
static void
test_no_way(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, "https://only.example.org/");
	p = scene_do(s, &b, &p, "grant subject=bob groups=x");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_int_equal(p.screen, 19);
	assert_true(p.reference.n > 0);
	assert_int_equal(scene_audited(s, "no way is left"), 1);
	b = browser_new();
	p = scene_go(s, &b, "https://only.example.org/");
	p = scene_do(s, &b, &p, "grant subject=bob groups=all-staff");
	assert_int_equal(p.what, SEEN_ALLOWED);
}

static struct browser
logged_in(const char *words)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, "https://app.example.org/");

	p = scene_do(s, &b, &p, words);
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
	return b;
}

/* S3: two different valid sessions are none; the same one twice is one. */
static void
test_two_sessions(void **state)
{
	struct browser a, b;
	struct cookie_kept *k;

	(void)state;
	scene_begin(s);
	a = logged_in("grant subject=ann groups=x");
	b = logged_in("grant subject=bob groups=x");
	k = browser_cookie(&a, "app.example.org", "__Host-countersign");
	HOLDS("S3", k != NULL);
	a.v[a.n++] = *k;
	HOLDS("S3", scene_check(s, &a, "https://app.example.org/").what ==
	    SEEN_ALLOWED);
	k = browser_cookie(&b, "app.example.org", "__Host-countersign");
	HOLDS("S3", k != NULL);
	a.v[a.n++] = *k;
	HOLDS("S3", scene_check(s, &a, "https://app.example.org/").what !=
	    SEEN_ALLOWED);
	/* S1: and a host's cookie is no other host's */
	(void)snprintf(k->host, sizeof(k->host), "staff.example.org");
	HOLDS("S1", scene_check(s, &b, "https://staff.example.org/").what !=
	    SEEN_ALLOWED);
}

static unsigned
exchanges(const struct browser *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += strstr(b->v[i].name, "countersign-x-") != NULL;
	return n;
}

/* S6: a login begins by a page load and by nothing else, its form is taken
 * from its own origin only, and of many tabs those with something proved are
 * the last to go. */
static void
test_navigations(void **state)
{
	struct browser b = browser_new();
	struct seen p, q;

	(void)state;
	scene_begin(s);
	b.purpose = "prefetch";
	p = scene_visit(s, &b, "GET", "login.example.org", STR("/login"),
	    STR(""));
	HOLDS("S6", p.status == 401 && exchanges(&b) == 0);
	b.purpose = NULL;
	p = scene_go(s, &b, "https://app.example.org/a");
	HOLDS("S6", p.nprompts == 1 && exchanges(&b) == 1);
	b.origin = "https://evil.example.org";
	q = scene_do(s, &b, &p, "grant subject=ann groups=x");
	HOLDS("S6", q.status == 403 && q.nprompts == 0);
	/* nothing of it was used up */
	b.origin = NULL;
	p = scene_do(s, &b, &p, "grant subject=ann groups=x");
	HOLDS("S6", p.nprompts == 1);
	for (unsigned i = 0; i < 12; i++) {
		s->now_ms++;
		(void)scene_go(s, &b, "https://app.example.org/b");
	}
	HOLDS("S6", exchanges(&b) > 3 && exchanges(&b) <= 7);
	p = scene_do(s, &b, &p, "code");
	HOLDS("S6", p.what == SEEN_ALLOWED);
	assert_str(p.url, "https://app.example.org/a");
}

/* The name that the configuration gives to another group is not taken by
 * whoever makes up a group of that name in the directory. */
static void
test_group_of_another_name(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	b = logged_in("grant subject=gus groups=staff,x");
	p = scene_go(s, &b, "https://app.example.org/");
	HOLDS("R7", str_is(seen_header(&p, "Remote-Groups"), "corp/staff,x"));
	p = scene_go(s, &b, "https://staff.example.org/");
	HOLDS("R7", p.what != SEEN_ALLOWED);
}

/* R7: only a plain name, or one that is declared, becomes a group in a header:
 * one with the separator in it, or with bytes that a header could not carry,
 * goes nowhere, and takes no other along. */
static void
test_odd_groups(void **state)
{
	static const char *const odd[] = { "staff,admins", "a\tb",
	    "a\xc2\x85" "b", "a\xe2\x80\xae" "b", "a\x7f", "a|b",
	    "CN=x,DC=example" };
	struct browser b;
	char words[100];
	struct seen p;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		scene_begin(s);
		(void)snprintf(words, sizeof(words), "grant subject=ann "
		    "group=%s", odd[i]);
		b = logged_in(words);
		p = scene_go(s, &b, "https://app.example.org/");
		HOLDS("R7", str_is(seen_header(&p, "Remote-Groups"), ""));
		p = scene_go(s, &b, "https://staff.example.org/");
		HOLDS("R7", p.what != SEEN_ALLOWED);
	}
	b = logged_in("grant subject=ann groups=x,a\tb,y");
	p = scene_go(s, &b, "https://app.example.org/");
	HOLDS("R7", str_is(seen_header(&p, "Remote-Groups"), "x,y"));
	/* told, but for "a|b", which is only no plain name, and the DN, which
	 * is what a directory calls its groups; and once */
	HOLDS("R7", scene_audited(s, "\"event\":\"group-dropped\"") == 5);
	HOLDS("R7", scene_audited(s, "staff,admins") == 1);
	HOLDS("R7", scene_audited(s, "a\\\\x09b") +
	    scene_audited(s, "a\\tb") == 1);
}

/* Whoever can make up groups cannot fill the log with them. */
static void
test_odd_groups_bounded(void **state)
{
	unsigned before;
	char words[100];

	(void)state;
	scene_begin(s);
	s->now_ms += 60000;
	before = scene_audited(s, "group-dropped");
	for (unsigned i = 0; i < 14; i++) {
		(void)snprintf(words, sizeof(words), "grant subject=ann "
		    "group=g,%u", i);
		(void)logged_in(words);
	}
	HOLDS("R7", scene_audited(s, "group-dropped") == before + 10);
	s->now_ms += 60000;
	(void)logged_in("grant subject=ann group=g,99");
	HOLDS("R7", scene_audited(s, "group-dropped") == before + 11);
	HOLDS("R7", scene_audited(s, "and 4 others that were not told") == 1);
	/* after an hour the first is told again */
	s->now_ms += 3600000;
	(void)logged_in("grant subject=ann group=g,99");
	HOLDS("R7", scene_audited(s, "g,99") == 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_way),
		cmocka_unit_test(test_two_sessions),
		cmocka_unit_test(test_navigations),
		cmocka_unit_test(test_group_of_another_name),
		cmocka_unit_test(test_odd_groups),
		cmocka_unit_test(test_odd_groups_bounded),
	};

	return cmocka_run_group_tests_name("login", tests, set_up,
	    scene_tear_down);
}
