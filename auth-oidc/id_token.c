/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * id_token.c - ID tokens judged, claim by claim, each by its section of
 * OpenID Connect Core 1.0
 *
 * It must never skip a check because the token came from the provider itself,
 * nor because nobody asked for the claim: what is there must be right.
 */
#include "id_token.h"

#include <openssl/evp.h>

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/text.h"

#define AMR_MAX 32u

/* ------------------------------------------------------------------ */
/* hashes of what came beside it */

int
id_token_half_hash(enum jws_alg alg, struct csn_str of, char ret[static 44])
{
	const char *hash = jws_alg_hash(alg);
	uint8_t md[EVP_MAX_MD_SIZE];
	size_t n = 0;
	struct buf b;

	if (hash == NULL || EVP_Q_digest(NULL, hash, NULL, of.p, of.n, md,
	    &n) != 1)
		return -1;
	buf_init_fixed(&b, ret, 44);
	base64url_encode(&b, str_of(md, n / 2));
	return buf_failed(&b) ? -1 : 0;
}

/* Core 3.1.3.6, 3.2.2.10, 3.3.2.11: at_hash and c_hash; s_hash likewise
 * (Financial-grade API 1.0 part 2, 5.1). What is there is compared, and what
 * must be there is missed; without the thing itself none can be right. */
static enum refusal
hash_check(const json_t *claims, enum jws_alg alg, const char *name,
    const struct id_token_hash *hash, enum refusal missing)
{
	struct csn_str claim;
	char want[44];
	enum json_member m = json_member_text(claims, name, &claim);

	if (m == MEMBER_MISSING)
		return hash->required ? missing : REFUSAL_NONE;
	if (m != MEMBER_GOOD)
		return claims_member(m, missing);
	if (hash->of.p == NULL)
		return hash->required ? (enum refusal)(missing + 2) :
		    REFUSAL_NONE;
	if (id_token_half_hash(alg, hash->of, want) != 0 ||
	    !secret_equal(claim, str_from(want)))
		return (enum refusal)(missing + 2);	/* ..._WRONG */
	return REFUSAL_NONE;
}

static enum refusal
hashes_check(const json_t *claims, enum jws_alg alg,
    const struct id_token_expect *expect)
{
	enum refusal r = hash_check(claims, alg, "at_hash",
	    &expect->access_token, REFUSAL_AT_HASH_MISSING);

	if (r == REFUSAL_NONE)
		r = hash_check(claims, alg, "c_hash", &expect->code,
		    REFUSAL_C_HASH_MISSING);
	if (r == REFUSAL_NONE)
		r = hash_check(claims, alg, "s_hash", &expect->state,
		    REFUSAL_S_HASH_MISSING);
	return r;
}

/* ------------------------------------------------------------------ */
/* for whom, and in which login */

/* Core 3.1.3.7 (3, 4, 5) */
static enum refusal
audience_check(const json_t *claims, const struct claims_rules *rules,
    struct arena *a)
{
	struct csn_str azp = STR("");
	enum json_member m = json_member_text(claims, "azp", &azp);
	size_t n = 0;
	enum refusal r = claims_aud(claims, rules, a, &n);

	if (r != REFUSAL_NONE)
		return r;
	if (m == MEMBER_MISSING)
		return n > 1 ? REFUSAL_AZP_MISSING : REFUSAL_NONE;
	r = claims_member(m, REFUSAL_AZP_MISSING);
	if (r != REFUSAL_NONE)
		return r;
	return str_equal(azp, rules->client_id) ? REFUSAL_NONE :
	    REFUSAL_AZP_WRONG;
}

/* Core 3.1.3.7 (11); after a refresh 12.2: none, or the first one's. */
static enum refusal
nonce_check(const json_t *claims, const struct id_token_expect *expect)
{
	bool refreshed = expect->before.sub.p != NULL;
	struct csn_str want = refreshed ? expect->before.nonce : expect->nonce;
	struct csn_str nonce;
	enum json_member m = json_member_text(claims, "nonce", &nonce);

	if (m == MEMBER_MISSING && refreshed)
		return REFUSAL_NONE;
	if (m != MEMBER_GOOD)
		return claims_member(m, REFUSAL_NONCE_MISSING);
	return secret_equal(nonce, want) ? REFUSAL_NONE : REFUSAL_NONCE_WRONG;
}

/* Core 12.2: the same person, in the same login. iss and aud are the rules',
 * as before. */
static enum refusal
before_check(const struct id_token *t, const struct id_token_expect *expect)
{
	if (expect->before.sub.p == NULL)
		return REFUSAL_NONE;
	if (!str_equal(t->sub, expect->before.sub))
		return REFUSAL_SUB_WRONG;
	if (t->iat < expect->before.iat)
		return REFUSAL_IAT_OLD;
	if (t->auth_time >= 0 && expect->before.auth_time >= 0 &&
	    t->auth_time != expect->before.auth_time)
		return REFUSAL_AUTH_TIME_WRONG;
	return REFUSAL_NONE;
}

/* ------------------------------------------------------------------ */
/* how, and when, the person was there */

/* Core 3.1.3.7 (13), 2, 3.1.2.1: demanded when max_age was sent. A zero is
 * 1970, and so too old. */
static enum refusal
auth_time_check(const json_t *claims, const struct claims_rules *rules,
    const struct id_token_expect *expect, int64_t *ret)
{
	int64_t now = claims_now(rules), skew = claims_skew(rules), t = -1;
	enum json_member m = json_member_number(claims, "auth_time", &t);

	if (m == MEMBER_MISSING) {
		*ret = -1;
		return expect->max_age_s >= 0 ? REFUSAL_AUTH_TIME_MISSING :
		    REFUSAL_NONE;
	}
	if (m != MEMBER_GOOD)
		return REFUSAL_AUTH_TIME_TYPE;
	/* security.md E9 */
	if (t > now + skew)
		return REFUSAL_AUTH_TIME_AHEAD;
	if (expect->max_age_s >= 0 && t + skew < now - expect->max_age_s)
		return REFUSAL_AUTH_TIME_WRONG;
	*ret = t;
	return REFUSAL_NONE;
}

/* Core 3.1.3.7 (12) */
static enum refusal
acr_check(const json_t *claims, const struct id_token_expect *expect,
    struct csn_str *ret)
{
	struct csn_str acr = str_of(NULL, 0);
	enum json_member m = json_member_text(claims, "acr", &acr);
	enum refusal r = expect->acr.n > 0 ?
	    claims_member(m, REFUSAL_ACR_MISSING) :
	    claims_optional(m, REFUSAL_ACR_MISSING);
	bool found = expect->acr.n == 0;

	for (size_t i = 0; i < expect->acr.n; i++)
		found |= str_equal(expect->acr.v[i], acr);
	if (r == REFUSAL_NONE && !found)
		r = REFUSAL_ACR_WRONG;
	if (r == REFUSAL_NONE)
		*ret = acr;
	return r;
}

/* Core 2: an array of strings; one bare string is not. */
static enum refusal
amr_check(const json_t *claims, struct arena *a, struct csn_strs *ret)
{
	const json_t *amr = json_object_get(claims, "amr");

	if (amr == NULL)
		return REFUSAL_NONE;
	if (!json_is_array(amr) ||
	    json_value_texts(amr, AMR_MAX, a, ret) != MEMBER_GOOD)
		return REFUSAL_AMR_TYPE;
	return REFUSAL_NONE;
}

/* Front-Channel Logout 1.0 3: the provider's name of its session. */
static enum refusal
sid_check(const json_t *claims, struct csn_str *ret)
{
	struct csn_str sid = str_of(NULL, 0);
	enum refusal r = claims_optional(json_member_text(claims, "sid", &sid),
	    REFUSAL_SID_MISSING);

	if (r == REFUSAL_NONE && sid.p != NULL &&
	    (sid.n == 0 || sid.n > CLAIMS_SUB_MAX || !text_plain(sid)))
		r = REFUSAL_SID_WRONG;
	if (r == REFUSAL_NONE)
		*ret = sid;
	return r;
}

/* ------------------------------------------------------------------ */

/* Core 3.1.3.7 (9, 10) */
static enum refusal
times_check(const json_t *claims, const struct claims_rules *rules,
    struct id_token *ret)
{
	enum refusal r = claims_exp(claims, rules, &ret->exp);

	if (r == REFUSAL_NONE)
		r = claims_iat(claims, rules, &ret->iat);
	if (r == REFUSAL_NONE)
		r = claims_nbf(claims, rules);
	if (r == REFUSAL_NONE && ret->exp < ret->iat)
		r = REFUSAL_EXP_BEFORE;
	return r;
}

static enum refusal
who_check(const json_t *claims, const struct claims_rules *rules,
    const struct id_token_expect *expect, struct arena *a,
    struct id_token *ret)
{
	enum refusal r = claims_iss(claims, rules);	/* 3.1.3.7 (2) */

	if (r == REFUSAL_NONE)
		r = claims_sub(claims, &ret->sub);	/* 2 */
	if (r == REFUSAL_NONE)
		r = audience_check(claims, rules, a);
	if (r == REFUSAL_NONE)
		r = times_check(claims, rules, ret);
	if (r == REFUSAL_NONE)
		r = nonce_check(claims, expect);
	return r;
}

static enum refusal
how_check(const json_t *claims, const struct claims_rules *rules,
    const struct id_token_expect *expect, struct arena *a,
    struct id_token *ret)
{
	enum refusal r = auth_time_check(claims, rules, expect,
	    &ret->auth_time);

	if (r == REFUSAL_NONE)
		r = acr_check(claims, expect, &ret->acr);
	if (r == REFUSAL_NONE)
		r = amr_check(claims, a, &ret->amr);
	if (r == REFUSAL_NONE)
		r = sid_check(claims, &ret->sid);
	return r;
}

enum refusal
id_token_check(const struct token *t, const struct claims_rules *rules,
    const struct id_token_expect *expect, struct arena *a,
    struct id_token *ret)
{
	struct id_token id = { .auth_time = -1 };
	enum refusal r;

	/* Core 3.1.3.7 (6): checked even where TLS could stand in for it */
	if (t->verified != REFUSAL_NONE || t->claims == NULL)
		return REFUSAL_TOKEN_UNVERIFIED;
	/* RFC 8725 3.11, 3.12: no logout token, access token or the like */
	if (t->jws.typ.p != NULL && !str_equal_fold(t->jws.typ, STR("JWT")))
		return REFUSAL_TOKEN_TYPE;
	/* Back-Channel Logout 2.4: an ID token has no events */
	if (json_object_get(t->claims, "events") != NULL)
		return REFUSAL_EVENTS_WRONG;
	r = who_check(t->claims, rules, expect, a, &id);
	if (r == REFUSAL_NONE)
		r = hashes_check(t->claims, t->jws.alg, expect);
	if (r == REFUSAL_NONE)
		r = how_check(t->claims, rules, expect, a, &id);
	if (r == REFUSAL_NONE)
		r = before_check(&id, expect);
	if (r == REFUSAL_NONE)
		*ret = id;
	return r;
}
