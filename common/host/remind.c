/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remind.c - a grace that will end is spoken of before it does
 *
 * It changes no access: who goes on without is in by what was proved. It must
 * never speak to somebody whose login does not hang on a grace.
 */
#include "remind.h"

/* All graces of a way are needed: the first to end counts. */
static bool
way_grace(const struct way *w, struct remind *ret)
{
	bool found = false;

	*ret = (struct remind){ .until_ms = 0 };
	for (size_t i = 0; i < w->nguards; i++) {
		const struct guard *g = &w->guards[i];

		if (g->kind != GUARD_UNENROLLED || g->negated ||
		    (found && g->until_ms >= ret->until_ms))
			continue;
		*ret = (struct remind){ g->factor, g->until_ms };
		found = true;
	}
	return found;
}

static bool
chain_grace(const struct chain *chain)
{
	struct remind one;

	for (size_t i = 0; i < chain->nways; i++)
		if (way_grace(&chain->ways[i], &one))
			return true;
	return false;
}

/* Whether this way alone would complete the exchange. */
static bool
way_completes(const struct exchange *x, const struct conf *conf,
    const struct way *w, const struct guard_facts *facts)
{
	struct conf_policy policy = conf->policies[x->policy];
	struct conf alone = *conf;
	struct exchange by = *x;

	policy.chain.nways = 1;
	policy.chain.ways[0] = *w;
	alone.policies = &policy;
	alone.npolicies = 1;
	by.policy = 0;
	return exchange_complete(&by, &alone, facts);
}

bool
remind_grace(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts, struct remind *ret)
{
	struct remind longest = { .until_ms = 0 }, one;
	const struct chain *chain;

	if (x->policy < 0)
		return false;
	chain = &conf->policies[x->policy].chain;
	if (!chain_grace(chain))
		return false;
	for (size_t i = 0; i < chain->nways; i++) {
		if (!way_completes(x, conf, &chain->ways[i], facts))
			continue;
		if (!way_grace(&chain->ways[i], &one))
			return false;
		if (one.until_ms > longest.until_ms)
			longest = one;
	}
	*ret = longest;
	return longest.until_ms > 0;
}

bool
remind_due(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts, struct remind *ret)
{
	int64_t before_s;

	/* at a login, not at each step-up behind it */
	if (x->has_session || !remind_grace(x, conf, facts, ret))
		return false;
	before_s = conf->factors[ret->factor].enrol.remind_s;
	return before_s > 0 && ret->until_ms - facts->now_ms <=
	    before_s * 1000;
}
