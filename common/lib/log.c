/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - sentences for people, a line each
 *
 * It must never write anything that a terminal or a reader of lines takes for
 * more than text.
 */
#include "log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "timefmt.h"

/* "device:inode" of the stream that the journal reads, systemd.exec(5). */
static bool
journal_reads(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(fd, &st) != 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void
log_init(struct log *log, int fd)
{
	log->fd = fd;
	log->journal = journal_reads(fd);
	log->least = CSN_INFO;
}

/* The priority of syslog(3), and the word. */
static char
severity_level(uint32_t severity, const char **ret_word)
{
	switch (severity) {
	case CSN_DEBUG:
		*ret_word = "debug";
		return '7';
	case CSN_INFO:
		*ret_word = "info";
		return '6';
	case CSN_WARN:
		*ret_word = "warning";
		return '4';
	default:
		*ret_word = "error";
		return '3';
	}
}

void
log_line(struct buf *b, const struct log *log, int64_t now_ms,
    uint32_t severity, struct csn_str sentence)
{
	const char *word;
	char level = severity_level(severity, &word);

	if (log->journal) {
		buf_printf(b, "<%c>", level);
	} else {
		time_rfc3339(b, now_ms);
		buf_printf(b, " %s: ", word);
	}
	text_escape(b, sentence, LOG_LINE_MAX);
	buf_char(b, '\n');
}

void
log_say(void *arg, uint32_t severity, struct csn_str sentence)
{
	const struct log *log = arg;
	char memory[LOG_LINE_MAX + 64];
	struct csn_str line;
	struct buf b;

	if (severity < log->least)
		return;
	buf_init_fixed(&b, memory, sizeof(memory));
	log_line(&b, log, clock_wall_ms(), severity, sentence);
	line = buf_str(&b);
	if (write(log->fd, line.p, line.n) < 0)
		return;		/* nobody is left to be told */
}
