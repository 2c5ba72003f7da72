/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_check_impl.h - one check under way, between gate_check.c,
 * gate_check_read.c and gate_refusal.c
 */
#ifndef COUNTERSIGN_HOST_GATE_CHECK_IMPL_H
#define COUNTERSIGN_HOST_GATE_CHECK_IMPL_H

#include "cookie.h"
#include "gate.h"

struct check {
	struct csn_gate *gate;
	struct gate_lane *lane;		/* NULL: it may block */
	struct gate_conf *gc;
	const struct conf *conf;
	const struct csn_facts *facts;
	struct arena arena;
	int64_t now_ms;
	bool may_block;
	struct policy_request rq;
	const struct conf_policy *policy;
	struct cookie_found cookies;
	struct session *session;	/* of check_session()'s room */
	bool have_session;
	struct known_facts known;
	bool old;			/* what is enrolled was not read */
	enum target_reason ended;	/* why the session is no more */
	struct csn_answer *ret;
};

static inline int64_t
check_idle_ms(const struct check *k)
{
	return 1000 * (k->policy->idle_s != 0 ? k->policy->idle_s :
	    k->conf->idle_s);
}

/* All of these stay out of a check's path (docs/design.md, section 11). */

/* Reads the session's record, which may block. KNOWN_NOT: it could not. */
enum known_state check_read_session(struct check *)
    __attribute__((noinline, cold));
/* The cookie is older than what is enrolled now, which is read where that may
 * take its time; KNOWN_OLD: it was not. */
enum known_state check_read_enrolled(struct check *)
    __attribute__((noinline, cold));
/* Renews groups that are too old, which may block, and the facts with them.
 * STORE_ABSENT: there is no such account any more. */
int check_read_groups(struct check *, struct guard_facts *)
    __attribute__((noinline, cold));

/* The check's answer is no, with a reference; the audit log gets why. */
void refusal_make(struct check *, const char *why)
    __attribute__((noinline, cold));
/* The audit line alone, by a worker and if there were not too many. */
void refusal_tell(struct check *, const char *event, const char *why)
    __attribute__((noinline, cold));

#endif
