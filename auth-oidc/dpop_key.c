/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * dpop_key.c - P-256 keys from 32 bytes and back
 *
 * It must never take a number that is no private key of the curve.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "dpop_key.h"

#define POINT_BYTES	65u	/* uncompressed */

/* The public point of a private number, or -1. */
static int
point_of(const BIGNUM *d, uint8_t ret[static POINT_BYTES])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
	int rc = -1;

	if (point != NULL && !BN_is_zero(d) &&
	    BN_cmp(d, EC_GROUP_get0_order(group)) < 0 &&
	    EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    ret, POINT_BYTES, NULL) == POINT_BYTES)
		rc = 0;
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return rc;
}

static EVP_PKEY *
key_of(const BIGNUM *d, const uint8_t point[static POINT_BYTES])
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bld != NULL && OSSL_PARAM_BLD_push_utf8_string(bld,
	    OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point, POINT_BYTES) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) !=
	    1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *
dpop_key_read(const uint8_t secret[static DPOP_KEY])
{
	BIGNUM *d = BN_secure_new();
	uint8_t point[POINT_BYTES];
	EVP_PKEY *key = NULL;

	if (d != NULL && BN_bin2bn(secret, DPOP_KEY, d) != NULL &&
	    point_of(d, point) == 0)
		key = key_of(d, point);
	BN_clear_free(d);
	return key;
}

int
dpop_key_public(EVP_PKEY *key, struct buf *b)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	if (n > 0)
		buf_put(b, der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && !buf_failed(b) ? 0 : -1;
}

/* RFC 7518 3.4: both numbers in 32 bytes each. */
static int
signature_flat(const uint8_t *der, size_t n, uint8_t ret[static 64])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int rc = -1;

	if (sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, 32) ==
	    32 && BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + 32, 32) == 32)
		rc = 0;
	ECDSA_SIG_free(sig);
	return rc;
}

int
dpop_key_sign(EVP_PKEY *key, struct csn_str data, uint8_t ret[static 64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t n = sizeof(der);
	int rc = -1;

	if (ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
	    key) == 1 && EVP_DigestSign(ctx, der, &n,
	    (const unsigned char *)data.p, data.n) == 1)
		rc = signature_flat(der, n, ret);
	EVP_MD_CTX_free(ctx);
	return rc;
}
