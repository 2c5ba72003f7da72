/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-pool-wait.c - jobs that leave their thread while they wait
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "host_testing.h"
#include "lib/timefmt.h"
#include "pool.h"

#define LONG_MS	20000

struct waiter {			/* a job that waits for its pipe */
	int fd[2];
	int64_t ms;
	int rc;
};

static sem_t go, begun;
static atomic_uint ended;

static int
set_up(void **state)
{
	(void)state;
	assert_int_equal(sem_init(&go, 0, 0), 0);
	assert_int_equal(sem_init(&begun, 0, 0), 0);
	atomic_store(&ended, 0);
	return 0;
}

static void
sem_take(sem_t *s)
{
	while (sem_wait(s) != 0)
		;
}

static bool
sem_comes(sem_t *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20;
	return sem_timedwait(s, &until) == 0;
}

static void
ended_reach(unsigned want)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < 20000 && atomic_load(&ended) < want; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(atomic_load(&ended), want);
}

static void
job_wait_fd(void *arg)
{
	struct waiter *w = arg;

	sem_post(&begun);
	w->rc = pool_wait_fd(w->fd[0], POLLIN, clock_mono_ms() + w->ms);
	atomic_fetch_add(&ended, 1);
}

static void
job_block(void *arg)
{
	if (arg != NULL)
		pool_away(true);
	sem_post(&begun);
	sem_take(&go);
	if (arg != NULL)
		pool_away(false);
	atomic_fetch_add(&ended, 1);
}

static void
job_short(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ended, 1);
}

static void
waiter_open(struct waiter *w, int64_t ms)
{
	*w = (struct waiter){ .ms = ms, .rc = 7 };
	assert_int_equal(pipe(w->fd), 0);
}

static void
waiter_close(struct waiter *w)
{
	close(w->fd[0]);
	close(w->fd[1]);
}

static void
waiter_tell(struct waiter *w)
{
	assert_int_equal(write(w->fd[1], "x", 1), 1);
}

/* One thread, and all have begun; each is told when its own comes. */
static void
test_many(void **state)
{
	struct pool *p = pool_new_waiting("many", 1, 32, 16);
	struct waiter w[16];

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < COUNT(w); i++) {
		waiter_open(&w[i], LONG_MS);
		assert_int_equal(pool_run(p, job_wait_fd, &w[i]), 0);
	}
	for (size_t i = 0; i < COUNT(w); i++)
		assert_true(sem_comes(&begun));
	assert_int_equal(pool_load(p), 16);
	for (size_t i = COUNT(w); i-- > 0;) {
		waiter_tell(&w[i]);
		ended_reach((unsigned)(COUNT(w) - i));
		assert_int_equal(w[i].rc, 0);
	}
	pool_free(p);
	for (size_t i = 0; i < COUNT(w); i++)
		waiter_close(&w[i]);
}

static void
test_late(void **state)
{
	struct pool *p = pool_new_waiting("late", 2, 8, 8);
	struct waiter w[3];
	int64_t from = clock_mono_ms(), took;

	(void)state;
	for (size_t i = 0; i < COUNT(w); i++) {
		waiter_open(&w[i], i == 0 ? LONG_MS : 30 * (int64_t)i);
		assert_int_equal(pool_run(p, job_wait_fd, &w[i]), 0);
	}
	ended_reach(2);
	took = clock_mono_ms() - from;
	assert_in_range(took, 60, LONG_MS - 1);
	assert_int_equal(w[1].rc, -1);
	assert_int_equal(w[2].rc, -1);
	waiter_tell(&w[0]);
	pool_free(p);
	assert_int_equal(w[0].rc, 0);
	for (size_t i = 0; i < COUNT(w); i++)
		waiter_close(&w[i]);
}

/* Threads that are kept from running where it matters most. */
static atomic_bool slow, taking_back;
static atomic_int refused;		/* what epoll_ctl() fails with */

int
epoll_wait(int fd, struct epoll_event *e, int n, int ms)
{
	int (*real)(int, struct epoll_event *, int, int);
	int rc;

	*(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
	rc = real(fd, e, n, ms);
	for (int i = 0; i < rc && atomic_load(&slow); i++)
		if (e[i].data.ptr != NULL)
			usleep(60000);
	return rc;
}

int
epoll_ctl(int fd, int op, int of, struct epoll_event *e)
{
	int (*real)(int, int, int, struct epoll_event *);

	*(void **)&real = dlsym(RTLD_NEXT, "epoll_ctl");
	errno = atomic_load(&refused);
	if (errno != 0)
		return -1;
	if (op == EPOLL_CTL_DEL && atomic_load(&slow)) {
		atomic_store(&taking_back, true);
		usleep(40000);
	}
	return real(fd, op, of, e);
}

static void
job_wait_twice(void *arg)
{
	struct waiter *w = arg;

	w[0].rc = pool_wait_fd(w[0].fd[0], POLLIN, clock_mono_ms() + 50);
	w[1].rc = pool_wait_fd(w[1].fd[0], POLLIN, clock_mono_ms() + 200);
	atomic_fetch_add(&ended, 1);
}

/* What comes when a wait is just over is not told to the next one. */
static void
test_over(void **state)
{
	struct pool *p = pool_new_waiting("over", 3, 8, 8);
	struct waiter w[3];

	(void)state;
	for (size_t i = 0; i < COUNT(w); i++)
		waiter_open(&w[i], LONG_MS);
	atomic_store(&taking_back, false);
	atomic_store(&slow, true);
	assert_int_equal(pool_run(p, job_wait_fd, &w[2]), 0);
	assert_int_equal(pool_run(p, job_wait_twice, w), 0);
	for (unsigned i = 0; i < 20000 && !atomic_load(&taking_back); i++)
		usleep(1000);
	usleep(20000);
	waiter_tell(&w[0]);
	ended_reach(1);
	assert_int_equal(w[0].rc, -1);
	assert_int_equal(w[1].rc, -1);
	atomic_store(&slow, false);
	waiter_tell(&w[2]);
	pool_free(p);
	for (size_t i = 0; i < COUNT(w); i++)
		waiter_close(&w[i]);
}

/* Where the kernel has no room a wait takes its time; what is no descriptor is
 * told at once. */
static void
test_kernel_full(void **state)
{
	struct pool *p = pool_new_waiting("refused", 1, 8, 8);
	int64_t from = clock_mono_ms();
	struct waiter w;

	(void)state;
	waiter_open(&w, 50);
	atomic_store(&refused, ENOSPC);
	assert_int_equal(pool_run(p, job_wait_fd, &w), 0);
	ended_reach(1);
	assert_int_equal(w.rc, -1);
	assert_in_range(clock_mono_ms() - from, 50, LONG_MS - 1);
	w.ms = LONG_MS;
	atomic_store(&refused, EBADF);
	assert_int_equal(pool_run(p, job_wait_fd, &w), 0);
	ended_reach(2);
	assert_int_equal(w.rc, 0);
	atomic_store(&refused, 0);
	pool_free(p);
	waiter_close(&w);
}

/* No more begin than may, and the next one when one has ended. */
static void
test_bound(void **state)
{
	struct pool *p = pool_new_waiting("bound", 4, 8, 2);
	struct waiter w[3];

	(void)state;
	for (size_t i = 0; i < COUNT(w); i++) {
		waiter_open(&w[i], LONG_MS);
		assert_int_equal(pool_run(p, job_wait_fd, &w[i]), 0);
	}
	assert_true(sem_comes(&begun));
	assert_true(sem_comes(&begun));
	usleep(30000);
	assert_int_not_equal(sem_trywait(&begun), 0);
	waiter_tell(&w[0]);
	assert_true(sem_comes(&begun));
	waiter_tell(&w[1]);
	waiter_tell(&w[2]);
	pool_free(p);
	assert_int_equal(atomic_load(&ended), 3);
	for (size_t i = 0; i < COUNT(w); i++)
		waiter_close(&w[i]);
}

/* One that blocks without a word holds up neither who waits nor who comes. */
static void
stuck(void *says, unsigned apart_us)
{
	struct pool *p = pool_new_waiting("stuck", 3, 8, 8);
	int64_t from = clock_mono_ms();
	struct waiter w;

	waiter_open(&w, LONG_MS);
	assert_int_equal(pool_run(p, job_wait_fd, &w), 0);
	assert_true(sem_comes(&begun));
	for (unsigned i = 0; i < 2; i++) {
		usleep(apart_us);
		assert_int_equal(pool_run(p, job_block, says), 0);
		assert_true(sem_comes(&begun));
	}
	usleep(apart_us);
	assert_int_equal(pool_run(p, job_short, NULL), 0);
	ended_reach(1);
	waiter_tell(&w);
	ended_reach(2);
	assert_in_range(clock_mono_ms() - from, 0, LONG_MS - 1);
	assert_int_equal(w.rc, 0);
	sem_post(&go);
	sem_post(&go);
	pool_free(p);
	assert_int_equal(atomic_load(&ended), 4);
	waiter_close(&w);
}

static void
test_stuck(void **state)
{
	(void)state;
	stuck(NULL, 0);
}

/* By then all threads are there, and one of them polls for long. */
static void
test_stuck_late(void **state)
{
	(void)state;
	stuck(NULL, 30000);
}

static void
test_away(void **state)
{
	(void)state;
	stuck(&ended, 0);
}

#define ROUNDS	20u

/* The threads of this name that there are are put among those seen; how many
 * that makes. */
static size_t
threads_see(const char *name, char seen[][16], size_t n)
{
	char path[64], line[32];
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");
	FILE *f;
	size_t i;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "/proc/self/task/%.15s/comm",
		    e->d_name);
		f = fopen(path, "r");
		if (f == NULL || fgets(line, sizeof(line), f) == NULL)
			line[0] = '\0';
		if (f != NULL)
			fclose(f);
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		for (i = 0; i < n && strcmp(seen[i], e->d_name) != 0; i++)
			;
		if (i == n && n < 3 * ROUNDS)
			(void)snprintf(seen[n++], 16, "%.15s", e->d_name);
	}
	closedir(d);
	return n;
}

/* Who was begun to look after others, and finds nothing to do, does not end
 * for that: the next burst would have to begin another in its place. */
static void
test_threads_stay(void **state)
{
	struct pool *p = pool_new_waiting("stay", 3, 8, 8);
	char seen[3 * ROUNDS][16];
	size_t n = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		assert_int_equal(pool_run(p, job_block, NULL), 0);
		assert_true(sem_comes(&begun));
		assert_int_equal(pool_run(p, job_short, NULL), 0);
		sem_post(&go);
		ended_reach(2 * round + 2);
		n = threads_see("stay", seen, n);
		usleep(20000);
	}
	pool_free(p);
	assert_in_range(n, 1, 3);
}

/* ------------------------------------------------------------------ */
/* what others bring back */

static struct pool_wait *left;
static pthread_mutex_t left_lock = PTHREAD_MUTEX_INITIALIZER;

static void
left_keep(struct pool_wait *w, void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&left_lock);
	left = w;
	(void)pthread_mutex_unlock(&left_lock);
	sem_post(&begun);
}

static void
left_at_once(struct pool_wait *w, void *arg)
{
	(void)arg;
	pool_go_on(w);
}

static void
job_leave(void *arg)
{
	char text[64] = "what is on the stack stays";

	assert_true(pool_can_leave());
	pool_leave(arg != NULL ? left_at_once : left_keep, NULL);
	assert_string_equal(text, "what is on the stack stays");
	atomic_fetch_add(&ended, 1);
}

static void
test_go_on(void **state)
{
	struct pool *p = pool_new_waiting("go-on", 2, 8, 8);

	(void)state;
	pool_set_idle(p, 1);
	assert_int_equal(pool_run(p, job_leave, &ended), 0);
	ended_reach(1);
	assert_int_equal(pool_run(p, job_leave, NULL), 0);
	assert_true(sem_comes(&begun));
	usleep(20000);		/* who has nothing to do has gone */
	(void)pthread_mutex_lock(&left_lock);
	pool_go_on(left);
	(void)pthread_mutex_unlock(&left_lock);
	ended_reach(2);
	pool_free(p);
}

static void *
brings_back(void *arg)
{
	(void)arg;
	assert_true(sem_comes(&begun));
	usleep(20000);
	(void)pthread_mutex_lock(&left_lock);
	pool_go_on(left);
	(void)pthread_mutex_unlock(&left_lock);
	return NULL;
}

/* The pool ends after those that have begun, whatever they wait for. */
static void
test_end(void **state)
{
	struct pool *p = pool_new_waiting("end", 2, 8, 8);
	struct waiter w;
	pthread_t t;

	(void)state;
	waiter_open(&w, 40);
	assert_int_equal(pthread_create(&t, NULL, brings_back, NULL), 0);
	assert_int_equal(pool_run(p, job_leave, NULL), 0);
	assert_int_equal(pool_run(p, job_wait_fd, &w), 0);
	pool_free(p);
	assert_int_equal(atomic_load(&ended), 2);
	assert_int_equal(w.rc, -1);
	assert_int_equal(pthread_join(t, NULL), 0);
	waiter_close(&w);
}

/* Elsewhere nothing can be left: it blocks as long as it may. */
static void
test_elsewhere(void **state)
{
	struct waiter w;

	(void)state;
	waiter_open(&w, 0);
	assert_false(pool_can_leave());
	pool_away(true);
	assert_int_equal(pool_wait_fd(w.fd[0], POLLIN, clock_mono_ms() + 20),
	    -1);
	waiter_tell(&w);
	assert_int_equal(pool_wait_fd(w.fd[0], POLLIN, clock_mono_ms() +
	    LONG_MS), 0);
	waiter_close(&w);
}

/* ------------------------------------------------------------------ */

#define MANY	300u

static struct waiter many[MANY];

static void
job_back_and_forth(void *arg)
{
	const struct waiter *w = arg;
	int fd = dup(w->fd[0]);		/* several have it at once */

	assert_true(fd >= 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(pool_wait_fd(fd, POLLIN,
		    clock_mono_ms() + LONG_MS), 0);
		pool_leave(left_at_once, NULL);
		/* nothing comes, often enough: late and early at once */
		(void)pool_wait_fd(fd, POLLPRI, clock_mono_ms() + i % 2);
	}
	close(fd);
	atomic_fetch_add(&ended, 1);
}

static void *
feeder(void *arg)
{
	for (unsigned i = 0; i < MANY; i++)
		while (pool_run(arg, job_back_and_forth, &many[i]) != 0)
			usleep(100);
	return NULL;
}

static void
test_feeders(void **state)
{
	struct pool *p = pool_new_waiting("feeders", 3, 16, 24);
	pthread_t t[3];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		waiter_open(&many[i], LONG_MS);
		waiter_tell(&many[i]);
	}
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, feeder, p), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	pool_free(p);
	assert_int_equal(atomic_load(&ended), MANY * COUNT(t));
	for (unsigned i = 0; i < MANY; i++)
		waiter_close(&many[i]);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many), TEST(test_late), TEST(test_over),
		TEST(test_kernel_full), TEST(test_bound), TEST(test_stuck),
		TEST(test_stuck_late), TEST(test_away), TEST(test_threads_stay),
		TEST(test_go_on), TEST(test_end),
		TEST(test_elsewhere), TEST(test_feeders),
	};

	return cmocka_run_group_tests_name("pool-wait", tests, NULL, NULL);
}
