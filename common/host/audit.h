/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - the audit log: one event, one line of JSON, one write
 *
 * It must never let an event pass as written that is not: the caller denies
 * what could not be recorded (security.md O6). It must never be given a secret.
 */
#ifndef COUNTERSIGN_HOST_AUDIT_H
#define COUNTERSIGN_HOST_AUDIT_H

#include "lib/buf.h"

#define AUDIT_LINE_MAX	524288u	/* bytes: more than any event can come to */
#define AUDIT_TEXT_MAX	1024u	/* bytes of one value; more is cut off */
#define AUDIT_PAIRS_MAX	32u	/* of one event; more are left out, as is what
				 * has an earlier one's name */

struct audit;

/* Empty fields are not written. All text is escaped here. */
struct audit_event {
	int64_t time_ms;		/* since 1970 */
	struct csn_str event;		/* "login-denied" */
	struct csn_str reference;	/* reference.h */
	struct csn_str realm, subject, factor, policy;
	struct csn_str reason;
	struct csn_str host;		/* of the application */
	struct csn_str client, user_agent;
	/* a plugin's event: `event` gets the prefix "plugin:", so that it can
	 * pass for none of ours */
	bool plugin;
	struct csn_pairs details;	/* nested, never beside our fields */
};

/* Opens for appending, created with mode 0600, closed on exec. An empty path
 * is standard error. Refused: a file that belongs to neither root nor us, or
 * that others can write, and what is neither file, pipe nor character device.
 * NULL with a sentence. */
struct audit *audit_open(struct csn_str path, struct buf *error);
void audit_close(struct audit *);
/* After the file was moved away: opens the path anew. 0, or -1 with a sentence,
 * and the old file stays in use. Any thread. */
int audit_reopen(struct audit *, struct buf *error);
/* One line, one write(). 0, or -1: it is not, or not wholly, in the log. Any
 * thread; lines never mix. */
int audit_write(struct audit *, const struct audit_event *);
/* The line without its newline, as audit_write() puts it. */
void audit_line(struct buf *, const struct audit_event *);

#endif
