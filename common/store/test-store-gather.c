/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-gather.c - a commit is one write of the log and one sync, and a
 * write or sync that fails, or never ends, costs only what was not
 * acknowledged
 *
 * Below the store lies a file system of the test's, which counts what is done
 * to the log and breaks down where it is told to.
 */
#include "testing.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqlite.h"

enum trouble { NONE, WRITE_HALF, SYNC, DIE_HALF, DIE_SYNC };

struct disk_file {
	sqlite3_file file;
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs disk_vfs;
static sqlite3_io_methods disk_methods;
static enum trouble trouble;
static unsigned skip_calls;		/* before it begins */
static unsigned writes, syncs;
static bool unsynced;

static sqlite3_file *
real_of(sqlite3_file *f)
{
	return ((struct disk_file *)f)->real;
}

static bool
trouble_now(enum trouble one, enum trouble other)
{
	if (trouble != one && trouble != other)
		return false;
	return skip_calls == 0 || skip_calls-- == 0;
}

static int
disk_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	sqlite3_file *real = real_of(f);

	writes++;
	unsynced = true;
	if (!trouble_now(WRITE_HALF, DIE_HALF))
		return real->pMethods->xWrite(real, p, n, at);
	(void)real->pMethods->xWrite(real, p, n / 2, at);
	if (trouble == DIE_HALF)
		_exit(0);
	return SQLITE_IOERR_WRITE;
}

static int
disk_sync(sqlite3_file *f, int flags)
{
	sqlite3_file *real = real_of(f);

	syncs++;
	if (trouble_now(SYNC, DIE_SYNC)) {
		if (trouble == DIE_SYNC)
			_exit(0);
		return SQLITE_IOERR_FSYNC;
	}
	unsynced = false;
	return real->pMethods->xSync(real, flags);
}

static int
disk_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int
disk_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return real_of(f)->pMethods->xTruncate(real_of(f), n);
}

static int
disk_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret);
}

static int
disk_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int
disk_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int
disk_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int
disk_device(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int
disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *ret_flags)
{
	struct disk_file *d = (struct disk_file *)f;
	int rc;

	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return real_vfs->xOpen(real_vfs, name, f, flags, ret_flags);
	d->file.pMethods = NULL;
	d->real = (sqlite3_file *)&d[1];
	rc = real_vfs->xOpen(real_vfs, name, d->real, flags, ret_flags);
	if (d->real->pMethods != NULL)
		d->file.pMethods = &disk_methods;
	return rc;
}

static void
disk_register(void)
{
	disk_methods = (sqlite3_io_methods){ .iVersion = 1,
	    .xClose = disk_close, .xRead = disk_read, .xWrite = disk_write,
	    .xTruncate = disk_truncate, .xSync = disk_sync,
	    .xFileSize = disk_size, .xFileControl = disk_control,
	    .xSectorSize = disk_sector,
	    .xDeviceCharacteristics = disk_device };
	real_vfs = sqlite3_vfs_find(NULL);
	disk_vfs = *real_vfs;
	disk_vfs.zName = "disk of the test";
	disk_vfs.szOsFile += (int)sizeof(struct disk_file);
	disk_vfs.xOpen = disk_open;
	must(sqlite3_vfs_register(&disk_vfs, 1) == SQLITE_OK);
}

/* ------------------------------------------------------------------ */

#define MANY	40u

/* Rows of several pages in one commit. */
static int
put_many(struct store *s, char kind)
{
	static char value[2000], keys[MANY][16];
	struct store_op ops[MANY];

	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "%c%04u", kind, i);
		ops[i] = (struct store_op){ .kind = STORE_PUT,
		    .key = str_from(keys[i]),
		    .value = str_of(value, sizeof(value)) };
	}
	return store_batch(s, ops, MANY, NOW);
}

/* All of a commit or nothing of it; whether it is there. */
static bool
have_many(struct store *s, char kind)
{
	struct buf b;
	char key[16];
	unsigned n = 0;

	buf_init(&b, 0);
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(key, sizeof(key), "%c%04u", kind, i);
		buf_clear(&b);
		n += store_get(s, str_from(key), NOW, &b) == STORE_OK &&
		    b.n == 2000;
	}
	buf_free(&b);
	must(n == 0 || n == MANY);
	return n == MANY;
}

static void
must_be_whole(void)
{
	struct buf error;

	buf_init(&error, 0);
	must(store_sqlite_whole(file, &error) == 0);
	buf_free(&error);
}

static void
test_one_write(void **state)
{
	struct store *s = store_here(true);

	(void)state;
	assert_int_equal(put_many(s, 'a'), STORE_OK);
	writes = syncs = 0;
	assert_int_equal(put_many(s, 'b'), STORE_OK);
	assert_int_equal(writes, 1);
	assert_int_equal(syncs, 1);
	assert_false(unsynced);
	assert_true(have_many(s, 'a') && have_many(s, 'b'));
	store_close(s);
	must_be_whole();
}

/* More than is kept at a time. */
static void
test_large(void **state)
{
	static char value[200000];
	struct store_op ops[8];
	char keys[8][8];
	struct store *s = store_here(true);
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(put_many(s, 'a'), STORE_OK);
	for (unsigned i = 0; i < COUNT(ops); i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "k%u", i);
		ops[i] = (struct store_op){ .kind = STORE_PUT,
		    .key = str_from(keys[i]),
		    .value = str_of(value, sizeof(value)) };
	}
	writes = syncs = 0;
	assert_int_equal(store_batch(s, ops, COUNT(ops), NOW), STORE_OK);
	assert_in_range(writes, 13, 16);
	assert_int_equal(syncs, 1);
	assert_false(unsynced);
	store_close(s);
	must_be_whole();
	s = store_here(false);
	for (unsigned i = 0; i < COUNT(ops); i++)
		assert_int_equal(value_of(s, str_from(keys[i]), &b).n,
		    sizeof(value));
	buf_free(&b);
	store_close(s);
}

/* What another process appends where a failed commit would have been stays. */
static void
others_write(void)
{
	sqlite3 *db = NULL;

	must(sqlite3_open(file, &db) == SQLITE_OK);
	must(sqlite3_exec(db, "INSERT INTO kv (k, exp, v) VALUES "
	    "(x'6f74686572', 0, x'76')", NULL, NULL, NULL) == SQLITE_OK);
	must(sqlite3_close(db) == SQLITE_OK);
}

static void
fails_and_goes_on(enum trouble what)
{
	struct store *s = store_here(true);
	struct buf b;

	buf_init(&b, 0);
	must(put_many(s, 'a') == STORE_OK);
	skip_calls = 0;
	trouble = what;
	must(put_many(s, 'b') == STORE_FAILED);
	trouble = NONE;
	others_write();
	must(!have_many(s, 'b'));
	must(put_many(s, 'c') == STORE_OK);
	must(have_many(s, 'a') && have_many(s, 'c') && !have_many(s, 'b'));
	must(value_of(s, STR("other"), &b).n == 1);
	buf_free(&b);
	store_close(s);
	must_be_whole();
}

static void
test_write_fails(void **state)
{
	(void)state;
	fails_and_goes_on(WRITE_HALF);
}

static void
test_sync_fails(void **state)
{
	(void)state;
	fails_and_goes_on(SYNC);
}

/* Dies in the commit that `skip_calls` says; tells what it was answered. */
static void
die_in_commit(enum trouble what, int to)
{
	struct store *s = store_here(true);

	must(put_many(s, 'a') == STORE_OK);
	trouble = what;
	for (char kind = 'b'; kind <= 'z'; kind++) {
		must(put_many(s, kind) == STORE_OK);
		must(write(to, &kind, 1) == 1);
	}
	must(!"dead by then");
}

/* What was acknowledged is there, and nothing by halves. */
static void
dies(enum trouble what, unsigned after)
{
	char told[32];
	struct store *s;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	must(pipe(fds) == 0);
	skip_calls = after;
	pid = fork();
	if (pid == 0)
		die_in_commit(what, fds[1]);
	must(pid > 0 && close(fds[1]) == 0);
	must(waitpid(pid, &status, 0) == pid && status == 0);
	n = read(fds[0], told, sizeof(told));
	close(fds[0]);
	must(n == (ssize_t)after);
	must_be_whole();
	s = store_here(false);
	must(have_many(s, 'a'));
	for (ssize_t i = 0; i < n; i++)
		must(have_many(s, told[i]));
	(void)have_many(s, (char)('b' + n));
	must(put_many(s, 'z') == STORE_OK);
	store_close(s);
	must_be_whole();
}

static void
test_dies_in_the_write(void **state)
{
	(void)state;
	dies(DIE_HALF, 3);
}

static void
test_dies_before_the_sync(void **state)
{
	(void)state;
	dies(DIE_SYNC, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make,	\
	folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_write),
		TEST(test_large),
		TEST(test_write_fails),
		TEST(test_sync_fails),
		TEST(test_dies_in_the_write),
		TEST(test_dies_before_the_sync),
	};

	disk_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
