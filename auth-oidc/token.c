/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * token.c - tokens opened, read and verified, in that order
 *
 * It must never call a token verified that is not, nor unwrap more than one
 * layer of encryption.
 */
#include "token.h"

static enum refusal
outer_open(struct csn_str *compact, const struct jwe_opener *by,
    struct arena *a, struct token *t)
{
	enum refusal r;

	t->encrypted = jwe_looks(*compact);
	if (!t->encrypted)
		return by != NULL && by->required ? REFUSAL_JWE_REQUIRED :
		    REFUSAL_NONE;
	if (by == NULL)
		return REFUSAL_JWE_UNEXPECTED;
	r = jwe_open(*compact, by, a, compact);
	/* OIDC Core 10.2: signed, then encrypted; never encrypted alone */
	if (r == REFUSAL_NONE && compact_parts(*compact, 4) != 3)
		return REFUSAL_JWE_NESTED;
	return r;
}

enum refusal
token_read(struct csn_str compact, const struct jwe_opener *by,
    struct arena *a, struct token *ret)
{
	enum refusal r;

	memset(ret, 0, sizeof(*ret));
	ret->verified = REFUSAL_TOKEN_UNVERIFIED;
	r = compact.n > COMPACT_BYTES_MAX ? REFUSAL_TOKEN_LENGTH :
	    outer_open(&compact, by, a, ret);
	ret->compact = compact;
	if (r == REFUSAL_NONE)
		r = jws_parse(compact, a, &ret->jws);
	/* RFC 7519 5.2: what holds another token is none of what we take */
	if (r == REFUSAL_NONE && str_equal_fold(ret->jws.cty, STR("JWT")))
		r = REFUSAL_HEADER_CTY;
	if (r == REFUSAL_NONE)
		r = json_text_read(ret->jws.payload, &json_token_caps,
		    &ret->claims);
	if (r != REFUSAL_NONE)
		token_free(ret);
	return r;
}

enum refusal
token_verify(struct token *t, const struct jws_keys *keys)
{
	t->verified = t->claims == NULL ? REFUSAL_TOKEN_UNVERIFIED :
	    jws_verify(&t->jws, keys);
	return t->verified;
}

void
token_free(struct token *t)
{
	json_decref(t->claims);
	memset(t, 0, sizeof(*t));
	t->verified = REFUSAL_TOKEN_UNVERIFIED;
}
