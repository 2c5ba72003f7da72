/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-reload.c - a thousand policies read anew leave the processor to others
 * again and again, and are in force afterwards
 */
#include "scene.h"

#include <sys/resource.h>

#include <stdio.h>
#include <time.h>

#include "host/pace.h"

#define POLICIES	1000u
#define LATE		10	/* sanitizers make a piece longer */

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n";

/* Half of them for paths of one host, as an index likes it least. */
static void
policies_put(struct buf *b, const char *says)
{
	buf_clear(b);
	buf_puts(b, CONF);
	for (unsigned i = 0; i < POLICIES; i++) {
		if (i % 2 == 0)
			buf_printf(b, "  - match: { host: a.example.org, "
			    "under: /area/%u }\n", i);
		else
			buf_printf(b, "  - match: { host: "
			    "app%u.example.org }\n", i);
		buf_printf(b, "    %s\n", says);
	}
	buf_u8(b, 0);
}

static uint32_t
outcome(struct scene *s, const char *url)
{
	_Alignas(16) unsigned char memory[8192];
	const struct csn_facts f = { .url = str_from(url),
	    .method = STR("GET") };
	struct csn_answer a;

	csn_gate_check(s->gate, &f, memory, sizeof(memory), &a);
	return a.outcome;
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
test_rests(void **state)
{
	static const char last[] = "https://app999.example.org/";
	struct rusage before, after;
	struct scene *s;
	struct buf b;
	int64_t us;

	(void)state;
	buf_init(&b, 1u << 20);
	policies_put(&b, "public: true");
	s = scene_new((const char *)b.p);
	assert_int_equal(outcome(s, last), CSN_ALLOW);
	policies_put(&b, "deny: true");
	us = cpu_us();
	assert_int_equal(getrusage(RUSAGE_THREAD, &before), 0);
	assert_int_equal(scene_reload(s, (const char *)b.p), 0);
	assert_int_equal(getrusage(RUSAGE_THREAD, &after), 0);
	us = cpu_us() - us;
	assert_true(after.ru_nvcsw - before.ru_nvcsw >
	    us / (LATE * PACE_WORK_US));
	assert_int_equal(outcome(s, last), CSN_REFUSE);
	buf_free(&b);
	scene_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rests) };

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
