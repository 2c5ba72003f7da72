/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * claims.c - who made a token, for whom, and when (RFC 7519 4.1)
 *
 * It must never take a time for good that it could not read, nor an audience
 * that only contains ours.
 */
#include "claims.h"

#include "lib/text.h"

enum refusal
claims_member(enum json_member m, enum refusal missing)
{
	switch (m) {
	case MEMBER_GOOD:
		return REFUSAL_NONE;
	case MEMBER_MISSING:
		return missing;
	case MEMBER_WRONG:
		break;
	}
	return (enum refusal)(missing + 1);	/* ..._TYPE follows */
}

enum refusal
claims_optional(enum json_member m, enum refusal missing)
{
	return m == MEMBER_MISSING ? REFUSAL_NONE : claims_member(m, missing);
}

enum refusal
claims_iss(const json_t *claims, const struct claims_rules *rules)
{
	struct csn_str iss;
	enum refusal r = claims_member(json_member_text(claims, "iss", &iss),
	    REFUSAL_ISS_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	/* an empty issuer in the rules equals nothing */
	return rules->issuer.n > 0 && str_equal(iss, rules->issuer) ?
	    REFUSAL_NONE : REFUSAL_ISS_WRONG;
}

enum refusal
claims_sub(const json_t *claims, struct csn_str *ret)
{
	struct csn_str sub;
	enum refusal r = claims_member(json_member_text(claims, "sub", &sub),
	    REFUSAL_SUB_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	if (sub.n == 0 || sub.n > CLAIMS_SUB_MAX || !text_plain(sub))
		return REFUSAL_SUB_MALFORMED;
	*ret = sub;
	return REFUSAL_NONE;
}

static bool
trusted(const struct claims_rules *rules, struct csn_str audience)
{
	for (size_t i = 0; i < rules->trusted.n; i++)
		if (str_equal(rules->trusted.v[i], audience))
			return true;
	return false;
}

enum refusal
claims_aud(const json_t *claims, const struct claims_rules *rules,
    struct arena *a, size_t *ret_n)
{
	struct csn_strs aud;
	enum refusal r = claims_member(json_member_texts(claims, "aud",
	    CLAIMS_AUD_MAX, a, &aud), REFUSAL_AUD_MISSING);
	bool ours = false, others = false;

	if (r != REFUSAL_NONE)
		return r;
	for (size_t i = 0; i < aud.n; i++) {
		if (rules->client_id.n > 0 &&
		    str_equal(aud.v[i], rules->client_id))
			ours = true;
		else if (!trusted(rules, aud.v[i]))
			others = true;
	}
	if (!ours)
		return REFUSAL_AUD_WRONG;
	if (others)
		return REFUSAL_AUD_OTHERS;
	*ret_n = aud.n;
	return REFUSAL_NONE;
}

/* Whole seconds: a token is good until its exp begins (RFC 7519 4.1.4). */
int64_t
claims_now(const struct claims_rules *rules)
{
	return rules->now_ms / 1000;
}

int64_t
claims_skew(const struct claims_rules *rules)
{
	return rules->skew_s < 0 ? 0 : rules->skew_s > CLAIMS_SKEW_MAX_S ?
	    CLAIMS_SKEW_MAX_S : rules->skew_s;
}

enum refusal
claims_exp(const json_t *claims, const struct claims_rules *rules,
    int64_t *ret)
{
	int64_t exp;
	enum refusal r = claims_member(json_member_number(claims, "exp", &exp),
	    REFUSAL_EXP_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	if (exp + claims_skew(rules) <= claims_now(rules))
		return REFUSAL_EXP_WRONG;
	*ret = exp;
	return REFUSAL_NONE;
}

enum refusal
claims_iat(const json_t *claims, const struct claims_rules *rules,
    int64_t *ret)
{
	int64_t iat, now = claims_now(rules), skew = claims_skew(rules);
	enum refusal r = claims_member(json_member_number(claims, "iat", &iat),
	    REFUSAL_IAT_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	if (iat > now + skew)
		return REFUSAL_IAT_WRONG;
	if (rules->age_s > 0 && iat + skew < now - rules->age_s)
		return REFUSAL_IAT_OLD;
	*ret = iat;
	return REFUSAL_NONE;
}

enum refusal
claims_nbf(const json_t *claims, const struct claims_rules *rules)
{
	int64_t nbf = 0;
	enum refusal r = claims_optional(json_member_number(claims, "nbf",
	    &nbf), REFUSAL_NBF_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	return nbf > claims_now(rules) + claims_skew(rules) ?
	    REFUSAL_NBF_WRONG : REFUSAL_NONE;
}

enum refusal
claims_times(const json_t *claims, const struct claims_rules *rules)
{
	int64_t t;
	enum refusal r = REFUSAL_NONE;

	if (json_object_get(claims, "exp") != NULL)
		r = claims_exp(claims, rules, &t);
	if (r == REFUSAL_NONE && json_object_get(claims, "iat") != NULL)
		r = claims_iat(claims, rules, &t);
	return r == REFUSAL_NONE ? claims_nbf(claims, rules) : r;
}
