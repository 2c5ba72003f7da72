/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys.c - public keys of an identity provider, bare
 *
 * Parsed once, when metadata is loaded. It must never take a key that is too
 * weak to vouch for a login.
 */
#include "keys.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

void
keys_free(struct keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		EVP_PKEY_free(k->v[i]);
	memset(k, 0, sizeof(*k));
}

static const char *
key_fault(EVP_PKEY *key, bool ours)
{
	char group[32] = "";
	size_t n = 0;
	int bits;

	if (EVP_PKEY_is_a(key, "RSA")) {
		bits = EVP_PKEY_get_bits(key);
		return bits < RSA_BITS_MIN ?
		    "a certificate's RSA key is shorter than 2048 bits" :
		    bits > RSA_BITS_MAX ?
		    "a certificate's RSA key is longer than 8192 bits" : NULL;
	}
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	    (strcmp(group, "prime256v1") == 0 ||
	    strcmp(group, "secp384r1") == 0 || strcmp(group, "secp521r1") == 0))
		return NULL;
	if (ours && EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	return "a certificate's key is neither RSA nor on P-256, P-384 or "
	    "P-521";
}

static int64_t
certificate_end(const X509 *x)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static int
keys_add(struct keys *k, X509 *x, const char **why)
{
	EVP_PKEY *key = X509_get_pubkey(x);

	*why = key == NULL ? "a certificate's key cannot be read" :
	    key_fault(key, k->ours);
	if (*why == NULL && k->n == KEYS_MAX)
		*why = "has more than 8 signing keys";
	if (*why != NULL) {
		EVP_PKEY_free(key);
		return -1;
	}
	for (size_t i = 0; i < k->n; i++)
		if (EVP_PKEY_eq(k->v[i], key) == 1) {
			EVP_PKEY_free(key);
			return 0;
		}
	k->until_ms[k->n] = certificate_end(x);
	k->v[k->n++] = key;
	return 0;
}

int
keys_add_der(struct keys *k, struct csn_str der, const char **why)
{
	const unsigned char *at = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	int rc = -1;

	*why = "a certificate cannot be read";
	if (x != NULL && at == (const unsigned char *)der.p + der.n)
		rc = keys_add(k, x, why);
	X509_free(x);
	ERR_clear_error();
	return rc;
}

int
keys_add_pem(struct keys *k, struct csn_str pem, const char **why)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;
	int rc = 0;
	size_t n = 0;

	*why = "holds no PEM certificate";
	while (bio != NULL && rc == 0 &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		rc = keys_add(k, x, why);
		X509_free(x);
		n++;
	}
	BIO_free(bio);
	ERR_clear_error();
	return n > 0 ? rc : -1;
}

void
keys_digest(const struct keys *k, struct buf *ret)
{
	for (size_t i = 0; i < k->n; i++) {
		unsigned char *der = NULL, digest[32];
		int n = i2d_PUBKEY(k->v[i], &der);

		if (n > 0 && EVP_Q_digest(NULL, "SHA256", NULL, der,
		    (size_t)n, digest, NULL) == 1)
			buf_put(ret, digest, sizeof(digest));
		OPENSSL_free(der);
	}
}
