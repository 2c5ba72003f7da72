/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-later.c - operations that only look, batches nobody waits for,
 * and rows that others move
 */
#include "testing.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "sqlite.h"

#define MANY	200u

static struct store *s;
static struct buf b;

static int
set_up(void **state)
{
	buf_init(&b, 0);
	if (folder_make(state) < 0)
		return -1;
	s = store_here(true);
	return 0;
}

static int
tear_down(void **state)
{
	store_close(s);
	buf_free(&b);
	return folder_remove(state);
}

static int
put(const char *key, const char *value)
{
	return store_put(s, str_from(key), str_from(value), 0, NOW);
}

static int
get(const char *key)
{
	buf_clear(&b);
	return store_get(s, str_from(key), NOW, &b);
}

/* ------------------------------------------------------------------ */

static void
test_expect(void **state)
{
	struct store_op ops[2] = {
		{ .kind = STORE_EXPECT, .key = STR("k"), .before = STR("v") },
		{ .kind = STORE_PUT, .key = STR("other"), .value = STR("x") } };

	(void)state;
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_ABSENT);
	assert_int_equal(put("k", "w"), STORE_OK);
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_STALE);
	assert_int_equal(get("other"), STORE_ABSENT);
	assert_int_equal(store_put(s, STR("k"), STR("v"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(store_batch(s, ops, 2, NOW + 10), STORE_ABSENT);
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_OK);
	assert_int_equal(get("other"), STORE_OK);
	assert_int_equal(get("k"), STORE_OK);
	assert_str(buf_str(&b), "v");
}

/* Where it stands behind a change, that change is undone. */
static void
test_expect_undoes(void **state)
{
	struct store_op ops[2] = {
		{ .kind = STORE_PUT, .key = STR("other"), .value = STR("x") },
		{ .kind = STORE_EXPECT_NONE, .key = STR("k") } };

	(void)state;
	assert_int_equal(put("k", "v"), STORE_OK);
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_EXISTS);
	assert_int_equal(get("other"), STORE_ABSENT);
	assert_int_equal(store_put(s, STR("k"), STR("v"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_EXISTS);
	assert_int_equal(store_batch(s, ops, 2, NOW + 10), STORE_OK);
	assert_int_equal(get("other"), STORE_OK);
	ops[1] = (struct store_op){ .kind = STORE_EXPECT, .key = STR("none"),
	    .before = STR("") };
	ops[0].key = STR("third");
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_ABSENT);
	assert_int_equal(get("third"), STORE_ABSENT);
}

static void
test_read(void **state)
{
	struct store_op ops[3] = {
		{ .kind = STORE_READ, .key = STR("k"), .ret_value = &b },
		{ .kind = STORE_PUT, .key = STR("k"), .value = STR("new") },
		{ .kind = STORE_READ, .key = STR("k"), .ret_value = &b } };

	(void)state;
	assert_int_equal(store_batch(s, ops, 3, NOW), STORE_OK);
	assert_int_equal(ops[0].ret, STORE_ABSENT);
	assert_int_equal(ops[2].ret, STORE_OK);
	assert_str(buf_str(&b), "new");
	/* of a batch that was undone nothing is told */
	buf_clear(&b);
	ops[1] = (struct store_op){ .kind = STORE_PUT_NEW, .key = STR("k") };
	assert_int_equal(store_batch(s, ops, 2, NOW), STORE_EXISTS);
	assert_int_equal(b.n, 0);
	ops[0].ret_value = NULL;
	assert_int_equal(store_batch(s, ops, 1, NOW), STORE_INVALID);
}

/* A value that is too long for the caller is no failure of the others. */
static void
test_read_no_room(void **state)
{
	struct store_op op = { .kind = STORE_READ, .key = STR("k"),
		.ret_value = &b };
	char memory[4];

	(void)state;
	assert_int_equal(put("k", "longer"), STORE_OK);
	buf_init_fixed(&b, memory, sizeof(memory));
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_INVALID);
	buf_init(&b, 0);
}

static void
test_clear(void **state)
{
	struct store_op op = { .kind = STORE_CLEAR, .key = STR("c") };
	int64_t n = 0, expires_ms = 0;

	(void)state;
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	assert_int_equal(op.ret, STORE_ABSENT);
	assert_int_equal(get("c"), STORE_ABSENT);
	assert_int_equal(store_count(s, STR("c"), 5, NOW + 10, NOW, &n),
	    STORE_OK);
	assert_int_equal(store_batch(s, &op, 1, NOW + 10), STORE_OK);
	assert_int_equal(op.ret, STORE_ABSENT);
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	assert_int_equal(op.ret, STORE_OK);
	buf_clear(&b);
	assert_int_equal(store_get_until(s, STR("c"), NOW, &b, &expires_ms),
	    STORE_OK);
	assert_str(buf_str(&b), "0");
	assert_int_equal(expires_ms, NOW + 10);
	/* it starts anew, with a time of its own */
	assert_int_equal(store_count(s, STR("c"), 1, NOW + 20, NOW, &n),
	    STORE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_count(s, STR("c"), 1, NOW + 90, NOW + 19, &n),
	    STORE_OK);
	assert_int_equal(n, 2);
	assert_int_equal(store_count(s, STR("c"), 1, NOW + 90, NOW + 20, &n),
	    STORE_OK);
	assert_int_equal(n, 1);
	/* so does one that came down to 0 */
	assert_int_equal(store_count(s, STR("d"), 1, NOW + 10, NOW, &n),
	    STORE_OK);
	assert_int_equal(store_count(s, STR("d"), -1, NOW + 99, NOW, &n),
	    STORE_OK);
	assert_int_equal(store_count(s, STR("d"), 1, NOW + 50, NOW, &n),
	    STORE_OK);
	assert_int_equal(store_get_until(s, STR("d"), NOW + 49, &b,
	    &expires_ms), STORE_OK);
	assert_int_equal(expires_ms, NOW + 50);
}

/* ------------------------------------------------------------------ */

struct told { struct store_op op; sem_t done; int rc; char key[16]; };

static void
told(void *arg, int rc)
{
	struct told *t = arg;

	t->rc = rc;
	(void)sem_post(&t->done);
}

static int
told_wait(struct told *t)
{
	while (sem_wait(&t->done) != 0)
		;
	return t->rc;
}

/* What was told to be written is found by another connection. */
static void
test_later(void **state)
{
	static struct told t[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(t[i].key, sizeof(t[i].key), "k%u", i / 2);
		t[i].op = (struct store_op){ .kind = STORE_PUT_NEW,
		    .key = str_from(t[i].key), .value = STR("v") };
		assert_int_equal(sem_init(&t[i].done, 0, 0), 0);
		store_batch_later(s, &t[i].op, 1, NOW, told, &t[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		/* in the order they came */
		assert_int_equal(told_wait(&t[i]), i % 2 == 0 ? STORE_OK :
		    STORE_EXISTS);
		assert_int_equal(get(t[i].key), STORE_OK);
		(void)sem_destroy(&t[i].done);
	}
}

/* The lock that a writer of another process would have. */
static sqlite3 *
lock_take(void)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	return db;
}

/* In one transaction with others a batch refuses when it has changed
 * something: what the others did is done once, and that not at all. */
static void
test_undone_among_others(void **state)
{
	static struct store_op ops[4][3];
	static struct told t[4];
	sqlite3 *other;
	struct buf read;

	(void)state;
	buf_init(&read, 0);
	assert_int_equal(put("v", "value"), STORE_OK);
	ops[1][0] = (struct store_op){ .kind = STORE_READ, .key = STR("v"),
	    .ret_value = &read };
	ops[2][0] = (struct store_op){ .kind = STORE_PUT, .key = STR("bad"),
	    .value = STR("x") };
	ops[2][1] = (struct store_op){ .kind = STORE_PUT_NEW,
	    .key = STR("v"), .value = STR("x") };
	ops[3][1] = (struct store_op){ .kind = STORE_REVOKE,
	    .value = STR("x") };
	for (unsigned i = 0; i < 4; i++)
		ops[i][i == 2 ? 2 : i == 1 ? 1 : 0] = (struct store_op){
		    .kind = STORE_COUNT, .key = STR("n"), .delta = 1 };
	/* the first waits for the lock, the others come together then */
	other = lock_take();
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(sem_init(&t[i].done, 0, 0), 0);
		store_batch_later(s, ops[i], i == 0 ? 1 : i == 2 ? 3 : 2, NOW,
		    told, &t[i]);
	}
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(told_wait(&t[i]), i == 2 ? STORE_EXISTS :
		    STORE_OK);
		(void)sem_destroy(&t[i].done);
	}
	assert_str(buf_str(&read), "value");
	assert_int_equal(ops[1][1].ret_count, 2);
	assert_int_equal(ops[2][0].ret, STORE_OK);
	assert_int_equal(ops[2][1].ret, STORE_EXISTS);
	assert_int_equal(ops[2][2].ret, STORE_FAILED);
	assert_int_equal(ops[3][0].ret_count, 3);
	assert_int_equal(ops[3][1].ret_count, 1);
	assert_int_equal(get("bad"), STORE_ABSENT);
	assert_int_equal(get("n"), STORE_OK);
	assert_str(buf_str(&b), "3");
	buf_free(&read);
}

static void
test_later_refused(void **state)
{
	struct told t = { .op = { .kind = STORE_PUT, .key = STR("") } };

	(void)state;
	assert_int_equal(sem_init(&t.done, 0, 0), 0);
	store_batch_later(s, &t.op, 1, NOW, told, &t);
	assert_int_equal(sem_trywait(&t.done), 0);
	assert_int_equal(t.rc, STORE_INVALID);
	store_batch_later(s, &t.op, 0, NOW, told, &t);
	assert_int_equal(sem_trywait(&t.done), 0);
	assert_int_equal(t.rc, STORE_OK);
	/* the file is gone: nothing was written, and so it is told */
	assert_int_equal(remove(file), 0);
	t.op = (struct store_op){ .kind = STORE_COUNT, .key = STR("k"),
	    .delta = 1 };
	store_batch_later(s, &t.op, 1, NOW, told, &t);
	assert_int_equal(told_wait(&t), STORE_FAILED);
	assert_int_equal(t.op.ret, STORE_FAILED);
	assert_int_equal(t.op.ret_count, 0);
	(void)sem_destroy(&t.done);
}

/* Closing waits until all were told. */
static void
test_later_close(void **state)
{
	static struct told t[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(t[i].key, sizeof(t[i].key), "c%u", i);
		t[i].op = (struct store_op){ .kind = STORE_PUT,
		    .key = str_from(t[i].key), .value = STR("v") };
		assert_int_equal(sem_init(&t[i].done, 0, 0), 0);
		store_batch_later(s, &t[i].op, 1, NOW, told, &t[i]);
	}
	store_close(s);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(sem_trywait(&t[i].done), 0);
		assert_int_equal(t[i].rc, STORE_OK);
		(void)sem_destroy(&t[i].done);
	}
	s = store_here(false);
	assert_int_equal(get("c199"), STORE_OK);
}

/* Another process writes the file as well. */
static void
others_do(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A key is found wherever its row is by now, and nothing in its old place is
 * taken for it. */
static void
test_rows_move(void **state)
{
	int64_t n = 0;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n),
		    STORE_OK);
		assert_int_equal(n, i);
	}
	others_do("UPDATE kv SET id = id + 1000 WHERE k = x'63'");
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n), STORE_OK);
	assert_int_equal(n, 4);
	/* the place is another key's */
	others_do("DELETE FROM kv WHERE k = x'63'; "
	    "INSERT INTO kv VALUES (1001, x'6f', 0, x'37')");
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n), STORE_OK);
	assert_int_equal(n, 1);
	assert_str(value_of(s, STR("o"), &b), "7");
	/* and nobody's */
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n), STORE_OK);
	others_do("DELETE FROM kv WHERE k = x'63'");
	assert_int_equal(store_swap(s, STR("c"), STR("2"), STR("9"), NOW),
	    STORE_ABSENT);
	/* an expired row is none, and the same row lives again */
	assert_int_equal(store_put(s, STR("e"), STR("1"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(store_swap(s, STR("e"), STR("1"), STR("2"), NOW),
	    STORE_OK);
	assert_int_equal(store_swap(s, STR("e"), STR("2"), STR("3"),
	    NOW + 10), STORE_ABSENT);
	assert_int_equal(store_count(s, STR("e"), 5, 0, NOW + 10, &n),
	    STORE_OK);
	assert_int_equal(n, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_expect),
		TEST(test_expect_undoes),
		TEST(test_read),
		TEST(test_read_no_room),
		TEST(test_clear),
		TEST(test_later),
		TEST(test_undone_among_others),
		TEST(test_later_refused),
		TEST(test_later_close),
		TEST(test_rows_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
