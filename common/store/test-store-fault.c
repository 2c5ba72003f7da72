/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store-fault.c - what the store says when its file or disk fails it
 *
 * Opening refuses with a sentence; a running store gives STORE_FAILED, never
 * a wrong answer or a crash, and works again when the trouble ends.
 */
#include "testing.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sqlite.h"

#define BUSY_MS	200			/* instead of 5 s */

static void
write_file(const char *name, const void *bytes, size_t n, off_t at)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	must(fd >= 0);
	must(pwrite(fd, bytes, n, at) == (ssize_t)n);
	must(close(fd) == 0);
}

static void
database(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(chmod(file, 0600), 0);
}

static int
get(struct store *s, const char *key)
{
	struct buf b;
	int rc;

	buf_init(&b, 0);
	rc = store_get(s, str_from(key), NOW, &b);
	buf_free(&b);
	return rc;
}

static int
put(struct store *s, const char *key)
{
	return store_put(s, str_from(key), STR("v"), 0, NOW);
}

static void
must_say(struct store *s, const char *words)
{
	struct buf b;

	buf_init(&b, 0);
	store_trouble(s, &b);
	if (strstr(buf_str(&b).p, words) == NULL) {
		(void)fprintf(stderr, "\"%s\" instead of \"...%s...\"\n",
		    buf_str(&b).p, words);
		must(false);
	}
	buf_free(&b);
}

/* Every call fails, and each says so. */
static void
must_fail_all(struct store *s)
{
	uint64_t low = 7, high = 7;
	size_t n = 7;

	must(put(s, "x") == STORE_FAILED);
	must(get(s, "k") == STORE_FAILED);
	must(store_ping(s, NOW) == STORE_FAILED);
	must(store_feed_range(s, &low, &high) == STORE_FAILED);
	must(low == 7 && high == 7);
	must(store_feed_trim(s, 1) == STORE_FAILED);
	must(store_sweep(s, NOW, 9, &n) == STORE_FAILED && n == 0);
}

static void
test_open_refuses(void **state)
{
	(void)state;
	store_refused(false, "\"countersign init\" makes it; a lost one");
	write_file(file, "not a database, but longer than a header of one is: "
	    "a hundred bytes, and then some more of them", 95, 0);
	store_refused(false, "is damaged, or not a store");
	store_refused(true, "exists already");
	assert_int_equal(truncate(file, 0), 0);
	store_refused(false, "is empty");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	store_refused(false, "is not a plain file");
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("elsewhere", file), 0);
	store_refused(true, "exists already");
	store_refused(false, "is put back by \"countersign restore FILE\"");
}

static void
test_open_refuses_foreign(void **state)
{
	struct stat before, after;
	char sql[64];

	(void)state;
	database("CREATE TABLE kv (k, v); INSERT INTO kv VALUES (1, 2)");
	assert_int_equal(stat(file, &before), 0);
	store_refused(false, "but not a store of Countersign");
	store_refused(true, "exists already");
	/* not a byte of it was written */
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(unlink(file), 0);

	store_close(store_here(true));
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d",
	    SQLITE_SCHEMA_VERSION + 1);
	database(sql);
	store_refused(false, "a newer Countersign (schema 2, this one knows 1");
	database("PRAGMA user_version = 0");
	store_refused(false, "schema 0");
	database("PRAGMA user_version = 1; DROP TABLE feed");
	store_refused(false, "cannot be used");
}

static void
test_modes(void **state)
{
	static const mode_t loose[] = { 0640, 0602, 0660, 0604 };
	struct stat st;
	char name[320];
	mode_t mask = umask(0777);
	struct store *s = store_here(true);

	(void)state;
	umask(mask);
	assert_int_equal(put(s, "k"), STORE_OK);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", file,
		    i == 0 ? "" : i == 1 ? "-wal" : "-shm");
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	store_close(s);
	for (size_t i = 0; i < COUNT(loose); i++) {
		assert_int_equal(chmod(file, loose[i]), 0);
		store_refused(false, "chmod 600");
	}
}

/* As a user who may not write it. */
static void
read_only_child(void *arg)
{
	struct store *s = NULL;
	struct buf error;

	(void)arg;
	buf_init(&error, 0);
	must(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	must(store_sqlite_open(file, false, &s, &error) < 0);
	must(strstr(buf_str(&error).p, "read-only") != NULL);
	buf_free(&error);
}

static void
test_read_only_file(void **state)
{
	(void)state;
	store_close(store_here(true));
	if (geteuid() == 0) {
		assert_int_equal(chown(folder, 65534, 65534), 0);
		assert_int_equal(chown(file, 65534, 65534), 0);
	}
	assert_int_equal(chmod(file, 0400), 0);
	in_child(read_only_child, NULL);
}

static void
test_create_fails_whole(void **state)
{
	(void)state;
	(void)snprintf(file, sizeof(file), "%s/none/state.db", folder);
	store_refused(true, "cannot be created");
}

/* Another process holds the lock, first for too long, then for a moment. */
static void
test_locked(void **state)
{
	struct store *s = store_here(true);
	sqlite3 *other = NULL;
	int64_t n = 0;

	(void)state;
	((struct sqlite_store *)s)->busy_ms = BUSY_MS;
	assert_int_equal(put(s, "k"), STORE_OK);
	assert_int_equal(sqlite3_open(file, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(put(s, "x"), STORE_FAILED);
	must_say(s, "locked");
	assert_int_equal(store_ping(s, NOW), STORE_FAILED);
	/* readers wait for nobody */
	assert_int_equal(get(s, "k"), STORE_OK);
	assert_int_equal(get(s, "x"), STORE_ABSENT);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n), STORE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	store_close(s);
}

static void
test_moved_and_replaced(void **state)
{
	struct store *s = store_here(true);
	char away[320];

	(void)state;
	(void)snprintf(away, sizeof(away), "%s.away", file);
	assert_int_equal(put(s, "k"), STORE_OK);
	assert_int_equal(rename(file, away), 0);
	must_fail_all(s);
	must_say(s, "is gone");
	/* another file in its place is not ours */
	write_file(file, "x", 1, 0);
	must_fail_all(s);
	must_say(s, "replaced");
	assert_int_equal(rename(away, file), 0);
	assert_int_equal(get(s, "k"), STORE_OK);
	assert_int_equal(put(s, "k2"), STORE_OK);
	store_close(s);
	s = store_here(false);
	assert_int_equal(get(s, "k"), STORE_OK);
	assert_int_equal(get(s, "k2"), STORE_OK);
	store_close(s);
}

static void
test_emptied(void **state)
{
	struct store *s = store_here(true);

	(void)state;
	assert_int_equal(put(s, "k"), STORE_OK);
	assert_int_equal(truncate(file, 0), 0);
	must_fail_all(s);
	must_say(s, "emptied");
	store_close(s);
}

static void
fill(struct store *s, unsigned n)
{
	static char value[600];
	char key[16];

	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "k%06u", i);
		must(store_put(s, str_from(key), str_of(value, sizeof(value)),
		    0, NOW) == STORE_OK);
	}
}

/* Each page of the file in turn becomes rubbish: no crash, and whatever is
 * not STORE_FAILED is right. */
static void
test_corrupt(void **state)
{
	static uint8_t page[4096], saved[4096];
	struct store *s = store_here(true);
	unsigned failed = 0, opened = 0;
	struct buf error, b;
	struct stat st;
	int fd, rc;

	(void)state;
	buf_init(&error, 0);
	buf_init(&b, 0);
	memset(page, 0x5a, sizeof(page));
	fill(s, 60);
	store_close(s);
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 10 * 4096);
	for (off_t at = 0; at < st.st_size; at += 4096) {
		fd = open(file, O_RDWR);
		assert_int_equal(pread(fd, saved, 4096, at), 4096);
		assert_int_equal(pwrite(fd, page, 4096, at), 4096);
		close(fd);
		if (store_sqlite_open(file, false, &s, &error) == 0) {
			opened++;
			for (unsigned i = 0; i < 60; i++) {
				char key[16];

				(void)snprintf(key, sizeof(key), "k%06u", i);
				buf_clear(&b);
				rc = store_get(s, str_from(key), NOW, &b);
				failed += rc == STORE_FAILED;
				if (rc == STORE_OK)
					assert_int_equal(b.n, 600);
			}
			(void)put(s, "k000007x");
			(void)store_ping(s, NOW);
			store_close(s);
		}
		write_file(file, saved, 4096, at);
	}
	assert_true(failed > 0 && opened > 0);
	print_message("# %u of %u pages: opened; %u gets failed\n", opened,
	    (unsigned)(st.st_size / 4096), failed);
	buf_free(&error);
	buf_free(&b);
}

/* Rubbish while it runs; right again when the bytes are. */
static void
test_corrupt_while_open(void **state)
{
	static uint8_t page[4096 * 64], saved[4096 * 64];
	struct store *s = store_here(true);
	struct stat st;
	int fd;

	(void)state;
	fill(s, 60);
	store_close(s);			/* all of it in the file itself */
	assert_int_equal(stat(file, &st), 0);
	assert_in_range(st.st_size, 4096 * 10, sizeof(page));
	s = store_here(false);
	fd = open(file, O_RDWR);
	assert_int_equal(pread(fd, saved, sizeof(saved), 0), st.st_size);
	memset(page, 0x5a, sizeof(page));
	assert_int_equal(pwrite(fd, page, (size_t)st.st_size - 4096, 4096),
	    st.st_size - 4096);
	assert_int_equal(get(s, "k000030"), STORE_FAILED);
	assert_int_equal(put(s, "k000030"), STORE_FAILED);
	assert_int_equal(pwrite(fd, saved, (size_t)st.st_size, 0),
	    st.st_size);
	assert_int_equal(get(s, "k000030"), STORE_OK);
	assert_int_equal(put(s, "k000030"), STORE_OK);
	assert_int_equal(get(s, "k000059"), STORE_OK);
	store_close(s);
	close(fd);
}

/* Writes until it fails; returns how many were acknowledged. */
static unsigned
fill_until_failed(struct store *s, const char *kind)
{
	static char value[20000];
	char key[32];

	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(key, sizeof(key), "%s%06u", kind, i);
		if (store_put(s, str_from(key), str_of(value, sizeof(value)),
		    0, NOW) != STORE_OK)
			return i;
	}
	must(!"full in the end");
	return 0;
}

static void
must_have(struct store *s, const char *kind, unsigned n)
{
	char key[32];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "%s%06u", kind, i);
		must(get(s, key) == STORE_OK);
	}
}

/* Files may grow no more, as with a full disk or a quota. */
static void
limit_child(void *arg)
{
	struct store *s = store_here(true);
	struct rlimit limit = { 400000, RLIM_INFINITY };
	unsigned n;

	(void)arg;
	must(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	n = fill_until_failed(s, "a");
	must(n > 3);
	limit.rlim_cur = 4096;		/* not even for a small one */
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	must(store_ping(s, NOW) == STORE_FAILED);
	must(put(s, "x") == STORE_FAILED);
	must_have(s, "a", n);
	limit.rlim_cur = RLIM_INFINITY;
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	must(put(s, "after") == STORE_OK);
	must_have(s, "a", n);
	store_close(s);
	s = store_here(false);
	must_have(s, "a", n);
	must(get(s, "after") == STORE_OK);
	store_close(s);
}

static void
test_file_limit(void **state)
{
	(void)state;
	in_child(limit_child, NULL);
}

/* A small file system of our own over the test's folder; false where that is
 * not allowed. The kernel looks at no type of a change, but valgrind at each: a
 * NULL there would be an error of this program. */
static bool
disk_mount(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0;
}

static void
full_child(void *arg)
{
	static char rest[4096];
	char name[320];
	struct store *s;
	unsigned n, m;
	int fd;

	(void)arg;
	must(disk_mount());
	s = store_here(true);
	n = fill_until_failed(s, "a");
	must_say(s, "full");
	(void)snprintf(name, sizeof(name), "%s/rest", folder);
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	while (write(fd, rest, sizeof(rest)) > 0)
		;
	must(put(s, "x") == STORE_FAILED);
	must(store_ping(s, NOW) == STORE_FAILED);
	must_have(s, "a", n);
	/* room again: it goes on by itself, and nothing is lost */
	must(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=4m") == 0);
	m = fill_until_failed(s, "b");
	must(m > 5);
	must_have(s, "a", n);
	must_have(s, "b", m);
	store_close(s);
	s = store_here(false);
	must_have(s, "a", n);
	must_have(s, "b", m);
	store_close(s);
	close(fd);
}

/* A store on a disk that was mounted read-only after an error. */
static void
read_only_disk_child(void *arg)
{
	struct store *s = NULL;
	struct buf error;

	(void)arg;
	buf_init(&error, 0);
	must(disk_mount());
	s = store_here(true);
	must(put(s, "k") == STORE_OK);
	store_close(s);
	must(mount("tmpfs", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) ==
	    0);
	must(store_sqlite_open(file, false, &s, &error) < 0);
	must(strncmp(buf_str(&error).p, file, strlen(file)) == 0);
	must(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, NULL) == 0);
	s = store_here(false);
	must(get(s, "k") == STORE_OK);
	must(put(s, "k") == STORE_OK);
	store_close(s);
	buf_free(&error);
}

/* Whether this test may mount: only root may, and not in every container. */
static bool
disk_allowed(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(disk_mount() ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void
test_full_disk(void **state)
{
	(void)state;
	if (!disk_allowed()) {
		print_message("# no file system may be mounted here\n");
		skip();
	}
	in_child(full_child, NULL);
}

static void
test_read_only_disk(void **state)
{
	(void)state;
	if (!disk_allowed()) {
		print_message("# no file system may be mounted here\n");
		skip();
	}
	in_child(read_only_disk_child, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make,	\
	folder_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_refuses),
		TEST(test_open_refuses_foreign),
		TEST(test_modes),
		TEST(test_read_only_file),
		TEST(test_create_fails_whole),
		TEST(test_locked),
		TEST(test_moved_and_replaced),
		TEST(test_emptied),
		TEST(test_corrupt),
		TEST(test_corrupt_while_open),
		TEST(test_file_limit),
		TEST(test_full_disk),
		TEST(test_read_only_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
