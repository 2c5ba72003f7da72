/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws.c - signed messages, split and checked (RFC 7515 5.2)
 *
 * It must never look for a key in the message, nor go on to another algorithm
 * than the one that the client is pinned to.
 */
#include "jws.h"

#include <openssl/evp.h>

#include "compact.h"
#include "jwk_key.h"
#include "lib/secret.h"
#include "lib/text.h"

/* ------------------------------------------------------------------ */
/* the header (RFC 7515 4.1) */

static enum refusal
alg_read(const json_t *header, enum jws_alg *ret)
{
	struct csn_str name;

	switch (json_member_text(header, "alg", &name)) {
	case MEMBER_MISSING:
		return REFUSAL_ALG_MISSING;
	case MEMBER_WRONG:
		return REFUSAL_ALG_UNKNOWN;
	case MEMBER_GOOD:
		break;
	}
	if (str_equal_fold(name, STR("none")))
		return REFUSAL_ALG_NONE;
	*ret = jws_alg_find(name);
	return *ret != 0 ? REFUSAL_NONE : REFUSAL_ALG_UNKNOWN;
}

static enum refusal
text_read(const json_t *header, const char *name, enum refusal wrong,
    struct arena *a, struct csn_str *ret)
{
	struct csn_str text;

	switch (json_member_text(header, name, &text)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		if (text.n > JWS_KID_MAX || !text_plain(text))
			return wrong;
		*ret = arena_str(a, text);
		return ret->p != NULL ? REFUSAL_NONE : REFUSAL_MEMORY;
	case MEMBER_WRONG:
		break;
	}
	return wrong;
}

static enum refusal
header_read(const json_t *header, struct arena *a, struct jws *ret)
{
	enum refusal r;

	/* RFC 7515 4.1.11: we understand no extension */
	if (json_object_get(header, "crit") != NULL)
		return REFUSAL_HEADER_CRIT;
	/* RFC 7797 6 */
	if (json_object_get(header, "b64") != NULL)
		return REFUSAL_HEADER_B64;
	r = alg_read(header, &ret->alg);
	if (r == REFUSAL_NONE)
		r = text_read(header, "kid", REFUSAL_HEADER_KID, a, &ret->kid);
	if (r == REFUSAL_NONE)
		r = text_read(header, "typ", REFUSAL_TOKEN_TYPE, a, &ret->typ);
	if (r == REFUSAL_NONE)
		r = text_read(header, "cty", REFUSAL_HEADER_CTY, a, &ret->cty);
	return r;
}

enum refusal
jws_parse(struct csn_str compact, struct arena *a, struct jws *ret)
{
	struct csn_str part[3], text;
	struct jws jws = { 0 };
	json_t *header = NULL;
	enum refusal r = compact_split(compact, part, 3);

	if (r == REFUSAL_NONE)
		r = compact_decode(part[0], a, &text);
	if (r == REFUSAL_NONE)
		r = json_text_read(text, &json_token_caps, &header);
	if (r == REFUSAL_NONE)
		r = header_read(header, a, &jws);
	json_decref(header);
	if (r == REFUSAL_NONE)
		r = compact_decode(part[1], a, &jws.payload);
	if (r == REFUSAL_NONE)
		r = compact_decode(part[2], a, &jws.signature);
	if (r != REFUSAL_NONE)
		return r;
	jws.input = str_of(compact.p, part[0].n + 1 + part[1].n);
	*ret = jws;
	return REFUSAL_NONE;
}

/* ------------------------------------------------------------------ */
/* the signature */

static enum refusal
hmac_verify(const struct jws *jws, struct csn_str secret)
{
	const struct jws_alg_row *row = jws_alg_row(jws->alg);
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t n = 0;

	if (secret.n == 0)
		return REFUSAL_SECRET_MISSING;
	/* RFC 7518 3.2 */
	if (secret.n < row->bytes)
		return REFUSAL_SECRET_LENGTH;
	if (jws->signature.n != row->bytes)
		return REFUSAL_SIGNATURE_LENGTH;
	if (EVP_Q_mac(NULL, "HMAC", NULL, row->hash, NULL, secret.p, secret.n,
	    (const unsigned char *)jws->input.p, jws->input.n, mac,
	    sizeof(mac), &n) == NULL)
		return REFUSAL_MEMORY;
	return secret_equal(str_of(mac, n), jws->signature) ? REFUSAL_NONE :
	    REFUSAL_SIGNATURE;
}

/* Of the keys without a kid, or of all for a message without one: each that
 * fits is tried, up to a bound. */
static enum refusal
some_verify(const struct jws *jws, const struct jwks *set)
{
	enum refusal r = REFUSAL_KEY_MISSING;
	unsigned tries = 0;

	for (size_t i = 0; i < set->n && tries < JWS_TRIES_MAX; i++) {
		const struct jwk *key = &set->v[i];

		if ((jws->kid.p != NULL && key->kid.p != NULL) ||
		    jwk_key_fits(key, jws->alg) != REFUSAL_NONE)
			continue;
		tries++;
		r = jwk_key_verify(key, jws->alg, jws->input, jws->signature);
		if (r == REFUSAL_NONE)
			return r;
	}
	return r;
}

static enum refusal
keys_verify(const struct jws *jws, const struct jwks *set)
{
	enum refusal r = REFUSAL_KID_UNKNOWN, why;

	if (jws->kid.p == NULL)
		return some_verify(jws, set);
	for (size_t i = 0; i < set->n; i++) {
		const struct jwk *key = &set->v[i];

		if (key->kid.p == NULL || !str_equal(key->kid, jws->kid))
			continue;
		why = jwk_key_fits(key, jws->alg);
		/* one key at most fits, or several that are the same */
		if (why == REFUSAL_NONE)
			return jwk_key_verify(key, jws->alg, jws->input,
			    jws->signature);
		if (r == REFUSAL_KID_UNKNOWN)
			r = why;
	}
	if (r == REFUSAL_KID_UNKNOWN &&
	    some_verify(jws, set) == REFUSAL_NONE)
		return REFUSAL_NONE;
	return r;
}

enum refusal
jws_verify(const struct jws *jws, const struct jws_keys *keys)
{
	if (jws_alg_row(jws->alg) == NULL)
		return REFUSAL_ALG_UNKNOWN;
	/* RFC 8725 3.1, OIDC Core 3.1.3.7 (7) */
	if ((keys->algs & JWS_BIT(jws->alg)) == 0)
		return REFUSAL_ALG_OTHER;
	if ((JWS_HMAC & JWS_BIT(jws->alg)) != 0)
		return hmac_verify(jws, keys->secret);
	if (keys->jwks == NULL)
		return REFUSAL_KID_UNKNOWN;
	return keys_verify(jws, keys->jwks);
}
