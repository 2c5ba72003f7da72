/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jarm.c - signed authorization responses, judged (JARM 2.1, 2.4)
 *
 * It must never let a parameter through that has another form than text.
 */
#include "jarm.h"

/* Members of the token itself, not of the response. iss is both. */
static bool
is_token_member(const char *name)
{
	static const char *const names[] = { "aud", "exp", "iat", "nbf",
		"jti" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static enum refusal
params_read(const json_t *claims, struct arena *a, struct csn_pairs *ret)
{
	struct csn_pair *v = arena_array(a, JARM_PARAMS_MAX, sizeof(*v));
	const char *name;
	json_t *value;
	size_t n = 0;

	if (v == NULL)
		return REFUSAL_MEMORY;
	json_object_foreach((json_t *)(uintptr_t)claims, name, value) {
		if (is_token_member(name) || !json_is_string(value))
			continue;	/* unknown ones are ignored */
		if (n == JARM_PARAMS_MAX)
			return REFUSAL_JSON_VALUES;
		v[n].name = str_from(name);
		v[n].value = str_of(json_string_value(value),
		    json_string_length(value));
		n++;
	}
	*ret = (struct csn_pairs){ v, n };
	return REFUSAL_NONE;
}

enum refusal
jarm_check(const struct token *t, const struct claims_rules *rules,
    struct arena *a, struct csn_pairs *ret)
{
	int64_t exp;
	size_t n;
	enum refusal r;

	if (t->verified != REFUSAL_NONE || t->claims == NULL)
		return REFUSAL_TOKEN_UNVERIFIED;
	if (t->jws.typ.p != NULL && !str_equal_fold(t->jws.typ, STR("JWT")) &&
	    !str_equal_fold(t->jws.typ, STR("oauth-authz-resp+jwt")))
		return REFUSAL_TOKEN_TYPE;
	r = claims_iss(t->claims, rules);		/* 2.4 (2) */
	if (r == REFUSAL_NONE)
		r = claims_aud(t->claims, rules, a, &n);	/* 2.4 (3) */
	if (r == REFUSAL_NONE)
		r = claims_exp(t->claims, rules, &exp);	/* 2.4 (4) */
	if (r == REFUSAL_NONE)
		r = claims_nbf(t->claims, rules);
	return r == REFUSAL_NONE ? params_read(t->claims, a, ret) : r;
}
