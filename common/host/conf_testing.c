/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_testing.c - the files of tests/conf in a folder of a test's own
 *
 * It must never leave the folder behind, or touch the sources.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf_testing.h"

char folder[] = "/tmp/test-conf-XXXXXX";
char source[4096];

void
file_write(const char *path, struct csn_str text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

void
file_read(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (f == NULL)
		fail_msg("%s is not there", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(b, chunk, n);
	fclose(f);
}

void
path_of(char *to, size_t n, const char *dir, const char *name)
{
	assert_true(snprintf(to, n, "%s/%s", dir, name) < (int)n);
}

/* Copies the plain files of a folder into one below ours. */
static void
folder_copy(const char *from, const char *to)
{
	char path[8192], copy[8192];
	struct dirent *d;
	struct stat st;
	struct buf b;
	DIR *dir;

	dir = opendir(from);
	if (dir == NULL)
		fail_msg("%s is not there", from);
	while ((d = readdir(dir)) != NULL) {
		path_of(path, sizeof(path), from, d->d_name);
		path_of(copy, sizeof(copy), to, d->d_name);
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		buf_init(&b, 0);
		file_read(path, &b);
		file_write(copy, buf_str(&b), 0644);
		buf_free(&b);
	}
	closedir(dir);
}

int
folder_set_up(void **state)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char from[8192];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	path_of(source, sizeof(source), top == NULL ? "/nowhere" : top,
	    "tests/conf");
	folder_copy(source, ".");
	assert_int_equal(mkdir("files", 0755), 0);
	assert_int_equal(mkdir("inc", 0755), 0);
	path_of(from, sizeof(from), source, "files");
	folder_copy(from, "files");
	path_of(from, sizeof(from), source, "inc");
	folder_copy(from, "inc");
	return 0;
}

static void
folder_remove(const char *path)
{
	char below[8192];
	struct dirent *d;
	DIR *dir = opendir(path);

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		path_of(below, sizeof(below), path, d->d_name);
		if (unlink(below) < 0)
			folder_remove(below);
	}
	if (dir != NULL)
		closedir(dir);
	(void)rmdir(path);
}

int
folder_tear_down(void **state)
{
	(void)state;
	if (chdir("/") != 0)
		return -1;
	folder_remove(folder);
	return 0;
}

void
report_init(struct conf_report *rep)
{
	*rep = (struct conf_report){ .nfaults = 0 };
	buf_init(&rep->faults, 0);
	buf_init(&rep->warnings, 0);
}

void
report_free(struct conf_report *rep)
{
	buf_free(&rep->faults);
	buf_free(&rep->warnings);
}
