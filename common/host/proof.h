/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - one factor proved, how, and when; and what a set of them opens
 *
 * The exchange's history and the session's set of proofs are made of these.
 * A proof seals a fingerprint of its factor (name, plugin, realm, trust
 * options); one whose factor is configured otherwise today counts for nothing
 * (security.md S4).
 */
#ifndef COUNTERSIGN_HOST_PROOF_H
#define COUNTERSIGN_HOST_PROOF_H

#include "conf.h"
#include "guard.h"

#define PROOFS_MAX	8u
#define PROOF_ACR_MAX	255u
#define PROOF_SKEW_MS	120000	/* further ahead is never fresh (E9) */

/* How a factor was proved (security.md E6). Zero is no kind. */
enum proof_kind {
	PROOF_PROVED = 1,
	PROOF_ENROLLED,		/* by an enrolment in this step */
	PROOF_REMEMBERED,
	PROOF_RECOVERY,		/* a recovery code: the desk's counted not */
	PROOF_TEMPORARY,	/* the desk's code: no recovery code counted */
	PROOF_STAND_IN		/* either: where only one counts it does not */
};

/* How the enrolment behind a second factor was made (E3). */
enum proof_enrolment {
	ENROLMENT_NONE = 0,	/* no second factor, or not known */
	ENROLMENT_FIRST_LOGIN,
	ENROLMENT_LINK,
	ENROLMENT_OPERATOR
};

struct proof {
	uint64_t fingerprint;	/* factor_fingerprint() of its time */
	int factor;		/* index today, or -1: counts for nothing */
	enum proof_kind kind;
	enum proof_enrolment enrolment;
	bool carried;		/* in an exchange: from the session */
	int64_t auth_time_ms;	/* 0: not told, never fresh (E9) */
	struct csn_str acr;	/* borrowed */
};

struct proofs {
	size_t n;
	struct proof v[PROOFS_MAX];
};

/* What identifies a factor in sealed things; never 0. Of a second factor only
 * name and plugin: its options trust nobody, and enrolments hang on it. */
uint64_t factor_fingerprint(const struct conf *, unsigned factor);
/* What durable records know a factor by (security.md O1): name, plugin and
 * realm, whatever its options are today; never 0. */
uint64_t factor_id(const struct conf *, unsigned factor);

/* Sets each proof's factor by today's configuration. */
void proofs_resolve(struct proofs *, const struct conf *);

/* Replaces the proof of the same factor and rank or appends: one made by a
 * recovery code or a remembered browser stands beside one that was proved, and
 * takes nothing from it. A proof that counts for nothing gives its place when
 * there is no other. 0, -1 when full. */
int proofs_add(struct proofs *, const struct proof *);

/* Packs and reads; the reader's strings are borrowed from what it reads. */
void proofs_pack(struct buf *, const struct proofs *);
int proofs_unpack(struct reader *, struct proofs *ret);

/* Whether a recovery code stands in for this factor under this policy: where
 * the factor's `recover_by` or the policy's `accept` says so, and the policy
 * does not insist on the device (E6). */
bool proof_recovery_counts(const struct conf *, const struct conf_policy *,
    unsigned factor);

/* The same for a temporary code of the help desk: where `recover_by` names it,
 * but for what would outlast it, a change of the account (E5). */
bool proof_temporary_counts(const struct conf *, const struct conf_policy *,
    unsigned factor);

/* Whether the policy takes this proof now: kind, age, enrolment. */
bool proof_accepted(const struct proof *, const struct conf *,
    const struct conf_policy *, int64_t now_ms);

/* Whether a set of proofs of one session satisfies the policy (design.md 3):
 * a proof for each step of one of its ways, each accepted, the first one of
 * a factor that identifies in `realm`, and the guards hold now. */
bool proofs_satisfy(const struct proofs *, const struct conf *,
    const struct conf_policy *, unsigned realm, const struct guard_facts *);

#endif
