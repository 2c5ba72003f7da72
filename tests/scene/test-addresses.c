/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-addresses.c - application and login see different addresses of one
 * client (dual stack, split DNS, a VPN for one of them), or the check is told
 * none: the policy is the one of the application's request, and no browser is
 * sent from one to the other for ever
 */
#include "scene.h"

#define OFFICE	"192.0.2.7"
#define HOME	"198.51.100.8"
#define NOBODY	""		/* none is told */

#define POLICIES(vault)							\
    "realms: { corp: {} }\n"						\
    "networks: { office: 192.0.2.0/24 }\n"				\
    "factors:\n"							\
    "  pass: { plugin: puppet, realm: corp }\n"			\
    "  key: { plugin: stick }\n"					\
    "enrol: { key: { first_login: true } }\n"				\
    "policies:\n"							\
    "  - match: { host: app.example.org, network: office }\n"		\
    "    require: [ pass ]\n"						\
    "  - match: { host: app.example.org }\n"				\
    "    require: [ pass then key ]\n"					\
    "  - match: { host: vault.example.org, network: office }\n"	\
    "    require: [ pass then key ]\n"					\
    "  - match: { host: vault.example.org }\n"				\
    "    require: [ " vault " ]\n"					\
    "  - match: { host: inside.example.org, network: office }\n"	\
    "    require: [ pass ]\n"						\
    "  - match: { host: inside.example.org }\n"			\
    "    deny: true\n"							\
    "  - match: { host: guard.example.org }\n"				\
    "    require: [ pass where network office ]\n"

static const char OLD[] = POLICIES("pass");
static const char NEW[] = POLICIES("pass then key");

static struct scene *s;

static int
set_up(void **state)
{
	*state = s = scene_new(OLD);
	s->tick_ms = 1;
	return 0;
}

static struct browser
from(const char *check, const char *login)
{
	struct browser b = browser_new();

	b.client = check;
	b.at_login = login;
	return b;
}

/* Goes there, and proves what it is asked for: how many proofs it took. */
static unsigned
proofs_for(struct browser *b, const char *url, struct seen *ret)
{
	static const char *const words[] = { "grant subject=ann", "code" };
	unsigned n = 0;

	*ret = scene_go(s, b, url);
	while (ret->what == SEEN_PAGE && ret->nprompts == 1 && n < 2)
		*ret = scene_do(s, b, ret, words[n++]);
	return n;
}

static void
test_policy_of_the_check(void **state)
{
	static const struct {
		const char *check, *login, *url;
		unsigned proofs;
	} rows[] = {
		{ OFFICE, OFFICE, "https://app.example.org/", 1 },
		{ HOME, HOME, "https://app.example.org/", 2 },
		{ HOME, OFFICE, "https://app.example.org/", 2 },
		{ OFFICE, HOME, "https://app.example.org/", 1 },
		{ OFFICE, NOBODY, "https://app.example.org/", 1 },
		{ HOME, OFFICE, "https://vault.example.org/", 1 },
		{ OFFICE, HOME, "https://vault.example.org/", 2 },
		/* what is denied at the login's address only is no matter */
		{ OFFICE, HOME, "https://inside.example.org/", 1 },
	};
	struct browser b;
	struct seen p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scene_begin(s);
		b = from(rows[i].check, rows[i].login);
		assert_int_equal(proofs_for(&b, rows[i].url, &p),
		    rows[i].proofs);
		HOLDS("S4", p.what == SEEN_ALLOWED);
	}
}

/* Who was let in at the office and goes home proves what is missing, once. */
static void
test_moved(void **state)
{
	struct browser b = from(OFFICE, OFFICE);
	struct seen p;

	(void)state;
	scene_begin(s);
	assert_int_equal(proofs_for(&b, "https://app.example.org/", &p), 1);
	b.client = HOME;
	p = scene_go(s, &b, "https://app.example.org/");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_int_equal(p.nprompts, 1);
	p = scene_do(s, &b, &p, "code");
	HOLDS("S4", p.what == SEEN_ALLOWED);
	/* each of its next requests from another address */
	for (int i = 0; i < 6; i++) {
		b.client = i % 2 ? HOME : OFFICE;
		b.at_login = i % 3 ? HOME : OFFICE;
		p = scene_go(s, &b, "https://app.example.org/");
		HOLDS("S4", p.what == SEEN_ALLOWED);
	}
}

/* Two nodes, of which one has not read the new configuration: they cannot
 * agree. A page says so at the second turn, each time, until they do. */
static void
test_circles(void **state)
{
	struct browser b = from(HOME, HOME);
	struct seen p;

	(void)state;
	scene_begin(s);
	s->pages = scene_node(s);
	assert_int_equal(scene_reload(s, NEW), 0);
	p = scene_go(s, &b, "https://vault.example.org/x?y=1");
	p = scene_do(s, &b, &p, "grant subject=ann");
	for (unsigned i = 1; i < 4; i++) {
		HOLDS("no circles", p.what == SEEN_PAGE && p.screen == 35 &&
		    p.status == 503 && p.hops < 10);
		HOLDS("no circles", p.reference.n > 0);
		HOLDS("no circles", scene_audited(s, "login-in-circles") == i);
		/* "Try again", at once or much later */
		s->now_ms += i == 1 ? 1 : 60000;
		p = scene_go(s, &b, "https://vault.example.org/x?y=1");
	}
	s->pages = NULL;
	p = scene_go(s, &b, "https://vault.example.org/x?y=1");
	p = scene_do(s, &b, &p, "code");
	HOLDS("no circles", p.what == SEEN_ALLOWED);
	assert_int_equal(scene_reload(s, OLD), 0);
}

/* No circle: the session gained a proof elsewhere meanwhile; and an old link
 * to the login is followed again. */
static void
test_no_circle(void **state)
{
	struct browser b = from(HOME, HOME);
	struct seen p;

	(void)state;
	scene_begin(s);
	assert_int_equal(proofs_for(&b, "https://vault.example.org/", &p), 1);
	b.client = b.at_login = OFFICE;
	p = scene_go(s, &b, "https://app.example.org/");
	HOLDS("no circles", p.what == SEEN_ALLOWED);
	/* a step-up at another host, just now */
	b.client = b.at_login = HOME;
	p = scene_go(s, &b, "https://app.example.org/");
	p = scene_do(s, &b, &p, "code");
	HOLDS("no circles", p.what == SEEN_ALLOWED);
	b.client = b.at_login = OFFICE;
	p = scene_go(s, &b, "https://vault.example.org/");
	HOLDS("no circles", p.what == SEEN_ALLOWED);
}

/* Refused, in words, where a guard cannot hold. */
static void
test_no_way(void **state)
{
	struct browser b = from(OFFICE, HOME);
	struct seen p;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, "https://guard.example.org/");
	p = scene_do(s, &b, &p, "grant subject=ann");
	HOLDS("no circles", p.what == SEEN_PAGE && p.screen == 19 &&
	    str_find(p.message, STR("different networks")) >= 0);
	HOLDS("no circles", scene_audited(s, "different networks") == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_of_the_check),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_circles),
		cmocka_unit_test(test_no_circle),
		cmocka_unit_test(test_no_way),
	};

	return cmocka_run_group_tests_name("addresses", tests, set_up,
	    scene_tear_down);
}
