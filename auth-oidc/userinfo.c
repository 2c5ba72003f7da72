/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * userinfo.c - answers of the userinfo endpoint, judged (OIDC Core 5.3)
 *
 * It must never let a claim of userinfo stand above one of the ID token.
 */
#include "userinfo.h"

/* 5.3.2: sub is always there, and exactly the ID token's. */
static enum refusal
sub_check(const json_t *claims, struct csn_str want)
{
	struct csn_str sub;
	enum refusal r = claims_sub(claims, &sub);

	if (r != REFUSAL_NONE)
		return r;
	return want.n > 0 && str_equal(sub, want) ? REFUSAL_NONE :
	    REFUSAL_SUB_WRONG;
}

enum refusal
userinfo_plain(struct csn_str body, struct csn_str sub, json_t **ret)
{
	json_t *claims = NULL;
	enum refusal r = json_text_read(body, &json_document_caps, &claims);

	if (r == REFUSAL_NONE)
		r = sub_check(claims, sub);
	if (r != REFUSAL_NONE) {
		json_decref(claims);
		return r;
	}
	*ret = claims;
	return REFUSAL_NONE;
}

enum refusal
userinfo_token(const struct token *t, const struct claims_rules *rules,
    struct csn_str sub, struct arena *a, const json_t **ret)
{
	enum refusal r;
	size_t n;

	if (t->verified != REFUSAL_NONE || t->claims == NULL)
		return REFUSAL_TOKEN_UNVERIFIED;
	if (t->jws.typ.p != NULL && !str_equal_fold(t->jws.typ, STR("JWT")))
		return REFUSAL_TOKEN_TYPE;
	/* an ID or logout token of the same person is no userinfo */
	if (json_object_get(t->claims, "nonce") != NULL)
		return REFUSAL_NONCE_PRESENT;
	if (json_object_get(t->claims, "events") != NULL)
		return REFUSAL_EVENTS_WRONG;
	r = claims_iss(t->claims, rules);
	if (r == REFUSAL_NONE)
		r = claims_aud(t->claims, rules, a, &n);
	if (r == REFUSAL_NONE)
		r = claims_times(t->claims, rules);
	if (r == REFUSAL_NONE)
		r = sub_check(t->claims, sub);
	if (r == REFUSAL_NONE)
		*ret = t->claims;
	return r;
}

/* That an address is verified is said of the one beside it, and of another
 * answer's only if that is the same. */
static void
mail_apart(json_t *ours, json_t *theirs)
{
	const json_t *mail = json_object_get(ours, "email");
	const json_t *other = json_object_get(theirs, "email");

	if (mail != NULL && json_equal(mail, other) != 1)
		(void)json_object_del(theirs, "email_verified");
	else if (mail == NULL && other != NULL)
		(void)json_object_del(ours, "email_verified");
}

json_t *
userinfo_merge(const json_t *id_token, const json_t *userinfo)
{
	json_t *all = json_deep_copy(id_token), *more;

	if (all == NULL || userinfo == NULL)
		return all;
	more = json_copy((json_t *)(uintptr_t)userinfo);
	if (more != NULL)
		mail_apart(all, more);
	if (more == NULL || json_object_update_missing(all, more) != 0) {
		json_decref(all);
		all = NULL;
	}
	json_decref(more);
	return all;
}
