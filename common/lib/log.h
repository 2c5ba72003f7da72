/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the log for people: one line per sentence, on standard error
 *
 * Under systemd each line begins with <N>, which journald takes as its
 * priority (sd-daemon(3)); elsewhere with the time and a word. It must never
 * be given a secret, nor let a text begin a line of its own.
 */
#ifndef COUNTERSIGN_LIB_LOG_H
#define COUNTERSIGN_LIB_LOG_H

#include "buf.h"

#define LOG_LINE_MAX	2048u	/* bytes of a sentence; more is cut */

struct log {
	int fd;
	bool journal;
	uint32_t least;		/* CSN_DEBUG, ...: what is below is dropped */
};

/* To fd (borrowed); for the journal if $JOURNAL_STREAM names fd (device and
 * inode, systemd.exec(5)). Shows CSN_INFO and above. */
void log_init(struct log *, int fd);
/* `arg` is a struct log; fits csn_say of host.h. One write(); an error has
 * nobody to be told to. Any thread. */
void log_say(void *arg, uint32_t severity, struct csn_str sentence);
/* The line with its newline. */
void log_line(struct buf *, const struct log *, int64_t now_ms,
    uint32_t severity, struct csn_str sentence);

#endif
