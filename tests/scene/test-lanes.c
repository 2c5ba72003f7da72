/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-lanes.c - a reload while checks go on: when it returns, no check is
 * judged by the old configuration, and each was counted
 */
#include "scene.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define THREADS	3u
#define RELOADS	40u

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n";
static const char *const opens[2] = { "    public: true\n",
	"    deny: true\n" };

static struct scene *s;
static _Atomic unsigned turn;	/* odd: a reload is under way */
static atomic_bool stop;
static atomic_uint wrong;
static atomic_ulong answered[2];	/* allowed, refused */

/* turn / 2 is how many reloads are done: even ones opened it. */
static void *
checks(void *arg)
{
	_Alignas(16) unsigned char memory[8192];
	const struct csn_facts f = { .url = STR("https://app.example.org/"),
	    .method = STR("GET") };
	struct csn_answer a;

	(void)arg;
	while (!atomic_load(&stop)) {
		unsigned before = atomic_load(&turn);
		bool refused;

		csn_gate_check(s->gate, &f, memory, sizeof(memory), &a);
		refused = a.outcome == CSN_REFUSE;
		if (!refused && a.outcome != CSN_ALLOW)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&answered[refused], 1);
		if (before % 2 == 0 && before == atomic_load(&turn) &&
		    refused != (before / 2 % 2 != 0))
			atomic_fetch_add(&wrong, 1);
	}
	return NULL;
}

static void
reload(unsigned which)
{
	char text[sizeof(CONF) + 32];

	(void)snprintf(text, sizeof(text), "%s%s", CONF, opens[which]);
	atomic_fetch_add(&turn, 1);
	assert_int_equal(scene_reload(s, text), 0);
	atomic_fetch_add(&turn, 1);
}

static void
test_reload(void **state)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	pthread_t t[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, checks, NULL), 0);
	for (unsigned i = 0; i < RELOADS; i++) {
		reload((i + 1) % 2);
		(void)nanosleep(&pause, NULL);
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(atomic_load(&wrong), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_true(atomic_load(&answered[i]) > 0);
	assert_int_equal(csn_gate_count(s->gate, CSN_COUNT_ALLOW),
	    atomic_load(&answered[0]));
	assert_int_equal(csn_gate_count(s->gate, CSN_COUNT_REFUSE),
	    atomic_load(&answered[1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reload) };
	char text[sizeof(CONF) + 32];
	int rc;

	(void)snprintf(text, sizeof(text), "%s%s", CONF, opens[0]);
	s = scene_new(text);
	rc = cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
	scene_free(s);
	return rc;
}
