/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker.c - keys, texts, and signed tokens made for tests
 *
 * It must never be linked into anything but a test.
 */
#include "maker.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "maker_int.h"

/* ------------------------------------------------------------------ */
/* texts */

static struct text {
	struct text *next;
	char p[];
} *texts;

void
maker_must(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "maker: failed: %s\n", what);
	abort();
}

char *
maker_memory(size_t n)
{
	struct text *t = malloc(sizeof(*t) + n + 1);

	MAKER_MUST(t != NULL);
	t->next = texts;
	texts = t;
	t->p[n] = '\0';
	return t->p;
}

void
maker_clear(void)
{
	struct text *next;

	for (; texts != NULL; texts = next) {
		next = texts->next;
		free(texts);
	}
}

struct csn_str
maker_bytes(const void *p, size_t n)
{
	char *copy = maker_memory(n);

	if (n > 0)
		memcpy(copy, p, n);
	return str_of(copy, n);
}

struct csn_str
maker_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	MAKER_MUST(n >= 0);
	p = maker_memory((size_t)n);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_of(p, (size_t)n);
}

struct csn_str
maker_b64(struct csn_str s)
{
	char *p = maker_memory(s.n / 3 * 4 + 8);
	int n = EVP_EncodeBlock((unsigned char *)p,
	    (const unsigned char *)s.p, (int)s.n);

	while (n > 0 && p[n - 1] == '=')
		n--;
	for (int i = 0; i < n; i++)
		p[i] = p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i];
	p[n] = '\0';
	return str_of(p, (size_t)n);
}

static struct csn_str
decoded(struct csn_str s)
{
	char *in = maker_memory(s.n + 4), *out = maker_memory(s.n + 4);
	size_t pad = (4 - s.n % 4) % 4;
	int n;

	for (size_t i = 0; i < s.n; i++)
		in[i] = s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i];
	memset(in + s.n, '=', pad);
	n = EVP_DecodeBlock((unsigned char *)out, (unsigned char *)in,
	    (int)(s.n + pad));
	MAKER_MUST(n >= (int)pad);
	return str_of(out, (size_t)n - pad);
}

struct csn_str
maker_replace(struct csn_str s, const char *from, const char *to)
{
	ptrdiff_t at = str_find(s, str_from(from));

	MAKER_MUST(at >= 0);
	return maker_printf("%.*s%s%.*s", (int)at, s.p, to,
	    STR_FMT(str_from_at(s, (size_t)at + strlen(from))));
}

struct csn_str
maker_part_of(struct csn_str compact, size_t i)
{
	struct csn_str part = STR("");

	for (size_t k = 0; k <= i; k++)
		MAKER_MUST(str_cut(&compact, '.', &part));
	return part;
}

struct csn_str
maker_part(struct csn_str compact, size_t i, struct csn_str to)
{
	struct csn_str part = maker_part_of(compact, i);
	size_t before = (size_t)(part.p - compact.p);

	return maker_printf("%.*s%.*s%.*s", (int)before, compact.p,
	    STR_FMT(to), STR_FMT(str_from_at(compact, before + part.n)));
}

struct csn_str
maker_part_flip(struct csn_str compact, size_t i, size_t byte)
{
	struct csn_str bytes = decoded(maker_part_of(compact, i));
	char *p = maker_memory(bytes.n);

	MAKER_MUST(byte < bytes.n);
	memcpy(p, bytes.p, bytes.n);
	p[byte] = (char)(p[byte] ^ 1);
	return maker_part(compact, i, maker_b64(str_of(p, bytes.n)));
}

struct csn_str
maker_part_cut(struct csn_str compact, size_t i, size_t n)
{
	struct csn_str bytes = decoded(maker_part_of(compact, i));

	MAKER_MUST(n <= bytes.n);
	return maker_part(compact, i, maker_b64(str_of(bytes.p, n)));
}

/* ------------------------------------------------------------------ */
/* keys */

static EVP_PKEY *keys[MAKER_KEY_END];

static EVP_PKEY *
key_make(enum maker_key k)
{
	switch (k) {
	case MAKER_RSA:
	case MAKER_RSA_OTHER:
		return EVP_RSA_gen(2048);
	case MAKER_RSA_SHORT:
		return EVP_RSA_gen(1024);
	case MAKER_P256:
	case MAKER_P256_OTHER:
		return EVP_EC_gen("P-256");
	case MAKER_P384:
		return EVP_EC_gen("P-384");
	case MAKER_P521:
		return EVP_EC_gen("P-521");
	case MAKER_K256:
		return EVP_EC_gen("secp256k1");
	case MAKER_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case MAKER_KEY_END:
		break;
	}
	return NULL;
}

EVP_PKEY *
maker_key(enum maker_key k)
{
	if (keys[k] == NULL)
		keys[k] = key_make(k);
	MAKER_MUST(keys[k] != NULL);
	return keys[k];
}

void
maker_end(void)
{
	maker_clear();
	for (size_t i = 0; i < MAKER_KEY_END; i++)
		EVP_PKEY_free(keys[i]);
	memset(keys, 0, sizeof(keys));
}

static struct csn_str
number_b64(EVP_PKEY *pkey, const char *name, int bytes)
{
	unsigned char v[1100];
	BIGNUM *n = NULL;
	int len;

	MAKER_MUST(EVP_PKEY_get_bn_param(pkey, name, &n) == 1);
	len = bytes > 0 ? bytes : BN_num_bytes(n);
	MAKER_MUST(BN_bn2binpad(n, v, len) == len);
	BN_free(n);
	return maker_b64(str_of(v, (size_t)len));
}

static struct csn_str
ec_jwk(EVP_PKEY *pkey, const char *crv, int bytes, const char *members)
{
	return maker_printf("{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\","
	    "\"y\":\"%s\"%s%s}", crv,
	    number_b64(pkey, OSSL_PKEY_PARAM_EC_PUB_X, bytes).p,
	    number_b64(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, bytes).p,
	    members != NULL ? "," : "", members != NULL ? members : "");
}

struct csn_str
maker_jwk(enum maker_key k, const char *members)
{
	EVP_PKEY *pkey = maker_key(k);
	unsigned char x[32];
	size_t n = sizeof(x);
	const char *comma = members != NULL ? "," : "";

	members = members != NULL ? members : "";
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return maker_printf("{\"kty\":\"RSA\",\"n\":\"%s\","
		    "\"e\":\"%s\"%s%s}",
		    number_b64(pkey, OSSL_PKEY_PARAM_RSA_N, 0).p,
		    number_b64(pkey, OSSL_PKEY_PARAM_RSA_E, 0).p, comma,
		    members);
	case EVP_PKEY_ED25519:
		MAKER_MUST(EVP_PKEY_get_raw_public_key(pkey, x, &n) == 1);
		return maker_printf("{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
		    "\"x\":\"%s\"%s%s}", maker_b64(str_of(x, n)).p, comma,
		    members);
	default:
		members = *members != '\0' ? members : NULL;
		return k == MAKER_P384 ? ec_jwk(pkey, "P-384", 48, members) :
		    k == MAKER_P521 ? ec_jwk(pkey, "P-521", 66, members) :
		    k == MAKER_K256 ? ec_jwk(pkey, "secp256k1", 32, members) :
		    ec_jwk(pkey, "P-256", 32, members);
	}
}

struct csn_str
maker_pem(enum maker_key k)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct csn_str text;
	char *p;
	long n;

	MAKER_MUST(bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio,
	    maker_key(k), NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(bio, &p);
	text = maker_bytes(p, (size_t)n);
	BIO_free(bio);
	return text;
}

struct csn_str
maker_spki(enum maker_key k)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(maker_key(k), &der);
	struct csn_str s;

	MAKER_MUST(n > 0);
	s = maker_bytes(der, (size_t)n);
	OPENSSL_free(der);
	return s;
}

/* ------------------------------------------------------------------ */
/* signatures */

static const char *
hash_of(const char *alg)
{
	return strstr(alg, "384") != NULL ? "SHA384" :
	    strstr(alg, "512") != NULL ? "SHA512" : "SHA256";
}

static struct csn_str
raw_ecdsa(const unsigned char *der, size_t n, const char *alg)
{
	int half = strcmp(alg, "ES256") == 0 ? 32 : strcmp(alg, "ES384") == 0 ?
	    48 : 66;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	unsigned char v[132];

	MAKER_MUST(sig != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), v, half) == half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), v + half, half) == half);
	ECDSA_SIG_free(sig);
	return maker_bytes(v, 2 * (size_t)half);
}

struct csn_str
maker_signature(const char *alg, enum maker_key k, struct csn_str input,
    bool der)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	unsigned char sig[1100];
	size_t n = sizeof(sig);

	MAKER_MUST(EVP_DigestSignInit_ex(ctx, &pctx,
	    strcmp(alg, "EdDSA") == 0 ? NULL : hash_of(alg), NULL, NULL,
	    maker_key(k), NULL) == 1);
	if (alg[0] == 'P')
		MAKER_MUST(EVP_PKEY_CTX_set_rsa_padding(pctx,
		    RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    RSA_PSS_SALTLEN_DIGEST) == 1);
	MAKER_MUST(EVP_DigestSign(ctx, sig, &n,
	    (const unsigned char *)input.p, input.n) == 1);
	EVP_MD_CTX_free(ctx);
	if (strncmp(alg, "ES", 2) == 0 && !der)
		return raw_ecdsa(sig, n, alg);
	return maker_bytes(sig, n);
}

struct csn_str
maker_hmac(const char *alg, struct csn_str secret, struct csn_str input)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	MAKER_MUST(HMAC(EVP_get_digestbyname(hash_of(alg)), secret.p,
	    (int)secret.n, (const unsigned char *)input.p, input.n, mac,
	    &n) != NULL);
	return maker_bytes(mac, n);
}

static struct csn_str
signing_input(const char *header, struct csn_str payload)
{
	return maker_printf("%s.%s", maker_b64(str_from(header)).p,
	    maker_b64(payload).p);
}

struct csn_str
maker_jws(const char *header, struct csn_str payload, const char *alg,
    enum maker_key k)
{
	struct csn_str input = signing_input(header, payload);

	return maker_printf("%s.%s", input.p,
	    maker_b64(maker_signature(alg, k, input, false)).p);
}

struct csn_str
maker_jws_hmac(const char *header, struct csn_str payload, const char *alg,
    struct csn_str secret)
{
	struct csn_str input = signing_input(header, payload);

	return maker_printf("%s.%s", input.p,
	    maker_b64(maker_hmac(alg, secret, input)).p);
}
