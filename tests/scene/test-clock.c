/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-clock.c - a wall clock that is moved (docs/security.md O3)
 *
 * A step of over 30 s between wall and monotonic clock makes a node not ready
 * for logins: what is good for so long, and once, hangs on the wall clock.
 */
#include "scene.h"

#include <unistd.h>

#define APP "https://app.example.org/"
#define KEY "https://key.example.org/"

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "remember: { key: 10d }\n"
    "policies:\n"
    "  - { match: { host: app.example.org }, require: [ pass ] }\n"
    "  - match: { host: key.example.org }\n"
    "    require: [ pass then key ]\n";

static _Atomic int64_t moved_ms;

int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void);

int64_t
__wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + moved_ms;
}

static bool
ready(struct scene *s)
{
	char sentence[200];

	return csn_gate_ready(s->gate, sentence, sizeof(sentence)) == 0;
}

static bool
gets_in(struct scene *s, const char *words)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, APP);

	if (p.what == SEEN_PAGE && p.nprompts > 0)
		p = scene_do(s, &b, &p, words);
	return p.what == SEEN_ALLOWED;
}

static void
clock_moved(int64_t ms, bool matters)
{
	struct scene *s = scene_new(CONF);

	moved_ms = 0;
	HOLDS("O3", gets_in(s, "grant subject=ann"));
	moved_ms = ms;
	/* looked at every second */
	for (unsigned i = 0; i < 2000 && ready(s) && matters; i++)
		usleep(10000);
	if (!matters)
		usleep(2200000);
	HOLDS("O3", ready(s) == !matters);
	HOLDS("O3", gets_in(s, "grant subject=ann") == !matters);
	moved_ms = 0;
	scene_free(s);
}

static void
test_moved(void **state)
{
	(void)state;
	clock_moved(31500, true);
	clock_moved(-31500, true);
	clock_moved(20000, false);
}

/* The code's form, with the box for remembering this browser ticked. */
static struct seen
remembered(struct scene *s, struct browser *b, struct seen p)
{
	struct csn_pair *v = arena_array(&s->arena, p.fields.n + 2,
	    sizeof(*v));

	assert_non_null(v);
	for (size_t i = 0; i < p.fields.n; i++)
		v[i] = p.fields.v[i];
	v[p.fields.n] = (struct csn_pair){ STR("csn-remember"), STR("1") };
	v[p.fields.n + 1] = (struct csn_pair){ STR("csn-remember-asked"),
	    STR("1") };
	p.fields = (struct csn_pairs){ v, p.fields.n + 2 };
	return scene_do(s, b, &p, "code");
}

/* A login at KEY that ends with a code, asked or not; only the browser's being
 * remembered is kept of it. */
static void
remember_here(struct scene *s, struct browser *b)
{
	struct seen p;

	for (unsigned i = 0; i < 2; i++) {
		p = scene_go(s, b, KEY);
		p = scene_do(s, b, &p, "grant subject=ann");
		p = i == 0 ? scene_do(s, b, &p, "code") :
		    remembered(s, b, p);
		assert_int_equal(p.what, SEEN_ALLOWED);
		for (size_t k = 0; k < b->n;)
			if (strcmp(b->v[k].name, "__Host-countersign") == 0)
				b->v[k] = b->v[--b->n];
			else
				k++;
	}
}

/* Nor for what is no question to anybody: a session that gains what the browser
 * stands for. */
static void
test_remembered(void **state)
{
	struct scene *s = scene_new(CONF);
	struct browser b[2] = { browser_new() };
	struct seen p;

	(void)state;
	moved_ms = 0;
	remember_here(s, &b[0]);
	b[1] = b[0];
	for (unsigned i = 0; i < 2; i++) {
		p = scene_go(s, &b[i], APP);
		p = scene_do(s, &b[i], &p, "grant subject=ann");
		HOLDS("O3", p.what == SEEN_ALLOWED);
	}
	HOLDS("O3", scene_go(s, &b[0], KEY).what == SEEN_ALLOWED);
	moved_ms = -31500;
	for (unsigned i = 0; i < 2000 && ready(s); i++)
		usleep(10000);
	HOLDS("O3", !ready(s));
	HOLDS("O3", scene_go(s, &b[1], KEY).what == SEEN_PAGE);
	moved_ms = 0;
	scene_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_remembered),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
