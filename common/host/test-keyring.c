/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-keyring.c - each sentence of keyring.h
 */
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyring.h"
#include "lib/secret.h"

#define T	"2026-11-24T10:02:03.004Z"
#define T_MS	INT64_C(1795514523004)
#define KEY_A	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
#define KEY_B	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI"
#define KEY_0	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static char folder[64], dir[80], path[96];
static struct keyring ring;
static struct buf error;

static int
set_up(void **state)
{
	(void)state;
	buf_init(&error, 0);
	(void)snprintf(folder, sizeof(folder), "/tmp/csn-keyring-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(dir, sizeof(dir), "%s/keys", folder);
	(void)snprintf(path, sizeof(path), "%s/cookies", dir);
	return 0;
}

static int
remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(name);
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&error);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void
assert_error(int rc, const char *words)
{
	assert_int_equal(rc, -1);
	if (strstr(buf_str(&error).p, words) == NULL)
		fail_msg("\"%s\" instead of \"...%s...\"",
		    buf_str(&error).p, words);
	buf_clear(&error);
}

static void
load_fails(const char *words)
{
	static const struct keyring zero;

	memset(&ring, 0x5a, sizeof(ring));
	assert_error(keyring_load(dir, KEYRING_COOKIES, &ring, &error),
	    words);
	assert_memory_equal(&ring, &zero, sizeof(ring));
}

static void
load(enum keyring_name name)
{
	if (keyring_load(dir, name, &ring, &error) < 0)
		fail_msg("%s", buf_str(&error).p);
	assert_int_equal(ring.name, name);
}

static void
test_parse(void **state)
{
	static const char text[] = "1 retired " T " -\n2 old " T " " KEY_A
	    "\n7 active " T " " KEY_B "\n4294967294 old " T
	    " __________________________________________8\n";
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(keyring_parse(str_from(text), KEYRING_RECORDS,
	    &ring, &error), 0);
	assert_int_equal(ring.nkeys, 4);
	assert_int_equal(ring.keys[1].id, 2);
	assert_int_equal(ring.keys[1].state, KEY_OLD);
	assert_int_equal(ring.keys[1].created_ms, T_MS);
	assert_int_equal(ring.keys[1].bytes[31], 1);
	assert_null(keyring_find(&ring, 1));
	assert_null(keyring_find(&ring, 0));
	assert_null(keyring_find(&ring, 3));
	assert_ptr_equal(keyring_find(&ring, 2), &ring.keys[1]);
	assert_ptr_equal(keyring_active(&ring), &ring.keys[2]);
	keyring_format(&b, &ring);
	assert_str(buf_str(&b), text);
	buf_free(&b);
	keyring_wipe(&ring);
	assert_null(keyring_active(&ring));
}

static void
test_parse_refuses(void **state)
{
	static const struct { const char *text, *words; } rows[] = {
		{ "", "line 1: the file is empty" },
		{ "1 active " T " " KEY_A, "ends in mid-line" },
		{ "\n", "line 1: four fields" },
		{ "1 active " T " " KEY_A "\n\n", "line 2: four fields" },
		{ "1 active " T "\n", "four fields" },
		{ "1 active " T " " KEY_A " \n", "more than four" },
		{ "1 active " T " " KEY_A " x\n", "more than four" },
		{ " 1 active " T " " KEY_A "\n", "more than four" },
		{ "1  active " T " " KEY_A "\n", "more than four" },
		{ "1\tactive " T " " KEY_A "\n", "four fields" },
		{ "# a comment here\n", "the id" },
		{ "0 active " T " " KEY_A "\n", "the id" },
		{ "01 active " T " " KEY_A "\n", "the id" },
		{ "+1 active " T " " KEY_A "\n", "the id" },
		{ "-1 active " T " " KEY_A "\n", "the id" },
		{ "1x active " T " " KEY_A "\n", "the id" },
		{ "4294967295 active " T " " KEY_A "\n", "the id" },
		{ "99999999999999999999 active " T " " KEY_A "\n", "the id" },
		{ "1 ACTIVE " T " " KEY_A "\n", "the state" },
		{ "1 activ " T " " KEY_A "\n", "the state" },
		{ "1 active 2026-11-24 " KEY_A "\n", "the time" },
		{ "1 active 2026-11-24T10:02:03Z " KEY_A "\n", "the time" },
		{ "1 active 2026-11-24T10:02:03.004+00:00 " KEY_A "\n",
		    "the time" },
		{ "1 active 1795514523004 " KEY_A "\n", "the time" },
		{ "1 active " T " " KEY_0 "\n", "the key" },
		{ "1 active " T " -\n", "the key" },
		{ "1 active " T " \n", "the key" },
		{ "1 active " T " AAAA\n", "the key" },
		{ "1 active " T " " KEY_A "=\n", "the key" },
		{ "1 active " T " " KEY_A "\r\n", "the key" },
		{ "1 active " T " " KEY_A "AAAA\n", "the key" },
		{ "1 active " T " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAF"
		    "\n", "the key" },		/* bits left over */
		{ "1 active " T " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+"
		    "\n", "the key" },
		{ "1 retired " T " " KEY_A "\n", "the key" },
		{ "2 active " T " " KEY_A "\n1 old " T " " KEY_B "\n",
		    "line 2: the ids" },
		{ "1 active " T " " KEY_A "\n1 old " T " " KEY_B "\n",
		    "line 2: the ids" },
		{ "1 old " T " " KEY_A "\n2 active " T " " KEY_A "\n",
		    "line 2: the same key" },
		{ "1 old " T " " KEY_A "\n2 retired " T " -\n",
		    "line 2: no key is active" },
	};
	static const char nul[] = "1 active " T "\0" KEY_A "\n";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_error(keyring_parse(str_from(rows[i].text),
		    KEYRING_COOKIES, &ring, &error), rows[i].words);
		assert_int_equal(ring.nkeys, 0);
	}
	assert_error(keyring_parse(str_of(nul, sizeof(nul) - 1),
	    KEYRING_COOKIES, &ring, &error), "four fields");
}

/* 64 keys are read, 65 are not; no error shows a key. */
static void
test_parse_many(void **state)
{
	struct buf b;
	size_t whole = 0;

	(void)state;
	buf_init(&b, 0);
	for (unsigned i = 1; i <= 65; i++) {
		whole = i == 65 ? b.n : 0;
		buf_printf(&b, "%u active " T " AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAA%c%cE\n", i, 'A' + (char)(i % 26),
		    'a' + (char)(i / 26));
	}
	assert_error(keyring_parse(buf_str(&b), KEYRING_COOKIES, &ring,
	    &error), "line 65: more than 64");
	buf_cut(&b, whole);
	assert_int_equal(keyring_parse(buf_str(&b), KEYRING_COOKIES, &ring,
	    &error), 0);
	assert_int_equal(ring.nkeys, 64);
	assert_int_equal(keyring_active(&ring)->id, 64);
	buf_free(&b);
	(void)keyring_parse(STR("1 active " T " Hunter2Hunter2\n"),
	    KEYRING_COOKIES, &ring, &error);
	assert_null(strstr(buf_str(&error).p, "Hunter"));
}

static void
test_init(void **state)
{
	struct keyring other;
	struct stat st;
	mode_t mask = umask(0777);

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	umask(mask);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	load(KEYRING_COOKIES);
	assert_int_equal(ring.nkeys, 1);
	assert_int_equal(ring.keys[0].id, 1);
	assert_int_equal(ring.keys[0].state, KEY_ACTIVE);
	assert_true(ring.keys[0].created_ms > T_MS - INT64_C(100000000000));
	other = ring;
	load(KEYRING_RECORDS);
	assert_memory_not_equal(other.keys[0].bytes, ring.keys[0].bytes, 32);
	/* a second time nothing changes */
	assert_error(keyring_init(dir, &error), "exists already");
	load(KEYRING_COOKIES);
	assert_memory_equal(&other, &ring, sizeof(ring));
	/* nor when only one of them is there */
	assert_int_equal(unlink(path), 0);
	assert_error(keyring_init(dir, &error), "exists already");
	assert_int_equal(access(path, F_OK), -1);
	load_fails("there is no such key ring");
}

static void
test_init_in_folders(void **state)
{
	char name[160];

	(void)state;
	load_fails("\"countersign init\" makes it; a lost one");
	/* a folder that is there already, also with a slash behind it */
	assert_int_equal(mkdir(dir, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s//", dir);
	assert_int_equal(keyring_init(name, &error), 0);
	assert_int_equal(keyring_load(name, KEYRING_COOKIES, &ring, &error),
	    0);
	(void)snprintf(name, sizeof(name), "%s/none/keys", folder);
	assert_error(keyring_init(name, &error), "cannot be made");
	/* a link to it is refused, with a slash too */
	(void)snprintf(name, sizeof(name), "%s/link", folder);
	assert_int_equal(symlink("keys", name), 0);
	assert_error(keyring_load(name, KEYRING_COOKIES, &ring, &error),
	    "a link is refused");
	(void)snprintf(name, sizeof(name), "%s/link/", folder);
	assert_error(keyring_load(name, KEYRING_COOKIES, &ring, &error),
	    "a link is refused");
	(void)snprintf(name, sizeof(name), "%s/file", folder);
	write_file(name, "x", 0600);
	assert_error(keyring_load(name, KEYRING_COOKIES, &ring, &error),
	    "cannot be opened as a folder");
}

static void
test_modes(void **state)
{
	static const mode_t loose[] = { 0640, 0620, 0610, 0604, 0602, 0601 };

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	for (size_t i = 0; i < COUNT(loose); i++) {
		assert_int_equal(chmod(path, loose[i]), 0);
		load_fails("chmod 600");
		assert_int_equal(chmod(path, 0400), 0);
		assert_int_equal(chmod(dir, loose[i] | 0100), 0);
		load_fails("chmod 700");
		assert_error(keyring_rotate(dir, KEYRING_COOKIES, T_MS,
		    &(uint32_t){ 0 }, &error), "chmod 700");
		assert_int_equal(chmod(dir, 0500), 0);
		load(KEYRING_COOKIES);
	}
	assert_int_equal(chmod(dir, 0700), 0);
}

static void
test_owner(void **state)
{
	(void)state;
	/* only root can give a file away */
	if (geteuid() != 0) {
		print_message("# not root: the owner cannot be changed "
		    "here\n");
		skip();
	}
	assert_int_equal(keyring_init(dir, &error), 0);
	assert_int_equal(chown(path, 4711, 4711), 0);
	load_fails("belongs to user 4711");
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chown(dir, 4711, 4712), 0);
	load_fails("as user 0; run it as that user, or chown it");
	assert_int_equal(chown(dir, 0, 0), 0);
	load(KEYRING_COOKIES);
}

/* What lies there instead of a file. */
static void
test_no_plain_file(void **state)
{
	char other[120];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/elsewhere", folder);
	assert_int_equal(keyring_init(dir, &error), 0);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	load_fails("a link is refused");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	load_fails("is not a plain file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	load_fails("is not a plain file");
	assert_int_equal(rmdir(path), 0);
	write_file(path, "", 0600);
	load_fails("line 1: the file is empty");
	assert_int_equal(truncate(path, 1 << 20), 0);
	load_fails("too long");
	assert_int_equal(truncate(path, 4096), 0);
	load_fails("line 1: ");
}

static void
test_rotate(void **state)
{
	struct keyring first;
	uint32_t id = 0;

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	load(KEYRING_COOKIES);
	first = ring;
	assert_int_equal(keyring_rotate(dir, KEYRING_COOKIES, T_MS, &id,
	    &error), 0);
	assert_int_equal(id, 2);
	load(KEYRING_COOKIES);
	assert_int_equal(ring.nkeys, 2);
	assert_int_equal(ring.keys[0].state, KEY_OLD);
	assert_memory_equal(ring.keys[0].bytes, first.keys[0].bytes, 32);
	assert_int_equal(keyring_active(&ring)->id, 2);
	assert_int_equal(keyring_active(&ring)->created_ms, T_MS);
	assert_memory_not_equal(ring.keys[1].bytes, first.keys[0].bytes, 32);
	load(KEYRING_RECORDS);		/* the other ring is as it was */
	assert_int_equal(ring.nkeys, 1);
}

static void
test_retire(void **state)
{
	static const uint8_t zero[32];
	uint32_t id;

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(keyring_rotate(dir, KEYRING_COOKIES, T_MS,
		    &id, &error), 0);
		assert_int_equal(keyring_rotate(dir, KEYRING_RECORDS, T_MS,
		    &id, &error), 0);
	}
	assert_error(keyring_retire(dir, KEYRING_COOKIES, 3, &error),
	    "is the one in use");
	assert_error(keyring_retire(dir, KEYRING_COOKIES, 4, &error),
	    "is not in the ring");
	assert_error(keyring_retire(dir, KEYRING_RECORDS, 1, &error),
	    "names the accounts");
	assert_int_equal(keyring_retire(dir, KEYRING_RECORDS, 2, &error), 0);
	assert_int_equal(keyring_retire(dir, KEYRING_COOKIES, 1, &error), 0);
	assert_error(keyring_retire(dir, KEYRING_COOKIES, 1, &error),
	    "is retired already");
	load(KEYRING_COOKIES);
	assert_int_equal(ring.nkeys, 3);
	assert_int_equal(ring.keys[0].state, KEY_RETIRED);
	assert_memory_equal(ring.keys[0].bytes, zero, 32);
	assert_null(keyring_find(&ring, 1));
	assert_non_null(keyring_find(&ring, 2));
}

/* A full ring drops its oldest retired key, and no id comes back. */
static void
test_full(void **state)
{
	uint32_t id = 1;

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	while (id < KEYRING_KEYS_MAX)
		assert_int_equal(keyring_rotate(dir, KEYRING_RECORDS, T_MS,
		    &id, &error), 0);
	assert_error(keyring_rotate(dir, KEYRING_RECORDS, T_MS, &id, &error),
	    "retire old keys first");
	load(KEYRING_RECORDS);
	assert_int_equal(ring.nkeys, 64);
	assert_int_equal(keyring_active(&ring)->id, 64);
	assert_int_equal(keyring_retire(dir, KEYRING_RECORDS, 9, &error), 0);
	assert_int_equal(keyring_rotate(dir, KEYRING_RECORDS, T_MS, &id,
	    &error), 0);
	assert_int_equal(id, 65);
	load(KEYRING_RECORDS);
	assert_int_equal(ring.nkeys, 64);
	assert_int_equal(ring.keys[0].id, 1);
	assert_null(keyring_find(&ring, 9));
	assert_int_equal(keyring_active(&ring)->id, 65);
}

/* The old ring is there whole until the new one is; a failure changes
 * nothing. */
static void
test_atomic(void **state)
{
	struct stat before, after;
	char fresh[120];
	uint32_t id = 0;
	int fd;

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	(void)snprintf(fresh, sizeof(fresh), "%s/.cookies.new", dir);
	/* left over by a process that died */
	write_file(fresh, "half a ri", 0600);
	assert_int_equal(stat(path, &before), 0);
	fd = open(path, O_RDONLY);
	assert_int_equal(keyring_rotate(dir, KEYRING_COOKIES, T_MS, &id,
	    &error), 0);
	assert_int_equal(access(fresh, F_OK), -1);
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino != after.st_ino);	/* replaced, not */
	assert_int_equal(fstat(fd, &after), 0);		/* written over */
	assert_int_equal(before.st_size, after.st_size);
	close(fd);
	/* what cannot be written: the name is taken by a folder */
	assert_int_equal(mkdir(fresh, 0700), 0);
	assert_error(keyring_rotate(dir, KEYRING_COOKIES, T_MS, &id, &error),
	    "cannot be written");
	assert_int_equal(id, 2);
	load(KEYRING_COOKIES);
	assert_int_equal(ring.nkeys, 2);
}

/* Two processes rotate at once while this one reads: no rotation is lost, no
 * half a ring is ever seen. */
static void
test_processes(void **state)
{
	pid_t pid[2];
	uint32_t id;
	int status, gone = 0;

	(void)state;
	assert_int_equal(keyring_init(dir, &error), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		for (int n = 0; pid[i] == 0 && n < 12; n++) {
			if (keyring_rotate(dir, KEYRING_COOKIES, T_MS, &id,
			    &error) < 0)
				_exit(1);
		}
		if (pid[i] == 0)
			_exit(0);
	}
	while (gone < 2) {
		load(KEYRING_COOKIES);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			gone++;
		}
	}
	load(KEYRING_COOKIES);
	assert_int_equal(ring.nkeys, 25);
	assert_int_equal(keyring_active(&ring)->id, 25);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parse),
		TEST(test_parse_refuses),
		TEST(test_parse_many),
		TEST(test_init),
		TEST(test_init_in_folders),
		TEST(test_modes),
		TEST(test_owner),
		TEST(test_no_plain_file),
		TEST(test_rotate),
		TEST(test_retire),
		TEST(test_full),
		TEST(test_atomic),
		TEST(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
