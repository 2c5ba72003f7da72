/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - waiting on a socket, never beyond a deadline
 */
#ifndef AUTH_LDAP_WAIT_H
#define AUTH_LDAP_WAIT_H

#include <sys/time.h>

#include "job.h"

struct wait {
	const struct job *job;	/* whose call it is */
	int64_t end_ms;		/* of job_clock_ms() */
};

/* A deadline limit_ms from now, or the job's if that is sooner. */
void wait_init(struct wait *, const struct job *, int64_t limit_ms);
/* Milliseconds that are left, 0 when it is over. */
int64_t wait_left_ms(const struct wait *);
/* The same for libldap. */
struct timeval wait_left_tv(const struct wait *);
/* Until the socket can be read (or written). 0, or -1 when the time is over
 * or the socket cannot be polled. */
int wait_fd(const struct wait *, int fd, bool to_write);
/* Has the socket something to read now? An idle connection that has was
 * closed by its server, or says what nobody asked for. */
bool wait_readable(int fd);

#endif
