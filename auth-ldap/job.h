/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - one call of the host, as the plugin's files hand it on
 *
 * Memory from here is the call's: wiped and freed by the host when the call
 * is over. Nothing of it may be kept in the instance.
 */
#ifndef AUTH_LDAP_JOB_H
#define AUTH_LDAP_JOB_H

#include "options.h"

struct tls;
struct servers;
struct pool;
struct nesting;

/* One configured directory. What changes in it lies behind the locks of
 * servers, pool and nesting. */
struct instance {
	const struct csn_host *host;	/* the host's, as long as we are open */
	struct options opt;
	struct tls *tls;
	struct servers *servers;
	struct pool *pool;
	struct nesting *nesting;
};

struct job {
	const struct instance *inst;
	const struct csn_host *host;
	struct csn_call *call;
	int64_t end_ms;		/* job_clock_ms() when it must be over */
};

void job_init(struct job *, const struct instance *, struct csn_call *);
/* Milliseconds until the job must be over: the sooner of the call's end and
 * the option `timeout`. 0 when there are none left. */
int64_t job_left_ms(const struct job *);
/* Milliseconds of a clock that only moves forward: for the age of
 * connections and for deadlines, never for a verdict. */
int64_t job_clock_ms(void);

/* Zeroed; NULL when the host refuses. */
void *job_alloc(const struct job *, size_t);
/* A copy with a NUL behind it. p is NULL when the host refuses. */
struct csn_str job_str(const struct job *, struct csn_str);
struct csn_str job_printf(const struct job *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A list that grows: appends a copy. 0, or -1 when the host refuses. */
struct job_list { struct csn_str *v; size_t n, cap; };
int job_list_add(const struct job *, struct job_list *, struct csn_str);

/* Never a password. What a peer said is escaped. */
void job_log(const struct job *, uint32_t severity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
