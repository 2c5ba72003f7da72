/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - one call of the host: its services, the instance, its memory
 */
#ifndef AUTH_SAML_JOB_H
#define AUTH_SAML_JOB_H

#include <stdatomic.h>

#include "options.h"

struct provider;

struct instance {
	const struct csn_host *host;
	struct options opt;
	struct provider *provider;
	atomic_bool silence_told;	/* login.c */
};

struct job {
	const struct csn_host *host;
	struct csn_call *call;
	const struct instance *inst;
	const struct options *opt;
};

void job_init(struct job *, const struct instance *, struct csn_call *);
/* Copies into the call's memory, with a NUL; empty when that is spent, and
 * the call is then tainted. */
struct csn_str job_str(const struct job *, struct csn_str);
/* n elements of the call's memory, zeroed; NULL likewise. */
void *job_array(const struct job *, size_t n, size_t size);
int64_t job_now(const struct job *);
/* `_` and 160 random bits: an ID of a message of ours (Core 1.3.4). */
struct csn_str job_id(const struct job *);
void job_say(const struct job *, uint32_t severity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An event of ours, in the audit log. */
void job_audit(const struct job *, const char *event,
    const struct csn_pair *pairs, size_t n);
/* SHA-256 over the pieces, each with its length, in hex behind a prefix. */
struct csn_str job_digest(const struct job *, const char *prefix,
    const struct csn_str *pieces, size_t n);
/* Our private keys, for the gate; `arg` is the job. */
struct unwrap job_unwrap(const struct job *);

#endif
