/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe_content.c - AES-GCM, and AES-CBC with HMAC (RFC 7518 5.2, 5.3)
 *
 * The tag is proved before a byte of the text is used; in CBC before it is
 * even decrypted, so that its padding can never be an oracle.
 */
#include "jwe_content.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/buf.h"
#include "lib/secret.h"

static const unsigned char *
raw(struct csn_str s)
{
	return (const unsigned char *)s.p;
}

static bool
gcm_open(const EVP_CIPHER *cipher, struct csn_str key,
    const struct jwe_content *c, unsigned char *out, size_t *ret_n)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0;
	bool good = ctx != NULL &&
	    EVP_DecryptInit_ex2(ctx, cipher, raw(key), raw(c->iv), NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)c->tag.n,
	    (void *)(uintptr_t)c->tag.p) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, raw(c->aad), (int)c->aad.n) == 1 &&
	    EVP_DecryptUpdate(ctx, out, &n, raw(c->text), (int)c->text.n) ==
	    1 && EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1;

	EVP_CIPHER_CTX_free(ctx);
	*ret_n = good ? (size_t)(n + rest) : 0;
	return good;
}

/* RFC 7518 5.2.2.1 (4, 5): over AAD, IV, text and the AAD's length in bits;
 * the first half of it is the tag. */
static bool
mac_good(const struct jwe_enc_row *row, struct csn_str key,
    const struct jwe_content *c)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	struct buf b;
	size_t n = 0;
	bool good;

	buf_init(&b, 0);
	buf_str_put(&b, c->aad);
	buf_str_put(&b, c->iv);
	buf_str_put(&b, c->text);
	buf_u64(&b, (uint64_t)c->aad.n * 8);
	good = !buf_failed(&b) && EVP_Q_mac(NULL, "HMAC", NULL, row->hash,
	    NULL, key.p, key.n, raw(buf_str(&b)), b.n, mac, sizeof(mac),
	    &n) != NULL && n >= row->tag &&
	    secret_equal(str_of(mac, row->tag), c->tag);
	buf_free(&b);
	return good;
}

static bool
cbc_open(const struct jwe_enc_row *row, const EVP_CIPHER *cipher,
    struct csn_str key, const struct jwe_content *c, unsigned char *out,
    size_t *ret_n)
{
	struct csn_str mac_key = str_of(key.p, row->key / 2);
	struct csn_str text_key = str_from_at(key, row->key / 2);
	EVP_CIPHER_CTX *ctx;
	int n = 0, rest = 0;
	bool good;

	if (!mac_good(row, mac_key, c))
		return false;
	ctx = EVP_CIPHER_CTX_new();
	good = ctx != NULL && EVP_DecryptInit_ex2(ctx, cipher, raw(text_key),
	    raw(c->iv), NULL) == 1 && EVP_DecryptUpdate(ctx, out, &n,
	    raw(c->text), (int)c->text.n) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	*ret_n = good ? (size_t)(n + rest) : 0;
	return good;
}

int
jwe_content_open(const struct jwe_enc_row *row, struct csn_str key,
    const struct jwe_content *c, struct arena *a, struct csn_str *ret)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, row->cipher, NULL);
	unsigned char *out = arena_alloc(a, c->text.n + 33);
	size_t n = 0;
	bool good = cipher != NULL && out != NULL && (row->hash == NULL ?
	    gcm_open(cipher, key, c, out, &n) :
	    cbc_open(row, cipher, key, c, out, &n));

	EVP_CIPHER_free(cipher);
	if (!good) {
		if (out != NULL)
			secret_wipe(out, c->text.n + 33);
		ERR_clear_error();
		return -1;
	}
	out[n] = '\0';
	*ret = str_of(out, n);
	return 0;
}
