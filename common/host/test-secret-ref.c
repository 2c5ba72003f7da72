/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/testing.h"
#include "lib/timefmt.h"
#include "secret_ref.h"

#define SECRET MEMORY_MARK	/* looked for in all memory given up */

static char folder[] = "/tmp/csn-secret-XXXXXX";

static bool under_valgrind;

static const char *
inside(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const void *p, size_t n, mode_t mode)
{
	int fd;

	/* the one before may not be writable: only root would not mind */
	(void)unlink(inside(name));
	fd = open(inside(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

/* All but how the results are to be told. */
static int
environment_cleared(void)
{
	const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
	char kept[16];

	(void)snprintf(kept, sizeof(kept), "%s", output == NULL ? "" : output);
	return clearenv() != 0 || (output != NULL &&
	    setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1) != 0) ? -1 : 0;
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	under_valgrind = getenv("LD_PRELOAD") != NULL &&
	    strstr(getenv("LD_PRELOAD"), "vgpreload") != NULL;
	(void)setenv("CREDENTIALS_DIRECTORY", folder, 1);
	(void)setenv("CSN_SECRET", SECRET, 1);
	(void)setenv("CSN_EMPTY", "", 1);
	secret_ref_capture_env();
	return environment_cleared();
}

static int
tear_down(void **state)
{
	char command[64];

	(void)state;
	secret_ref_forget_env();
	(void)snprintf(command, sizeof(command), "%s", folder);
	for (const char *const *p = (const char *const[]){ "s", "big", "x",
	    "link", "pid", "fifo", NULL }; *p != NULL; p++)
		(void)unlink(inside(*p));
	return rmdir(command);
}

/* What the reference gives; the error when it is refused. */
static struct csn_str
load(const char *ref, int want)
{
	static struct buf ret, error;

	buf_free(&ret);
	buf_free(&error);
	buf_init(&ret, SECRET_REF_MAX);
	buf_init(&error, 0);
	if (secret_ref_load(str_from(ref), str_from(folder), &ret, &error) !=
	    want)
		fail_msg("%s: \"%.*s\"", ref, STR_FMT(buf_str(&error)));
	assert_int_equal(want == 0 ? error.n : ret.n, 0);
	return buf_str(want == 0 ? &ret : &error);
}

/* Refused with these words; the sentence names the reference and never what it
 * stands for. */
static void
refused(const char *ref, const char *words)
{
	struct csn_str error = load(ref, -1);

	if (str_find(error, str_from(words)) < 0 ||
	    str_find(error, str_from(ref)) < 0 ||
	    str_find(error, STR(SECRET)) >= 0)
		fail_msg("%s: \"%.*s\"", ref, STR_FMT(error));
}

static void
forms_are_checked(void **state)
{
	const char *good[] = { "file:a", "file:/a b", "env:A_1", "env:_",
		"cred:a-b.c@d_1", "command:/bin/true", "command:/bin/a b  c " };
	const char *bad[] = { "", SECRET, "file", "file:", "File:/x",
		"file:a\nb", "env:", "env:1A", "env:A-B", "env:A B", "env:A=B",
		"cred:", "cred:../x", "cred:a/b", "cred:.x", "command:",
		"command:true", "command: ", "command:./x", "vault:x",
		("command:/a 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 "
		"6 7 8 9 0 1 2") };
	struct buf error;

	(void)state;
	buf_init(&error, 0);
	for (size_t i = 0; i < COUNT(good); i++)
		if (secret_ref_check(str_from(good[i]), &error) != 0)
			fail_msg("%s", good[i]);
	assert_int_equal(error.n, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_clear(&error);
		if (secret_ref_check(str_from(bad[i]), &error) != -1)
			fail_msg("%s", bad[i]);
		assert_true(error.n > 20);
		assert_int_equal(str_find(buf_str(&error), STR(SECRET)), -1);
	}
	assert_int_equal(secret_ref_check(str_of("file:a\0b", 8), &error), -1);
	buf_free(&error);
}

static void
files_are_read(void **state)
{
	(void)state;
	put("s", SECRET, 8, 0600);
	assert_str(load("file:s", 0), SECRET);
	put("s", SECRET "\n", 9, 0640);
	assert_str(load("file:s", 0), SECRET);
	put("s", SECRET "\r\n", 10, 0400);
	assert_str(load("file:s", 0), SECRET);
	put("s", SECRET "\n\n", 10, 0600);
	assert_str(load("file:s", 0), SECRET "\n");
	put("s", " a b ", 5, 0600);
	assert_str(load("file:s", 0), " a b ");
	assert_int_equal(symlink(inside("s"), "/dev/null/x"), -1);
	assert_int_equal(symlink("s", inside("link")), 0);
	assert_str(load("file:link", 0), " a b ");
	assert_str(load("cred:s", 0), " a b ");
}

static void
bad_files_are_refused(void **state)
{
	static const mode_t open_to_others[] = { 0604, 0602, 0601, 0644, 0666 };

	(void)state;
	put("s", SECRET, 8, 0600);
	refused("file:none", "No such file");
	refused("cred:none", "No such file");
	refused("file:.", "not a regular file");
	assert_int_equal(mkfifo(inside("fifo"), 0600), 0);
	refused("file:fifo", "not a regular file");
	refused("file:/dev/zero", "not a regular file");
	for (size_t i = 0; i < COUNT(open_to_others); i++) {
		assert_int_equal(chmod(inside("s"), open_to_others[i]), 0);
		refused("file:s", "chmod o=");
		refused("cred:s", "chmod o=");
	}
	assert_int_equal(chmod(inside("s"), 0660), 0);
	refused("file:s", "chmod g-w");
	assert_int_equal(chmod(inside("s"), 0600), 0);
	if (chown(inside("s"), 65534, (gid_t)-1) == 0) {	/* as root */
		refused("file:s", "neither to root nor to us");
		assert_int_equal(chown(inside("s"), geteuid(), (gid_t)-1), 0);
	}
	put("s", "", 0, 0600);
	refused("file:s", "is empty");
	put("s", "\n", 1, 0600);
	refused("file:s", "is empty");
	put("s", SECRET "\0x", 10, 0600);
	refused("file:s", "NUL");
	put("s", "\xef\xbb\xbf" SECRET "\n", 3 + sizeof(SECRET), 0600);
	refused("file:s", "byte order mark");
}

static void
lengths_are_bounded(void **state)
{
	char *p = malloc(SECRET_REF_MAX + 8);

	(void)state;
	assert_non_null(p);
	memset(p, 'x', SECRET_REF_MAX + 8);
	p[SECRET_REF_MAX] = '\n';
	put("big", p, SECRET_REF_MAX + 1, 0600);
	assert_int_equal(load("file:big", 0).n, SECRET_REF_MAX);
	assert_int_equal(load("command:/bin/cat /dev/null", -1).n > 0, 1);
	p[SECRET_REF_MAX] = 'x';
	put("big", p, SECRET_REF_MAX + 1, 0600);
	refused("file:big", "64 KiB");
	put("big", p, SECRET_REF_MAX + 8, 0600);
	refused("file:big", "64 KiB");
	free(p);
}

static void
the_environment_is_that_of_the_start(void **state)
{
	(void)state;
	assert_str(load("env:CSN_SECRET", 0), SECRET);
	refused("env:CSN_EMPTY", "is empty");
	refused("env:CSN_NONE", "is not set");
	refused("env:CSN_SECRE", "is not set");
	(void)setenv("CSN_LATE", SECRET, 1);
	refused("env:CSN_LATE", "is not set");
	secret_ref_capture_env();		/* nothing, the second time */
	refused("env:CSN_LATE", "is not set");
	secret_ref_forget_env();
	refused("env:CSN_SECRET", "is not set");
	refused("cred:s", "CREDENTIALS_DIRECTORY");
	secret_ref_capture_env();
	assert_str(load("env:CSN_LATE", 0), SECRET);
	refused("cred:s", "CREDENTIALS_DIRECTORY");	/* cleared by then */
}

static void
script(const char *text, mode_t mode)
{
	put("x", text, strlen(text), mode);
}

static const char *
command(const char *arguments)
{
	static char ref[256];

	(void)snprintf(ref, sizeof(ref), "command:%s/x %s", folder, arguments);
	return ref;
}

static size_t
lines(struct csn_str text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static void
commands_are_run(void **state)
{
	(void)state;
	assert_str(load("command:/bin/echo a  'b c' $HOME *", 0),
	    "a 'b c' $HOME *");
	script("#!/bin/sh\nprintf '%s|' \"$@\" \"$#\" \"$PWD\"\n", 0700);
	assert_str(load(command("a \"b"), 0), "a|\"b|2|/|");
	script("#!/bin/sh\nenv | grep -v ^PWD= | grep -v ^_= | sort\n", 0700);
	assert_str(load(command(""), 0), "LC_ALL=C.UTF-8\nPATH=/usr/bin:/bin");
	script("#!/bin/sh\necho s; readlink /proc/self/fd/0 /proc/self/fd/2\n",
	    0700);
	assert_str(load(command(""), 0), "s\n/dev/null\n/dev/null");
	/* 0, 1, 2 and the script itself: counted here, for a shell that makes
	 * a pipe has its ends too, for a moment */
	script("#!/bin/sh\nls /proc/$$/fd\nexit 0\n", 0700);
	assert_int_equal(lines(load(command(""), 0)), 4);
}

static void
descriptors_are_not_passed_on(void **state)
{
	int fd = dup2(STDIN_FILENO, 77);	/* not closed on exec */

	(void)state;
	assert_int_equal(fd, 77);
	script("#!/bin/sh\nls /proc/$$/fd\n", 0700);
	assert_int_equal(str_find(load(command(""), 0), STR("77")), -1);
	assert_int_equal(close(fd), 0);
}

static void
bad_commands_are_refused(void **state)
{
	(void)state;
	refused("command:/nonexistent/x", "No such file");
	refused("command:/bin", "no program");
	refused("command:/bin/false", "did not succeed");
	script("#!/bin/sh\necho " SECRET "; exit 1\n", 0700);
	refused(command(""), "did not succeed");
	script("#!/bin/sh\necho " SECRET "; kill -9 $$\n", 0700);
	refused(command(""), "did not succeed");
	script("#!/bin/sh\necho " SECRET "\n", 0600);
	refused(command(""), "no program");
	script("#!/bin/sh\necho " SECRET "\n", 0722);
	refused(command(""), "chmod go-w");
	script("#!/bin/sh\necho " SECRET "\n", 0770);
	refused(command(""), "chmod go-w");
	script("#!/nonexistent/interpreter\n", 0700);
	/* valgrind starts programs by itself, and says so too late */
	refused(command(""), under_valgrind ? "did not succeed" :
	    "cannot be started");
	script("#!/bin/sh\n", 0700);
	refused(command(""), "is empty");
	script("#!/bin/sh\nyes\n", 0700);
	refused(command(""), "64 KiB");
}

/* Gone, or only waiting for somebody to hear of its end. */
static bool
process_ended(uint64_t pid)
{
	char path[64], text[512] = "";
	const char *state;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ju/stat", (uintmax_t)pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void)close(fd);
	state = strrchr(text, ')');
	return state == NULL || state[2] == 'Z' || state[2] == 'X';
}

/* Nothing that the program started is left. */
static void
commands_end_in_time(void **state)
{
	int64_t start = clock_mono_ms(), took;
	struct csn_str text;
	uint64_t pid;

	(void)state;
	script("#!/bin/sh\nsleep 1000 & echo $! >\"$1\"; wait\n", 0700);
	refused(command(inside("pid")), "in time");
	took = clock_mono_ms() - start;
	assert_true(took >= SECRET_REF_COMMAND_MS && took < 20000);
	assert_int_equal(chmod(inside("pid"), 0600), 0);
	text = load("file:pid", 0);
	assert_int_equal(str_u64(text, 1 << 30, &pid), 0);
	while (!process_ended(pid) && clock_mono_ms() < start + 20000)
		(void)usleep(1000);
	assert_true(process_ended(pid));
}

/* The last test: whatever the others had read is wiped by now. */
static void
nothing_is_left_in_memory(void **state)
{
	struct buf ret, error;

	(void)state;
	put("s", SECRET, 8, 0600);
	for (int left = 0; left < 12; left++) {
		buf_init(&ret, SECRET_REF_MAX);
		buf_init(&error, 0);
		memory_left = left;
		(void)secret_ref_load(STR("file:s"), str_from(folder), &ret,
		    &error);
		(void)secret_ref_load(STR("command:/bin/echo " SECRET),
		    STR(""), &ret, &error);
		(void)secret_ref_load(STR("env:CSN_LATE"), STR(""), &ret,
		    &error);
		memory_left = -1;
		buf_free(&ret);
		buf_free(&error);
	}
	secret_ref_forget_env();
	assert_int_equal(memory_marked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_checked),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(commands_are_run),
		cmocka_unit_test(descriptors_are_not_passed_on),
		cmocka_unit_test(bad_commands_are_refused),
		cmocka_unit_test(commands_end_in_time),
		cmocka_unit_test(the_environment_is_that_of_the_start),
		cmocka_unit_test(nothing_is_left_in_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
