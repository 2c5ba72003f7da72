/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-copy.c - a store is copied while others write to it
 *
 * Whatever they do, the copy comes to its end, is one moment of the store,
 * and has all that was acknowledged before it began.
 */
#include "sqlite.h"
#include "testing.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#define RECORDS		6000	/* 3 MiB */
#define STEPS_MAX	1000

static char copy[310];
static sqlite3 *beside;		/* another process would be no different */
static unsigned steps;

/* Two values that are always the same. */
static void
write_beside(void)
{
	static const char both[] = "BEGIN IMMEDIATE;"
	    "UPDATE kv SET v = CAST(CAST(v AS TEXT) + 1 AS BLOB)"
	    " WHERE k IN (CAST('one' AS BLOB), CAST('two' AS BLOB));"
	    "COMMIT";

	assert_int_equal(sqlite3_exec(beside, both, NULL, NULL, NULL),
	    SQLITE_OK);
}

/* In the library's place: somebody writes before each step of a copy. */
int
sqlite3_backup_step(sqlite3_backup *b, int pages)
{
	int (*real)(sqlite3_backup *, int);

	*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_backup_step");
	assert_non_null(real);
	if (beside != NULL)
		write_beside();
	if (++steps > STEPS_MAX)
		fail_msg("a copy is begun anew again and again");
	return real(b, pages);
}

static struct csn_str
key_of(char out[32], const char *kind, unsigned n)
{
	int len = snprintf(out, 32, "%s/%08u", kind, n);

	return str_of(out, (size_t)len);
}

/* Many in one commit: it is only to be large. */
static void
fill(struct store *s)
{
	static char keys[100][32], record[400];
	struct store_op ops[100];

	for (unsigned n = 0; n < RECORDS; n += COUNT(ops)) {
		for (unsigned i = 0; i < COUNT(ops); i++)
			ops[i] = (struct store_op){ .kind = STORE_PUT,
			    .key = key_of(keys[i], "rec", n + i),
			    .value = str_of(record, sizeof(record)) };
		assert_int_equal(store_batch(s, ops, COUNT(ops), NOW),
		    STORE_OK);
	}
}

static void
copy_look(struct buf *error)
{
	struct store *s;
	struct buf one, two;
	size_t n;

	buf_init(&one, 0);
	buf_init(&two, 0);
	assert_int_equal(store_sqlite_whole(copy, error), 0);
	assert_int_equal(store_sqlite_open(copy, false, &s, error), 0);
	assert_int_equal(store_keys(s, STR("rec/"), NOW, &n), STORE_OK);
	assert_int_equal(n, RECORDS);
	assert_true(strtol(value_of(s, STR("one"), &one).p, NULL, 10) >= 1);
	assert_true(str_equal(value_of(s, STR("two"), &two), buf_str(&one)));
	store_close(s);
	buf_free(&one);
	buf_free(&two);
}

static void
test_while_written(void **state)
{
	struct store *s = store_here(true);
	struct buf error;

	(void)state;
	fill(s);
	assert_int_equal(store_put(s, STR("one"), STR("0"), 0, NOW), 0);
	assert_int_equal(store_put(s, STR("two"), STR("0"), 0, NOW), 0);
	(void)snprintf(copy, sizeof(copy), "%s.copy", file);
	buf_init(&error, 1000);
	steps = 0;
	assert_int_equal(sqlite3_open(file, &beside), SQLITE_OK);
	assert_int_equal(store_sqlite_copy(file, copy, &error), 0);
	assert_int_equal(sqlite3_close(beside), SQLITE_OK);
	beside = NULL;
	copy_look(&error);
	store_close(s);
	buf_free(&error);
}

/* A copy that was begun is not left half done. */
static void
test_of_what_is_none(void **state)
{
	struct buf error;
	FILE *f;

	(void)state;
	(void)snprintf(copy, sizeof(copy), "%s.copy", file);
	f = fopen(file, "we");
	assert_non_null(f);
	for (int i = 0; i < 500; i++)
		assert_true(fputs("not a database\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	buf_init(&error, 1000);
	assert_int_equal(store_sqlite_copy(file, copy, &error), -1);
	assert_true(str_ends(buf_str(&error), STR("state.db: is no store")));
	assert_int_equal(access(copy, F_OK), -1);
	buf_free(&error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make,	\
	folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_while_written),
		TEST(test_of_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
