/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.c - a folder and a store in it, for the tests of this room
 *
 * For tests only; see testing.h.
 */
#include "testing.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

char folder[256];
char file[300];

int
folder_make(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/csn-store-XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/state.db", folder);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
folder_remove(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct store *
store_here(bool create)
{
	struct store *s = NULL;
	struct buf error;

	buf_init(&error, 0);
	if (store_sqlite_open(file, create, &s, &error) < 0) {
		(void)fprintf(stderr, "%s\n", buf_str(&error).p);
		buf_free(&error);
		must(s != NULL);
	}
	buf_free(&error);
	return s;
}

void
store_refused(bool create, const char *words)
{
	struct store *s = NULL;
	struct buf error;

	buf_init(&error, 0);
	assert_int_equal(store_sqlite_open(file, create, &s, &error), -1);
	assert_null(s);
	if (strstr(buf_str(&error).p, words) == NULL ||
	    strncmp(buf_str(&error).p, file, strlen(file)) != 0)
		fail_msg("\"%s\" instead of \"...%s...\"", buf_str(&error).p,
		    words);
	buf_free(&error);
}

_Noreturn void
must_failed(const char *where, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", where, line, what);
	_exit(1);
}

void
in_child(void (*run)(void *), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		run(arg);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct csn_str
value_of(struct store *s, struct csn_str key, struct buf *b)
{
	buf_clear(b);
	assert_int_equal(store_get(s, key, NOW, b), STORE_OK);
	return buf_str(b);
}
