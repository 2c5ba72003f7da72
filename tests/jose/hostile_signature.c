/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_signature.c - signatures that are not
 */
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "tests/jose/hostile.h"

/* order of P-256, and half a signature of the highest value */
static const unsigned char order_p256[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
	0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
	0x25, 0x51 };
/* order of the base point of Ed25519, little-endian */
static const unsigned char order_ed25519[] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,
	0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };

static struct csn_str
signature_of(struct csn_str compact)
{
	struct csn_str raw = STR("");

	if (compact_decode(maker_part_of(compact, 2), &hostile.arena, &raw) !=
	    REFUSAL_NONE)
		fail_msg("no signature");
	return raw;
}

/* first, then second, then zeros up to n. */
static struct csn_str
joined(struct csn_str first, struct csn_str second, size_t n)
{
	unsigned char v[1100] = { 0 };

	memcpy(v, first.p, first.n);
	memcpy(v + first.n, second.p, second.n);
	return maker_b64(str_of(v, n));
}

static void
rsa(void)
{
	struct csn_str t = hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL)), input;
	unsigned char all[256];

	hostile_case("RS256", "a bit changed", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part_flip(t, 2, 100)));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "a byte less", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part_cut(t, 2, 255)));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "a byte more", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part(t, 2, joined(signature_of(t), STR(""),
	    257))));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "a zero before", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part(t, 2, joined(str_of("\0", 1),
	    signature_of(t), 257))));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "zeros", REFUSAL_SIGNATURE, judge_id_token(
	    maker_part(t, 2, joined(STR(""), STR(""), 256))));
	memset(all, 0, sizeof(all));
	all[255] = 1;
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "one", REFUSAL_SIGNATURE, judge_id_token(
	    maker_part(t, 2, maker_b64(str_of(all, 256)))));
	memset(all, 0xff, sizeof(all));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "more than the modulus", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, maker_b64(str_of(all, 256)))));
	hostile_case("RS256", "by another key", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jws(hostile_header(),
	    hostile_claims(NULL, NULL), "RS256", MAKER_RSA_OTHER)));
	hostile_case("RS256", "by PS256", REFUSAL_SIGNATURE, judge_id_token(
	    maker_jws(hostile_header(), hostile_claims(NULL, NULL), "PS256",
	    MAKER_RSA)));
	hostile_case("RS256", "by RS512", REFUSAL_SIGNATURE, judge_id_token(
	    maker_jws(hostile_header(), hostile_claims(NULL, NULL), "RS512",
	    MAKER_RSA)));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "of another payload", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 1, maker_b64(hostile_claims("sub",
	    "\"mallory\"")))));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	hostile_case("RS256", "of another header", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 0, maker_b64(
	    STR("{\"alg\":\"RS256\",\"kid\":\"k1\"}")))));
	t = hostile_token(hostile_header(), hostile_claims(NULL, NULL));
	input = str_of(t.p, maker_part_of(t, 0).n);
	hostile_case("RS256", "of the header alone", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, maker_b64(maker_signature(
	    "RS256", MAKER_RSA, input, false)))));
}

/* The padding with rubbish behind the hash, as for a careless reader with an
 * exponent of three: here by the true private key. */
static void
rsa_padding(void)
{
	struct csn_str t = hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL));
	unsigned char block[256], sig[256], md[32];
	static const unsigned char info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06,
		0x09, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(maker_key(MAKER_RSA), NULL);
	size_t n = sizeof(sig), md_n, input_n = maker_part_of(t, 0).n + 1 +
	    maker_part_of(t, 1).n;
	bool made;

	memset(block, 0xff, sizeof(block));
	block[0] = 0;
	block[1] = 1;
	block[20] = 0;
	memcpy(block + 21, info, sizeof(info));
	made = EVP_Q_digest(NULL, "SHA256", NULL, t.p, input_n, md,
	    &md_n) == 1;
	memcpy(block + 21 + sizeof(info), md, sizeof(md));
	made = made && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
	    EVP_PKEY_sign(ctx, sig, &n, block, sizeof(block)) == 1;
	EVP_PKEY_CTX_free(ctx);
	hostile_case("RS256", "rubbish behind the hash", made ?
	    REFUSAL_SIGNATURE : REFUSAL_UNKNOWN, judge_id_token(maker_part(t,
	    2, maker_b64(str_of(sig, n)))));
}

static struct csn_str
pss_token(int salt)
{
	struct csn_str t = maker_jws("{\"alg\":\"PS256\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "PS256", MAKER_RSA);
	size_t input_n = maker_part_of(t, 0).n + 1 + maker_part_of(t, 1).n;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	unsigned char sig[256];
	size_t n = sizeof(sig);

	if (EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL,
	    maker_key(MAKER_RSA), NULL) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1 ||
	    EVP_DigestSign(ctx, sig, &n, (const unsigned char *)t.p,
	    input_n) != 1)
		exit(1);
	EVP_MD_CTX_free(ctx);
	return maker_part(t, 2, maker_b64(str_of(sig, n)));
}

/* RFC 7518 3.5: a salt as long as the hash. */
static void
pss(void)
{
	hostile_keys(JWS_BIT(JWS_PS256), maker_jwk(MAKER_RSA,
	    "\"kid\":\"k1\"").p);
	hostile_good("PS256", "a salt of 32 bytes",
	    judge_id_token(pss_token(32)));
	hostile_case("PS256", "a salt of 20 bytes", REFUSAL_SIGNATURE,
	    judge_id_token(pss_token(20)));
	hostile_case("PS256", "no salt", REFUSAL_SIGNATURE,
	    judge_id_token(pss_token(0)));
	hostile_case("PS256", "by RS256", REFUSAL_SIGNATURE, judge_id_token(
	    maker_jws("{\"alg\":\"PS256\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "RS256", MAKER_RSA)));
}

static struct csn_str
ec_token(void)
{
	return maker_jws("{\"alg\":\"ES256\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "ES256", MAKER_P256);
}

static struct csn_str
half_of(struct csn_str t, size_t i)
{
	return str_of(signature_of(t).p + 32 * i, 32);
}

static void
ecdsa_values(void)
{
	const struct csn_str none = STR(""),
	    order = str_of(order_p256, sizeof(order_p256)),
	    zero = str_of((const char[32]){ 0 }, 32);
	struct csn_str t = ec_token();

	hostile_case("ES256", "zero and zero", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, joined(none, none, 64))));
	t = ec_token();
	hostile_case("ES256", "r zero", REFUSAL_SIGNATURE, judge_id_token(
	    maker_part(t, 2, joined(zero, half_of(t, 1), 64))));
	t = ec_token();
	hostile_case("ES256", "s zero", REFUSAL_SIGNATURE, judge_id_token(
	    maker_part(t, 2, joined(half_of(t, 0), zero, 64))));
	t = ec_token();
	hostile_case("ES256", "r the order", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, joined(order, half_of(t, 1),
	    64))));
	t = ec_token();
	hostile_case("ES256", "s the order", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, joined(half_of(t, 0), order,
	    64))));
	t = ec_token();
	hostile_case("ES256", "r and s the order", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, joined(order, order, 64))));
	t = ec_token();
	hostile_case("ES256", "r and s exchanged", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part(t, 2, joined(half_of(t, 1),
	    half_of(t, 0), 64))));
}

static void
ecdsa_form(void)
{
	struct csn_str t = ec_token(), input = str_of(t.p,
	    maker_part_of(t, 0).n + 1 + maker_part_of(t, 1).n);

	hostile_case("ES256", "DER", REFUSAL_SIGNATURE_LENGTH, judge_id_token(
	    maker_part(t, 2, maker_b64(maker_signature("ES256", MAKER_P256,
	    input, true)))));
	t = ec_token();
	hostile_case("ES256", "63 bytes", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part_cut(t, 2, 63)));
	t = ec_token();
	hostile_case("ES256", "65 bytes", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part(t, 2, joined(signature_of(t), STR(""),
	    65))));
	t = ec_token();
	hostile_case("ES256", "96 bytes", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part(t, 2, joined(signature_of(t), STR(""),
	    96))));
	t = ec_token();
	hostile_case("ES256", "a bit changed", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part_flip(t, 2, 40)));
	hostile_case("ES256", "by another key", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jws("{\"alg\":\"ES256\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "ES256", MAKER_P256_OTHER)));
	hostile_case("ES256", "ES384 by a key of P-384", REFUSAL_ALG_OTHER,
	    judge_id_token(maker_jws("{\"alg\":\"ES384\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "ES384", MAKER_P384)));
	hostile_case("ES256", "by RS256, its length", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_jws("{\"alg\":\"ES256\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "RS256", MAKER_RSA)));
}

static void
ecdsa(void)
{
	hostile_keys(JWS_BIT(JWS_ES256), maker_jwk(MAKER_P256,
	    "\"kid\":\"k1\"").p);
	hostile_good("ES256", "good", judge_id_token(ec_token()));
	ecdsa_values();
	ecdsa_form();
	hostile_keys(JWS_BIT(JWS_ES256) | JWS_BIT(JWS_ES384), maker_jwk(
	    MAKER_P384, "\"kid\":\"k1\"").p);
	hostile_case("ES256", "named, by a key of P-384", REFUSAL_KEY_TYPE,
	    judge_id_token(ec_token()));
}

/* S + L is another spelling of S, and must not pass (RFC 8032 5.1.7). */
static struct csn_str
s_raised(struct csn_str t)
{
	struct csn_str raw = signature_of(t);
	unsigned char v[64];
	unsigned carry = 0;

	memcpy(v, raw.p, 64);
	for (size_t i = 0; i < 32; i++) {
		carry += v[32 + i] + order_ed25519[i];
		v[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	return maker_part(t, 2, maker_b64(str_of(v, 64)));
}

static struct csn_str
ed_token(void)
{
	/* its hash is SHA-512: without the three hashes, which are others */
	struct csn_str claims = hostile_claims("at_hash", NULL);

	claims = hostile_without(claims.p, "c_hash", NULL);
	claims = hostile_without(claims.p, "s_hash", NULL);
	return maker_jws("{\"alg\":\"EdDSA\",\"kid\":\"k1\"}", claims, "EdDSA",
	    MAKER_ED25519);
}

static void
eddsa(void)
{
	hostile_keys(JWS_BIT(JWS_EDDSA), maker_jwk(MAKER_ED25519,
	    "\"kid\":\"k1\"").p);
	hostile.expect.access_token.required = false;
	hostile.expect.code.required = hostile.expect.state.required = false;
	hostile_good("EdDSA", "good", judge_id_token(ed_token()));
	hostile_case("EdDSA", "zeros", REFUSAL_SIGNATURE, judge_id_token(
	    maker_part(ed_token(), 2, joined(STR(""), STR(""), 64))));
	hostile_case("EdDSA", "63 bytes", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part_cut(ed_token(), 2, 63)));
	hostile_case("EdDSA", "114 bytes, as of Ed448",
	    REFUSAL_SIGNATURE_LENGTH, judge_id_token(maker_part(ed_token(), 2,
	    joined(STR(""), STR(""), 114))));
	hostile_case("EdDSA", "S raised by the order", REFUSAL_SIGNATURE,
	    judge_id_token(s_raised(ed_token())));
	hostile_case("EdDSA", "a bit changed", REFUSAL_SIGNATURE,
	    judge_id_token(maker_part_flip(ed_token(), 2, 3)));
	hostile_case("EdDSA", "at_hash by SHA-256", REFUSAL_AT_HASH_WRONG,
	    judge_id_token(maker_jws("{\"alg\":\"EdDSA\",\"kid\":\"k1\"}",
	    hostile_claims(NULL, NULL), "EdDSA", MAKER_ED25519)));
}

void
hostile_signature_table(void)
{
	rsa();
	rsa_padding();
	pss();
	ecdsa();
	eddsa();
}
