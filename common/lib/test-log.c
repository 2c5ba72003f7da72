/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "testing.h"

static const struct log journal = { .fd = -1, .journal = true };
static const struct log terminal = { .fd = -1 };

static struct csn_str
line_of(struct buf *b, const struct log *log, uint32_t severity,
    struct csn_str sentence)
{
	buf_clear(b);
	log_line(b, log, 1795514523004, severity, sentence);
	assert_false(buf_failed(b));
	return buf_str(b);
}

static void
lines_have_their_form(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_str(line_of(&b, &terminal, CSN_DEBUG, STR("a b")),
	    "2026-11-24T10:02:03.004Z debug: a b\n");
	assert_str(line_of(&b, &terminal, CSN_INFO, STR("")),
	    "2026-11-24T10:02:03.004Z info: \n");
	assert_str(line_of(&b, &terminal, CSN_WARN, STR("山")),
	    "2026-11-24T10:02:03.004Z warning: 山\n");
	assert_str(line_of(&b, &terminal, CSN_FAIL, STR("x")),
	    "2026-11-24T10:02:03.004Z error: x\n");
	assert_str(line_of(&b, &journal, CSN_DEBUG, STR("x")), "<7>x\n");
	assert_str(line_of(&b, &journal, CSN_INFO, STR("x")), "<6>x\n");
	assert_str(line_of(&b, &journal, CSN_WARN, STR("x")), "<4>x\n");
	assert_str(line_of(&b, &journal, CSN_FAIL, STR("x")), "<3>x\n");
	assert_str(line_of(&b, &journal, 77, STR("x")), "<3>x\n");
	buf_free(&b);
}

static void
no_text_begins_a_line(void **state)
{
	char wide[LOG_LINE_MAX * 2];
	struct csn_str line;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_str(line_of(&b, &journal, CSN_INFO,
	    STR("a\n<0>b\r\x1b[2J\xe2\x80\xa8\xff\\")),
	    "<6>a\\x0a<0>b\\x0d\\x1b[2J\\xe2\\x80\\xa8\\xff\\\\\n");
	memset(wide, '\n', sizeof(wide));
	line = line_of(&b, &terminal, CSN_INFO, str_of(wide, sizeof(wide)));
	assert_in_range(line.n, LOG_LINE_MAX, LOG_LINE_MAX + 64);
	assert_int_equal(str_index(line, '\n'), line.n - 1);
	buf_free(&b);
}

static void
lines_are_written_from_a_severity_on(void **state)
{
	struct log log;
	char got[4096];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	log_init(&log, ends[1]);
	assert_false(log.journal);
	log_say(&log, CSN_DEBUG, STR("hidden"));
	log_say(&log, CSN_FAIL, STR("shown"));
	log.least = CSN_DEBUG;
	log_say(&log, CSN_DEBUG, STR("now too"));
	assert_int_equal(close(ends[1]), 0);
	got[read(ends[0], got, sizeof(got) - 1)] = '\0';
	assert_int_equal(strncmp(got + 24, " error: shown\n", 14), 0);
	assert_int_equal(strcmp(got + 24 + 14 + 24, " debug: now too\n"), 0);
	assert_int_equal(close(ends[0]), 0);
}

static void
the_journal_is_known_by_its_stream(void **state)
{
	char name[64];
	struct stat st;
	struct log log;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[1], &st), 0);
	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
	log_init(&log, ends[1]);
	assert_true(log.journal);
	/* redirected since: not the journal's any more */
	log_init(&log, STDIN_FILENO);
	assert_false(log.journal);
	log_init(&log, -1);
	assert_false(log.journal);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(close(ends[1]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_their_form),
		cmocka_unit_test(no_text_begins_a_line),
		cmocka_unit_test(lines_are_written_from_a_severity_on),
		cmocka_unit_test(the_journal_is_known_by_its_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
