/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ops.c - keys loaded, known for what they are, and freed
 *
 * It must never take text that looks like a key of another sort for a secret:
 * a public key as an HMAC secret is how signatures are forged.
 */
#include "key_ops.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "key_ops_impl.h"
#include "lib/secret.h"
#include "result.h"

#define RSA_BITS_MIN	2048
#define RSA_BITS_MAX	8192
#define SECRET_MAX	512u
#define PEM_MAX		65536u

/* ------------------------------------------------------------------ */
/* loading */

static int
no_password(char *p, int n, int writing, void *arg)
{
	(void)p;
	(void)n;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static enum key_kind
curve_kind(EVP_PKEY *pkey)
{
	char name[32];

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1)
		return KEY_NONE;
	if (strcmp(name, "prime256v1") == 0)
		return KEY_P256;
	if (strcmp(name, "secp384r1") == 0)
		return KEY_P384;
	return strcmp(name, "secp521r1") == 0 ? KEY_P521 : KEY_NONE;
}

static const char *
pkey_kind(EVP_PKEY *pkey, enum key_kind *ret)
{
	int bits = EVP_PKEY_get_bits(pkey);

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		*ret = KEY_RSA;
		if (bits < RSA_BITS_MIN)
			return "has fewer than 2048 bits; make a longer one";
		return bits > RSA_BITS_MAX ? "has more than 8192 bits" : NULL;
	case EVP_PKEY_EC:
		*ret = curve_kind(pkey);
		return *ret == KEY_NONE ? "is on a curve that is none of "
		    "P-256, P-384 and P-521" : NULL;
	case EVP_PKEY_ED25519:
		*ret = KEY_ED25519;
		return NULL;
	default:
		return "is neither RSA, EC nor Ed25519";
	}
}

/* OpenSSL's own check of an RSA pair looks for primes: 36 ms where a signature
 * that verifies takes one. */
static bool
rsa_sound(EVP_PKEY *pkey)
{
	static const unsigned char text[] = "sound?";
	EVP_MD_CTX *s = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
	unsigned char sig[RSA_BITS_MAX / 8];
	size_t n = sizeof(sig);
	bool sound = s != NULL && v != NULL &&
	    EVP_DigestSignInit_ex(s, NULL, "SHA256", NULL, NULL, pkey,
	    NULL) == 1 && EVP_DigestSign(s, sig, &n, text, sizeof(text)) == 1 &&
	    EVP_DigestVerifyInit_ex(v, NULL, "SHA256", NULL, NULL, pkey,
	    NULL) == 1 && EVP_DigestVerify(v, sig, n, text, sizeof(text)) == 1;

	EVP_MD_CTX_free(s);
	EVP_MD_CTX_free(v);
	return sound;
}

/* Whether the halves belong together: a mixture would sign what nobody can
 * verify, or give bits of the key away. */
static bool
pkey_sound(enum key_kind kind, EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx;
	bool sound;

	if (kind == KEY_RSA)
		return rsa_sound(pkey);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	sound = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return sound;
}

static size_t
private_keys(struct csn_str pem)
{
	const struct csn_str mark = STR("PRIVATE KEY-----");
	struct csn_str rest = pem;
	ptrdiff_t at;
	size_t n = 0;

	/* each has the mark at its beginning and at its end */
	while ((at = str_find(rest, mark)) >= 0) {
		rest = str_from_at(rest, (size_t)at + mark.n);
		n++;
	}
	return (n + 1) / 2;
}

static const char *
pem_load(struct key_ops *k, struct csn_str pem)
{
	bool encrypted = false;
	const char *fault;
	BIO *bio;

	if (private_keys(pem) != 1)
		return private_keys(pem) == 0 ? "holds no private key; a "
		    "certificate or public key is not enough" :
		    "holds several private keys; leave the one that is meant";
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	if (bio == NULL)
		return "finds no memory";
	k->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, &encrypted);
	BIO_free(bio);
	if (encrypted)
		return "is encrypted; store it without a password in a file "
		    "that only we can read (openssl pkey)";
	if (k->pkey == NULL)
		return "cannot be read as PEM";
	fault = pkey_kind(k->pkey, &k->kind);
	if (fault == NULL && !pkey_sound(k->kind, k->pkey))
		fault = "is damaged: its parts do not belong together";
	return fault;
}

static const char *
secret_load(struct key_ops *k, struct csn_str secret)
{
	if (secret.n == 0)
		return "is empty";
	if (secret.n > SECRET_MAX)
		return "is neither a key as PEM nor a secret of at most 512 "
		    "bytes";
	k->secret = OPENSSL_malloc(secret.n);
	if (k->secret == NULL)
		return "finds no memory";
	memcpy(k->secret, secret.p, secret.n);
	k->secret_n = secret.n;
	k->kind = KEY_SECRET;
	return NULL;
}

struct key_ops *
key_ops_load(struct csn_str secret, struct buf *error)
{
	struct key_ops *k = calloc(1, sizeof(*k));
	const char *fault = "finds no memory";

	if (k != NULL && secret.n > PEM_MAX)
		fault = "is longer than 64 KiB";
	else if (k != NULL && str_find(secret, STR("-----BEGIN")) >= 0)
		fault = pem_load(k, secret);
	else if (k != NULL)
		fault = secret_load(k, secret);
	ERR_clear_error();
	if (fault == NULL)
		return k;
	buf_printf(error, "the key %s", fault);
	key_ops_free(k);
	return NULL;
}

void
key_ops_free(struct key_ops *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	if (k->secret != NULL) {
		secret_wipe(k->secret, k->secret_n);
		OPENSSL_free(k->secret);
	}
	free(k);
}

int32_t
key_ops_public(const struct key_ops *k, struct arena *a,
    struct csn_str *ret_spki)
{
	unsigned char *der = NULL;
	int32_t rc;
	int n;

	if (k->pkey == NULL)
		return CSN_E_INVALID;
	n = i2d_PUBKEY(k->pkey, &der);
	ERR_clear_error();
	if (n <= 0)
		return CSN_E_BACKEND;
	rc = result_put(a, str_of(der, (size_t)n), ret_spki);
	OPENSSL_free(der);
	return rc;
}
