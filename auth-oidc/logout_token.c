/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * logout_token.c - back-channel logout tokens, judged (OpenID Connect
 * Back-Channel Logout 1.0, 2.4, 2.6)
 *
 * It must never take an ID token for a logout token, or the other way round:
 * that is what events and nonce tell apart.
 */
#include "logout_token.h"

#include <openssl/evp.h>

#include "lib/base64url.h"
#include "lib/text.h"

#define EVENT "http://schemas.openid.net/event/backchannel-logout"

/* 2.4, 2.6 (6): exactly our event, an object. Others beside it are another
 * sort of security event token. */
static enum refusal
events_check(const json_t *claims)
{
	const json_t *events, *event;
	enum refusal r = claims_member(json_member_object(claims, "events",
	    &events), REFUSAL_EVENTS_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	if (json_member_object(events, EVENT, &event) != MEMBER_GOOD ||
	    json_object_size(events) != 1)
		return REFUSAL_EVENTS_WRONG;
	return REFUSAL_NONE;
}

/* 2.4, 2.6 (5) */
static enum refusal
whom_check(const json_t *claims, struct logout_token *ret)
{
	enum json_member m;
	enum refusal r = REFUSAL_NONE;

	if (json_object_get(claims, "sub") != NULL)
		r = claims_sub(claims, &ret->sub);
	if (r != REFUSAL_NONE)
		return r;
	m = json_member_text(claims, "sid", &ret->sid);
	r = claims_optional(m, REFUSAL_SID_MISSING);
	if (r != REFUSAL_NONE)
		return r;
	if (m == MEMBER_GOOD && (ret->sid.n == 0 ||
	    ret->sid.n > CLAIMS_SUB_MAX || !text_plain(ret->sid)))
		return REFUSAL_SID_WRONG;
	return ret->sub.p == NULL && ret->sid.p == NULL ? REFUSAL_SUB_OR_SID :
	    REFUSAL_NONE;
}

/* The same iss and jti give the same key, and no other pair does: a length
 * stands before the first. */
static enum refusal
replay_key(struct csn_str iss, struct csn_str jti, struct logout_token *ret)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	size_t n = 0;
	struct buf b, key;
	bool good;

	buf_init(&b, 65536);
	buf_lv32(&b, iss);
	buf_str_put(&b, jti);
	good = !buf_failed(&b) && EVP_Q_digest(NULL, "SHA256", NULL,
	    buf_str(&b).p, b.n, md, &n) == 1;
	buf_free(&b);
	buf_init_fixed(&key, ret->replay, sizeof(ret->replay));
	if (good)
		base64url_encode(&key, str_of(md, n));
	return good && !buf_failed(&key) ? REFUSAL_NONE : REFUSAL_MEMORY;
}

static enum refusal
jti_check(const json_t *claims, const struct claims_rules *rules,
    struct logout_token *ret)
{
	struct csn_str jti;
	enum refusal r = claims_member(json_member_text(claims, "jti", &jti),
	    REFUSAL_JTI_MISSING);

	if (r != REFUSAL_NONE)
		return r;
	if (jti.n == 0)
		return REFUSAL_JTI_WRONG;
	return replay_key(rules->issuer, jti, ret);
}

/* 2.6 (4); and a token that is good for ever could be sent again once its
 * replay key is gone. */
static enum refusal
times_check(const json_t *claims, const struct claims_rules *rules,
    struct logout_token *ret)
{
	enum refusal r = claims_exp(claims, rules, &ret->exp);

	if (r == REFUSAL_NONE)
		r = claims_iat(claims, rules, &ret->iat);
	if (r == REFUSAL_NONE)
		r = claims_nbf(claims, rules);
	if (r != REFUSAL_NONE)
		return r;
	if (ret->exp < ret->iat)
		return REFUSAL_EXP_BEFORE;
	if (ret->exp > claims_now(rules) + LOGOUT_TOKEN_LIFE_S +
	    claims_skew(rules))
		return REFUSAL_EXP_FAR;
	ret->replay_s = ret->exp - claims_now(rules) + claims_skew(rules) + 1;
	return REFUSAL_NONE;
}

static enum refusal
claims_check(const struct token *t, const struct claims_rules *rules,
    struct arena *a, struct logout_token *ret)
{
	const struct csn_str typ = t->jws.typ;
	enum refusal r;
	size_t n;

	/* 2.4, RFC 8725 3.11 */
	if (typ.p != NULL && !str_equal_fold(typ, STR("logout+jwt")) &&
	    !str_equal_fold(typ, STR("application/logout+jwt")) &&
	    !str_equal_fold(typ, STR("JWT")))
		return REFUSAL_TOKEN_TYPE;
	/* 2.6 (7) */
	if (json_object_get(t->claims, "nonce") != NULL)
		return REFUSAL_NONCE_PRESENT;
	r = claims_iss(t->claims, rules);
	if (r == REFUSAL_NONE)
		r = claims_aud(t->claims, rules, a, &n);
	if (r == REFUSAL_NONE)
		r = times_check(t->claims, rules, ret);
	if (r == REFUSAL_NONE)
		r = events_check(t->claims);
	if (r == REFUSAL_NONE)
		r = whom_check(t->claims, ret);
	if (r == REFUSAL_NONE)
		r = jti_check(t->claims, rules, ret);
	return r;
}

enum refusal
logout_token_check(const struct token *t, const struct claims_rules *rules,
    struct arena *a, struct logout_token *ret)
{
	struct logout_token out = { 0 };
	enum refusal r;

	if (t->verified != REFUSAL_NONE || t->claims == NULL)
		return REFUSAL_TOKEN_UNVERIFIED;
	r = claims_check(t, rules, a, &out);
	if (r == REFUSAL_NONE)
		*ret = out;
	return r;
}

enum refusal
logout_token_shape(const struct token *t, const struct claims_rules *rules,
    struct arena *a)
{
	struct logout_token out = { 0 };

	return t->claims == NULL ? REFUSAL_TOKEN_UNVERIFIED :
	    claims_check(t, rules, a, &out);
}
