/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_remember.c - `remember:`, for how long a browser stands in for a factor
 *
 * Written for all policies, or at one. Nothing written: none is remembered, and
 * none counts (security.md E6). It must never open what `accept: device` or
 * `fresh` closes.
 */
#include "conf_read.h"

const struct schema_shape conf_shape_remember = { .kind = SHAPE_NAMED,
	.of = &shape_duration };

static const struct schema_row row = { .name = "remember", .min = 3600,
    .max = 366LL * 86400 };

/* One entry: a second factor and a time. -1 after a fault. */
static int
entry_read(struct conf_reader *r, const struct yaml *y, int64_t *ret_s)
{
	int at = conf_factor_named(r, &y->key_at, y->key);

	if (at < 0)
		return -1;
	if (!bits_has(&r->conf->second, (size_t)at)) {
		fault_key(r, y, "`%.*s` says who somebody is; only a second "
		    "factor can be remembered", STR_FMT(y->key));
		return -1;
	}
	*ret_s = 0;
	schema_duration(r, &row, y, ret_s);
	return *ret_s > 0 ? at : -1;
}

static bool
map_good(struct conf_reader *r, const struct yaml *y)
{
	if (y->kind == YAML_TEXT && !y->bad) {
		fault_at(r, y, "`remember` is per factor; write `remember: { "
		    "FACTOR: 30d }`");
		return false;
	}
	return schema_is_map(r, y);
}

static int64_t *
times_new(struct conf_reader *r)
{
	return arena_array(r->arena, r->conf->nfactors, sizeof(int64_t));
}

int64_t
conf_remember_s(const struct conf_policy *p, unsigned factor)
{
	return p->remember_s == NULL || !p->accept_remembered ? 0 :
	    p->remember_s[factor];
}

void
conf_read_remember(struct conf_reader *r)
{
	const struct yaml *map = r->top.remember;
	int64_t seconds;
	int at;

	if (map == NULL || !map_good(r, map))
		return;
	r->remember_s = times_new(r);
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		if ((at = entry_read(r, y, &seconds)) >= 0 &&
		    r->remember_s != NULL)
			r->remember_s[at] = seconds;
}

static void
own_read(struct conf_reader *r, const struct yaml *y,
    const struct bits *factors, struct conf_policy *p)
{
	int64_t seconds, most;
	int at = entry_read(r, y, &seconds);

	if (at < 0)
		return;
	most = r->remember_s == NULL ? 0 : r->remember_s[at];
	if (!bits_has(factors, (size_t)at))
		fault_key(r, y, "`%.*s` is in none of the ways of this "
		    "policy", STR_FMT(y->key));
	else if (most > 0 && seconds > most)
		fault_at(r, y, "this is longer than `remember` says for all; "
		    "a policy can only ask for a shorter time");
	else
		p->remember_s[at] = seconds;
}

/* What is written for all holds for the factors that this one asks for. */
static void
all_take(struct conf_reader *r, const struct bits *factors,
    struct conf_policy *p)
{
	for (int f = bits_next(factors, 0); f >= 0;
	    f = bits_next(factors, f + 1))
		if (r->remember_s != NULL)
			p->remember_s[f] = r->remember_s[f];
}

void
conf_read_remembered(struct conf_reader *r, const struct yaml *y,
    const struct yaml *asked, struct conf_policy *p)
{
	struct bits factors = chain_factors(&p->chain);

	bits_keep(&factors, &r->conf->second);
	if (y != NULL && p->accept_device)
		fault_key(r, y, "`accept: device` lets nothing stand in for "
		    "the device; take one of the two out");
	if (p->accept_device || (y == NULL && r->remember_s == NULL &&
	    asked == NULL))
		return;
	p->remember_s = times_new(r);
	if (p->remember_s == NULL)
		return;
	all_take(r, &factors, p);
	if (y != NULL && map_good(r, y))
		for (const struct yaml *i = y->first; i != NULL; i = i->next)
			own_read(r, i, &factors, p);
	for (size_t f = 0; f < r->conf->nfactors; f++)
		p->accept_remembered |= p->remember_s[f] > 0;
	if (asked != NULL && !p->accept_remembered)
		fault_at(r, asked, "no browser is remembered for a factor of "
		    "this policy; write `remember: { FACTOR: 30d }`");
}
