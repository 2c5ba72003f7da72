/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "lib/testing.h"

#define T 1795514523004

static char folder[] = "/tmp/csn-audit-XXXXXX";
static char path[64], other[64];

static int
folder_new(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/audit.json", folder);
	(void)snprintf(other, sizeof(other), "%s/audit.json.1", folder);
	return 0;
}

static int
folder_gone(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(other);
	return rmdir(folder);
}

static int
files_gone(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(other);
	return 0;
}

static struct audit *
opened(void)
{
	struct audit *a;
	struct buf error;

	buf_init(&error, 0);
	a = audit_open(str_from(path), &error);
	if (a == NULL)
		fail_msg("%.*s", STR_FMT(buf_str(&error)));
	assert_int_equal(error.n, 0);
	buf_free(&error);
	return a;
}

static void
refused(const char *name, const char *words)
{
	struct buf error;

	buf_init(&error, 0);
	assert_null(audit_open(str_from(name), &error));
	if (str_find(buf_str(&error), str_from(words)) < 0 ||
	    str_find(buf_str(&error), str_from(name)) < 0)
		fail_msg("%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
}

/* The file's content, for the caller to free. */
static char *
content(const char *name)
{
	char *p = calloc(1, 1 << 20);
	int fd = open(name, O_RDONLY);
	ssize_t n;

	assert_non_null(p);
	assert_true(fd >= 0);
	n = read(fd, p, (1 << 20) - 1);
	assert_true(n >= 0 && n < (1 << 20) - 1);
	assert_int_equal(close(fd), 0);
	return p;
}

static void
assert_content(const char *name, const char *text)
{
	char *got = content(name);

	assert_string_equal(got, text);
	free(got);
}

#define LINE(event) \
	"{\"time\":\"2026-11-24T10:02:03.004Z\",\"event\":\"" event "\"}\n"

static void
an_event_is_a_line(void **state)
{
	const struct csn_pair pairs[] = {
		{ STR("event"), STR("session-granted") },
		{ STR("dn"), STR("uid=a\n\"b\\") },
		{ STR("event"), STR("again") },
		{ STR(""), STR("") },
	};
	const struct audit_event full = {
		.time_ms = T, .event = STR("login-denied"),
		.reference = STR("7KQ4-M2XD"), .realm = STR("corp"),
		.subject = STR("山田"), .factor = STR("corp-ldap"),
		.policy = STR("guacamole"), .reason = STR("credential"),
		.host = STR("app.example.com"), .client = STR("192.0.2.1"),
		.user_agent = STR("Mozilla/5.0 \"\x1b\xff\xe2\x80\xae"),
	}, plugin = {
		.time_ms = T, .event = STR("session-granted"), .plugin = true,
		.details = { pairs, COUNT(pairs) },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	audit_line(&b, &full);
	assert_str(buf_str(&b), "{\"time\":\"2026-11-24T10:02:03.004Z\","
	    "\"event\":\"login-denied\",\"reference\":\"7KQ4-M2XD\","
	    "\"realm\":\"corp\",\"subject\":\"山田\",\"factor\":\"corp-ldap\","
	    "\"policy\":\"guacamole\",\"reason\":\"credential\","
	    "\"host\":\"app.example.com\",\"client\":\"192.0.2.1\","
	    "\"user_agent\":\"Mozilla/5.0 \\\"\\u001b\xef\xbf\xbd\\u202e\"}");
	buf_clear(&b);
	audit_line(&b, &plugin);
	assert_str(buf_str(&b), "{\"time\":\"2026-11-24T10:02:03.004Z\","
	    "\"event\":\"plugin:session-granted\",\"details\":{"
	    "\"event\":\"session-granted\","
	    "\"dn\":\"uid=a\\n\\\"b\\\\\",\"\":\"\"}}");
	buf_free(&b);
}

/* What a stranger sends must not make the log fail. */
static void
the_largest_event_fits(void **state)
{
	static char text[4096], names[64][8];
	struct csn_str s = str_of(text, sizeof(text));
	struct csn_pair pairs[64];
	struct audit_event e = { T, s, s, s, s, s, s, s, s, s, s, true,
		{ pairs, COUNT(pairs) } };
	json_t *json;
	struct buf b;

	(void)state;
	memset(text, 0x01, sizeof(text));
	for (size_t i = 0; i < COUNT(pairs); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu", i);
		pairs[i].name = str_from(names[i]);
		pairs[i].value = s;
	}
	buf_init(&b, AUDIT_LINE_MAX - 2);
	audit_line(&b, &e);
	assert_false(buf_failed(&b));
	json = json_loadb(buf_str(&b).p, buf_str(&b).n,
	    JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(json_string_length(json_object_get(json, "subject")),
	    AUDIT_TEXT_MAX);
	assert_int_equal(json_object_size(json_object_get(json, "details")),
	    AUDIT_PAIRS_MAX);
	json_decref(json);
	buf_free(&b);
}

static void
a_cut_falls_between_characters(void **state)
{
	char text[AUDIT_TEXT_MAX + 8];
	struct audit_event e = { .time_ms = T, .event = STR("x") };
	struct buf b;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + AUDIT_TEXT_MAX - 2, "山", 3);
	e.subject = str_of(text, sizeof(text));
	buf_init(&b, 0);
	audit_line(&b, &e);
	assert_true(str_ends(buf_str(&b), STR("aaa\"}")));
	assert_int_equal(str_find(buf_str(&b), STR("\xef\xbf\xbd")), -1);
	buf_free(&b);
}

static void
lines_are_appended_for_us_alone(void **state)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	struct audit *a;
	struct stat st;

	(void)state;
	(void)umask(0);
	a = opened();
	assert_int_equal(audit_write(a, &e), 0);
	assert_int_equal(audit_write(a, &e), 0);
	audit_close(a);
	a = opened();
	assert_int_equal(audit_write(a, &e), 0);
	audit_close(a);
	(void)umask(022);
	assert_content(path, LINE("one") LINE("one") LINE("one"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
a_moved_file_is_opened_anew(void **state)
{
	const struct audit_event one = { .time_ms = T, .event = STR("one") },
	    two = { .time_ms = T, .event = STR("two") };
	struct audit *a = opened();
	struct buf error;

	(void)state;
	buf_init(&error, 0);
	assert_int_equal(audit_write(a, &one), 0);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(audit_write(a, &two), 0);
	assert_int_equal(audit_reopen(a, &error), 0);
	assert_int_equal(audit_write(a, &two), 0);
	assert_content(other, LINE("one") LINE("two"));
	assert_content(path, LINE("two"));

	/* it cannot be opened: the old one goes on */
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(audit_reopen(a, &error), -1);
	assert_int_not_equal(error.n, 0);
	assert_int_equal(audit_write(a, &one), 0);
	assert_int_equal(rmdir(path), 0);
	assert_content(other, LINE("two") LINE("one"));
	audit_close(a);
	buf_free(&error);
}

static void
a_full_disk_is_told(void **state)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	const struct rlimit small = { 70, RLIM_INFINITY },
	    big = { RLIM_INFINITY, RLIM_INFINITY };
	struct audit *a = opened();

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(audit_write(a, &e), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(audit_write(a, &e), -1);	/* cut short */
	assert_int_equal(audit_write(a, &e), -1);	/* nothing written */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &big), 0);
	assert_int_equal(audit_write(a, &e), 0);
	audit_close(a);
	assert_content(path, LINE("one") "{\"time\":\"2026-11-24T\n"
	    LINE("one"));
}

static void
a_torn_line_is_ended_at_start(void **state)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	FILE *f = fopen(path, "w");
	struct audit *a;

	(void)state;
	assert_non_null(f);
	assert_int_equal(fputs("{\"time\":", f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	a = opened();
	assert_int_equal(audit_write(a, &e), 0);
	audit_close(a);
	assert_content(path, "{\"time\":\n" LINE("one"));
}

static void
a_pipe_nobody_reads_is_told(void **state)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	struct audit *a;
	char got[256];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(path, "cannot be opened");
	fd = open(path, O_RDONLY | O_NONBLOCK);
	a = opened();
	assert_int_equal(audit_write(a, &e), 0);
	assert_int_equal(read(fd, got, sizeof(got)), strlen(LINE("one")));
	for (int i = 0; i < 2000 && audit_write(a, &e) == 0; i++)
		continue;
	assert_int_equal(audit_write(a, &e), -1);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(close(fd), 0);
	assert_int_equal(audit_write(a, &e), -1);
	audit_close(a);
}

static void
bad_places_are_refused(void **state)
{
	struct audit *a;

	(void)state;
	refused("/nonexistent/audit.json", "No such file");
	refused(folder, "cannot be opened");
	audit_close(opened());
	assert_int_equal(chmod(path, 0660), 0);
	refused(path, "written by others");
	assert_int_equal(chmod(path, 0602), 0);
	refused(path, "written by others");
	assert_int_equal(chmod(path, 0600), 0);
	if (chown(path, 65534, (gid_t)-1) == 0) {	/* as root only */
		refused(path, "somebody else");
		assert_int_equal(chown(path, geteuid(), (gid_t)-1), 0);
	}
	a = opened();
	audit_close(a);
}

static void
an_empty_path_is_standard_error(void **state)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	struct audit *a;
	struct buf error;
	int saved = dup(STDERR_FILENO), ends[2];
	char got[256];
	ssize_t n;

	(void)state;
	buf_init(&error, 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	a = audit_open(STR(""), &error);
	assert_non_null(a);
	assert_int_equal(audit_write(a, &e), 0);
	assert_int_equal(audit_reopen(a, &error), 0);
	assert_int_equal(audit_write(a, &e), 0);
	audit_close(a);
	assert_int_equal(write(STDERR_FILENO, "", 0), 0);	/* still open */
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = read(ends[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, LINE("one") LINE("one"));
	(void)close(saved);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void *
many(void *arg)
{
	const struct audit_event e = { .time_ms = T, .event = STR("one") };
	struct buf error;

	buf_init(&error, 0);
	for (int i = 0; i < 200; i++)
		if (audit_write(arg, &e) != 0 ||
		    (i % 50 == 0 && audit_reopen(arg, &error) != 0))
			return arg;
	buf_free(&error);
	return NULL;
}

static void
threads_never_mix_lines(void **state)
{
	struct audit *a = opened();
	pthread_t threads[4];
	void *failed;
	char *got;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many, a), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	audit_close(a);
	got = content(path);
	for (char *p = got; *p != '\0'; p += strlen(LINE("one")), n++)
		assert_memory_equal(p, LINE("one"), strlen(LINE("one")));
	assert_int_equal(n, 800);
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_line),
		cmocka_unit_test(the_largest_event_fits),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test_teardown(lines_are_appended_for_us_alone,
		    files_gone),
		cmocka_unit_test_teardown(a_moved_file_is_opened_anew,
		    files_gone),
		cmocka_unit_test_teardown(a_full_disk_is_told, files_gone),
		cmocka_unit_test_teardown(a_torn_line_is_ended_at_start,
		    files_gone),
		cmocka_unit_test_teardown(a_pipe_nobody_reads_is_told,
		    files_gone),
		cmocka_unit_test_teardown(bad_places_are_refused, files_gone),
		cmocka_unit_test(an_empty_path_is_standard_error),
		cmocka_unit_test_teardown(threads_never_mix_lines, files_gone),
	};

	return cmocka_run_group_tests(tests, folder_new, folder_gone);
}
