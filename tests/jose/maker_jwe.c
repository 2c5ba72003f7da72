/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker_jwe.c - encrypted tokens made for tests
 *
 * It must never be linked into anything but a test.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "maker_int.h"

static size_t
key_bytes(const char *enc)
{
	return strcmp(enc, "A128GCM") == 0 ? 16 : strcmp(enc, "A192GCM") == 0 ?
	    24 : strcmp(enc, "A192CBC-HS384") == 0 ? 48 :
	    strcmp(enc, "A256CBC-HS512") == 0 ? 64 : 32;
}

/* ------------------------------------------------------------------ */
/* the content key, wrapped */

static struct csn_str
oaep_wrap(const char *alg, enum maker_key to, struct csn_str cek)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(maker_key(to), NULL);
	const EVP_MD *md = strcmp(alg, "RSA-OAEP-256") == 0 ? EVP_sha256() :
	    EVP_sha1();
	unsigned char out[1024];
	size_t n = sizeof(out);

	MAKER_MUST(EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, strcmp(alg, "RSA1_5") == 0 ?
	    RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING) == 1);
	if (strcmp(alg, "RSA1_5") != 0)
		MAKER_MUST(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
		    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1);
	MAKER_MUST(EVP_PKEY_encrypt(ctx, out, &n,
	    (const unsigned char *)cek.p, cek.n) == 1);
	EVP_PKEY_CTX_free(ctx);
	return maker_bytes(out, n);
}

static void
put32(EVP_MD_CTX *ctx, size_t n)
{
	unsigned char v[4] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	MAKER_MUST(EVP_DigestUpdate(ctx, v, 4) == 1);
}

static void
put_party(EVP_MD_CTX *ctx, const char *b64)
{
	unsigned char in[256], out[256];
	size_t n = b64 != NULL ? strlen(b64) : 0, pad = (4 - n % 4) % 4;
	int got = 0;

	MAKER_MUST(n + 4 < sizeof(in));
	for (size_t i = 0; i < n; i++)
		in[i] = b64[i] == '-' ? '+' : b64[i] == '_' ? '/' :
		    (unsigned char)b64[i];
	memset(in + n, '=', pad);
	if (n > 0)
		got = EVP_DecodeBlock(out, in, (int)(n + pad)) - (int)pad;
	MAKER_MUST(got >= 0);
	put32(ctx, (size_t)got);
	MAKER_MUST(EVP_DigestUpdate(ctx, out, (size_t)got) == 1);
}

/* RFC 7518 4.6.2, by hand. */
static struct csn_str
agreed(const struct maker_jwe *j, EVP_PKEY *ephemeral, const char *id,
    size_t n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char z[66], out[128];
	size_t z_n = sizeof(z);

	MAKER_MUST(EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, maker_key(j->to)) == 1 &&
	    EVP_PKEY_derive(ctx, z, &z_n) == 1);
	for (size_t round = 1, done = 0; done < n; round++, done += 32) {
		MAKER_MUST(EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
		put32(md, round);
		MAKER_MUST(EVP_DigestUpdate(md, z, z_n) == 1);
		put32(md, strlen(id));
		MAKER_MUST(EVP_DigestUpdate(md, id, strlen(id)) == 1);
		put_party(md, j->apu);
		put_party(md, j->apv);
		put32(md, n * 8);
		MAKER_MUST(EVP_DigestFinal_ex(md, out + done, NULL) == 1);
	}
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(ctx);
	return maker_bytes(out, n);
}

static struct csn_str
key_wrap(const char *alg, struct csn_str kek, struct csn_str cek)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *c = strstr(alg, "A128KW") != NULL ?
	    EVP_aes_128_wrap() : strstr(alg, "A192KW") != NULL ?
	    EVP_aes_192_wrap() : EVP_aes_256_wrap();
	unsigned char out[128];
	int n = 0, rest = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	MAKER_MUST(EVP_EncryptInit_ex(ctx, c, NULL,
	    (const unsigned char *)kek.p, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, (const unsigned char *)cek.p,
	    (int)cek.n) == 1 && EVP_EncryptFinal_ex(ctx, out + n, &rest) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return maker_bytes(out, (size_t)(n + rest));
}

/* ------------------------------------------------------------------ */
/* the content */

static struct csn_str
gcm(const char *enc, struct csn_str cek, struct csn_str aad,
    struct csn_str plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *c = strcmp(enc, "A128GCM") == 0 ? EVP_aes_128_gcm() :
	    strcmp(enc, "A192GCM") == 0 ? EVP_aes_192_gcm() :
	    EVP_aes_256_gcm();
	unsigned char *out = (unsigned char *)maker_memory(plain.n);
	unsigned char iv[12], tag[16];
	int n = 0;

	MAKER_MUST(RAND_bytes(iv, sizeof(iv)) == 1 &&
	    EVP_EncryptInit_ex(ctx, c, NULL, (const unsigned char *)cek.p,
	    iv) == 1 && EVP_EncryptUpdate(ctx, NULL, &n,
	    (const unsigned char *)aad.p, (int)aad.n) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, (const unsigned char *)plain.p,
	    (int)plain.n) == 1 && EVP_EncryptFinal_ex(ctx, out + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return maker_printf("%s.%s.%s", maker_b64(str_of(iv, 12)).p,
	    maker_b64(str_of(out, plain.n)).p, maker_b64(str_of(tag, 16)).p);
}

static struct csn_str
cbc(const char *enc, struct csn_str cek, struct csn_str aad,
    struct csn_str plain)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t half = cek.n / 2;
	const EVP_CIPHER *c = half == 16 ? EVP_aes_128_cbc() : half == 24 ?
	    EVP_aes_192_cbc() : EVP_aes_256_cbc();
	const EVP_MD *md = half == 16 ? EVP_sha256() : half == 24 ?
	    EVP_sha384() : EVP_sha512();
	size_t room = aad.n + 16 + plain.n + 32;
	unsigned char *all = (unsigned char *)maker_memory(room + 8);
	unsigned char *iv = all + aad.n, *out = iv + 16;
	unsigned char mac[EVP_MAX_MD_SIZE];
	int n = 0, rest = 0;
	size_t text_n;

	(void)enc;
	memcpy(all, aad.p, aad.n);
	MAKER_MUST(RAND_bytes(iv, 16) == 1 && EVP_EncryptInit_ex(ctx, c, NULL,
	    (const unsigned char *)cek.p + half, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, (const unsigned char *)plain.p,
	    (int)plain.n) == 1 && EVP_EncryptFinal_ex(ctx, out + n,
	    &rest) == 1);
	EVP_CIPHER_CTX_free(ctx);
	text_n = (size_t)(n + rest);
	for (int i = 0; i < 8; i++)
		out[text_n + (size_t)i] = (unsigned char)((aad.n * 8) >>
		    (56 - 8 * i));
	MAKER_MUST(HMAC(md, cek.p, (int)half, all, aad.n + 16 + text_n + 8,
	    mac, NULL) != NULL);
	return maker_printf("%s.%s.%s", maker_b64(str_of(iv, 16)).p,
	    maker_b64(str_of(out, text_n)).p, maker_b64(str_of(mac, half)).p);
}

/* ------------------------------------------------------------------ */

static struct csn_str
header_make(const struct maker_jwe *j)
{
	struct csn_str epk = STR(""), apu = STR(""), apv = STR("");

	if (j->epk != NULL)
		epk = maker_printf(",\"epk\":%s", j->epk);
	if (j->apu != NULL)
		apu = maker_printf(",\"apu\":\"%s\"", j->apu);
	if (j->apv != NULL)
		apv = maker_printf(",\"apv\":\"%s\"", j->apv);
	return maker_printf("{\"alg\":\"%s\",\"enc\":\"%s\"%s%s%s%s%s}",
	    j->alg, j->enc, epk.p, apu.p, apv.p,
	    j->more != NULL ? "," : "", j->more != NULL ? j->more : "");
}

/* The other EC key that the maker knows of the curve serves as the ephemeral
 * one: a test needs no new one each time. */
static enum maker_key
ephemeral_of(enum maker_key to)
{
	return to == MAKER_P256 ? MAKER_P256_OTHER : to;
}

struct csn_str
maker_jwe(const struct maker_jwe *j)
{
	struct maker_jwe with = *j;
	size_t n = j->key_bytes != 0 ? j->key_bytes : key_bytes(j->enc);
	enum maker_key by = ephemeral_of(j->to);
	struct csn_str cek, wrapped = STR(""), aad;
	unsigned char random[64];

	MAKER_MUST(n <= sizeof(random) && RAND_bytes(random, (int)n) == 1);
	cek = maker_bytes(random, n);
	if (strncmp(j->alg, "RSA", 3) == 0)
		wrapped = oaep_wrap(j->alg, j->to, cek);
	else if (strcmp(j->alg, "dir") == 0)
		cek = j->secret;
	else if (strcmp(j->alg, "ECDH-ES") == 0)
		cek = agreed(j, maker_key(by), j->enc, n);
	else
		wrapped = key_wrap(j->alg, agreed(j, maker_key(by), j->alg,
		    strstr(j->alg, "A128KW") != NULL ? 16 :
		    strstr(j->alg, "A192KW") != NULL ? 24 : 32), cek);
	if (strncmp(j->alg, "ECDH", 4) == 0 && j->epk == NULL)
		with.epk = maker_jwk(by, NULL).p;
	aad = maker_b64(header_make(&with));
	return maker_printf("%s.%s.%s", aad.p, maker_b64(wrapped).p,
	    (strstr(j->enc, "GCM") != NULL ? gcm(j->enc, cek, aad, j->plain) :
	    cbc(j->enc, cek, aad, j->plain)).p);
}
