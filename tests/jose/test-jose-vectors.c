/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-jose-vectors.c - published tokens, and every algorithm against a second
 * writer
 *
 * RFC 7515, 7516, 7520, 8037: what they sign is verified and what they encrypt
 * is opened, with private keys that stay in the real host's key operations.
 */
#include "lib/testing.h"

#include "auth-oidc/jwk.h"
#include "auth-oidc/token.h"
#include "lib/base64url.h"
#include "tests/jose/maker.h"
#include "tests/jose/paper_keys.h"
#include "tests/jose/vectors.h"

#define ALL_ALGS	((JWS_BIT(JWS_ALG_END) - 1) & ~1u)
#define ALL_JWE		((JWE_BIT(JWE_ALG_END) - 1) & ~1u)
#define ALL_ENC		((JWE_BIT(JWE_ENC_END) - 1) & ~1u)

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 * TOKEN_ARENA);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	paper_keys_clear();
	maker_clear();
	return 0;
}

static struct jwks *
one_key(const char *jwk, uint32_t algs)
{
	struct jwks *set = NULL;
	enum refusal r = jwks_read(maker_printf("{\"keys\":[%s]}", jwk), algs,
	    &set);

	if (r != REFUSAL_NONE)
		fail_msg("%s: %s", jwk, refusal_word(r));
	assert_int_equal(jwks_usable(set), 1);
	return set;
}

static struct csn_str
bytes(const char *b64)
{
	struct csn_str s = STR("");

	assert_int_equal(compact_decode(str_from(b64), &arena, &s),
	    REFUSAL_NONE);
	return s;
}

/* Good as it is; not with another byte in the signature or in the payload. */
static void
verifies(const char *token, const struct jws_keys *keys, const char *payload)
{
	struct csn_str compact = str_from(token);
	struct jws jws;
	enum refusal r;

	assert_int_equal(jws_parse(compact, &arena, &jws), REFUSAL_NONE);
	r = jws_verify(&jws, keys);
	if (r != REFUSAL_NONE)
		fail_msg("%s: %s", token, refusal_word(r));
	if (payload != NULL)
		assert_true(str_equal(jws.payload, bytes(payload)));
	assert_int_equal(jws_parse(maker_part_flip(compact, 2, 1), &arena,
	    &jws), REFUSAL_NONE);
	assert_int_equal(jws_verify(&jws, keys), REFUSAL_SIGNATURE);
	assert_int_equal(jws_parse(maker_part_flip(compact, 1, 1), &arena,
	    &jws), REFUSAL_NONE);
	assert_int_equal(jws_verify(&jws, keys), REFUSAL_SIGNATURE);
}

static void
published_signatures_verify(void **state)
{
	static const struct { const char *token, *jwk, *payload;
		enum jws_alg alg; } rows[] = {
		{ RFC7515_A2_TOKEN, RFC7515_A2_JWK, NULL, JWS_RS256 },
		{ RFC7515_A3_TOKEN, RFC7515_A3_JWK, NULL, JWS_ES256 },
		{ RFC7520_4_1_TOKEN, RFC7520_4_1_JWK, RFC7520_4_PAYLOAD,
		    JWS_RS256 },
		{ RFC7520_4_2_TOKEN, RFC7520_4_2_JWK, RFC7520_4_PAYLOAD,
		    JWS_PS384 },
		{ RFC7520_4_3_TOKEN, RFC7520_4_3_JWK, RFC7520_4_PAYLOAD,
		    JWS_ES512 },
		{ RFC8037_TOKEN, RFC8037_JWK, NULL, JWS_EDDSA },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint32_t only = JWS_BIT(rows[i].alg);
		struct jwks *set = one_key(rows[i].jwk, only);
		struct jws_keys keys = { set, only, STR("") };
		struct jws jws;

		verifies(rows[i].token, &keys, rows[i].payload);
		keys.algs = ALL_ALGS & ~only;
		assert_int_equal(jws_parse(str_from(rows[i].token), &arena,
		    &jws), REFUSAL_NONE);
		assert_int_equal(jws_verify(&jws, &keys), REFUSAL_ALG_OTHER);
		jwks_unref(set);
	}
}

static void
published_macs_verify(void **state)
{
	struct jws_keys keys = { NULL, JWS_HMAC, bytes(RFC7515_A1_SECRET) };
	struct jws jws;

	(void)state;
	verifies(RFC7515_A1_TOKEN, &keys, NULL);
	keys.secret = bytes(RFC7520_4_4_SECRET);
	verifies(RFC7520_4_4_TOKEN, &keys, RFC7520_4_PAYLOAD);
	keys.secret.n = 31;
	assert_int_equal(jws_parse(STR(RFC7520_4_4_TOKEN), &arena, &jws),
	    REFUSAL_NONE);
	assert_int_equal(jws_verify(&jws, &keys), REFUSAL_SECRET_LENGTH);
	keys.secret.n = 0;
	assert_int_equal(jws_verify(&jws, &keys), REFUSAL_SECRET_MISSING);
	keys.algs = ALL_ALGS & ~JWS_HMAC;
	assert_int_equal(jws_verify(&jws, &keys), REFUSAL_ALG_OTHER);
	assert_int_equal(jws_parse(STR(RFC7797_TOKEN), &arena, &jws),
	    REFUSAL_HEADER_CRIT);
}

/* Each reader has the cap for itself. */
static void
too_long_for_each_reader(void **state)
{
	struct csn_str text = maker_printf("%0*d", JWS_BYTES_MAX + 1, 0);
	struct jwe_opener by = { .algs = ALL_JWE, .encs = ALL_ENC };
	struct csn_str plain;
	struct jws jws;
	struct token t;

	(void)state;
	assert_int_equal(jws_parse(text, &arena, &jws), REFUSAL_TOKEN_LENGTH);
	assert_int_equal(jwe_open(text, &by, &arena, &plain),
	    REFUSAL_TOKEN_LENGTH);
	assert_int_equal(token_read(text, NULL, &arena, &t),
	    REFUSAL_TOKEN_LENGTH);
	text.n--;
	assert_int_equal(jws_parse(text, &arena, &jws), REFUSAL_TOKEN_PARTS);
}

static void
published_encryption_opens(void **state)
{
	static const char rfc7516_plain[] =
	    "The true sign of intelligence is not knowledge but imagination.";
	static const struct { const char *token, *pem; } rows[] = {
		{ RFC7516_A1_TOKEN, RFC7516_A1_PEM },
		{ RFC7520_5_2_TOKEN, RFC7520_5_2_PEM },
		{ RFC7520_5_4_TOKEN, RFC7520_5_4_PEM },
		{ RFC7520_5_5_TOKEN, RFC7520_5_5_PEM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jwe_key key = { paper_keys_add(str_from(rows[i].pem)),
			STR("") };
		struct jwe_opener by = { &paper_keys_host, paper_keys_call(),
			&key, 1, ALL_JWE, ALL_ENC, STR(""), false, false };
		struct csn_str plain = STR("");
		enum refusal r = jwe_open(str_from(rows[i].token), &by,
		    &arena, &plain);

		if (r != REFUSAL_NONE)
			fail_msg("row %zu: %s", i, refusal_word(r));
		assert_true(str_equal(plain, i == 0 ?
		    str_from(rfc7516_plain) : bytes(RFC7520_5_PLAIN)));
	}
}

static void
published_encryption_we_refuse(void **state)
{
	struct jwe_key key = { paper_keys_add(STR(RFC7520_5_2_PEM)), STR("") };
	struct jwe_opener by = { &paper_keys_host, paper_keys_call(), &key, 1,
		ALL_JWE, ALL_ENC, STR("secret of thirty-two bytes or so"),
		false, false };
	struct csn_str plain;

	(void)state;
	assert_int_equal(jwe_open(STR(RFC7520_5_1_TOKEN), &by, &arena, &plain),
	    REFUSAL_JWE_ALG);		/* RSA1_5 */
	assert_int_equal(jwe_open(STR(RFC7520_5_3_TOKEN), &by, &arena, &plain),
	    REFUSAL_JWE_ALG);		/* PBES2, p2c */
	assert_int_equal(jwe_open(STR(RFC7520_5_9_TOKEN), &by, &arena, &plain),
	    REFUSAL_JWE_ZIP);
	assert_int_equal(paper_keys_decryptions, 0);
}

/* RFC 7520 6: signed, then encrypted. */
static void
published_nesting_is_read(void **state)
{
	struct jwe_key key = { paper_keys_add(STR(RFC7520_6_PEM)), STR("") };
	struct jwe_opener by = { &paper_keys_host, paper_keys_call(), &key, 1,
		ALL_JWE, ALL_ENC, STR(""), true, false };
	struct jwks *set = one_key(RFC7520_6_JWK, JWS_BIT(JWS_PS256));
	struct jws_keys keys = { set, JWS_BIT(JWS_PS256), STR("") };
	struct csn_str iss = STR("");
	struct token t;

	(void)state;
	assert_int_equal(token_read(STR(RFC7520_6_TOKEN), &by, &arena, &t),
	    REFUSAL_NONE);
	assert_true(t.encrypted);
	assert_int_equal(t.verified, REFUSAL_TOKEN_UNVERIFIED);
	assert_int_equal(token_verify(&t, &keys), REFUSAL_NONE);
	assert_int_equal(json_member_text(t.claims, "iss", &iss),
	    MEMBER_GOOD);
	assert_str(iss, "hobbiton.example");
	token_free(&t);
	assert_int_equal(token_read(STR(RFC7520_6_TOKEN), NULL, &arena, &t),
	    REFUSAL_JWE_UNEXPECTED);
	jwks_unref(set);
}

/* ------------------------------------------------------------------ */
/* every algorithm, written by another hand */

static const struct signs { const char *alg; enum maker_key key; } signs[] = {
	{ "RS256", MAKER_RSA }, { "RS384", MAKER_RSA }, { "RS512", MAKER_RSA },
	{ "PS256", MAKER_RSA }, { "PS384", MAKER_RSA }, { "PS512", MAKER_RSA },
	{ "ES256", MAKER_P256 }, { "ES384", MAKER_P384 },
	{ "ES512", MAKER_P521 }, { "EdDSA", MAKER_ED25519 },
};

static void
every_algorithm_verifies_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(signs); i++) {
		struct jwks *set = one_key(maker_jwk(signs[i].key, NULL).p,
		    ALL_ALGS);
		struct jws_keys keys = { set, ALL_ALGS, STR("") };

		/* ten times: r and s have leading zeros now and then */
		for (int n = 0; n < 10; n++)
			verifies(maker_jws(maker_printf("{\"alg\":\"%s\"}",
			    signs[i].alg).p, maker_printf("payload %d", n),
			    signs[i].alg, signs[i].key).p, &keys, NULL);
		arena_free(&arena);
		jwks_unref(set);
	}
}

/* Each name with each algorithm's signature by each key: only its own. */
static void
no_algorithm_stands_for_another(void **state)
{
	struct jwks *set = NULL;
	struct jws_keys keys = { NULL, ALL_ALGS, STR("") };
	size_t good = 0;

	(void)state;
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s,%s,%s,%s,%s]}",
	    maker_jwk(MAKER_RSA, NULL).p, maker_jwk(MAKER_P256, NULL).p,
	    maker_jwk(MAKER_P384, NULL).p, maker_jwk(MAKER_P521, NULL).p,
	    maker_jwk(MAKER_ED25519, NULL).p), ALL_ALGS, &set), REFUSAL_NONE);
	keys.jwks = set;
	for (size_t i = 0; i < COUNT(signs); i++)
		for (size_t k = 0; k < COUNT(signs); k++) {
			struct jws jws;
			enum refusal r;

			assert_int_equal(jws_parse(maker_jws(maker_printf(
			    "{\"alg\":\"%s\"}", signs[i].alg).p, STR("p"),
			    signs[k].alg, signs[k].key), &arena, &jws),
			    REFUSAL_NONE);
			r = jws_verify(&jws, &keys);
			good += r == REFUSAL_NONE;
			if ((r == REFUSAL_NONE) != (i == k))
				fail_msg("%s signed as %s: %s", signs[i].alg,
				    signs[k].alg, refusal_word(r));
		}
	assert_int_equal(good, COUNT(signs));
	jwks_unref(set);
}

static void
every_encryption_opens(void **state)
{
	static const struct { const char *alg; enum maker_key key; } ways[] = {
		{ "RSA-OAEP", MAKER_RSA }, { "RSA-OAEP-256", MAKER_RSA },
		{ "ECDH-ES", MAKER_P256 }, { "ECDH-ES", MAKER_P384 },
		{ "ECDH-ES", MAKER_P521 }, { "ECDH-ES+A128KW", MAKER_P256 },
		{ "ECDH-ES+A192KW", MAKER_P384 },
		{ "ECDH-ES+A256KW", MAKER_P521 },
	};
	static const char *const encs[] = { "A128GCM", "A192GCM", "A256GCM",
		"A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512" };
	struct csn_str plain = STR("sixteen bytes...and a few more");

	(void)state;
	for (size_t i = 0; i < COUNT(ways) * COUNT(encs); i++) {
		size_t w = i / COUNT(encs), e = i % COUNT(encs);
		struct jwe_key key = { paper_keys_add(maker_pem(ways[w].key)),
			STR("") };
		struct jwe_opener by = { &paper_keys_host, paper_keys_call(),
			&key, 1, ALL_JWE, ALL_ENC, STR(""), false, false };
		struct maker_jwe spec = { .alg = ways[w].alg, .enc = encs[e],
			.to = ways[w].key, .apu = "QWxpY2U", .apv = "Qm9i",
			.plain = str_of(plain.p, plain.n - e) };
		struct csn_str got = STR("");
		enum refusal r = jwe_open(maker_jwe(&spec), &by, &arena, &got);

		if (r != REFUSAL_NONE || !str_equal(got, spec.plain))
			fail_msg("%s %s: %s", ways[w].alg, encs[e],
			    refusal_word(r));
		paper_keys_clear();
	}
}

/* A named key is the only one that is tried; where the sender has names of its
 * own, as without one, each is. */
static void
one_try_for_a_named_key(void **state)
{
	static const struct { const char *kid; bool foreign; unsigned tries;
		enum refusal want; } rows[] = {
		{ NULL, false, 3, REFUSAL_NONE },
		{ "c", false, 1, REFUSAL_NONE },
		{ "c", true, 1, REFUSAL_NONE },
		{ "a", true, 1, REFUSAL_JWE_DECRYPT },
		{ "other", true, 3, REFUSAL_NONE },
		{ "other", false, 0, REFUSAL_JWE_KID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jwe_key keys[] = {
			{ paper_keys_add(maker_pem(MAKER_P256)), STR("a") },
			{ paper_keys_add(maker_pem(MAKER_P384)), STR("b") },
			{ paper_keys_add(maker_pem(MAKER_RSA)), STR("c") },
		};
		struct jwe_opener by = { .host = &paper_keys_host,
			.call = paper_keys_call(), .keys = keys, .nkeys = 3,
			.algs = ALL_JWE, .encs = ALL_ENC,
			.foreign_kids = rows[i].foreign };
		struct maker_jwe spec = { .alg = "RSA-OAEP",
			.enc = "A128GCM", .to = MAKER_RSA, .plain = STR("x"),
			.more = rows[i].kid == NULL ? NULL : arena_printf(
			    &arena, "\"kid\":\"%s\"", rows[i].kid).p };
		struct csn_str got = STR("");

		assert_int_equal(jwe_open(maker_jwe(&spec), &by, &arena,
		    &got), rows[i].want);
		assert_int_equal(paper_keys_decryptions, rows[i].tries);
		paper_keys_clear();
	}
}

/* OIDC Core 10.2 */
static void
direct_encryption_by_the_client_secret(void **state)
{
	const struct csn_str secret =
	    STR("a client secret of thirty-two bytes and more");
	static const struct { const char *enc, *hash; int bytes; } rows[] = {
		{ "A128GCM", "SHA256", 16 }, { "A256GCM", "SHA256", 32 },
		{ "A128CBC-HS256", "SHA256", 32 },
		{ "A192CBC-HS384", "SHA384", 48 },
		{ "A256CBC-HS512", "SHA512", 64 },
	};
	struct jwe_opener by = { .algs = JWE_BIT(JWE_DIR), .encs = ALL_ENC };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char md[EVP_MAX_MD_SIZE];
		size_t n = 0;
		struct maker_jwe spec = { .alg = "dir", .enc = rows[i].enc,
			.plain = STR("hello") };
		struct csn_str got = STR(""), token;

		assert_int_equal(EVP_Q_digest(NULL, rows[i].hash, NULL,
		    secret.p, secret.n, md, &n), 1);
		spec.secret = str_of(md, (size_t)rows[i].bytes);
		token = maker_jwe(&spec);
		by.secret = secret;
		assert_int_equal(jwe_open(token, &by, &arena, &got),
		    REFUSAL_NONE);
		assert_str(got, "hello");
		by.secret.n -= 1;
		assert_int_equal(jwe_open(token, &by, &arena, &got),
		    REFUSAL_JWE_DECRYPT);
		by.secret.n = 31;
		assert_int_equal(jwe_open(token, &by, &arena, &got),
		    REFUSAL_SECRET_LENGTH);
		by.secret.n = 0;
		assert_int_equal(jwe_open(token, &by, &arena, &got),
		    REFUSAL_SECRET_MISSING);
	}
}

static int
end(void **state)
{
	(void)state;
	maker_end();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(published_signatures_verify),
		TEST(published_macs_verify),
		TEST(too_long_for_each_reader),
		TEST(published_encryption_opens),
		TEST(published_encryption_we_refuse),
		TEST(published_nesting_is_read),
		TEST(every_algorithm_verifies_its_own),
		TEST(no_algorithm_stands_for_another),
		TEST(every_encryption_opens),
		TEST(one_try_for_a_named_key),
		TEST(direct_encryption_by_the_client_secret),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
