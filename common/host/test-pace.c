/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-pace.c - rests are taken by who asked for them, and not at each piece
 *
 * A rest is seen by what the kernel counts of the thread: that it gave up the
 * processor of its own accord.
 */
#include <sys/resource.h>

#include <pthread.h>
#include <time.h>

#include "host_testing.h"
#include "pace.h"

#define PIECES	1000

static long
rests(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_THREAD, &u), 0);
	return u.ru_nvcsw;
}

static int64_t
now_us(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Pieces of work as long as one may be without a rest. */
static long
rests_of_work(unsigned pieces)
{
	long before = rests();

	for (unsigned i = 0; i < pieces; i++) {
		int64_t begin = now_us();

		while (now_us() - begin <= PACE_WORK_US)
			;
		pace();
	}
	return rests() - before;
}

static void
test_rests(void **state)
{
	long before;

	(void)state;
	pace_begin();
	assert_int_equal(rests_of_work(20), 20);
	/* pieces that take no time */
	before = rests();
	for (unsigned i = 0; i < PIECES; i++)
		pace();
	assert_true(rests() - before < PIECES / 10);
	pace_end();
}

static void
test_unasked(void **state)
{
	(void)state;
	assert_int_equal(rests_of_work(20), 0);
	pace_begin();
	pace_end();
	assert_int_equal(rests_of_work(20), 0);
}

static void *
elsewhere(void *arg)
{
	*(long *)arg = rests_of_work(20);
	return NULL;
}

/* A check that runs through the same functions meanwhile. */
static void
test_other_thread(void **state)
{
	pthread_t t;
	long n = -1;

	(void)state;
	pace_begin();
	assert_int_equal(pthread_create(&t, NULL, elsewhere, &n), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
	pace_end();
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rests),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_other_thread),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
