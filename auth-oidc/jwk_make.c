/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_make.c - public keys written as JSON web keys (RFC 7517, RFC 7638)
 *
 * It must never see a private key: it starts from a SubjectPublicKeyInfo.
 */
#include "jwk_make.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/base64url.h"

#define NUMBER_MAX 1024	/* bytes of a modulus of 8192 bits */

/* "name":"number in base64url"; with bytes > 0 padded to so many. */
static bool
number_put(struct buf *b, const char *name, EVP_PKEY *pkey, const char *param,
    int bytes)
{
	unsigned char v[NUMBER_MAX];
	BIGNUM *n = NULL;
	int len;
	bool good;

	if (EVP_PKEY_get_bn_param(pkey, param, &n) != 1)
		return false;
	len = bytes > 0 ? bytes : BN_num_bytes(n);
	good = len <= NUMBER_MAX && BN_bn2binpad(n, v, len) == len;
	BN_free(n);
	if (!good)
		return false;
	buf_printf(b, "\"%s\":\"", name);
	base64url_encode(b, str_of(v, (size_t)len));
	buf_char(b, '"');
	return true;
}

static bool
rsa_put(struct buf *b, EVP_PKEY *pkey)
{
	buf_char(b, '{');
	if (!number_put(b, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0))
		return false;
	buf_puts(b, ",\"kty\":\"RSA\",");
	if (!number_put(b, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0))
		return false;
	buf_char(b, '}');
	return true;
}

static const struct {
	const char *group, *crv;
	int bytes;
} curves[] = {
	{ "prime256v1", "P-256", 32 },
	{ "secp384r1", "P-384", 48 },
	{ "secp521r1", "P-521", 66 },
};

static bool
ec_put(struct buf *b, EVP_PKEY *pkey)
{
	char group[32];
	size_t i = 0;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return false;
	while (i < 3 && strcmp(group, curves[i].group) != 0)
		i++;
	if (i == 3)
		return false;
	buf_printf(b, "{\"crv\":\"%s\",\"kty\":\"EC\",", curves[i].crv);
	if (!number_put(b, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X,
	    curves[i].bytes))
		return false;
	buf_char(b, ',');
	if (!number_put(b, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
	    curves[i].bytes))
		return false;
	buf_char(b, '}');
	return true;
}

static bool
okp_put(struct buf *b, EVP_PKEY *pkey)
{
	unsigned char x[32];
	size_t n = sizeof(x);

	if (EVP_PKEY_get_raw_public_key(pkey, x, &n) != 1)
		return false;
	buf_puts(b, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"");
	base64url_encode(b, str_of(x, n));
	buf_puts(b, "\"}");
	return true;
}

static bool
pkey_put(struct buf *b, EVP_PKEY *pkey)
{
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return rsa_put(b, pkey);
	case EVP_PKEY_EC:
		return ec_put(b, pkey);
	case EVP_PKEY_ED25519:
		return okp_put(b, pkey);
	default:
		return false;
	}
}

int
jwk_make(struct csn_str spki, struct buf *b)
{
	const unsigned char *at = (const unsigned char *)spki.p;
	size_t before = b->n;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)spki.n);
	bool good = pkey != NULL &&
	    at == (const unsigned char *)spki.p + spki.n && pkey_put(b, pkey) &&
	    !buf_failed(b);

	EVP_PKEY_free(pkey);
	ERR_clear_error();
	if (good)
		return 0;
	buf_cut(b, before);
	return -1;
}

int
jwk_make_thumbprint(struct csn_str spki, char ret[static JWK_THUMBPRINT])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	struct buf text, out;
	size_t n = 0;
	bool good;

	buf_init(&text, 0);
	good = jwk_make(spki, &text) == 0 && EVP_Q_digest(NULL, "SHA256", NULL,
	    buf_str(&text).p, text.n, md, &n) == 1;
	buf_free(&text);
	buf_init_fixed(&out, ret, JWK_THUMBPRINT);
	if (good)
		base64url_encode(&out, str_of(md, n));
	return good && !buf_failed(&out) ? 0 : -1;
}

/* The members of a thumbprint, and those that go with a published key. */
static bool
published_put(struct buf *b, const struct jwk_publish *key)
{
	char kid[JWK_THUMBPRINT];

	if (jwk_make_thumbprint(key->spki, kid) != 0 ||
	    jwk_make(key->spki, b) != 0)
		return false;
	buf_cut(b, b->n - 1);
	buf_printf(b, ",\"kid\":\"%s\",\"use\":\"%s\",\"alg\":\"%s\"}", kid,
	    key->use, key->alg);
	return true;
}

int
jwk_make_set(const struct jwk_publish *keys, size_t n, struct buf *b)
{
	size_t before = b->n;
	bool good = true;

	buf_puts(b, "{\"keys\":[");
	for (size_t i = 0; i < n && good; i++) {
		if (i > 0)
			buf_char(b, ',');
		good = published_put(b, &keys[i]);
	}
	buf_puts(b, "]}");
	if (good && !buf_failed(b))
		return 0;
	buf_cut(b, before);
	return -1;
}
