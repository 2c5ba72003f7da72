/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - under what facts a way is open
 */
#ifndef COUNTERSIGN_HOST_GUARD_H
#define COUNTERSIGN_HOST_GUARD_H

#include "conf.h"

struct proofs;

/* What a guard looks at. What is unknown is unreadable, and a guard that
 * reads it is false, negated or not. */
struct guard_facts {
	struct csn_str realm, subject;	/* empty: nobody named yet */
	bool groups_known;		/* whole, and young enough (E11) */
	struct csn_strs groups;		/* "short" or "realm/value" */
	bool enrolled_known;
	struct bits enrolled;		/* second factors the person has */
	uint64_t networks_known;	/* of which it is known whether */
	uint64_t networks;		/* the client is in them */
	const struct proofs *proofs;	/* for acr */
	int64_t now_ms;
};

/* Where the client is, for `network`; NULL: not told, nothing is known. */
void guard_facts_client(struct guard_facts *, const struct conf *,
    const struct ip *client);

enum guard_value { GUARD_FALSE = 0, GUARD_TRUE = 1, GUARD_UNREADABLE = 2 };

/* `factors`: the n whose acr counts. */
enum guard_value guard_value(const struct guard *, const unsigned *factors,
    size_t n, const struct guard_facts *);
/* All guards of a way together, for one of its words: false before unreadable,
 * so that a way known not to hold is not walked. */
enum guard_value word_value(const struct way *, const unsigned *factors,
    size_t n, const struct guard_facts *);
bool way_reads_acr(const struct way *);
/* Whether a way of this policy has such a guard. */
bool policy_guards(const struct conf_policy *, enum guard_kind);
/* All guards of the way true. */
bool way_holds(const struct way *, const struct guard_facts *);
/* No guard is known to be false: the way may still come to hold. */
bool way_may_hold(const struct way *, const struct guard_facts *);

/* allow: true where it is not written, or the person is in it. */
bool allow_holds(const struct conf_allow *, const struct guard_facts *);

#endif
