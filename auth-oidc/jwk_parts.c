/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_parts.c - what a JSON web key consists of (RFC 7518 6, RFC 8037 2)
 *
 * A modulus, a point, judged before OpenSSL makes a key of them. It must never
 * let a key be that is too short to mean anything, or with which a signature
 * fits any message.
 */
#include "jwk_parts.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "lib/base64url.h"

#define RSA_BITS_MIN	2048
#define RSA_BITS_MAX	8192
#define RSA_E_BYTES	4u	/* greater ones only cost time */

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

enum refusal
jwk_parts_read(const json_t *jwk, struct jwk *ret)
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
