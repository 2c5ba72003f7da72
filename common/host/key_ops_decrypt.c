/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ops_decrypt.c - content keys, unwrapped (RFC 7518 4.3, 4.6)
 *
 * Its one answer to whatever does not decrypt is CSN_E_INVALID: it must never
 * say more, and there is no RSA1_5, whose padding gives answers by itself.
 */
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "key_ops_impl.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "result.h"

#define CONTENT_MAX	1024u	/* what RSA of 8192 bits can carry */
#define EPK_MAX		1024u	/* of a JWK as text */
#define PARTY_MAX	512u	/* of apu and apv, decoded */
#define POINT_MAX	(1 + 2 * 66)

/* ------------------------------------------------------------------ */
/* RSA-OAEP */

/* The mask's digest: the message's own unless `mgf` names another. Java's and
 * XML Encryption's usual pair is SHA-256 with a mask by SHA-1. NULL: none that
 * is known. */
static const char *
mask_digest(struct csn_pairs params, const char *digest)
{
	static const char *const known[] = { "SHA1", "SHA256", "SHA384",
		"SHA512" };
	struct csn_str mgf = pairs_get(params, STR("mgf"));

	if (mgf.p == NULL)
		return digest;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is(mgf, known[i]))
			return known[i];
	return NULL;
}

static int32_t
oaep_open(const struct key_ops *k, const char *digest,
    struct csn_pairs params, struct csn_str data, struct arena *a,
    struct csn_str *ret)
{
	const char *mask = mask_digest(params, digest);
	EVP_PKEY_CTX *ctx;
	uint8_t out[CONTENT_MAX];
	size_t n = sizeof(out);
	int32_t rc = CSN_E_INVALID;

	if (k->kind != KEY_RSA || mask == NULL ||
	    data.n != (size_t)EVP_PKEY_get_size(k->pkey))
		return CSN_E_INVALID;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest, NULL) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, mask, NULL) == 1 &&
	    EVP_PKEY_decrypt(ctx, out, &n, (const unsigned char *)data.p,
	    data.n) == 1 && n > 0)
		rc = result_put(a, str_of(out, n), ret);
	secret_wipe(out, sizeof(out));
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static const struct { struct csn_str alg; const char *digest; } oaeps[] = {
	{ STR_INIT("RSA-OAEP"), "SHA1" },
	{ STR_INIT("RSA-OAEP-256"), "SHA256" },
	{ STR_INIT("RSA-OAEP-384"), "SHA384" },
	{ STR_INIT("RSA-OAEP-512"), "SHA512" },
};

/* ------------------------------------------------------------------ */
/* ECDH-ES */

static const struct curve {
	enum key_kind kind;
	const char *jose, *group;
	size_t bytes;
} curves[] = {
	{ KEY_P256, "P-256", "prime256v1", 32 },
	{ KEY_P384, "P-384", "secp384r1", 48 },
	{ KEY_P521, "P-521", "secp521r1", 66 },
};

static const struct {
	struct csn_str enc;
	size_t bytes;
} contents[] = {
	{ STR_INIT("A128GCM"), 16 }, { STR_INIT("A192GCM"), 24 },
	{ STR_INIT("A256GCM"), 32 }, { STR_INIT("A128CBC-HS256"), 32 },
	{ STR_INIT("A192CBC-HS384"), 48 }, { STR_INIT("A256CBC-HS512"), 64 },
};

static const struct {
	struct csn_str alg;
	const char *cipher;
	size_t bytes;
} wraps[] = {
	{ STR_INIT("ECDH-ES+A128KW"), "AES-128-WRAP", 16 },
	{ STR_INIT("ECDH-ES+A192KW"), "AES-192-WRAP", 24 },
	{ STR_INIT("ECDH-ES+A256KW"), "AES-256-WRAP", 32 },
};

static const struct curve *
curve_of(const struct key_ops *k)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].kind == k->kind)
			return &curves[i];
	return NULL;
}

static int
member_is(const json_t *jwk, const char *name, const char *value)
{
	const char *is = json_string_value(json_object_get(jwk, name));

	return is != NULL && strcmp(is, value) == 0;
}

static bool
coordinate_put(struct buf *point, const json_t *jwk, const char *name,
    size_t bytes)
{
	const json_t *v = json_object_get(jwk, name);
	size_t before = point->n;

	return json_is_string(v) && base64url_decode(point,
	    str_of(json_string_value(v), json_string_length(v))) == 0 &&
	    point->n - before == bytes;
}

/* The other side's point, uncompressed (SEC 1 2.3.3). A JWK with its private
 * half is somebody's mistake, and not to be used. */
static bool
jwk_point(struct csn_str text, const struct curve *c, struct buf *point)
{
	json_t *jwk;
	bool good;

	if (text.n == 0 || text.n > EPK_MAX)
		return false;
	jwk = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	buf_u8(point, 4);
	good = jwk != NULL && member_is(jwk, "kty", "EC") &&
	    member_is(jwk, "crv", c->jose) &&
	    json_object_get(jwk, "d") == NULL &&
	    coordinate_put(point, jwk, "x", c->bytes) &&
	    coordinate_put(point, jwk, "y", c->bytes) && !buf_failed(point);
	json_decref(jwk);
	return good;
}

/* NULL if the point is not on the curve (RFC 7518 security; invalid curve
 * attacks). The caller's to free. */
static EVP_PKEY *
peer_key(const struct curve *c, struct csn_str point)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY_CTX *check;
	EVP_PKEY *peer = NULL;
	char group[16];
	OSSL_PARAM params[3];
	size_t n = strlen(c->group);

	memcpy(group, c->group, n + 1);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, n);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    (void *)(uintptr_t)point.p, point.n);
	params[2] = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &peer, EVP_PKEY_PUBLIC_KEY, params) != 1)
		peer = NULL;
	EVP_PKEY_CTX_free(ctx);
	if (peer == NULL)
		return NULL;
	check = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	if (check == NULL || EVP_PKEY_public_check(check) != 1) {
		EVP_PKEY_free(peer);
		peer = NULL;
	}
	EVP_PKEY_CTX_free(check);
	return peer;
}

static bool
agree(const struct key_ops *k, EVP_PKEY *peer, uint8_t z[static 66],
    size_t *ret_n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	size_t n = 66;
	bool done = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, z, &n) == 1;

	EVP_PKEY_CTX_free(ctx);
	if (done)
		*ret_n = n;
	return done;
}

static bool
party_put(struct buf *info, struct csn_pairs params, struct csn_str name)
{
	struct csn_str text = pairs_get(params, name);
	char memory[PARTY_MAX + 1];
	struct buf b;
	bool good = true;

	buf_init_fixed(&b, memory, sizeof(memory));
	if (text.p != NULL && text.n > 0)
		good = base64url_decode(&b, text) == 0;
	buf_lv32(info, buf_str(&b));
	buf_free(&b);
	return good;
}

/* RFC 7518 4.6.2: the single-step derivation of NIST SP 800-56A. */
static bool
concat_kdf(const uint8_t *z, size_t z_n, struct csn_str info, uint8_t *ret,
    size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256";
	OSSL_PARAM params[4];
	bool done;

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)z, z_n);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info.p, info.n);
	params[3] = OSSL_PARAM_construct_end();
	done = ctx != NULL && EVP_KDF_derive(ctx, ret, n, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

/* The key that both sides come to, n bytes of it. */
static bool
ecdh_key(const struct key_ops *k, struct csn_str alg, struct csn_pairs params,
    uint8_t *ret, size_t n)
{
	const struct curve *c = curve_of(k);
	char point_memory[POINT_MAX + 1], info_memory[2 * PARTY_MAX + 128];
	struct buf point, info;
	EVP_PKEY *peer = NULL;
	uint8_t z[66];
	size_t z_n = 0;
	bool done;

	buf_init_fixed(&point, point_memory, sizeof(point_memory));
	buf_init_fixed(&info, info_memory, sizeof(info_memory));
	buf_lv32(&info, alg);
	done = c != NULL && party_put(&info, params, STR("apu")) &&
	    party_put(&info, params, STR("apv")) &&
	    jwk_point(pairs_get(params, STR("epk")), c, &point);
	buf_u32(&info, (uint32_t)(n * 8));
	if (done)
		peer = peer_key(c, buf_str(&point));
	done = done && peer != NULL && agree(k, peer, z, &z_n) &&
	    !buf_failed(&info) && concat_kdf(z, z_n, buf_str(&info), ret, n);
	EVP_PKEY_free(peer);
	secret_wipe(z, sizeof(z));
	buf_free(&info);
	buf_free(&point);
	return done;
}

static int32_t
direct_open(const struct key_ops *k, struct csn_pairs params,
    struct csn_str data, struct arena *a, struct csn_str *ret)
{
	struct csn_str enc = pairs_get(params, STR("enc"));
	uint8_t key[64];
	size_t n = 0;
	int32_t rc = CSN_E_INVALID;

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (enc.p != NULL && str_equal(contents[i].enc, enc))
			n = contents[i].bytes;
	/* RFC 7516 5.2: the encrypted key is empty in direct agreement */
	if (n > 0 && data.n == 0 && ecdh_key(k, enc, params, key, n))
		rc = result_put(a, str_of(key, n), ret);
	secret_wipe(key, sizeof(key));
	return rc;
}

/* RFC 3394: tells by itself whether the key was the right one. */
static bool
unwrap(const char *name, const uint8_t *key, struct csn_str data, uint8_t *ret,
    size_t *ret_n)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool done = cipher != NULL && ctx != NULL &&
	    EVP_DecryptInit_ex2(ctx, cipher, key, NULL, NULL) == 1 &&
	    EVP_DecryptUpdate(ctx, ret, &n, (const unsigned char *)data.p,
	    (int)data.n) == 1 && EVP_DecryptFinal_ex(ctx, ret + n, &rest) == 1;

	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	if (done)
		*ret_n = (size_t)n + (size_t)rest;
	return done;
}

static int32_t
wrapped_open(const struct key_ops *k, size_t wrap, struct csn_pairs params,
    struct csn_str data, struct arena *a, struct csn_str *ret)
{
	uint8_t key[32], out[64 + 16];
	size_t n = 0;
	int32_t rc = CSN_E_INVALID;

	/* content keys of 16 to 64 bytes, and 8 to see that they are whole */
	if (data.n < 24 || data.n > 72 || data.n % 8 != 0)
		return CSN_E_INVALID;
	if (ecdh_key(k, wraps[wrap].alg, params, key, wraps[wrap].bytes) &&
	    unwrap(wraps[wrap].cipher, key, data, out, &n))
		rc = result_put(a, str_of(out, n), ret);
	secret_wipe(key, sizeof(key));
	secret_wipe(out, sizeof(out));
	return rc;
}

int32_t
key_ops_decrypt(const struct key_ops *k, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct arena *a,
    struct csn_str *ret)
{
	int32_t rc = CSN_E_INVALID;

	if (data.n > KEY_OPS_DATA_MAX)
		return CSN_E_LIMIT;
	if (str_is(alg, "ECDH-ES"))
		rc = direct_open(k, params, data, a, ret);
	for (size_t i = 0; i < sizeof(oaeps) / sizeof(oaeps[0]); i++)
		if (str_equal(oaeps[i].alg, alg))
			rc = oaep_open(k, oaeps[i].digest, params, data, a,
			    ret);
	for (size_t i = 0; i < sizeof(wraps) / sizeof(wraps[0]); i++)
		if (str_equal(wraps[i].alg, alg))
			rc = wrapped_open(k, i, params, data, a, ret);
	ERR_clear_error();
	return rc;
}
