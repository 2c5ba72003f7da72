/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-jose-others.c - what tokens give beside the refusals: claims of other
 * sources, logout's replay key, signed responses, userinfo merged, keys shared
 * by threads
 */
#include <pthread.h>

#include "auth-oidc/jarm.h"
#include "auth-oidc/jwk.h"
#include "auth-oidc/logout_token.h"
#include "auth-oidc/other_claims.h"
#include "auth-oidc/userinfo.h"
#include "lib/testing.h"
#include "tests/jose/maker.h"

#define NOW	INT64_C(1800000000)
#define ISSUER	"https://op.example"
#define OTHER	"https://registry.example"

static struct arena arena;
static struct token token;
static struct jwks *set;
static json_t *all;

static const struct claims_rules rules = { STR_INIT(ISSUER),
	STR_INIT("client1"), { NULL, 0 }, 60, 600, NOW * 1000 };
static const struct claims_rules other_rules = { STR_INIT(OTHER),
	STR_INIT("client1"), { NULL, 0 }, 60, 600, NOW * 1000 };

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
	token_free(&token);
	jwks_unref(set);
	set = NULL;
	json_decref(all);
	all = NULL;
	arena_free(&arena);
	maker_clear();
	return 0;
}

static struct csn_str
signed_by(enum maker_key key, const char *claims)
{
	return maker_jws("{\"alg\":\"ES256\"}", str_from(claims), "ES256",
	    key);
}

/* Reads it and verifies it as the P-256 key's. */
static enum refusal
take(struct csn_str compact)
{
	struct jws_keys keys = { .algs = JWS_BIT(JWS_ES256) };
	enum refusal r;

	if (set == NULL)
		assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s]}",
		    maker_jwk(MAKER_P256, NULL).p), keys.algs, &set),
		    REFUSAL_NONE);
	keys.jwks = set;
	token_free(&token);
	r = token_read(compact, NULL, &arena, &token);
	return r == REFUSAL_NONE ? token_verify(&token, &keys) : r;
}

static void
claims_set(const char *text)
{
	json_decref(all);
	all = NULL;
	assert_int_equal(json_text_read(str_from(text), &json_token_caps,
	    &all), REFUSAL_NONE);
}

static void
sources_are_read(void **state)
{
	struct other_sources s;

	(void)state;
	claims_set("{\"sub\":\"a\"}");
	assert_int_equal(other_claims_read(all, &arena, &s), REFUSAL_NONE);
	assert_int_equal(s.n, 0);
	claims_set("{\"_claim_names\":{\"address\":\"src1\","
	    "\"phone\":\"src1\",\"payment\":\"src2\"},\"_claim_sources\":{"
	    "\"src1\":{\"JWT\":\"x.y.z\"},\"src2\":{\"endpoint\":"
	    "\"https://bank.example/claims\",\"access_token\":\"ksj3\"},"
	    "\"unused\":7}}");
	assert_int_equal(other_claims_read(all, &arena, &s), REFUSAL_NONE);
	assert_int_equal(s.n, 2);
	for (size_t i = 0; i < 2; i++)
		if (str_is(s.v[i].name, "src1")) {
			assert_str(s.v[i].jwt, "x.y.z");
			assert_null(s.v[i].endpoint.p);
			assert_int_equal(s.v[i].claims.n, 2);
		} else {
			assert_null(s.v[i].jwt.p);
			assert_str(s.v[i].endpoint,
			    "https://bank.example/claims");
			assert_str(s.v[i].access_token, "ksj3");
			assert_str(s.v[i].claims.v[0], "payment");
		}
}

static void
bad_sources_are_refused(void **state)
{
	static const char *const bad[] = {
		"{\"_claim_names\":{\"a\":\"s\"}}",
		"{\"_claim_names\":[],\"_claim_sources\":{}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{}}",
		"{\"_claim_names\":{\"a\":1},\"_claim_sources\":{\"1\":{}}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":1}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{}}"
		    "}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"JWT\":\"x\",\"endpoint\":\"https://e\"}}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"endpoint\":\"http://e\"}}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"endpoint\":\"file:///etc/passwd\"}}}",
		"{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"endpoint\":\"https://e\",\"access_token\":1}}}",
		"{\"_claim_names\":{\"sub\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"JWT\":\"x\"}}}",
		"{\"_claim_names\":{\"iss\":\"s\"},\"_claim_sources\":{\"s\":{"
		    "\"JWT\":\"x\"}}}",
		"{\"_claim_names\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\","
		    "\"d\":\"4\",\"e\":\"5\",\"f\":\"6\",\"g\":\"7\","
		    "\"h\":\"8\",\"i\":\"9\"},\"_claim_sources\":{"
		    "\"1\":{\"JWT\":\"x\"},\"2\":{\"JWT\":\"x\"},"
		    "\"3\":{\"JWT\":\"x\"},\"4\":{\"JWT\":\"x\"},"
		    "\"5\":{\"JWT\":\"x\"},\"6\":{\"JWT\":\"x\"},"
		    "\"7\":{\"JWT\":\"x\"},\"8\":{\"JWT\":\"x\"},"
		    "\"9\":{\"JWT\":\"x\"}}}",
	};
	struct other_sources s = { .n = 99 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		claims_set(bad[i]);
		if (other_claims_read(all, &arena, &s) !=
		    REFUSAL_CLAIM_SOURCE)
			fail_msg("%s", bad[i]);
		assert_int_equal(s.n, 99);
	}
}

static enum refusal
added(const char *claims, enum maker_key by)
{
	static const struct csn_str names[] = { STR_INIT("groups"),
		STR_INIT("email") };
	struct other_source source = { .name = STR("s"),
		.claims = { names, 2 } };
	enum refusal r;

	claims_set("{\"sub\":\"alice\",\"email\":\"kept@example.org\"}");
	r = take(signed_by(by, claims));
	if (r != REFUSAL_NONE && r != REFUSAL_SIGNATURE)
		return r;
	return other_claims_add(all, &source, &token, &other_rules,
	    STR("alice"), &arena);
}

static void
a_source_adds_what_it_is_named_for(void **state)
{
	struct csn_str email = STR("");
	struct csn_strs groups = { NULL, 0 };

	(void)state;
	assert_int_equal(added("{\"iss\":\"" OTHER "\",\"sub\":\"alice\","
	    "\"groups\":[\"staff\"],\"email\":\"other@example.org\","
	    "\"admin\":true}", MAKER_P256), REFUSAL_NONE);
	assert_int_equal(json_member_texts(all, "groups", 9, &arena, &groups),
	    MEMBER_GOOD);
	assert_int_equal(groups.n, 1);
	/* the provider's own word stays, and nothing else comes in */
	assert_int_equal(json_member_text(all, "email", &email), MEMBER_GOOD);
	assert_str(email, "kept@example.org");
	assert_null(json_object_get(all, "admin"));
	assert_null(json_object_get(all, "iss"));
	assert_int_equal(added("{\"iss\":\"" OTHER "\"}", MAKER_P256),
	    REFUSAL_NONE);
	assert_int_equal(json_object_size(all), 2);
}

static void
a_source_that_cannot_be_trusted(void **state)
{
	static const struct { const char *claims; enum refusal want; } bad[] = {
		{ "{\"groups\":[\"x\"]}", REFUSAL_ISS_MISSING },
		{ "{\"iss\":\"" ISSUER "\",\"groups\":[\"x\"]}",
		    REFUSAL_ISS_WRONG },
		{ "{\"iss\":\"" OTHER "\",\"sub\":\"mallory\","
		    "\"groups\":[\"x\"]}", REFUSAL_SUB_WRONG },
		{ "{\"iss\":\"" OTHER "\",\"sub\":7,\"groups\":[\"x\"]}",
		    REFUSAL_SUB_TYPE },
		{ "{\"iss\":\"" OTHER "\",\"aud\":\"client2\","
		    "\"groups\":[\"x\"]}", REFUSAL_AUD_WRONG },
		{ "{\"iss\":\"" OTHER "\",\"exp\":1799999000,"
		    "\"groups\":[\"x\"]}", REFUSAL_EXP_WRONG },
		{ "{\"iss\":\"" OTHER "\",\"iat\":1800009000,"
		    "\"groups\":[\"x\"]}", REFUSAL_IAT_WRONG },
		{ "{\"iss\":\"" OTHER "\",\"nbf\":\"x\",\"groups\":[\"x\"]}",
		    REFUSAL_NBF_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		enum refusal r = added(bad[i].claims, MAKER_P256);

		if (r != bad[i].want)
			fail_msg("%s: %s", bad[i].claims, refusal_word(r));
		assert_null(json_object_get(all, "groups"));
	}
	assert_int_equal(added("{\"iss\":\"" OTHER "\",\"groups\":[\"x\"]}",
	    MAKER_P256_OTHER), REFUSAL_TOKEN_UNVERIFIED);
	assert_int_equal(take(maker_jws("{\"alg\":\"ES256\",\"typ\":"
	    "\"at+jwt\"}", STR("{\"iss\":\"" OTHER "\"}"), "ES256",
	    MAKER_P256)), REFUSAL_NONE);
	assert_int_equal(other_claims_add(all, &(struct other_source){ .claims
	    = { NULL, 0 } }, &token, &other_rules, STR("alice"), &arena),
	    REFUSAL_TOKEN_TYPE);
	assert_null(json_object_get(all, "groups"));
}

/* ------------------------------------------------------------------ */

static struct logout_token
logout(const char *jti, struct csn_str *ret_compact)
{
	struct csn_str compact = signed_by(MAKER_P256, maker_printf(
	    "{\"iss\":\"" ISSUER "\",\"aud\":[\"client1\"],\"iat\":%lld,"
	    "\"exp\":%lld,\"jti\":\"%s\",\"sub\":\"alice\",\"events\":{"
	    "\"http://schemas.openid.net/event/backchannel-logout\":{}}}",
	    (long long)NOW, (long long)NOW + 120, jti).p);
	struct logout_token out = { .exp = 0 };

	assert_int_equal(take(compact), REFUSAL_NONE);
	assert_int_equal(logout_token_check(&token, &rules, &arena, &out),
	    REFUSAL_NONE);
	if (ret_compact != NULL)
		*ret_compact = compact;
	return out;
}

/* The other s of an ECDSA signature, n - s, is good as well (RFC 7518 3.4):
 * the bytes differ, the replay key does not. */
static struct csn_str
other_s(struct csn_str compact)
{
	static const unsigned char n[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0,
		0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
		0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
		0xfc, 0x63, 0x25, 0x51 };
	unsigned char v[64];
	struct csn_str raw;
	int borrow = 0;

	assert_int_equal(compact_decode(maker_part_of(compact, 2), &arena,
	    &raw), REFUSAL_NONE);
	memcpy(v, raw.p, 64);
	for (int i = 31; i >= 0; i--) {
		int d = n[i] - v[32 + i] - borrow;

		borrow = d < 0;
		v[32 + i] = (unsigned char)(d + 256 * borrow);
	}
	return maker_part(compact, 2, maker_b64(str_of(v, 64)));
}

static void
replay_goes_by_what_is_said(void **state)
{
	struct csn_str compact;
	struct logout_token first = logout("j1", &compact), again;

	(void)state;
	assert_str(first.sub, "alice");
	assert_null(first.sid.p);
	assert_int_equal(first.replay_s, 120 + 60 + 1);
	assert_int_equal(strlen(first.replay), 43);
	assert_string_not_equal(logout("j2", NULL).replay, first.replay);
	assert_string_equal(logout("j1", NULL).replay, first.replay);
	token_free(&token);
	assert_int_equal(logout_token_shape(&token, &rules, &arena),
	    REFUSAL_TOKEN_UNVERIFIED);
	assert_int_equal(take(other_s(compact)), REFUSAL_NONE);
	assert_int_equal(logout_token_check(&token, &rules, &arena, &again),
	    REFUSAL_NONE);
	assert_string_equal(again.replay, first.replay);
}

static void
responses_give_their_parameters(void **state)
{
	struct csn_pairs params;

	(void)state;
	assert_int_equal(take(signed_by(MAKER_P256, "{\"iss\":\"" ISSUER "\","
	    "\"aud\":\"client1\",\"exp\":1800000100,\"code\":\"c1\","
	    "\"state\":\"s1\",\"expires_in\":5,\"jti\":\"j\"}")),
	    REFUSAL_NONE);
	assert_int_equal(jarm_check(&token, &rules, &arena, &params),
	    REFUSAL_NONE);
	assert_int_equal(params.n, 3);
	assert_str(pairs_get(params, STR("code")), "c1");
	assert_str(pairs_get(params, STR("state")), "s1");
	assert_str(pairs_get(params, STR("iss")), ISSUER);
}

static void
userinfo_never_overrides(void **state)
{
	json_t *info = NULL, *both;
	struct csn_str s;

	(void)state;
	claims_set("{\"sub\":\"alice\",\"email\":\"id@example.org\"}");
	assert_int_equal(userinfo_plain(STR("{\"sub\":\"alice\",\"email\":"
	    "\"info@example.org\",\"name\":\"Alice\"}"), STR("alice"), &info),
	    REFUSAL_NONE);
	both = userinfo_merge(all, info);
	assert_int_equal(json_member_text(both, "email", &s), MEMBER_GOOD);
	assert_str(s, "id@example.org");
	assert_int_equal(json_member_text(both, "name", &s), MEMBER_GOOD);
	assert_str(s, "Alice");
	assert_null(json_object_get(all, "name"));
	json_decref(both);
	both = userinfo_merge(all, NULL);
	assert_true(json_equal(both, all));
	json_decref(both);
	json_decref(info);
}

/* ------------------------------------------------------------------ */
/* keys that come and go */

static void
keys_of_a_token_without_kid(void **state)
{
	struct jws_keys keys = { .algs = JWS_BIT(JWS_ES256) };
	struct jwks *two = NULL;
	struct token t;

	(void)state;
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s,%s,%s]}",
	    maker_jwk(MAKER_P256_OTHER, "\"kid\":\"a\"").p,
	    maker_jwk(MAKER_RSA, "\"kid\":\"b\"").p,
	    maker_jwk(MAKER_P256, "\"kid\":\"c\"").p), keys.algs, &two),
	    REFUSAL_NONE);
	assert_int_equal(jwks_count(two), 3);
	assert_int_equal(jwks_usable(two), 2);
	keys.jwks = two;
	assert_int_equal(token_read(signed_by(MAKER_P256, "{}"), NULL, &arena,
	    &t), REFUSAL_NONE);
	assert_int_equal(token_verify(&t, &keys), REFUSAL_NONE);
	/* with the wrong key's name it is wrong, with an unknown one unknown */
	t.jws.kid = STR("a");
	assert_int_equal(token_verify(&t, &keys), REFUSAL_SIGNATURE);
	t.jws.kid = STR("b");
	assert_int_equal(token_verify(&t, &keys), REFUSAL_KEY_TYPE);
	t.jws.kid = STR("d");
	assert_int_equal(token_verify(&t, &keys), REFUSAL_KID_UNKNOWN);
	token_free(&t);
	jwks_unref(two);
}

/* A kid in the token and none in the set: the only key may fit. */
static void
keys_without_kid(void **state)
{
	struct jws_keys keys = { .algs = JWS_BIT(JWS_ES256) };
	struct jwks *one = NULL;
	struct token t;

	(void)state;
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s]}",
	    maker_jwk(MAKER_P256, NULL).p), keys.algs, &one), REFUSAL_NONE);
	keys.jwks = one;
	assert_int_equal(token_read(maker_jws("{\"alg\":\"ES256\",\"kid\":"
	    "\"x\"}", STR("{}"), "ES256", MAKER_P256), NULL, &arena, &t),
	    REFUSAL_NONE);
	assert_int_equal(token_verify(&t, &keys), REFUSAL_NONE);
	token_free(&t);
	assert_int_equal(token_read(maker_jws("{\"alg\":\"ES256\",\"kid\":"
	    "\"x\"}", STR("{}"), "ES256", MAKER_P256_OTHER), NULL, &arena,
	    &t), REFUSAL_NONE);
	assert_int_equal(token_verify(&t, &keys), REFUSAL_KID_UNKNOWN);
	token_free(&t);
	jwks_unref(one);
}

/* Of many keys without a kid only so many are tried. */
static void
tries_are_bounded(void **state)
{
	struct jws_keys keys = { .algs = JWS_BIT(JWS_ES256) };
	const char *other = maker_jwk(MAKER_P256_OTHER, NULL).p;
	struct jwks *many = NULL;
	struct token t;

	(void)state;
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s,%s,%s,%s,%s,%s,"
	    "%s,%s,%s]}", other, other, other, other, other, other, other,
	    maker_jwk(MAKER_P256, NULL).p, other), keys.algs, &many),
	    REFUSAL_NONE);
	keys.jwks = many;
	assert_int_equal(token_read(signed_by(MAKER_P256, "{}"), NULL, &arena,
	    &t), REFUSAL_NONE);
	assert_int_equal(token_verify(&t, &keys), REFUSAL_NONE);
	jwks_unref(many);
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s,%s,%s,%s,%s,%s,"
	    "%s,%s,%s]}", other, other, other, other, other, other, other,
	    other, maker_jwk(MAKER_P256, NULL).p), keys.algs, &many),
	    REFUSAL_NONE);
	keys.jwks = many;
	assert_int_equal(token_verify(&t, &keys), REFUSAL_SIGNATURE);
	token_free(&t);
	jwks_unref(many);
}

static struct csn_str shared_compact;

static void *
verify_often(void *arg)
{
	struct jwks *mine = arg;
	struct jws_keys keys = { mine, JWS_BIT(JWS_ES256), STR("") };
	size_t good = 0;

	for (int i = 0; i < 200; i++) {
		struct arena a;
		struct token t;

		arena_init(&a, TOKEN_ARENA);
		if (token_read(shared_compact, NULL, &a, &t) ==
		    REFUSAL_NONE && token_verify(&t, &keys) == REFUSAL_NONE)
			good++;
		token_free(&t);
		arena_free(&a);
	}
	jwks_unref(mine);
	return (void *)good;
}

static void
threads_share_one_set(void **state)
{
	struct jwks *shared = NULL;
	pthread_t threads[4];
	void *good;

	(void)state;
	assert_int_equal(jwks_read(maker_printf("{\"keys\":[%s]}",
	    maker_jwk(MAKER_P256, NULL).p), JWS_BIT(JWS_ES256), &shared),
	    REFUSAL_NONE);
	shared_compact = signed_by(MAKER_P256, "{\"a\":1}");
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		    verify_often, jwks_ref(shared)), 0);
	jwks_unref(shared);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &good), 0);
		assert_int_equal((size_t)good, 200);
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
		TEST(sources_are_read),
		TEST(bad_sources_are_refused),
		TEST(a_source_adds_what_it_is_named_for),
		TEST(a_source_that_cannot_be_trusted),
		TEST(replay_goes_by_what_is_said),
		TEST(responses_give_their_parameters),
		TEST(userinfo_never_overrides),
		TEST(keys_of_a_token_without_kid),
		TEST(keys_without_kid),
		TEST(tries_are_bounded),
		TEST(threads_share_one_set),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
