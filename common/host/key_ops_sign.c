/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ops_sign.c - signatures by their JOSE names (RFC 7518 3, RFC 8037 3.1)
 *
 * It must never let a name choose what the key does not fit: the table binds
 * each to one kind of key, and EC to one curve.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "key_ops_impl.h"
#include "lib/secret.h"
#include "result.h"

#define SIGNATURE_MAX	1024u	/* RSA of 8192 bits */

struct sign_alg {
	struct csn_str name;
	enum key_kind kind;
	const char *digest;	/* NULL: the algorithm's own */
	size_t bytes;		/* HS: least secret; ES: of r and of s */
	bool pss;
};

static const struct sign_alg algs[] = {
	{ STR_INIT("RS256"), KEY_RSA, "SHA256", 0, false },
	{ STR_INIT("RS384"), KEY_RSA, "SHA384", 0, false },
	{ STR_INIT("RS512"), KEY_RSA, "SHA512", 0, false },
	{ STR_INIT("PS256"), KEY_RSA, "SHA256", 0, true },
	{ STR_INIT("PS384"), KEY_RSA, "SHA384", 0, true },
	{ STR_INIT("PS512"), KEY_RSA, "SHA512", 0, true },
	{ STR_INIT("ES256"), KEY_P256, "SHA256", 32, false },
	{ STR_INIT("ES384"), KEY_P384, "SHA384", 48, false },
	{ STR_INIT("ES512"), KEY_P521, "SHA512", 66, false },
	{ STR_INIT("EdDSA"), KEY_ED25519, NULL, 0, false },
	{ STR_INIT("HS256"), KEY_SECRET, "SHA256", 32, false },
	{ STR_INIT("HS384"), KEY_SECRET, "SHA384", 48, false },
	{ STR_INIT("HS512"), KEY_SECRET, "SHA512", 64, false },
};

static const struct sign_alg *
alg_find(const struct key_ops *k, struct csn_str name)
{
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (str_equal(algs[i].name, name))
			return algs[i].kind == k->kind ? &algs[i] : NULL;
	return NULL;
}

/* RFC 7518 3.5: a salt as long as the hash. */
static int
pss_set(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool
pkey_sign(const struct key_ops *k, const struct sign_alg *alg,
    struct csn_str data, uint8_t ret[static SIGNATURE_MAX], size_t *ret_n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	size_t n = SIGNATURE_MAX;
	bool done = ctx != NULL && EVP_DigestSignInit_ex(ctx, &pctx,
	    alg->digest, NULL, NULL, k->pkey, NULL) == 1 &&
	    (!alg->pss || pss_set(pctx)) && EVP_DigestSign(ctx, ret, &n,
	    (const unsigned char *)data.p, data.n) == 1;

	EVP_MD_CTX_free(ctx);
	if (done)
		*ret_n = n;
	return done;
}

/* RFC 7518 3.4: r and s, each as long as the curve's order, in place of the
 * DER that OpenSSL gives. In place. */
static bool
signature_raw(uint8_t *p, size_t *n, size_t bytes)
{
	const unsigned char *at = p;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)*n);
	bool done = sig != NULL && at == p + *n &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), p, (int)bytes) == (int)bytes &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), p + bytes, (int)bytes) ==
	    (int)bytes;

	ECDSA_SIG_free(sig);
	*n = 2 * bytes;
	return done;
}

static int32_t
secret_sign(const struct key_ops *k, const struct sign_alg *alg,
    struct csn_str data, uint8_t ret[static SIGNATURE_MAX], size_t *ret_n)
{
	if (k->secret_n < alg->bytes)
		return CSN_E_INVALID;
	if (EVP_Q_mac(NULL, "HMAC", NULL, alg->digest, NULL, k->secret,
	    k->secret_n, (const unsigned char *)data.p, data.n, ret,
	    SIGNATURE_MAX, ret_n) == NULL)
		return CSN_E_BACKEND;
	return CSN_OK;
}

int32_t
key_ops_sign(const struct key_ops *k, struct csn_str name, struct csn_str data,
    struct arena *a, struct csn_str *ret)
{
	const struct sign_alg *alg = alg_find(k, name);
	uint8_t sig[SIGNATURE_MAX];
	int32_t rc = CSN_OK;
	size_t n = 0;

	if (alg == NULL)
		return CSN_E_INVALID;
	if (data.n > KEY_OPS_DATA_MAX)
		return CSN_E_LIMIT;
	if (k->kind == KEY_SECRET)
		rc = secret_sign(k, alg, data, sig, &n);
	else if (!pkey_sign(k, alg, data, sig, &n) ||
	    (alg->bytes > 0 && !signature_raw(sig, &n, alg->bytes)))
		rc = CSN_E_BACKEND;
	if (rc == CSN_OK)
		rc = result_put(a, str_of(sig, n), ret);
	secret_wipe(sig, sizeof(sig));
	ERR_clear_error();
	return rc;
}
