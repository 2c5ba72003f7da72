/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c - what the guards of a way say about somebody, and `allow`
 *
 * From facts alone: it never asks a plugin, the store or a clock. What is
 * unknown must never open a way, negated or not.
 */
#include "guard.h"

#include "proof.h"

/* "group" is a short name, "realm/group" a value of one realm. */
static bool
name_matches(struct csn_str rule, struct csn_str realm, struct csn_str name)
{
	ptrdiff_t slash = str_index(rule, '/');

	if (slash < 0)
		return str_equal(rule, name);
	return str_equal(str_of(rule.p, (size_t)slash), realm) &&
	    str_equal(str_from_at(rule, (size_t)slash + 1), name);
}

static bool
groups_have(const struct guard_facts *facts, struct csn_str group)
{
	for (size_t i = 0; i < facts->groups.n; i++)
		if (str_equal(facts->groups.v[i], group))
			return true;
	return false;
}

static bool
is_among(int factor, const unsigned *factors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (factor == (int)factors[i])
			return true;
	return false;
}

static enum guard_value
acr_value(const struct guard *g, const unsigned *factors, size_t n,
    const struct proofs *proofs)
{
	bool seen = false;

	for (size_t i = 0; proofs != NULL && i < proofs->n; i++) {
		const struct proof *p = &proofs->v[i];

		if (p->acr.n == 0 || !is_among(p->factor, factors, n))
			continue;
		seen = true;
		if (str_equal(p->acr, g->arg))
			return GUARD_TRUE;
	}
	return seen ? GUARD_FALSE : GUARD_UNREADABLE;
}

static enum guard_value
unenrolled_value(const struct guard *g, const struct guard_facts *facts)
{
	if (facts->now_ms >= g->until_ms)
		return GUARD_FALSE;
	if (!facts->enrolled_known)
		return GUARD_UNREADABLE;
	return bits_has(&facts->enrolled, g->factor) ?
	    GUARD_FALSE : GUARD_TRUE;
}

void
guard_facts_client(struct guard_facts *facts, const struct conf *conf,
    const struct ip *client)
{
	facts->networks_known = client == NULL ? 0 : ~UINT64_C(0);
	facts->networks = 0;
	for (size_t i = 0; client != NULL && i < conf->nnetworks; i++)
		if (conf_networks_have(conf, (uint64_t)1 << i, client))
			facts->networks |= (uint64_t)1 << i;
}

static enum guard_value
network_value(const struct guard *g, const struct guard_facts *facts)
{
	if (g->networks == 0 || (g->networks & ~facts->networks_known) != 0)
		return GUARD_UNREADABLE;
	return (g->networks & facts->networks) != 0 ? GUARD_TRUE :
	    GUARD_FALSE;
}

static enum guard_value
guard_plain(const struct guard *g, const unsigned *factors, size_t n,
    const struct guard_facts *facts)
{
	switch (g->kind) {
	case GUARD_GROUP:
		if (!facts->groups_known)
			return GUARD_UNREADABLE;
		return groups_have(facts, g->arg) ? GUARD_TRUE : GUARD_FALSE;
	case GUARD_USER:
		if (facts->subject.n == 0)
			return GUARD_UNREADABLE;
		return name_matches(g->arg, facts->realm, facts->subject) ?
		    GUARD_TRUE : GUARD_FALSE;
	case GUARD_ACR:
		return acr_value(g, factors, n, facts->proofs);
	case GUARD_UNENROLLED:
		return unenrolled_value(g, facts);
	case GUARD_NETWORK:
		return network_value(g, facts);
	}
	return GUARD_UNREADABLE;
}

enum guard_value
guard_value(const struct guard *g, const unsigned *factors, size_t n,
    const struct guard_facts *facts)
{
	enum guard_value v = guard_plain(g, factors, n, facts);

	if (v == GUARD_UNREADABLE || !g->negated)
		return v;
	return v == GUARD_TRUE ? GUARD_FALSE : GUARD_TRUE;
}

enum guard_value
word_value(const struct way *way, const unsigned *factors, size_t n,
    const struct guard_facts *facts)
{
	enum guard_value all = GUARD_TRUE;

	for (size_t i = 0; i < way->nguards; i++) {
		enum guard_value v = guard_value(&way->guards[i], factors, n,
		    facts);

		if (v == GUARD_FALSE)
			return GUARD_FALSE;
		if (v != GUARD_TRUE)
			all = GUARD_UNREADABLE;
	}
	return all;
}

/* For all factors of the way together. */
static enum guard_value
way_value(const struct way *way, const struct guard_facts *facts)
{
	unsigned all[CHAIN_STEPS_MAX * CHAIN_CHOICES_MAX];
	size_t n = 0;

	if (!way_reads_acr(way))
		return word_value(way, NULL, 0, facts);
	for (size_t i = 0; i < way->nsteps; i++)
		for (int f = bits_next(&way->steps[i], 0); f >= 0 &&
		    n < CHAIN_STEPS_MAX * CHAIN_CHOICES_MAX;
		    f = bits_next(&way->steps[i], f + 1))
			all[n++] = (unsigned)f;
	return word_value(way, all, n, facts);
}

bool
way_holds(const struct way *way, const struct guard_facts *facts)
{
	return way_value(way, facts) == GUARD_TRUE;
}

bool
way_may_hold(const struct way *way, const struct guard_facts *facts)
{
	return way_value(way, facts) != GUARD_FALSE;
}

bool
way_reads_acr(const struct way *way)
{
	for (size_t i = 0; i < way->nguards; i++)
		if (way->guards[i].kind == GUARD_ACR)
			return true;
	return false;
}

bool
policy_guards(const struct conf_policy *p, enum guard_kind kind)
{
	for (size_t i = 0; i < p->chain.nways; i++)
		for (size_t k = 0; k < p->chain.ways[i].nguards; k++)
			if (p->chain.ways[i].guards[k].kind == kind)
				return true;
	return false;
}

bool
allow_holds(const struct conf_allow *allow, const struct guard_facts *facts)
{
	if (!allow->written)
		return true;
	if (facts->subject.n == 0)
		return false;
	for (size_t i = 0; i < allow->users.n; i++)
		if (name_matches(allow->users.v[i], facts->realm,
		    facts->subject))
			return true;
	for (size_t i = 0; facts->groups_known && i < allow->groups.n; i++)
		if (groups_have(facts, allow->groups.v[i]))
			return true;
	return false;
}
