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

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n"
    "  - { match: { host: app.example.org }, require: [ pass ] }\n";

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
	for (unsigned i = 0; i < 400 && ready(s) && matters; i++)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moved),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
