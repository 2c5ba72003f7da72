/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-login.c - the scene itself: a login as a browser has it, and what the
 * application gets
 */
#include "scene.h"

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
    "    allow: { groups: [staff] }\n";

static struct scene *s;

static int
set_up(void **state)
{
	(void)state;
	s = scene_new(CONF);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_free(s);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("login", tests, set_up, tear_down);
}
