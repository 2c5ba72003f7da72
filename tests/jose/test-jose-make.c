/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-jose-make.c - tokens that we sign, read back by our own strict reader,
 * with the host's own key operations
 */
#include "lib/testing.h"

#include "auth-oidc/jwk.h"
#include "auth-oidc/jwk_make.h"
#include "auth-oidc/jws_make.h"
#include "auth-oidc/token.h"
#include "tests/jose/maker.h"
#include "tests/jose/paper_keys.h"
#include "tests/jose/vectors.h"

static struct arena arena;
static struct buf out;
static struct token token;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 * TOKEN_ARENA);
	buf_init(&out, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	token_free(&token);
	arena_free(&arena);
	buf_free(&out);
	paper_keys_clear();
	maker_clear();
	return 0;
}

static struct jws_signer
signer(const char *alg, enum maker_key k)
{
	struct jws_signer by = { &paper_keys_host, paper_keys_call(),
		paper_keys_add(maker_pem(k)), jws_alg_find(str_from(alg)),
		STR("our-key"), STR(""), NULL };

	return by;
}

/* Reads what is in `out` and verifies it with our published keys. */
static void
read_back_by(struct csn_str spki, enum jws_alg alg)
{
	struct jws_keys keys = { NULL, JWS_BIT(alg), STR("") };
	struct jwk_publish key = { spki, "sig", jws_alg_name(alg) };
	struct jwks *set = NULL;
	struct buf text;

	buf_init(&text, 0);
	assert_int_equal(jwk_make_set(&key, 1, &text), 0);
	assert_int_equal(jwks_read(buf_str(&text), JWS_BIT(alg), &set),
	    REFUSAL_NONE);
	assert_int_equal(jwks_usable(set), 1);
	keys.jwks = set;
	token_free(&token);
	assert_int_equal(token_read(buf_str(&out), NULL, &arena, &token),
	    REFUSAL_NONE);
	/* ours has the kid that was given; the set has the thumbprint */
	token.jws.kid = str_of(NULL, 0);
	assert_int_equal(token_verify(&token, &keys), REFUSAL_NONE);
	jwks_unref(set);
	buf_free(&text);
}

static void
read_back(enum maker_key k, enum jws_alg alg)
{
	read_back_by(maker_spki(k), alg);
}

static struct csn_str
claim(const char *name)
{
	struct csn_str s = STR("(none)");

	if (json_member_text(token.claims, name, &s) != MEMBER_GOOD)
		return STR("(none)");
	return s;
}

static int64_t
number(const char *name)
{
	int64_t n = -1;

	(void)json_member_number(token.claims, name, &n);
	return n;
}

/* RFC 7638 3.1 */
static void
thumbprint_of_the_standard(void **state)
{
	static const char n[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM"
	    "78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
	    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGj"
	    "QR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1"
	    "n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ"
	    "-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
	static const unsigned char head[] = { 0x30, 0x82, 0x01, 0x22, 0x30,
		0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30,
		0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
	static const unsigned char tail[] = { 0x02, 0x03, 1, 0, 1 };
	struct csn_str modulus;
	char got[JWK_THUMBPRINT];

	(void)state;
	assert_int_equal(compact_decode(str_from(n), &arena, &modulus),
	    REFUSAL_NONE);
	buf_put(&out, head, sizeof(head));
	buf_str_put(&out, modulus);
	buf_put(&out, tail, sizeof(tail));
	assert_int_equal(jwk_make_thumbprint(buf_str(&out), got), 0);
	assert_string_equal(got,
	    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

static void
keys_are_published_as_they_are(void **state)
{
	static const enum maker_key all[] = { MAKER_RSA, MAKER_P256,
		MAKER_P384, MAKER_P521, MAKER_ED25519 };

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		json_t *got, *want;

		buf_clear(&out);
		assert_int_equal(jwk_make(maker_spki(all[i]), &out), 0);
		got = json_loadb(out.p ? (char *)out.p : "", out.n, 0, NULL);
		want = json_loads(maker_jwk(all[i], NULL).p, 0, NULL);
		assert_true(json_equal(got, want));
		json_decref(got);
		json_decref(want);
	}
	buf_clear(&out);
	buf_puts(&out, "kept");
	assert_int_equal(jwk_make(STR("no key"), &out), -1);
	assert_int_equal(jwk_make(maker_spki(MAKER_K256), &out), -1);
	assert_int_equal(jwk_make(maker_printf("%s", "x"), &out), -1);
	assert_str(buf_str(&out), "kept");
}

static void
assertion_says_who_and_to_whom(void **state)
{
	static const struct { const char *alg; enum maker_key k; } rows[] = {
		{ "RS256", MAKER_RSA }, { "PS256", MAKER_RSA },
		{ "ES256", MAKER_P256 }, { "ES384", MAKER_P384 },
		{ "ES512", MAKER_P521 }, { "EdDSA", MAKER_ED25519 },
	};
	char first[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jws_signer by = signer(rows[i].alg, rows[i].k);

		buf_clear(&out);
		assert_int_equal(jws_make_assertion(&by, STR("client \"1\""),
		    STR("https://op.example"), &out), 0);
		read_back(rows[i].k, by.alg);
		assert_str(token.jws.typ, "JWT");
		assert_str(claim("iss"), "client \"1\"");
		assert_str(claim("sub"), "client \"1\"");
		assert_str(claim("aud"), "https://op.example");
		assert_int_equal(number("iat"), paper_keys_now_ms / 1000);
		assert_int_equal(number("exp"), paper_keys_now_ms / 1000 + 60);
		assert_int_equal(claim("jti").n, 22);
		memcpy(first, claim("jti").p, 23);
		buf_clear(&out);
		assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"),
		    &out), 0);
		read_back(rows[i].k, by.alg);
		assert_string_not_equal(claim("jti").p, first);
	}
}

static void
header_names_key_and_certificate(void **state)
{
	struct jws_signer by = signer("PS256", MAKER_RSA);
	struct csn_str header = STR("");

	(void)state;
	by.x5t_s256 = STR("thumb");
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out), 0);
	assert_int_equal(compact_decode(maker_part_of(buf_str(&out), 0),
	    &arena, &header), REFUSAL_NONE);
	assert_str(header, "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":"
	    "\"our-key\",\"x5t#S256\":\"thumb\"}");
}

static void
assertion_by_the_client_secret(void **state)
{
	const struct csn_str secret = STR("a secret of thirty-two bytes, ok");
	struct jws_signer by = { &paper_keys_host, paper_keys_call(),
		paper_keys_add(secret), JWS_HS256, STR(""), STR(""), NULL };
	struct jws_keys keys = { NULL, JWS_BIT(JWS_HS256), secret };

	(void)state;
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out), 0);
	assert_int_equal(token_read(buf_str(&out), NULL, &arena, &token),
	    REFUSAL_NONE);
	assert_null(token.jws.kid.p);
	assert_int_equal(token_verify(&token, &keys), REFUSAL_NONE);
	/* RFC 7518 3.2: too short a secret signs nothing */
	by.val = paper_keys_add(STR("short"));
	buf_clear(&out);
	buf_puts(&out, "kept");
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out),
	    -1);
	assert_str(buf_str(&out), "kept");
}

static void
request_holds_the_parameters(void **state)
{
	static const struct csn_pair v[] = {
		{ STR_INIT("response_type"), STR_INIT("code") },
		{ STR_INIT("max_age"), STR_INIT("300") },
		{ STR_INIT("claims"),
		    STR_INIT("{\"id_token\":{\"acr\":null}}") },
		{ STR_INIT("state"), STR_INIT("s1") },
		{ STR_INIT("aud"), STR_INIT("not this") },
	};
	struct jws_signer by = signer("ES256", MAKER_P256);
	const json_t *claims = NULL;

	(void)state;
	assert_int_equal(jws_make_request(&by, STR("client1"),
	    STR("https://op.example"), (struct csn_pairs){ v, COUNT(v) },
	    &out), 0);
	read_back(MAKER_P256, JWS_ES256);
	assert_str(token.jws.typ, "oauth-authz-req+jwt");
	assert_str(claim("response_type"), "code");
	assert_str(claim("state"), "s1");
	assert_str(claim("client_id"), "client1");
	assert_str(claim("iss"), "client1");
	assert_str(claim("aud"), "https://op.example");
	assert_int_equal(number("max_age"), 300);
	assert_int_equal(number("nbf"), number("iat"));
	assert_int_equal(number("exp"), number("iat") + 60);
	assert_int_equal(json_member_object(token.claims, "claims", &claims),
	    MEMBER_GOOD);
	assert_non_null(json_object_get(claims, "id_token"));
}

static void
request_refuses_what_has_no_place(void **state)
{
	static const struct csn_pair bad[] = {
		{ STR_INIT("request"), STR_INIT("x") },
		{ STR_INIT("request_uri"), STR_INIT("x") },
		{ STR_INIT("max_age"), STR_INIT("-1") },
		{ STR_INIT("max_age"), STR_INIT("") },
		{ STR_INIT("claims"), STR_INIT("no json") },
		{ STR_INIT("claims"), STR_INIT("[]") },
		{ STR_INIT("state"), STR_INIT("\xff") },
	};
	struct jws_signer by = signer("ES256", MAKER_P256);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(jws_make_request(&by, STR("c"), STR("i"),
		    (struct csn_pairs){ &bad[i], 1 }, &out), -1);
	assert_int_equal(out.n, 0);
}

/* RFC 9449 4.2, 4.3 */
static void
dpop_proof_is_bound(void **state)
{
	struct jws_signer by = signer("ES256", MAKER_P256);
	json_t *header, *want;
	struct csn_str text;

	(void)state;
	assert_int_equal(jws_make_dpop(&by, STR("POST"),
	    STR("https://op.example/token?x=1#y"), STR("server-nonce"),
	    STR("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), &out), 0);
	read_back(MAKER_P256, JWS_ES256);
	assert_str(token.jws.typ, "dpop+jwt");
	assert_str(claim("htm"), "POST");
	assert_str(claim("htu"), "https://op.example/token");
	assert_str(claim("nonce"), "server-nonce");
	/* the access token and ath of RFC 9449 7.1 */
	assert_str(claim("ath"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
	assert_int_equal(number("iat"), paper_keys_now_ms / 1000);
	assert_int_equal(claim("jti").n, 22);
	assert_int_equal(compact_decode(maker_part_of(buf_str(&out), 0),
	    &arena, &text), REFUSAL_NONE);
	header = json_loads(text.p, 0, NULL);
	want = json_loads(maker_jwk(MAKER_P256, NULL).p, 0, NULL);
	assert_true(json_equal(json_object_get(header, "jwk"), want));
	assert_null(json_object_get(header, "kid"));
	json_decref(header);
	json_decref(want);
	buf_clear(&out);
	assert_int_equal(jws_make_dpop(&by, STR("GET"), STR("https://a"),
	    STR(""), STR(""), &out), 0);
	read_back(MAKER_P256, JWS_ES256);
	assert_str(claim("ath"), "(none)");
	assert_str(claim("nonce"), "(none)");
}

static void
dpop_never_by_a_secret(void **state)
{
	struct jws_signer by = { &paper_keys_host, paper_keys_call(),
		paper_keys_add(STR("a secret of thirty-two bytes, ok")),
		JWS_HS256, STR(""), STR(""), NULL };

	(void)state;
	assert_int_equal(jws_make_dpop(&by, STR("GET"), STR("https://a"),
	    STR(""), STR(""), &out), -1);
	assert_int_equal(out.n, 0);
}

/* A login's own: 32 bytes are one key, always the same; with no other
 * algorithm, and never where the number is none of the curve. */
static void
dpop_by_a_key_of_the_login(void **state)
{
	static const uint8_t zero[DPOP_KEY];
	uint8_t secret[DPOP_KEY], other[DPOP_KEY];
	EVP_PKEY *key, *again;
	struct buf spki, spki2;
	struct jws_signer by = { &paper_keys_host, paper_keys_call(), 0,
		JWS_ES256, STR(""), STR(""), NULL };

	(void)state;
	memset(secret, 7, sizeof(secret));
	memset(other, 0xff, sizeof(other));
	assert_null(dpop_key_read(zero));
	assert_null(dpop_key_read(other));	/* above the order */
	key = dpop_key_read(secret);
	again = dpop_key_read(secret);
	assert_non_null(key);
	assert_non_null(again);
	buf_init(&spki, 0);
	buf_init(&spki2, 0);
	assert_int_equal(dpop_key_public(key, &spki), 0);
	assert_int_equal(dpop_key_public(again, &spki2), 0);
	assert_true(str_equal(buf_str(&spki), buf_str(&spki2)));
	by.own = key;
	for (int i = 0; i < 100; i++) {		/* short numbers too */
		buf_clear(&out);
		assert_int_equal(jws_make_dpop(&by, STR("POST"),
		    STR("https://op.example/token"), STR(""), STR(""), &out),
		    0);
		read_back_by(buf_str(&spki), JWS_ES256);
	}
	buf_clear(&out);
	by.alg = JWS_ES384;
	assert_int_equal(jws_make_dpop(&by, STR("GET"), STR("https://a"),
	    STR(""), STR(""), &out), -1);
	assert_int_equal(out.n, 0);
	EVP_PKEY_free(key);
	EVP_PKEY_free(again);
	buf_free(&spki);
	buf_free(&spki2);
}

/* An algorithm that is not the key's, none at all, a key that is not there. */
static void
nothing_is_signed_amiss(void **state)
{
	struct jws_signer by = signer("ES256", MAKER_RSA);

	(void)state;
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out),
	    -1);
	by.alg = (enum jws_alg)0;
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out),
	    -1);
	by.alg = JWS_RS256;
	by.val = 77;
	assert_int_equal(jws_make_assertion(&by, STR("c"), STR("a"), &out),
	    -1);
	assert_int_equal(out.n, 0);
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
		TEST(thumbprint_of_the_standard),
		TEST(keys_are_published_as_they_are),
		TEST(assertion_says_who_and_to_whom),
		TEST(header_names_key_and_certificate),
		TEST(assertion_by_the_client_secret),
		TEST(request_holds_the_parameters),
		TEST(request_refuses_what_has_no_place),
		TEST(dpop_proof_is_bound),
		TEST(dpop_never_by_a_secret),
		TEST(dpop_by_a_key_of_the_login),
		TEST(nothing_is_signed_amiss),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
