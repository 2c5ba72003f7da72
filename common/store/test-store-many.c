/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-many.c - many threads and several processes on one file
 *
 * What one process or thread is told must hold for all: one winner, no lost
 * count, no gap, and nothing acknowledged that is not there after kill -9.
 */
#include "sqlite.h"
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES	4
#define ROUNDS		60
#define PATIENCE_MS	120000	/* not what is tested: a machine may be busy */

static struct csn_str
name_of(char out[32], const char *kind, unsigned n)
{
	int len = snprintf(out, 32, "%s/%08u", kind, n);

	return str_of(out, (size_t)len);
}

/* What the processes tell each other. */
struct shared {
	atomic_uint winners[ROUNDS];
	atomic_uint swapped, ended;
};

static struct shared *shared;

/* Adds 1 to the register by compare-and-swap; what is read never goes back. */
static void
swap_once(struct store *s, unsigned *last)
{
	char text[16];
	struct buf b;
	int rc, n;

	buf_init(&b, 0);
	must(store_get(s, STR("register"), NOW, &b) == STORE_OK);
	n = (int)strtol(buf_str(&b).p, NULL, 10);
	must((unsigned)n >= *last);
	*last = (unsigned)n;
	n = snprintf(text, sizeof(text), "%d", n + 1);
	rc = store_swap(s, STR("register"), buf_str(&b),
	    str_of(text, (size_t)n), NOW);
	must(rc == STORE_OK || rc == STORE_STALE);
	if (rc == STORE_OK) {
		atomic_fetch_add(&shared->swapped, 1);
		(*last)++;
	}
	buf_free(&b);
}

static void
process_main(int number)
{
	struct store *s = store_here(false);
	int64_t count, last_number = 0;
	unsigned last = 0;
	char key[32];
	int rc;

	((struct sqlite_store *)s)->busy_ms = PATIENCE_MS;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct store_op op = { .kind = STORE_REVOKE,
			.value = str_of(&number, sizeof(number)) };

		rc = store_put_new(s, name_of(key, "once", i), STR("v"), 0,
		    NOW);
		must(rc == STORE_OK || rc == STORE_EXISTS);
		if (rc == STORE_OK)
			atomic_fetch_add(&shared->winners[i], 1);
		must(store_count(s, STR("count"), 1, 0, NOW, &count) ==
		    STORE_OK);
		swap_once(s, &last);
		must(store_batch(s, &op, 1, NOW) == STORE_OK);
		must(op.ret_count > last_number);
		last_number = op.ret_count;
	}
	store_close(s);
	atomic_fetch_add(&shared->ended, 1);
}

static int
follow_entry(void *arg, uint64_t number, struct csn_str value)
{
	uint64_t *last = arg;

	/* whoever reads in order misses nothing: a number lower than one
	 * that was seen never turns up later */
	assert_int_equal(number, *last + 1);
	assert_int_equal(value.n, sizeof(int));
	*last = number;
	return 0;
}

static bool
nobody_fell(void)
{
	siginfo_t ended = { .si_pid = 0 };

	return waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    ended.si_pid == 0 || (ended.si_code == CLD_EXITED &&
	    ended.si_status == 0);
}

static void
test_processes(void **state)
{
	struct store *s = store_here(true);
	pid_t pid[PROCESSES];
	uint64_t last = 0, low, high;
	char text[16];
	struct buf b;
	bool ended;
	int status;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(store_put(s, STR("register"), STR("0"), 0, NOW), 0);
	store_close(s);			/* a store is not carried over a fork */
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			process_main(i);
			_exit(0);
		}
	}
	s = store_here(false);
	((struct sqlite_store *)s)->busy_ms = PATIENCE_MS;
	while (last < PROCESSES * ROUNDS) {
		/* one that fell over would be waited for without end */
		assert_true(nobody_fell());
		assert_int_equal(store_feed_read(s, last, 7, follow_entry,
		    &last), STORE_OK);
		/* before the range is read, or the last ones end between */
		ended = atomic_load(&shared->ended) == PROCESSES;
		assert_int_equal(store_feed_range(s, &low, &high), STORE_OK);
		assert_true(high >= last);
		if (ended)
			assert_int_equal(high, PROCESSES * ROUNDS);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(shared->winners[i], 1);
	(void)snprintf(text, sizeof(text), "%d", PROCESSES * ROUNDS);
	assert_str(value_of(s, STR("count"), &b), text);
	(void)snprintf(text, sizeof(text), "%u", shared->swapped);
	assert_str(value_of(s, STR("register"), &b), text);
	assert_true(shared->swapped >= ROUNDS);
	print_message("# %u of %u swaps won\n", shared->swapped,
	    PROCESSES * ROUNDS);
	store_close(s);
	buf_free(&b);
}

#define KILLS		50
#define VICTIM_THREADS	4

struct victim { struct store *s; int fd; unsigned thread, first; };

/* Writes a pair of keys and counts it in one batch, then says so. */
static void *
victim_thread(void *arg)
{
	struct victim *v = arg;
	char one[32], two[32];

	for (unsigned i = v->first;; i++) {
		unsigned number = i * VICTIM_THREADS + v->thread;
		struct store_op ops[] = {
			{ .kind = STORE_PUT_NEW, .value = STR("1"),
			    .key = name_of(one, "one", number) },
			{ .kind = STORE_COUNT, .key = STR("count"),
			    .delta = 1 },
			{ .kind = STORE_PUT, .value = STR("2"),
			    .key = name_of(two, "two", number) },
			{ .kind = STORE_REVOKE, .value = STR("x") },
		};

		must(store_batch(v->s, ops, COUNT(ops), NOW) == STORE_OK);
		if (write(v->fd, &number, sizeof(number)) != sizeof(number))
			_exit(0);
	}
	return NULL;
}

static void
victim_main(int fd, unsigned first)
{
	struct store *s = store_here(false);
	struct victim v[VICTIM_THREADS];
	pthread_t thread[VICTIM_THREADS];

	for (unsigned i = 0; i < VICTIM_THREADS; i++) {
		v[i] = (struct victim){ s, fd, i, first };
		must(pthread_create(&thread[i], NULL, victim_thread,
		    &v[i]) == 0);
	}
	(void)pthread_join(thread[0], NULL);
}

/* Kills a writer after it has acknowledged `until` batches, which are added
 * to acked[]; it is in mid-write, for it never stops. */
static size_t
kill_one(unsigned first, unsigned until, unsigned *acked, size_t nacked)
{
	unsigned number;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		victim_main(fds[1], first);
		_exit(1);
	}
	close(fds[1]);
	for (unsigned i = 0; i < until; i++) {
		if (read(fds[0], &number, sizeof(number)) != sizeof(number))
			fail_msg("the writer ended by itself");
		acked[nacked++] = number;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* said before it died */
	while (read(fds[0], &number, sizeof(number)) == sizeof(number))
		acked[nacked++] = number;
	close(fds[0]);
	return nacked;
}

static int
count_key(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	(void)key;
	(void)value;
	(void)expires_ms;
	++*(size_t *)arg;
	return 0;
}

/* Each batch is there whole or not at all. Returns how many are there. */
static size_t
assert_whole(struct store *s)
{
	size_t ones = 0, twos = 0;
	uint64_t low, high;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(store_list(s, STR("one/"), STR(""), SIZE_MAX, NOW,
	    count_key, &ones), STORE_OK);
	assert_int_equal(store_list(s, STR("two/"), STR(""), SIZE_MAX, NOW,
	    count_key, &twos), STORE_OK);
	assert_int_equal(ones, twos);
	assert_int_equal(strtol(value_of(s, STR("count"), &b).p, NULL, 10),
	    ones);
	assert_int_equal(store_feed_range(s, &low, &high), STORE_OK);
	assert_int_equal(low, 1);
	assert_int_equal(high, ones);
	buf_free(&b);
	return ones;
}

static void
test_kill(void **state)
{
	static unsigned acked[100000];
	struct store *s = store_here(true);
	size_t nacked = 0, there = 0;
	char key[32];
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	store_close(s);
	for (unsigned i = 0; i < KILLS; i++) {
		nacked = kill_one(i * 1000, 1 + i * 7 % 40, acked, nacked);
		assert_true(nacked < COUNT(acked) - 1000);
		s = store_here(false);
		there = assert_whole(s);
		for (size_t k = 0; k < nacked; k++) {
			assert_str(value_of(s, name_of(key, "one", acked[k]),
			    &b), "1");
			assert_str(value_of(s, name_of(key, "two", acked[k]),
			    &b), "2");
		}
		store_close(s);
	}
	assert_true(there >= nacked);
	print_message("# %d kills: %zu acknowledged, %zu there\n", KILLS,
	    nacked, there);
	buf_free(&b);
}

#define PRODUCERS	64
#define BATCHES		60

struct producer { struct store *s; unsigned number; bool ok; };

static void *
producer_thread(void *arg)
{
	static const char record[300];
	struct producer *p = arg;
	char one[32], two[32];
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = 0; i < BATCHES; i++) {
		unsigned n = (p->number * BATCHES + i) * 2654435761u;
		struct store_op ops[] = {
			{ .kind = STORE_PUT_NEW, .value = STR("1"),
			    .key = name_of(one, "token", n),
			    .expires_ms = NOW + 1 },
			{ .kind = STORE_PUT, .key = name_of(two, "rec", n),
			    .value = str_of(record, sizeof(record)),
			    .expires_ms = NOW + 1 },
		};

		if (store_batch(p->s, ops, COUNT(ops), NOW) != STORE_OK ||
		    store_put_new(p->s, ops[0].key, STR("2"), 0, NOW) !=
		    STORE_EXISTS)
			return NULL;
		/* what was acknowledged is read at once */
		buf_clear(&b);
		if (store_get(p->s, ops[1].key, NOW, &b) != STORE_OK ||
		    b.n != sizeof(record))
			return NULL;
	}
	buf_free(&b);
	p->ok = true;
	return NULL;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double
cpu_seconds(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return seconds(&u.ru_utime) + seconds(&u.ru_stime);
}

static double
wall_seconds(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 64 threads write, read and sweep through one store. */
static void
test_threads(void **state)
{
	struct producer p[PRODUCERS];
	pthread_t thread[PRODUCERS];
	struct store *s = store_here(true);
	double wall, cpu, n = PRODUCERS * BATCHES;
	size_t left = 0;

	(void)state;
	wall = wall_seconds();
	cpu = cpu_seconds();
	for (unsigned i = 0; i < PRODUCERS; i++) {
		p[i] = (struct producer){ .s = s, .number = i };
		assert_int_equal(pthread_create(&thread[i], NULL,
		    producer_thread, &p[i]), 0);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(store_sweep(s, NOW, 1000, &left), STORE_OK);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_true(p[i].ok);
	}
	wall = wall_seconds() - wall;
	cpu = cpu_seconds() - cpu;
	print_message("# %d threads: %.0f commits/s, %.1f us CPU for a batch "
	    "of two, a refused put_new and a get\n", PRODUCERS, 2 * n / wall,
	    cpu * 1e6 / n);
	assert_int_equal(store_list(s, STR(""), STR(""), SIZE_MAX, NOW,
	    count_key, &left), STORE_OK);
	assert_int_equal(left, 2 * PRODUCERS * BATCHES);
	assert_int_equal(store_sweep(s, NOW + 1, SIZE_MAX,
	    &left), STORE_OK);
	left = 0;
	assert_int_equal(store_list(s, STR(""), STR(""), SIZE_MAX, NOW,
	    count_key, &left), STORE_OK);
	assert_int_equal(left, 0);
	store_close(s);
}

static struct store *closing;

static void *
opener_thread(void *arg)
{
	for (int i = 0; i < 20; i++) {
		struct store *s = store_here(false);

		must(store_ping(s, NOW) == STORE_OK);
		store_close(s);
	}
	return arg;
}

/* Opening and closing beside another store on the same file takes none of
 * its locks away. */
static void
test_open_and_close_beside(void **state)
{
	pthread_t thread;
	int64_t n = 0;

	(void)state;
	closing = store_here(true);
	assert_int_equal(pthread_create(&thread, NULL, opener_thread, NULL),
	    0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(store_count(closing, STR("c"), 1, 0, NOW,
		    &n), STORE_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(n, 100);
	store_close(closing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make,	\
	folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_processes),
		TEST(test_kill),
		TEST(test_threads),
		TEST(test_open_and_close_beside),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
