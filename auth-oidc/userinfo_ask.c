/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * userinfo_ask.c - OIDC Core 5.3
 *
 * The answer belongs to the ID token's subject, or is dropped as a whole, and
 * never overrides what the ID token says.
 */
#include "userinfo_ask.h"

#include "bound.h"
#include "claim_path.h"
#include "userinfo.h"

static bool
lacks(const json_t *claims, struct csn_str path)
{
	struct claim_path p;
	const char *why;

	return path.n > 0 && claim_path_parse(path, &p, &why) == 0 &&
	    claim_path_find(&p, claims) == NULL;
}

/* What a login is refused for without it. */
static bool
demanded_lacks(const struct options *o, const json_t *claims)
{
	if (str_is(o->text[OPT_SUBJECT], "email") &&
	    lacks(claims, STR("email_verified")))
		return true;
	for (size_t i = 0; i < o->map[OPT_REQUIRE].n; i++)
		if (lacks(claims, o->map[OPT_REQUIRE].v[i].name))
			return true;
	return o->num[OPT_REQUIRE_ACR] == 1 &&
	    !str_is(o->text[OPT_ACR_CLAIM], "acr") &&
	    lacks(claims, o->text[OPT_ACR_CLAIM]);
}

static bool
needed(const struct round *r, const json_t *claims)
{
	const struct options *o = &r->o->opt;

	if (r->p->userinfo.n == 0 ||
	    o->num[OPT_USERINFO] == USERINFO_NEVER)
		return false;
	if (o->num[OPT_USERINFO] == USERINFO_ALWAYS ||
	    demanded_lacks(o, claims) ||
	    lacks(claims, o->text[OPT_SUBJECT]) ||
	    lacks(claims, o->text[OPT_SUBJECT_ID]) ||
	    lacks(claims, o->text[OPT_DISPLAY_NAME]) ||
	    lacks(claims, o->text[OPT_MAIL]))
		return true;
	for (size_t i = 0; i < o->list[OPT_GROUPS_CLAIM].n; i++)
		if (lacks(claims, o->list[OPT_GROUPS_CLAIM].v[i]))
			return true;
	for (size_t i = 0; i < o->map[OPT_ATTRIBUTES].n; i++)
		if (lacks(claims, o->map[OPT_ATTRIBUTES].v[i].value))
			return true;
	return false;
}

static enum outcome
signed_take(struct round *r, struct csn_str body, struct csn_str sub,
    json_t *claims, json_t **ret)
{
	struct token t = { .claims = NULL };
	struct claims_rules rules;
	const json_t *found;
	enum refusal why;

	verify_rules(r, &rules);
	why = verify_token(r, str_trim(body), false, &t);
	if (why == REFUSAL_NONE)
		why = userinfo_token(&t, &rules, sub, r->arena, &found);
	if (why == REFUSAL_NONE)
		*ret = userinfo_merge(claims, found);
	token_free(&t);
	return why == REFUSAL_NONE ? OUTCOME_AGAIN :
	    round_refuse_for(r, why, "userinfo");
}

static enum outcome
plain_take(const struct round *r, struct csn_str body, struct csn_str sub,
    json_t *claims, json_t **ret)
{
	json_t *found;
	enum refusal why;

	why = userinfo_plain(body, sub, &found);
	if (why != REFUSAL_NONE)
		return round_refuse_for(r, why, "userinfo");
	*ret = userinfo_merge(claims, found);
	json_decref(found);
	return OUTCOME_AGAIN;
}

enum outcome
userinfo_ask(struct round *r, json_t *claims, const struct id_token *id,
    struct csn_str access_token, json_t **ret)
{
	struct fetch f = { .url = r->p->userinfo,
	    .accept = "application/json, application/jwt",
	    .max_bytes = FETCH_ANSWER_MAX };
	enum outcome outcome;
	struct fetched got;

	*ret = NULL;
	if (access_token.n == 0 || !needed(r, claims)) {
		*ret = json_incref(claims);
		return OUTCOME_AGAIN;
	}
	if (bound_get(r, &f, access_token, &got) != CSN_OK)
		return round_trouble(r, "userinfo-unreachable", STR(""));
	if (fetched_is(&got, 200, "application/json"))
		outcome = plain_take(r, got.body, id->sub, claims, ret);
	else if (fetched_is(&got, 200, "application/jwt"))
		outcome = signed_take(r, got.body, id->sub, claims, ret);
	else
		return bound_error(r, "userinfo", &got);
	if (outcome == OUTCOME_AGAIN && *ret == NULL)
		return round_trouble(r, "memory", STR("userinfo"));
	return outcome;
}
