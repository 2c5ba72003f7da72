/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-next.c - a node of the next schema beside one of this, on one
 * file: a company that is upgraded one node after the other
 *
 * The next schema is made up (next_schema.h); the node is built of the same
 * sources. It brings the file forward while this one writes.
 */
#include "sqlite.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS	150u
#define PATIENCE_MS	60000		/* for a lock, on a busy machine */

/* What is tried here is that nothing is lost, not how long a lock may be kept
 * by a process that does not get to run. */
static struct store *
patient(struct store *s)
{
	((struct sqlite_store *)s)->busy_ms = PATIENCE_MS;
	return s;
}

static pid_t
node_start(const char *path, int *ret_out)
{
	const char *build = getenv("CSN_TOP_BUILDDIR");
	char program[4096], rounds[16];
	int fds[2];
	pid_t pid;

	assert_non_null(build);
	(void)snprintf(program, sizeof(program), "%s/common/store/next-node",
	    build);
	(void)snprintf(rounds, sizeof(rounds), "%u", ROUNDS);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(fds[1], 1);
		execl(program, program, path, rounds, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	*ret_out = fds[0];
	return pid;
}

static void
node_ended(pid_t pid, int want)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

static int64_t
number(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, PATIENCE_MS), SQLITE_OK);
	assert_int_equal(sqlite_schema_number(db, sql, &n), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return n;
}

static void
run_sql(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
write_some(struct store *s)
{
	struct store_op op = { .kind = STORE_REVOKE, .value = STR("this") };
	int64_t count;

	for (unsigned i = 0; i < ROUNDS; i++) {
		assert_int_equal(store_count(s, STR("n"), 1, 0, NOW, &count),
		    STORE_OK);
		assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	}
}

struct seen { uint64_t last; unsigned n[2]; };

static int
feed_each(void *arg, uint64_t n, struct csn_str value)
{
	struct seen *seen = arg;

	assert_true(n == seen->last + 1);
	seen->last = n;
	seen->n[str_is(value, "next")]++;
	return 0;
}

/* While it writes the file becomes another version's; it goes on, opens
 * further connections, and loses nothing. */
static void
test_two_nodes(void **state)
{
	struct store *s = patient(store_here(true)), *again;
	struct seen seen = { 0 };
	char copy[400], word[8];
	struct buf b;
	pid_t pid;
	int out;

	(void)state;
	assert_int_equal(store_put(s, STR("before"), STR("v"), 0, NOW),
	    STORE_OK);
	pid = node_start(file, &out);
	write_some(s);
	assert_int_equal(read(out, word, 5), 5);
	assert_memory_equal(word, "open\n", 5);
	close(out);
	assert_int_equal(number(file, "PRAGMA user_version"), 2);
	write_some(s);
	node_ended(pid, 0);
	buf_init(&b, 0);
	assert_str(value_of(s, STR("n"), &b), "450");
	assert_str(value_of(s, STR("before"), &b), "v");
	buf_free(&b);
	assert_int_equal(store_feed_read(s, 0, 10000, feed_each, &seen),
	    STORE_OK);
	assert_int_equal(seen.n[0], 2 * ROUNDS);
	assert_int_equal(seen.n[1], ROUNDS);
	/* a node of this version may also begin now */
	again = patient(store_here(false));
	write_some(again);
	store_close(again);
	store_close(s);
	/* the file as it was lies beside it, whole */
	(void)snprintf(copy, sizeof(copy), "%s.version-1", file);
	assert_int_equal(number(copy, "PRAGMA user_version"), 1);
	buf_init(&b, 0);
	assert_int_equal(store_sqlite_whole(copy, &b), 0);
	buf_free(&b);
	assert_int_equal(unlink(copy), 0);
}

/* Two of the next version at once: one brings it forward, both go on. */
static void
test_two_at_once(void **state)
{
	struct store *s = patient(store_here(true));
	pid_t pid[3];
	int out[3];
	struct buf b;

	(void)state;
	for (int i = 0; i < 3; i++)
		pid[i] = node_start(file, &out[i]);
	for (int i = 0; i < 3; i++) {
		node_ended(pid[i], 0);
		close(out[i]);
	}
	assert_int_equal(number(file, "PRAGMA user_version"), 2);
	assert_int_equal(number(file, "SELECT count(*) FROM later"), 1);
	buf_init(&b, 0);
	assert_str(value_of(s, STR("n"), &b), "450");
	buf_free(&b);
	store_close(s);
}

/* What is not left to this version is refused, by whoever was to open it. */
static void
test_too_new(void **state)
{
	pid_t pid;
	int out;

	(void)state;
	store_close(store_here(true));
	pid = node_start(file, &out);
	node_ended(pid, 0);
	close(out);
	store_close(store_here(false));
	run_sql("PRAGMA user_version = 3; UPDATE ping SET n = 2 WHERE one = "
	    "2");
	store_refused(false, "a newer Countersign (schema 3, this one knows "
	    "1)");
	/* the node of version 2 is its neighbour, and may */
	pid = node_start(file, &out);
	node_ended(pid, 0);
	close(out);
	assert_int_equal(number(file, "PRAGMA user_version"), 3);
	/* and what is nobody's that is known is refused by it as well */
	run_sql("PRAGMA user_version = 4; UPDATE ping SET n = 3 WHERE one = "
	    "2");
	pid = node_start(file, &out);
	node_ended(pid, 1);
	close(out);
}

/* A step that cannot be made leaves the file as it was, and a later one is
 * never made of it. */
static void
test_step_fails(void **state)
{
	pid_t pid;
	int out;

	(void)state;
	store_close(store_here(true));
	run_sql("CREATE TABLE later (odd)");
	pid = node_start(file, &out);
	node_ended(pid, 1);
	close(out);
	assert_int_equal(number(file, "PRAGMA user_version"), 1);
	assert_int_equal(number(file, "SELECT count(*) FROM sqlite_master "
	    "WHERE name = 'kv_exp'"), 0);
	store_close(store_here(false));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, \
	folder_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_two_nodes),
		TEST(test_two_at_once),
		TEST(test_too_new),
		TEST(test_step_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
