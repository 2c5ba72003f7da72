/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decrypt.c - XML Encryption, as much of it as SAML needs
 *
 * Key transport is RSA-OAEP, whose digest and mask are read and never assumed;
 * RSA 1.5 and 3DES are not there. It must never tell a wrong key from wrong
 * padding: whoever may ask often enough would read the plain text by the
 * answers (Jager, Somorovsky 2011).
 */
#include "decrypt.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/secret.h"

#include "bind.h"

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define ENC "http://www.w3.org/2001/04/xmlenc#"
#define ENC11 "http://www.w3.org/2009/xmlenc11#"
#define WRAPPED_MAX 4u		/* EncryptedKeys that are tried */
#define GCM_IV 12u
#define GCM_TAG 16u
#define CBC_BLOCK 16u

static const struct content {
	const char *uri, *cipher;
	size_t bytes;
	bool gcm;
} contents[] = {
	{ ENC11 "aes128-gcm", "AES-128-GCM", 16, true },
	{ ENC11 "aes192-gcm", "AES-192-GCM", 24, true },
	{ ENC11 "aes256-gcm", "AES-256-GCM", 32, true },
	{ ENC "aes128-cbc", "AES-128-CBC", 16, false },
	{ ENC "aes192-cbc", "AES-192-CBC", 24, false },
	{ ENC "aes256-cbc", "AES-256-CBC", 32, false },
};

static const struct { const char *uri, *alg, *mgf; } digests[] = {
	{ DSIG "sha1", "RSA-OAEP", "SHA1" },
	{ ENC "sha256", "RSA-OAEP-256", "SHA256" },
	{ MORE "sha384", "RSA-OAEP-384", "SHA384" },
	{ ENC "sha512", "RSA-OAEP-512", "SHA512" },
};

static const struct { const char *uri, *name; } masks[] = {
	{ ENC11 "mgf1sha1", "SHA1" }, { ENC11 "mgf1sha256", "SHA256" },
	{ ENC11 "mgf1sha384", "SHA384" }, { ENC11 "mgf1sha512", "SHA512" },
};

struct wrapped {		/* one EncryptedKey */
	const char *alg, *mgf;
	struct csn_str data;
};

static const struct content *
content_of(const xmlNode *data)
{
	struct csn_str uri = xml_algorithm(xml_child(data, NS_XENC,
	    "EncryptionMethod"));

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (str_is(uri, contents[i].uri))
			return &contents[i];
	return NULL;
}

static int
cipher_value(const xmlNode *n, struct arena *a, struct csn_str *ret)
{
	const xmlNode *v = xml_child(xml_child(n, NS_XENC, "CipherData"),
	    NS_XENC, "CipherValue");
	struct csn_str text = xml_text(v, a);
	struct buf b;
	int rc = -1;

	buf_init(&b, BIND_MESSAGE_MAX);
	if (text.p != NULL && bind_base64_read(text, BIND_MESSAGE_MAX,
	    &b) == 0) {
		*ret = arena_str(a, buf_str(&b));
		rc = ret->p == NULL ? -1 : 0;
	}
	buf_free(&b);
	return rc;
}

/* XML Encryption 1.1, 5.5.2: what is not written has SHA-1. */
static bool
wrapping_read(const xmlNode *key, struct wrapped *w)
{
	const xmlNode *m = xml_child(key, NS_XENC, "EncryptionMethod");
	const xmlNode *digest = xml_child(m, NS_DS, "DigestMethod");
	const xmlNode *mgf = xml_child(m, NS_XENC11, "MGF");
	bool new = str_is(xml_algorithm(m), ENC11 "rsa-oaep");

	if (m == NULL || (!new && !str_is(xml_algorithm(m),
	    ENC "rsa-oaep-mgf1p")) ||
	    xml_child(m, NS_XENC, "OAEPparams") != NULL)
		return false;
	w->alg = digest == NULL ? "RSA-OAEP" : NULL;
	w->mgf = mgf == NULL || !new ? "SHA1" : NULL;
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (digest != NULL && str_is(xml_algorithm(digest),
		    digests[i].uri))
			w->alg = digests[i].alg;
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		if (mgf != NULL && new && str_is(xml_algorithm(mgf),
		    masks[i].uri))
			w->mgf = masks[i].name;
	return w->alg != NULL && w->mgf != NULL;
}

/* Beside the data or in its KeyInfo (Core 6.2); one for each recipient. */
static size_t
wrapped_collect(const xmlNode *outer, const xmlNode *data,
    const xmlNode *ret[static WRAPPED_MAX])
{
	const xmlNode *in[2] = { xml_child(data, NS_DS, "KeyInfo"), outer };
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		for (const xmlNode *k = xml_child(in[i], NS_XENC,
		    "EncryptedKey"); k != NULL && n < WRAPPED_MAX;
		    k = xml_same(k, NS_XENC, "EncryptedKey"))
			ret[n++] = k;
	return n;
}

static bool
gcm_open(const struct content *c, struct csn_str key, struct csn_str data,
    struct buf *ret)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, c->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const unsigned char *p = (const unsigned char *)data.p;
	size_t len = data.n - GCM_IV - GCM_TAG, before = ret->n;
	uint8_t *out;
	int n = 0, rest = 0;
	bool good = false;

	out = buf_grow(ret, len + CBC_BLOCK);
	if (cipher != NULL && ctx != NULL && out != NULL)
		good = EVP_DecryptInit_ex2(ctx, cipher,
		    (const unsigned char *)key.p, p, NULL) == 1 &&
		    EVP_DecryptUpdate(ctx, out, &n, p + GCM_IV,
		    (int)len) == 1 && EVP_CIPHER_CTX_ctrl(ctx,
		    EVP_CTRL_AEAD_SET_TAG, GCM_TAG,
		    (void *)(uintptr_t)(p + GCM_IV + len)) == 1 &&
		    EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	buf_cut(ret, before + (good ? (size_t)n + (size_t)rest : 0));
	return good;
}

/* Padding as in XML Encryption 5.2.1: the last byte says how many. */
static bool
cbc_open(const struct content *c, struct csn_str key, struct csn_str data,
    struct buf *ret)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, c->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const unsigned char *p = (const unsigned char *)data.p;
	size_t len = data.n - CBC_BLOCK, before = ret->n, pad = 0;
	uint8_t *out;
	int n = 0, rest = 0;
	bool good = false;

	out = buf_grow(ret, len + CBC_BLOCK);
	if (cipher != NULL && ctx != NULL && out != NULL && len > 0 &&
	    len % CBC_BLOCK == 0 && EVP_DecryptInit_ex2(ctx, cipher,
	    (const unsigned char *)key.p, p, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &n, p + CBC_BLOCK, (int)len) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1 &&
	    (size_t)n + (size_t)rest == len) {
		pad = out[len - 1];
		good = pad >= 1 && pad <= CBC_BLOCK;
	}
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	buf_cut(ret, before + (good ? len - pad : 0));
	return good;
}

static bool
content_open(const struct content *c, struct csn_str key, struct csn_str data,
    struct buf *ret)
{
	if (key.n != c->bytes || data.n < GCM_IV + GCM_TAG)
		return false;
	return c->gcm ? gcm_open(c, key, data, ret) :
	    cbc_open(c, key, data, ret);
}

/* Every wrapped key with every key of ours: during a roll-over nobody says
 * which one was meant. */
static bool
try_all(const struct content *c, const struct wrapped *w, size_t nw,
    const struct unwrap *u, struct csn_str data, struct buf *ret)
{
	bool good = false;
	struct buf key;

	buf_init(&key, 1024);
	for (size_t i = 0; i < nw && !good; i++)
		for (size_t k = 0; k < u->n && !good; k++) {
			buf_clear(&key);
			good = u->open(u->arg, k, str_from(w[i].alg),
			    str_from(w[i].mgf), w[i].data, &key) == 0 &&
			    content_open(c, buf_str(&key), data, ret);
		}
	buf_free(&key);
	ERR_clear_error();
	return good;
}

static enum rule
element_open(const xmlNode *outer, const struct unwrap *u, bool cbc,
    struct arena *a, struct buf *ret)
{
	const xmlNode *data = xml_child(outer, NS_XENC, "EncryptedData");
	const xmlNode *keys[WRAPPED_MAX];
	struct wrapped w[WRAPPED_MAX];
	const struct content *c;
	struct csn_str cipher;
	size_t n;

	if (data == NULL || xml_count(outer, NS_XENC, "EncryptedData") != 1 ||
	    cipher_value(data, a, &cipher) < 0)
		return RULE_ENCRYPTION_FORM;
	c = content_of(data);
	if (c == NULL || (!c->gcm && !cbc))
		return RULE_ENCRYPTION_ALGORITHM;
	n = wrapped_collect(outer, data, keys);
	if (n == 0)
		return RULE_ENCRYPTION_FORM;
	for (size_t i = 0; i < n; i++) {
		if (!wrapping_read(keys[i], &w[i]))
			return RULE_ENCRYPTION_ALGORITHM;
		if (cipher_value(keys[i], a, &w[i].data) < 0)
			return RULE_ENCRYPTION_FORM;
	}
	return try_all(c, w, n, u, cipher, ret) ? RULE_NONE : RULE_DECRYPTION;
}

int
decrypt_element(const xmlNode *outer, const struct unwrap *u, bool cbc,
    struct buf *ret, enum rule *why)
{
	struct arena a;

	arena_init(&a, 8u * BIND_MESSAGE_MAX);
	*why = element_open(outer, u, cbc, &a, ret);
	arena_free(&a);
	return *why == RULE_NONE ? 0 : -1;
}
