/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.h - everything that is wrong on this machine, worst first
 *
 * For doctor*.c only. Each part looks at one kind of thing and says what it
 * finds; none changes anything, and none stops the others. What cannot be
 * looked at is said, never passed over.
 */
#ifndef COUNTERSIGN_HOST_DOCTOR_H
#define COUNTERSIGN_HOST_DOCTOR_H

#include <sys/types.h>

#include "gate.h"

enum doctor_severity { DOCTOR_NOTE = 0, DOCTOR_WARNING, DOCTOR_ERROR };

struct doctor_finding {
	struct doctor_finding *next;
	enum doctor_severity severity;
	const char *area;
	struct csn_str where, what, todo;
};

struct doctor {
	const struct csn_options *options;	/* borrowed */
	struct plugin_registry *plugins;
	struct conf *conf;			/* NULL: at fault */
	struct arena arena;
	struct doctor_finding *first, **last;
	unsigned looked;			/* how many things */
	int64_t now_ms;
	bool ran;				/* a daemon was met */
};

/* What is wrong, as a sentence without a full stop, where it is, and what to
 * do about it ("" where there is nothing to do). */
void doctor_say(struct doctor *, enum doctor_severity, const char *area,
    struct csn_str where, const char *todo, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Something was looked at, whatever came of it. */
void doctor_looked(struct doctor *);
/* A copy with a NUL behind it; "" when memory is refused. */
const char *doctor_path(struct doctor *, struct csn_str);
/* "3 days" and the like. */
struct csn_str doctor_span(struct doctor *, int64_t ms);

void doctor_daemon(struct doctor *);	/* as whoever calls */
/* doctor_process.c: whoever made the socket, or whom systemd made it for. */
void doctor_process(struct doctor *, pid_t, uid_t);
void doctor_listeners(struct doctor *);	/* the same */
/* from here on as the service's user */
void doctor_files(struct doctor *);
void doctor_keys(struct doctor *);
void doctor_store(struct doctor *);
void doctor_clock(struct doctor *);
void doctor_certificates(struct doctor *);
void doctor_factors(struct doctor *);

#endif
