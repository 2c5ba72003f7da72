/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_key.c - one JSON web key, judged and used (RFC 7517 4, RFC 7518 3)
 *
 * A key is bound to its kind, its curve and, if it says so, its algorithm.
 * What does not fit exactly is not used; it must never be repaired.
 */
#include "jwk_key.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lib/text.h"

#include "jwk_parts.h"

#define KEY_OPS_MAX	16u

/* ------------------------------------------------------------------ */
/* what a key says of itself */

/* RFC 7517 4.2 */
static enum refusal
use_check(const json_t *jwk)
{
	struct csn_str use;

	switch (json_member_text(jwk, "use", &use)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		return str_is(use, "sig") ? REFUSAL_NONE : REFUSAL_KEY_USE;
	case MEMBER_WRONG:
		break;
	}
	return REFUSAL_KEY_MALFORMED;
}

/* RFC 7517 4.3 */
static enum refusal
ops_check(const json_t *jwk)
{
	const json_t *ops = json_object_get(jwk, "key_ops");
	bool verify = false;

	if (ops == NULL)
		return REFUSAL_NONE;
	if (!json_is_array(ops) || json_array_size(ops) > KEY_OPS_MAX)
		return REFUSAL_KEY_MALFORMED;
	for (size_t i = 0; i < json_array_size(ops); i++) {
		const char *op = json_string_value(json_array_get(ops, i));

		if (op == NULL)
			return REFUSAL_KEY_MALFORMED;
		if (strcmp(op, "verify") == 0)
			verify = true;
	}
	return verify ? REFUSAL_NONE : REFUSAL_KEY_OPS;
}

/* RFC 7517 4.4 */
static enum refusal
alg_check(const json_t *jwk, struct jwk *ret)
{
	struct csn_str alg;

	switch (json_member_text(jwk, "alg", &alg)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		ret->alg = jws_alg_find(alg);
		return ret->alg != 0 ? REFUSAL_NONE : REFUSAL_KEY_ALG;
	case MEMBER_WRONG:
		break;
	}
	return REFUSAL_KEY_MALFORMED;
}

/* RFC 7517 4.5 */
static enum refusal
kid_check(const json_t *jwk, struct arena *a, struct jwk *ret)
{
	struct csn_str kid;

	switch (json_member_text(jwk, "kid", &kid)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		if (kid.n > JWS_KID_MAX || !text_plain(kid))
			break;
		ret->kid = arena_str(a, kid);
		return ret->kid.p != NULL ? REFUSAL_NONE : REFUSAL_MEMORY;
	case MEMBER_WRONG:
		break;
	}
	return REFUSAL_KEY_MALFORMED;
}

/* What nobody publishes who is in control of his keys (RFC 7518 6.2.2, 6.3.2,
 * 6.4). */
static enum refusal
secrets_check(const json_t *jwk)
{
	static const char *const private[] = {
		"d", "p", "q", "dp", "dq", "qi", "oth", "priv"
	};
	const char *kty = json_string_value(json_object_get(jwk, "kty"));

	if (json_object_get(jwk, "k") != NULL ||
	    (kty != NULL && strcmp(kty, "oct") == 0))
		return REFUSAL_KEY_SYMMETRIC;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (json_object_get(jwk, private[i]) != NULL)
			return REFUSAL_KEY_PRIVATE;
	return REFUSAL_NONE;
}

static enum refusal
key_judge(const json_t *jwk, struct arena *a, struct jwk *ret)
{
	enum refusal r = kid_check(jwk, a, ret);

	if (r == REFUSAL_NONE)
		r = use_check(jwk);
	if (r == REFUSAL_NONE)
		r = ops_check(jwk);
	if (r == REFUSAL_NONE)
		r = alg_check(jwk, ret);
	if (r == REFUSAL_NONE)
		r = jwk_parts_read(jwk, ret);
	ERR_clear_error();
	return r;
}

/* ------------------------------------------------------------------ */
/* made ready */

/* RFC 7518 3.5: a salt as long as the hash. */
static int
pss_set(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static EVP_MD_CTX *
ready_make(EVP_PKEY *pkey, const struct jws_alg_row *row)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const char *hash = row->kind == JWS_KEY_ED25519 ? NULL : row->hash;

	if (ctx != NULL && (EVP_DigestVerifyInit_ex(ctx, &pctx, hash, NULL,
	    NULL, pkey, NULL) != 1 || (row->pss && pss_set(pctx) != 1))) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static enum refusal
ready_all(struct jwk *key, uint32_t algs)
{
	bool any = false;

	for (size_t i = 1; i < JWS_ALG_END; i++) {
		const struct jws_alg_row *row = jws_alg_row((enum jws_alg)i);

		if ((algs & JWS_BIT(i)) == 0 || row->kind != key->kind ||
		    (key->alg != 0 && key->alg != i))
			continue;
		key->ready[i] = ready_make(key->pkey, row);
		if (key->ready[i] == NULL)
			return REFUSAL_MEMORY;
		any = true;
	}
	return any ? REFUSAL_NONE : REFUSAL_KEY_ALG;
}

enum refusal
jwk_key_read(const json_t *jwk, uint32_t algs, struct arena *a,
    struct jwk *ret)
{
	enum refusal r;

	memset(ret, 0, sizeof(*ret));
	ret->why = REFUSAL_KEY_MALFORMED;
	if (!json_is_object(jwk))
		return REFUSAL_NONE;
	r = secrets_check(jwk);
	if (r != REFUSAL_NONE)
		return r;
	r = key_judge(jwk, a, ret);
	if (r == REFUSAL_NONE)
		r = ready_all(ret, algs);
	if (r == REFUSAL_MEMORY)
		return r;
	ret->why = r;
	return REFUSAL_NONE;
}

void
jwk_key_free(struct jwk *key)
{
	for (size_t i = 0; i < JWS_ALG_END; i++)
		EVP_MD_CTX_free(key->ready[i]);
	EVP_PKEY_free(key->pkey);
	memset(key, 0, sizeof(*key));
}

/* ------------------------------------------------------------------ */
/* used */

enum refusal
jwk_key_fits(const struct jwk *key, enum jws_alg alg)
{
	const struct jws_alg_row *row = jws_alg_row(alg);

	if (row == NULL)
		return REFUSAL_ALG_UNKNOWN;
	if (key->kind != JWS_KEY_NONE && key->kind != row->kind)
		return REFUSAL_KEY_TYPE;
	if (key->alg != 0 && key->alg != alg)
		return REFUSAL_KEY_ALG;
	if (key->why != REFUSAL_NONE)
		return key->why;
	return key->ready[alg] != NULL ? REFUSAL_NONE : REFUSAL_KEY_ALG;
}

/* An INTEGER of DER (X.690 8.3) from a number of n bytes; how many bytes it
 * took, or 0 for zero, which no signature holds. */
static size_t
der_integer(const uint8_t *v, size_t n, uint8_t *to)
{
	size_t pad;

	while (n > 0 && *v == 0) {
		v++;
		n--;
	}
	if (n == 0)
		return 0;
	pad = *v >> 7;
	to[0] = 2;
	to[1] = (uint8_t)(n + pad);
	to[2] = 0;
	memcpy(to + 2 + pad, v, n);
	return 2 + pad + n;
}

#define DER_MAX (3 + 2 * (2 + 67))

/* RFC 7518 3.4: r and s, one behind the other, as the DER that OpenSSL wants.
 * How many bytes, or 0. */
static size_t
der_signature(const uint8_t *v, size_t half, uint8_t to[static DER_MAX])
{
	uint8_t body[DER_MAX];
	size_t r = der_integer(v, half, body), s, n;

	s = r > 0 ? der_integer(v + half, half, body + r) : 0;
	if (s == 0)
		return 0;
	n = 0;
	to[n++] = 0x30;
	if (r + s >= 0x80)
		to[n++] = 0x81;
	to[n++] = (uint8_t)(r + s);
	memcpy(to + n, body, r + s);
	return n + r + s;
}

static bool
ready_verify(const EVP_MD_CTX *ready, struct csn_str input, const uint8_t *sig,
    size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_MD_CTX_copy_ex(ctx, ready) == 1 &&
	    EVP_DigestVerify(ctx, sig, n, (const unsigned char *)input.p,
	    input.n) == 1;

	EVP_MD_CTX_free(ctx);
	if (!good)
		ERR_clear_error();
	return good;
}

enum refusal
jwk_key_verify(const struct jwk *key, enum jws_alg alg, struct csn_str input,
    struct csn_str signature)
{
	const struct jws_alg_row *row = jws_alg_row(alg);
	const uint8_t *sig = (const uint8_t *)signature.p;
	uint8_t der[DER_MAX];
	size_t n = signature.n, want;

	if (row == NULL || key->ready[alg] == NULL)
		return REFUSAL_KEY_ALG;
	want = row->kind == JWS_KEY_RSA ? (size_t)EVP_PKEY_get_size(key->pkey) :
	    row->kind == JWS_KEY_ED25519 ? row->bytes : 2 * row->bytes;
	if (n != want)
		return REFUSAL_SIGNATURE_LENGTH;
	if (row->kind != JWS_KEY_RSA && row->kind != JWS_KEY_ED25519) {
		n = der_signature(sig, row->bytes, der);
		sig = der;
	}
	return n > 0 && ready_verify(key->ready[alg], input, sig, n) ?
	    REFUSAL_NONE : REFUSAL_SIGNATURE;
}
