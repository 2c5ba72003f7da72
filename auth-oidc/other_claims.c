/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * other_claims.c - claims by way of a source (OIDC Core 5.6.2.1, 5.6.2.2)
 *
 * It must never let a source say who the person is, or anything that it is
 * not named for.
 */
#include "other_claims.h"

/* ------------------------------------------------------------------ */
/* _claim_names and _claim_sources */

/* What a token says of itself or of the person's identity comes from the ID
 * token alone. */
static bool
is_reserved(const char *name)
{
	static const char *const names[] = { "iss", "sub", "aud", "exp", "iat",
		"nbf", "jti", "azp", "nonce", "auth_time", "acr", "amr", "sid",
		"at_hash", "c_hash", "s_hash", "events", "_claim_names",
		"_claim_sources" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static struct other_source *
source_find(struct other_sources *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_is(all->v[i].name, name))
			return &all->v[i];
	return NULL;
}

static enum refusal
source_read(const json_t *sources, const char *name, struct arena *a,
    struct other_source *ret)
{
	const json_t *source;
	struct csn_str *v;
	enum json_member jwt, endpoint, token;

	if (json_member_object(sources, name, &source) != MEMBER_GOOD)
		return REFUSAL_CLAIM_SOURCE;
	jwt = json_member_text(source, "JWT", &ret->jwt);
	endpoint = json_member_text(source, "endpoint", &ret->endpoint);
	token = json_member_text(source, "access_token", &ret->access_token);
	if (token == MEMBER_WRONG || jwt == MEMBER_WRONG ||
	    endpoint == MEMBER_WRONG ||
	    (jwt == MEMBER_GOOD) == (endpoint == MEMBER_GOOD))
		return REFUSAL_CLAIM_SOURCE;
	if (endpoint == MEMBER_GOOD &&
	    !str_starts(ret->endpoint, STR("https://")))
		return REFUSAL_CLAIM_SOURCE;
	v = arena_array(a, OTHER_CLAIMS_MAX, sizeof(*v));
	if (v == NULL)
		return REFUSAL_MEMORY;
	ret->name = str_from(name);
	ret->claims = (struct csn_strs){ v, 0 };
	return REFUSAL_NONE;
}

static enum refusal
name_add(const json_t *sources, const char *claim, const json_t *value,
    struct arena *a, struct other_sources *all)
{
	const char *name = json_string_value(value);
	struct other_source *s;
	enum refusal r;

	if (name == NULL || is_reserved(claim))
		return REFUSAL_CLAIM_SOURCE;
	s = source_find(all, name);
	if (s == NULL) {
		if (all->n == OTHER_SOURCES_MAX)
			return REFUSAL_CLAIM_SOURCE;
		r = source_read(sources, name, a, &all->v[all->n]);
		if (r != REFUSAL_NONE)
			return r;
		s = &all->v[all->n++];
	}
	((struct csn_str *)(uintptr_t)s->claims.v)[s->claims.n++] =
	    str_from(claim);
	return REFUSAL_NONE;
}

enum refusal
other_claims_read(const json_t *claims, struct arena *a,
    struct other_sources *ret)
{
	struct other_sources all = { .n = 0 };
	const json_t *names, *sources;
	const char *claim;
	json_t *value;
	enum refusal r = REFUSAL_NONE;

	if (json_object_get(claims, "_claim_names") == NULL) {
		*ret = all;
		return REFUSAL_NONE;
	}
	if (json_member_object(claims, "_claim_names", &names) !=
	    MEMBER_GOOD || json_member_object(claims, "_claim_sources",
	    &sources) != MEMBER_GOOD ||
	    json_object_size(names) > OTHER_CLAIMS_MAX)
		return REFUSAL_CLAIM_SOURCE;
	json_object_foreach((json_t *)(uintptr_t)names, claim, value) {
		r = name_add(sources, claim, value, a, &all);
		if (r != REFUSAL_NONE)
			return r;
	}
	*ret = all;
	return REFUSAL_NONE;
}

/* ------------------------------------------------------------------ */
/* a source's token */

/* A statement may be older than a login: only not ahead. */
static enum refusal
times_check(const json_t *claims, const struct claims_rules *rules)
{
	struct claims_rules ageless = *rules;

	ageless.age_s = 0;
	return claims_times(claims, &ageless);
}

static enum refusal
token_check(const struct token *t, const struct claims_rules *rules,
    struct csn_str sub, struct arena *a)
{
	struct csn_str whom;
	enum refusal r;
	size_t n;

	if (t->verified != REFUSAL_NONE || t->claims == NULL)
		return REFUSAL_TOKEN_UNVERIFIED;
	if (t->jws.typ.p != NULL && !str_equal_fold(t->jws.typ, STR("JWT")))
		return REFUSAL_TOKEN_TYPE;
	r = claims_iss(t->claims, rules);
	if (r == REFUSAL_NONE && json_object_get(t->claims, "aud") != NULL)
		r = claims_aud(t->claims, rules, a, &n);
	if (r == REFUSAL_NONE)
		r = times_check(t->claims, rules);
	if (r == REFUSAL_NONE && json_object_get(t->claims, "sub") != NULL) {
		r = claims_sub(t->claims, &whom);
		if (r == REFUSAL_NONE && !str_equal(whom, sub))
			r = REFUSAL_SUB_WRONG;
	}
	return r;
}

enum refusal
other_claims_add(json_t *all, const struct other_source *source,
    const struct token *t, const struct claims_rules *rules,
    struct csn_str sub, struct arena *a)
{
	enum refusal r = token_check(t, rules, sub, a);

	for (size_t i = 0; i < source->claims.n && r == REFUSAL_NONE; i++) {
		const char *name = source->claims.v[i].p;
		json_t *value = json_object_get(t->claims, name);

		if (value == NULL || json_object_get(all, name) != NULL)
			continue;
		if (json_object_set(all, name, value) != 0)
			r = REFUSAL_MEMORY;
	}
	return r;
}
