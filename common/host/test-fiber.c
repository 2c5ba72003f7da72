/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-fiber.c - what belongs to a thread, seen by a job that changed it
 *
 * Linked as the library is: with link-time optimisation, where that is on, so
 * that one function may be made of several files'.
 */
#include <errno.h>
#include <pthread.h>

#include "fiber.h"
#include "lane.h"
#include "lib/apart.h"
#include "lib/testing.h"

#define LANES	8u

/* What the job sees before it leaves its thread and after. */
struct seen {
	struct fiber *fiber;
	unsigned lane;
	int error;
};

struct job {
	struct fiber *fiber;
	struct seen seen[2];
	struct { unsigned lane; bool ended; } thread[2];
};

APART static int
error_now(void)
{
	return errno;
}

static void
look(struct seen *ret)
{
	ret->fiber = fiber_here();
	ret->lane = lane_number(LANE_OF_GATE, LANES);
	ret->error = error_now();
}

static void
run(void *arg)
{
	struct job *job = arg;

	look(&job->seen[0]);
	fiber_leave();
	look(&job->seen[1]);
}

static void
enter(struct job *job, unsigned i, int error)
{
	job->thread[i].lane = lane_number(LANE_OF_GATE, LANES);
	errno = error;
	job->thread[i].ended = fiber_enter(job->fiber);
}

static void *
second_thread(void *arg)
{
	enter(arg, 1, ERANGE);
	return NULL;
}

static void
test_change_thread(void **state)
{
	struct job job = { .fiber = fiber_new() };
	pthread_t second;

	(void)state;
	assert_non_null(job.fiber);
	fiber_begin(job.fiber, run, &job);
	enter(&job, 0, EDOM);
	assert_false(job.thread[0].ended);
	assert_int_equal(pthread_create(&second, NULL, second_thread, &job),
	    0);
	assert_int_equal(pthread_join(second, NULL), 0);
	assert_true(job.thread[1].ended);
	assert_int_not_equal(job.thread[0].lane, job.thread[1].lane);
	for (int i = 0; i < 2; i++) {
		assert_ptr_equal(job.seen[i].fiber, job.fiber);
		assert_int_equal(job.seen[i].lane, job.thread[i].lane);
	}
	assert_int_equal(job.seen[0].error, EDOM);
	assert_int_equal(job.seen[1].error, ERANGE);
	assert_null(fiber_here());
	fiber_free(job.fiber);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
