/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.c - who a subject is today, without a password
 *
 * It proves nothing and must never be taken for a proof: GRANT does not stand
 * in this file. A directory that is down is ERROR, not "nobody of that name":
 * the host would end people's sessions.
 */
#include "lookup.h"

#include "groups.h"

static uint32_t
gone(struct csn_reply *reply)
{
	reply->reason = CSN_R_ACCOUNT;
	return CSN_DENY;
}

static uint32_t
unreachable(struct csn_reply *reply)
{
	reply->reason = CSN_R_BACKEND;
	return CSN_ERROR;
}

static uint32_t
tell(const struct job *job, const struct person *p, struct csn_reply *reply)
{
	struct groups groups;

	if (p->disabled)
		return gone(reply);
	if (groups_read(job, NULL, p, &groups) != 0)
		return unreachable(reply);
	reply->subject = p->subject;
	reply->subject_id = p->subject_id;
	reply->attrs = p->attrs;
	reply->groups = groups.names;
	if (groups.whole)
		reply->flags |= CSN_RP_GROUPS;
	return CSN_DONE;
}

uint32_t
lookup_serve(const struct job *job, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct person person;

	if (req->event != CSN_EV_LOOKUP) {
		reply->reason = CSN_R_PROTOCOL;
		return CSN_ERROR;
	}
	if (!options_can_search(&job->inst->opt)) {
		job_log(job, CSN_FAIL, "without bind_dn nobody can be looked "
		    "up: give this factor a service account, or let another "
		    "be the realm's authority");
		return unreachable(reply);
	}
	switch (person_by_subject(job, req->subject, &person)) {
	case PERSON_FOUND:
		return tell(job, &person, reply);
	case PERSON_NONE:
		return gone(reply);
	case PERSON_FAILED:
		break;
	}
	return unreachable(reply);
}
