/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * demands.c - acr, amr, required claims (security.md E10)
 *
 * What is demanded and not there refuses. What was only asked for is told as
 * it was answered, for the guards of a policy.
 */
#include "demands.h"

#include "claim_path.h"
#include "refused.h"

#include "lib/text.h"

#define VALUES_MAX 64u

static bool
among(struct csn_strs list, struct csn_str s)
{
	for (size_t i = 0; i < list.n; i++)
		if (str_equal(list.v[i], s))
			return true;
	return false;
}

static bool
values_of(const struct round *r, const json_t *claims, struct csn_str path,
    struct csn_strs *ret)
{
	struct claim_path p;
	const char *why;

	return claim_path_parse(path, &p, &why) == 0 && claim_path_texts(&p,
	    claims, VALUES_MAX, r->arena, ret) == MEMBER_GOOD;
}

static enum outcome
acr_take(const struct round *r, struct csn_str acr)
{
	if (acr.n == 0 || acr.n > 255 || !text_plain(acr))
		return OUTCOME_AGAIN;
	r->reply->acr = round_copy(r, acr);
	return r->reply->acr.p == NULL ? OUTCOME_ERROR : OUTCOME_AGAIN;
}

/* id_token_check() has looked at acr itself; here at the claim that another
 * provider uses for it. */
static enum outcome
acr_check(const struct round *r, const json_t *claims,
    const struct id_token *id)
{
	const struct options *o = &r->o->opt;
	const struct csn_strs wanted = o->list[OPT_ACR_VALUES];
	struct csn_strs found = { NULL, 0 };

	if (str_is(o->text[OPT_ACR_CLAIM], "acr"))
		return acr_take(r, id->acr);
	if (wanted.n == 0)
		return OUTCOME_AGAIN;
	if (values_of(r, claims, o->text[OPT_ACR_CLAIM], &found))
		for (size_t i = 0; i < wanted.n; i++)
			if (among(found, wanted.v[i]))
				return acr_take(r, wanted.v[i]);
	return o->num[OPT_REQUIRE_ACR] == 1 ?
	    refused_as_weak(r, "acr-wrong") : OUTCOME_AGAIN;
}

static enum outcome
amr_check(const struct round *r, const struct id_token *id)
{
	const struct csn_strs wanted = r->o->opt.list[OPT_AMR_VALUES];

	for (size_t i = 0; i < wanted.n; i++)
		if (among(id->amr, wanted.v[i]))
			return OUTCOME_AGAIN;
	return wanted.n == 0 ? OUTCOME_AGAIN :
	    refused_as_weak(r, "amr-wrong");
}

/* A claim's values; true and false as one writes them. */
static bool
values_written(const struct round *r, const json_t *claims,
    struct csn_str path, struct csn_str *room, struct csn_strs *ret)
{
	struct claim_path p;
	const char *why;
	const json_t *v = claim_path_parse(path, &p, &why) < 0 ? NULL :
	    claim_path_find(&p, claims);

	if (!json_is_boolean(v))
		return values_of(r, claims, path, ret);
	*room = json_is_true(v) ? STR("true") : STR("false");
	*ret = (struct csn_strs){ room, 1 };
	return true;
}

/* One of the values that are written for this claim; the map has an entry for
 * each. */
static bool
required_met(const struct round *r, const json_t *claims, struct csn_str name)
{
	const struct csn_pairs all = r->o->opt.map[OPT_REQUIRE];
	struct csn_strs found;
	struct csn_str room;

	if (!values_written(r, claims, name, &room, &found))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (str_equal(all.v[i].name, name) &&
		    among(found, all.v[i].value))
			return true;
	return false;
}

enum outcome
demands_person(const struct round *r, const json_t *claims)
{
	const struct csn_pairs all = r->o->opt.map[OPT_REQUIRE];

	for (size_t i = 0; i < all.n; i++)
		if (!required_met(r, claims, all.v[i].name))
			return refused_as_stranger(r, "required-claim",
			    all.v[i].name.p);
	return OUTCOME_AGAIN;
}

enum outcome
demands_proof(const struct round *r, const json_t *claims,
    const struct id_token *id)
{
	enum outcome outcome = acr_check(r, claims, id);

	return outcome == OUTCOME_AGAIN ? amr_check(r, id) : outcome;
}
