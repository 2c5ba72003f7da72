/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-pool.c - bounded threads, a bounded queue, every job once
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "host_testing.h"
#include "pool.h"

static sem_t go, begun;
static atomic_uint ran, at_once, most;

static void
job_wait(void *arg)
{
	unsigned n = atomic_fetch_add(&at_once, 1) + 1, was;

	(void)arg;
	was = atomic_load(&most);
	while (was < n && !atomic_compare_exchange_weak(&most, &was, n))
		;
	sem_post(&begun);
	while (sem_wait(&go) != 0)
		;
	atomic_fetch_sub(&at_once, 1);
	atomic_fetch_add(&ran, 1);
}

static void
job_count(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ran, 1);
}

static int
set_up(void **state)
{
	(void)state;
	assert_int_equal(sem_init(&go, 0, 0), 0);
	assert_int_equal(sem_init(&begun, 0, 0), 0);
	atomic_store(&ran, 0);
	atomic_store(&most, 0);
	return 0;
}

static void
begun_wait(void)
{
	while (sem_wait(&begun) != 0)
		;
}

/* What does not fit is refused at once; what was taken is done. */
static void
test_bounds(void **state)
{
	struct pool *p = pool_new("test-pool-with-a-long-name", 2, 3);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pool_load(p), 0);
	assert_int_equal(pool_run(p, job_wait, NULL), 0);
	assert_int_equal(pool_run(p, job_wait, NULL), 0);
	begun_wait();
	begun_wait();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pool_run(p, job_wait, NULL), 0);
	assert_int_equal(pool_load(p), 5);
	assert_int_equal(pool_run(p, job_wait, NULL), -1);
	for (unsigned i = 0; i < 5; i++)
		sem_post(&go);
	pool_free(p);
	assert_int_equal(atomic_load(&ran), 5);
	assert_int_equal(atomic_load(&most), 2);
	pool_free(NULL);
}

/* Sleepers are woken before more threads are made, and all of them work. */
static void
test_again(void **state)
{
	struct pool *p = pool_new("again", 3, 8);

	(void)state;
	assert_non_null(p);
	for (unsigned round = 0; round < 50; round++) {
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(pool_run(p, job_wait, NULL), 0);
		for (unsigned i = 0; i < 3; i++)
			begun_wait();
		for (unsigned i = 0; i < 3; i++)
			sem_post(&go);
	}
	pool_free(p);
	assert_int_equal(atomic_load(&ran), 150);
	assert_int_equal(atomic_load(&most), 3);
}

static unsigned order[64], norder;

static void
job_order(void *arg)
{
	order[norder++] = (unsigned)(uintptr_t)arg;
}

static void
test_order(void **state)
{
	struct pool *p = pool_new("order", 1, COUNT(order));

	(void)state;
	assert_non_null(p);
	for (uintptr_t i = 0; i < COUNT(order); i++)
		assert_int_equal(pool_run(p, job_order, (void *)i), 0);
	pool_free(p);
	assert_int_equal(norder, COUNT(order));
	for (unsigned i = 0; i < norder; i++)
		assert_int_equal(order[i], i);
}

/* What comes back goes first, however full the queue is. */
static void
test_resume(void **state)
{
	struct pool *p = pool_new("resume", 1, 2);
	struct pool_task back[4];

	(void)state;
	assert_non_null(p);
	norder = 0;
	assert_int_equal(pool_run(p, job_wait, NULL), 0);
	begun_wait();
	assert_false(pool_full(p));
	for (uintptr_t i = 4; i < 6; i++)
		assert_int_equal(pool_run(p, job_order, (void *)i), 0);
	assert_true(pool_full(p));
	assert_int_equal(pool_run(p, job_order, NULL), -1);
	for (uintptr_t i = 0; i < 4; i++) {
		back[i] = (struct pool_task){ job_order, (void *)i, NULL };
		assert_int_equal(pool_resume(p, &back[i]), 0);
	}
	assert_int_equal(pool_load(p), 7);
	sem_post(&go);
	pool_free(p);
	assert_int_equal(norder, 6);
	for (unsigned i = 0; i < norder; i++)
		assert_int_equal(order[i], i);
}

/* The first job of a pool may be one that comes back. */
static void
test_resume_first(void **state)
{
	struct pool *p = pool_new("first", 2, 1);
	struct pool_task back[2];

	(void)state;
	assert_non_null(p);
	for (unsigned i = 0; i < 2; i++) {
		back[i] = (struct pool_task){ job_wait, NULL, NULL };
		assert_int_equal(pool_resume(p, &back[i]), 0);
	}
	/* both at once, though one was on its way for both */
	begun_wait();
	begun_wait();
	sem_post(&go);
	sem_post(&go);
	pool_free(p);
	assert_int_equal(atomic_load(&ran), 2);
}

static void *
feeder(void *arg)
{
	unsigned given = 0;

	while (given < 2000)
		given += pool_run(arg, job_count, NULL) == 0;
	return NULL;
}

static void
test_feeders(void **state)
{
	struct pool *p = pool_new("feeders", 4, 16);
	pthread_t t[4];

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, feeder, p), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	pool_free(p);
	assert_int_equal(atomic_load(&ran), 8000);
}

static unsigned
threads_now(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/task");

	assert_non_null(d);
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* A thread that was joined may still be listed for a moment. */
static unsigned
threads_settled(void)
{
	const struct timespec pause = { .tv_nsec = 900000 };
	unsigned least = threads_now();

	for (unsigned i = 0; i < 100; i++) {
		unsigned n = threads_now();

		least = n < least ? n : least;
		nanosleep(&pause, NULL);
	}
	return least;
}

/* Who had nothing to do is gone, and comes again when there is work; a job
 * that comes at that very moment is not lost. */
static void
test_idle(void **state)
{
	const struct timespec pause = { .tv_nsec = 900000 };
	struct pool *p = pool_new("idle", 3, 8);
	unsigned before = threads_settled();

	(void)state;
	assert_non_null(p);
	pool_set_idle(p, 1);
	for (unsigned round = 0; round < 400; round++) {
		unsigned want = (round + 1) * 2;

		assert_int_equal(pool_run(p, job_count, NULL), 0);
		assert_int_equal(pool_run(p, job_count, NULL), 0);
		for (unsigned i = 0; i < 5000 && atomic_load(&ran) < want;
		    i++)
			nanosleep(&pause, NULL);
		assert_int_equal(atomic_load(&ran), want);
		nanosleep(&pause, NULL);
	}
	for (unsigned i = 0; i < 5000 && threads_now() > before; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(threads_now(), before);
	assert_int_equal(pool_run(p, job_count, NULL), 0);
	pool_free(p);
	assert_int_equal(atomic_load(&ran), 801);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bounds), TEST(test_again), TEST(test_order),
		TEST(test_resume), TEST(test_resume_first),
		TEST(test_feeders), TEST(test_idle),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
