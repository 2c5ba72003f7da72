/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_key.c - one JSON web key, judged (RFC 7517 4, RFC 7518 6, RFC 8037 2)
 *
 * A key is bound to its kind, its curve and, if it says so, its algorithm.
 * What does not fit exactly is not used; it must never be repaired.
 */
#include "jwk_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "lib/base64url.h"
#include "lib/text.h"

#define RSA_BITS_MIN	2048
#define RSA_BITS_MAX	8192
#define RSA_E_BYTES	4u	/* greater ones only cost time */
#define KEY_OPS_MAX	16u

/* ------------------------------------------------------------------ */
/* numbers and points */

struct bytes {
	uint8_t v[RSA_BITS_MAX / 8 + 1];
	size_t n;
};

/* A member in base64url, of 1 byte up to the longest modulus there is. */
static enum refusal
member_bytes(const json_t *jwk, const char *name, struct bytes *ret)
{
	struct csn_str text;
	struct buf b;

	if (json_member_text(jwk, name, &text) != MEMBER_GOOD)
		return REFUSAL_KEY_MALFORMED;
	if (text.n > BASE64URL_LEN(sizeof(ret->v) - 1))
		return REFUSAL_KEY_SIZE;
	buf_init_fixed(&b, ret->v, sizeof(ret->v));
	if (base64url_decode(&b, text) != 0 || b.n == 0)
		return REFUSAL_KEY_MALFORMED;
	ret->n = b.n;
	return REFUSAL_NONE;
}

static int
bits_of(const struct bytes *b)
{
	int bits = (int)b->n * 8;

	for (unsigned top = b->v[0]; top < 0x80 && bits > 0; top <<= 1)
		bits--;
	return bits;
}

static EVP_PKEY *
pkey_from(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* ------------------------------------------------------------------ */
/* RSA (RFC 7518 6.3.1) */

static EVP_PKEY *
rsa_pkey(const struct bytes *n, const struct bytes *e)
{
	BIGNUM *bn = BN_bin2bn(n->v, (int)n->n, NULL);
	BIGNUM *be = BN_bin2bn(e->v, (int)e->n, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bn != NULL && be != NULL && bld != NULL &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(bld)) != NULL)
		pkey = pkey_from("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(be);
	BN_free(bn);
	return pkey;
}

static enum refusal
rsa_read(const json_t *jwk, struct jwk *ret)
{
	struct bytes n, e;
	enum refusal r = member_bytes(jwk, "n", &n);

	if (r == REFUSAL_NONE)
		r = member_bytes(jwk, "e", &e);
	if (r != REFUSAL_NONE)
		return r;
	/* RFC 7518 2, Base64urlUInt: as few bytes as the number has */
	if (n.v[0] == 0 || e.v[0] == 0 || (n.v[n.n - 1] & 1) == 0)
		return REFUSAL_KEY_MALFORMED;
	/* RFC 7518 3.3: 2048 bits or more */
	if (bits_of(&n) < RSA_BITS_MIN || bits_of(&n) > RSA_BITS_MAX)
		return REFUSAL_KEY_SIZE;
	if (e.n > RSA_E_BYTES || (e.v[e.n - 1] & 1) == 0 ||
	    (e.n == 1 && e.v[0] < 3))
		return REFUSAL_KEY_EXPONENT;
	ret->kind = JWS_KEY_RSA;
	ret->pkey = rsa_pkey(&n, &e);
	return ret->pkey != NULL ? REFUSAL_NONE : REFUSAL_KEY_MALFORMED;
}

/* ------------------------------------------------------------------ */
/* EC (RFC 7518 6.2.1) */

static const struct curve {
	const char *jose, *group;
	enum jws_kind kind;
	size_t bytes;
} curves[] = {
	{ "P-256", "prime256v1", JWS_KEY_P256, 32 },
	{ "P-384", "secp384r1", JWS_KEY_P384, 48 },
	{ "P-521", "secp521r1", JWS_KEY_P521, 66 },
};

/* On the curve, and not the point at infinity. */
static bool
point_sound(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool sound = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return sound;
}

static EVP_PKEY *
ec_pkey(const struct curve *c, const struct bytes *x, const struct bytes *y)
{
	uint8_t point[1 + 2 * 66];
	char group[16];
	OSSL_PARAM params[3];
	EVP_PKEY *pkey;

	point[0] = 4;		/* uncompressed, SEC 1 2.3.3 */
	memcpy(point + 1, x->v, c->bytes);
	memcpy(point + 1 + c->bytes, y->v, c->bytes);
	memcpy(group, c->group, strlen(c->group) + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    point, 1 + 2 * c->bytes);
	params[2] = OSSL_PARAM_construct_end();
	pkey = pkey_from("EC", params);
	if (pkey != NULL && !point_sound(pkey)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

static enum refusal
ec_read(const json_t *jwk, struct jwk *ret)
{
	const struct curve *c = NULL;
	struct bytes x, y;
	struct csn_str crv;
	enum refusal r;

	if (json_member_text(jwk, "crv", &crv) != MEMBER_GOOD)
		return REFUSAL_KEY_MALFORMED;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (str_is(crv, curves[i].jose))
			c = &curves[i];
	if (c == NULL)
		return REFUSAL_KEY_CURVE;
	r = member_bytes(jwk, "x", &x);
	if (r == REFUSAL_NONE)
		r = member_bytes(jwk, "y", &y);
	/* RFC 7518 6.2.1.2: the full size of a coordinate */
	if (r != REFUSAL_NONE || x.n != c->bytes || y.n != c->bytes)
		return REFUSAL_KEY_MALFORMED;
	ret->kind = c->kind;
	ret->pkey = ec_pkey(c, &x, &y);
	return ret->pkey != NULL ? REFUSAL_NONE : REFUSAL_KEY_POINT;
}

/* ------------------------------------------------------------------ */
/* OKP (RFC 8037 2) */

/* The y of the points of small order, the sign of x left out: with such a
 * "key" a signature fits any message. 0, 1, -1, the two of order 8, and the
 * two written with p more. */
static const uint8_t small_order[][32] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	    0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	    0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	    0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	    0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

static bool
order_small(const uint8_t y[static 32])
{
	for (size_t i = 0; i < sizeof(small_order) / 32; i++)
		if (memcmp(y, small_order[i], 31) == 0 &&
		    (y[31] & 0x7f) == small_order[i][31])
			return true;
	return false;
}

static enum refusal
okp_read(const json_t *jwk, struct jwk *ret)
{
	struct csn_str crv;
	struct bytes x;

	if (json_member_text(jwk, "crv", &crv) != MEMBER_GOOD)
		return REFUSAL_KEY_MALFORMED;
	if (!str_is(crv, "Ed25519"))
		return REFUSAL_KEY_CURVE;
	if (member_bytes(jwk, "x", &x) != REFUSAL_NONE || x.n != 32)
		return REFUSAL_KEY_MALFORMED;
	if (order_small(x.v))
		return REFUSAL_KEY_POINT;
	ret->kind = JWS_KEY_ED25519;
	ret->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x.v,
	    x.n);
	return ret->pkey != NULL ? REFUSAL_NONE : REFUSAL_KEY_POINT;
}

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

static enum refusal
parts_read(const json_t *jwk, struct jwk *ret)
{
	struct csn_str kty;

	if (json_member_text(jwk, "kty", &kty) != MEMBER_GOOD)
		return REFUSAL_KEY_MALFORMED;
	if (str_is(kty, "RSA"))
		return rsa_read(jwk, ret);
	if (str_is(kty, "EC"))
		return ec_read(jwk, ret);
	return str_is(kty, "OKP") ? okp_read(jwk, ret) : REFUSAL_KEY_TYPE;
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
		r = parts_read(jwk, ret);
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
