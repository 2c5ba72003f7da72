/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-latch.c - one thread at a time, and nobody is left asleep
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "latch.h"
#include "lib/testing.h"

#define THREADS	4
#define TURNS	20000u

struct shared {
	struct latch latch;
	unsigned count;			/* only by who has it */
};

static void *
count(void *arg)
{
	struct shared *s = arg;

	for (unsigned i = 0; i < TURNS; i++) {
		latch_take(&s->latch);
		s->count++;
		/* now and then it is kept for long, so that others sleep */
		if (i % 64 == 0)
			(void)sched_yield();
		latch_give(&s->latch);
	}
	return NULL;
}

static void
test_one_at_a_time(void **state)
{
	struct shared s = { .count = 0 };
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, &s), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(s.count, THREADS * TURNS);
	assert_int_equal(atomic_load(&s.latch.state), LATCH_FREE);
}

static void *
take_once(void *arg)
{
	struct shared *s = arg;

	latch_take(&s->latch);
	s->count++;
	latch_give(&s->latch);
	return NULL;
}

/* All wait; each that is given it wakes the next. */
static void
test_all_are_woken(void **state)
{
	struct shared s = { .count = 0 };
	pthread_t t[THREADS];

	(void)state;
	latch_take(&s.latch);
	assert_int_equal(atomic_load(&s.latch.state), LATCH_TAKEN);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, take_once, &s),
		    0);
	while (atomic_load(&s.latch.state) != LATCH_AWAITED)
		(void)sched_yield();
	assert_int_equal(s.count, 0);
	latch_give(&s.latch);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(s.count, THREADS);
	assert_int_equal(atomic_load(&s.latch.state), LATCH_FREE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_all_are_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
