/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round.h - one step on its way, between round.c (asking), round_req.c (what
 * it is told), round_try.c (its try) and round_grant.c (believing a GRANT)
 */
#ifndef COUNTERSIGN_HOST_ROUND_H
#define COUNTERSIGN_HOST_ROUND_H

#include "visit.h"

struct round {
	struct visit *v;
	struct factor *f;
	uint32_t event;
	bool is_try;			/* it may fail as a guess */
	bool host_reserved;		/* a second factor: reserved by us */
	enum proof_enrolment enrol_how;	/* if this step may enrol: how */
	struct throttle_key key;
	char exchange[48];
	char resume[CSN_RESUME_MAX + 1];
	struct csn_req req;
	struct csn_call call;
	struct verdict verdict;
};

/* Fills r->req, texts borrowed from the round and its visit. 0 or -1. */
int round_req_make(struct round *);
/* Counts what may be a guess before anything looks at it (P4). THROTTLE_OK,
 * THROTTLE_LIMIT with the time until when, or THROTTLE_FAILED. */
int round_try_reserve(struct round *, int64_t *ret_until);
/* Whether an address has begun too many logins that a peer had to be asked
 * for (P4). */
bool round_begin_over(struct round *, int64_t *ret_until);
/* By the verdict: the count cleared, the try given back, or left to count. */
void round_try_settle(struct round *);
/* E1, E2 and E3: how this very step may enrol; ENROLMENT_NONE: it may not. */
enum proof_enrolment round_may_enrol(struct round *);
void round_count(struct visit *, unsigned which);
/* Nobody could say: other ways are offered, or our trouble is told. Answers. */
void round_error(struct round *);
/* All is proved: a reminder, or the session. Answers. */
void round_completed(struct visit *);
/* The verdict is GRANT: names, binds, enrols, advances. Answers. */
void round_grant(struct round *);

#endif
