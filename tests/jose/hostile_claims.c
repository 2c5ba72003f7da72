/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_claims.c - ID tokens with a good signature and a bad claim
 */
#include <stdio.h>

#include "tests/jose/hostile.h"

static const struct row {
	const char *what, *claim, *value;	/* NULL: left out */
	enum refusal want;
} rows[] = {
	{ "missing", "iss", NULL, REFUSAL_ISS_MISSING },
	{ "null", "iss", "null", REFUSAL_ISS_TYPE },
	{ "number", "iss", "1", REFUSAL_ISS_TYPE },
	{ "array", "iss", "[\"" ISSUER "\"]", REFUSAL_ISS_TYPE },
	{ "object", "iss", "{}", REFUSAL_ISS_TYPE },
	{ "empty", "iss", "\"\"", REFUSAL_ISS_WRONG },
	{ "another", "iss", "\"https://evil.example\"", REFUSAL_ISS_WRONG },
	{ "slash at the end", "iss", "\"" ISSUER "/\"", REFUSAL_ISS_WRONG },
	{ "upper case", "iss", "\"https://OP.example\"", REFUSAL_ISS_WRONG },
	{ "http", "iss", "\"http://op.example\"", REFUSAL_ISS_WRONG },
	{ "default port", "iss", "\"" ISSUER ":443\"", REFUSAL_ISS_WRONG },
	{ "only begins so", "iss", "\"" ISSUER ".evil\"", REFUSAL_ISS_WRONG },
	{ "NUL behind", "iss", "\"" ISSUER "\\u0000x\"", REFUSAL_JSON_NUL },

	{ "missing", "sub", NULL, REFUSAL_SUB_MISSING },
	{ "null", "sub", "null", REFUSAL_SUB_TYPE },
	{ "number", "sub", "1001", REFUSAL_SUB_TYPE },
	{ "array", "sub", "[\"alice\"]", REFUSAL_SUB_TYPE },
	{ "empty", "sub", "\"\"", REFUSAL_SUB_MALFORMED },
	{ "newline", "sub", "\"a\\nb\"", REFUSAL_SUB_MALFORMED },
	{ "escape character", "sub", "\"\\u001b[31m\"",
	    REFUSAL_SUB_MALFORMED },
	{ "bidi override", "sub", "\"\\u202eecila\"", REFUSAL_SUB_MALFORMED },
	{ "C1 control", "sub", "\"\\u0085\"", REFUSAL_SUB_MALFORMED },
	{ "NUL", "sub", "\"alice\\u0000\"", REFUSAL_JSON_NUL },

	{ "missing", "aud", NULL, REFUSAL_AUD_MISSING },
	{ "null", "aud", "null", REFUSAL_AUD_TYPE },
	{ "number", "aud", "1", REFUSAL_AUD_TYPE },
	{ "object", "aud", "{\"" CLIENT "\":1}", REFUSAL_AUD_TYPE },
	{ "nested array", "aud", "[[\"" CLIENT "\"]]", REFUSAL_AUD_TYPE },
	{ "number in it", "aud", "[\"" CLIENT "\",1]", REFUSAL_AUD_TYPE },
	{ "null in it", "aud", "[\"" CLIENT "\",null]", REFUSAL_AUD_TYPE },
	{ "17 of them", "aud", "[\"" CLIENT "\",\"a\",\"a\",\"a\",\"a\","
	    "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
	    "\"a\",\"a\"]", REFUSAL_AUD_TYPE },
	{ "empty array", "aud", "[]", REFUSAL_AUD_WRONG },
	{ "empty", "aud", "\"\"", REFUSAL_AUD_WRONG },
	{ "another", "aud", "\"client2\"", REFUSAL_AUD_WRONG },
	{ "another in an array", "aud", "[\"client2\"]", REFUSAL_AUD_WRONG },
	{ "only begins so", "aud", "\"" CLIENT "1\"", REFUSAL_AUD_WRONG },
	{ "upper case", "aud", "\"Client1\"", REFUSAL_AUD_WRONG },
	{ "two in one text", "aud", "\"" CLIENT " client2\"",
	    REFUSAL_AUD_WRONG },
	{ "only a trusted one", "aud", "\"trusted1\"", REFUSAL_AUD_WRONG },
	{ "an untrusted one too", "aud", "[\"" CLIENT "\",\"client2\"]",
	    REFUSAL_AUD_OTHERS },

	{ "another", "azp", "\"client2\"", REFUSAL_AZP_WRONG },
	{ "empty", "azp", "\"\"", REFUSAL_AZP_WRONG },
	{ "null", "azp", "null", REFUSAL_AZP_TYPE },
	{ "array", "azp", "[\"" CLIENT "\"]", REFUSAL_AZP_TYPE },

	{ "missing", "exp", NULL, REFUSAL_EXP_MISSING },
	{ "null", "exp", "null", REFUSAL_EXP_TYPE },
	{ "text", "exp", "\"1800000300\"", REFUSAL_EXP_TYPE },
	{ "real", "exp", "1800000300.0", REFUSAL_EXP_TYPE },
	{ "array", "exp", "[1800000300]", REFUSAL_EXP_TYPE },
	{ "true", "exp", "true", REFUSAL_EXP_TYPE },
	{ "negative", "exp", "-1", REFUSAL_EXP_TYPE },
	{ "2^53", "exp", "9007199254740992", REFUSAL_EXP_TYPE },
	{ "2^63 - 1", "exp", "9223372036854775807", REFUSAL_EXP_TYPE },
	{ "2^63", "exp", "9223372036854775808", REFUSAL_JSON_NUMBER },
	{ "2^64", "exp", "18446744073709551616", REFUSAL_JSON_NUMBER },
	{ "1e300", "exp", "1e300", REFUSAL_EXP_TYPE },
	{ "1e400", "exp", "1e400", REFUSAL_JSON_NUMBER },
	{ "Infinity", "exp", "Infinity", REFUSAL_JSON_SYNTAX },
	{ "leading zero", "exp", "01800000300", REFUSAL_JSON_SYNTAX },
	{ "0", "exp", "0", REFUSAL_EXP_WRONG },
	{ "past by the skew", "exp", "1799999940", REFUSAL_EXP_WRONG },
	{ "past by a year", "exp", "1768464000", REFUSAL_EXP_WRONG },
	{ "in milliseconds of 1970", "exp", "1800000", REFUSAL_EXP_WRONG },

	{ "missing", "iat", NULL, REFUSAL_IAT_MISSING },
	{ "null", "iat", "null", REFUSAL_IAT_TYPE },
	{ "text", "iat", "\"1800000000\"", REFUSAL_IAT_TYPE },
	{ "real", "iat", "1.8e9", REFUSAL_IAT_TYPE },
	{ "negative", "iat", "-1800000000", REFUSAL_IAT_TYPE },
	{ "ahead beyond the skew", "iat", "1800000061", REFUSAL_IAT_WRONG },
	{ "in milliseconds", "iat", "1800000000000", REFUSAL_IAT_WRONG },
	{ "huge", "iat", "9007199254740991", REFUSAL_IAT_WRONG },
	{ "0", "iat", "0", REFUSAL_IAT_OLD },
	{ "old", "iat", "1799999339", REFUSAL_IAT_OLD },

	{ "null", "nbf", "null", REFUSAL_NBF_TYPE },
	{ "text", "nbf", "\"0\"", REFUSAL_NBF_TYPE },
	{ "real", "nbf", "0.5", REFUSAL_NBF_TYPE },
	{ "negative", "nbf", "-1", REFUSAL_NBF_TYPE },
	{ "ahead", "nbf", "1800000061", REFUSAL_NBF_WRONG },

	{ "missing", "nonce", NULL, REFUSAL_NONCE_MISSING },
	{ "null", "nonce", "null", REFUSAL_NONCE_TYPE },
	{ "number", "nonce", "0", REFUSAL_NONCE_TYPE },
	{ "array", "nonce", "[\"" NONCE "\"]", REFUSAL_NONCE_TYPE },
	{ "empty", "nonce", "\"\"", REFUSAL_NONCE_WRONG },
	{ "of another login", "nonce", "\"n-1S6_WzA2Mj\"",
	    REFUSAL_NONCE_WRONG },
	{ "cut", "nonce", "\"n-0S6_WzA2M\"", REFUSAL_NONCE_WRONG },
	{ "longer", "nonce", "\"" NONCE " \"", REFUSAL_NONCE_WRONG },
	{ "upper case", "nonce", "\"N-0S6_WZA2MJ\"", REFUSAL_NONCE_WRONG },

	{ "missing", "at_hash", NULL, REFUSAL_AT_HASH_MISSING },
	{ "null", "at_hash", "null", REFUSAL_AT_HASH_TYPE },
	{ "array", "at_hash", "[]", REFUSAL_AT_HASH_TYPE },
	{ "empty", "at_hash", "\"\"", REFUSAL_AT_HASH_WRONG },
	{ "of another token", "at_hash", "\"LDktKdoQak3Pk0cnXxCltA\"",
	    REFUSAL_AT_HASH_WRONG },
	{ "missing", "c_hash", NULL, REFUSAL_C_HASH_MISSING },
	{ "number", "c_hash", "1", REFUSAL_C_HASH_TYPE },
	{ "of another code", "c_hash", "\"LDktKdoQak3Pk0cnXxCltA\"",
	    REFUSAL_C_HASH_WRONG },
	{ "missing", "s_hash", NULL, REFUSAL_S_HASH_MISSING },
	{ "number", "s_hash", "1", REFUSAL_S_HASH_TYPE },
	{ "of another state", "s_hash", "\"LDktKdoQak3Pk0cnXxCltA\"",
	    REFUSAL_S_HASH_WRONG },

	{ "missing", "auth_time", NULL, REFUSAL_AUTH_TIME_MISSING },
	{ "null", "auth_time", "null", REFUSAL_AUTH_TIME_TYPE },
	{ "text", "auth_time", "\"1800000000\"", REFUSAL_AUTH_TIME_TYPE },
	{ "real", "auth_time", "1799999990.5", REFUSAL_AUTH_TIME_TYPE },
	{ "negative", "auth_time", "-1", REFUSAL_AUTH_TIME_TYPE },
	{ "0, as a provider sends", "auth_time", "0",
	    REFUSAL_AUTH_TIME_WRONG },
	{ "older than max_age", "auth_time", "1799999639",
	    REFUSAL_AUTH_TIME_WRONG },
	{ "ahead", "auth_time", "1800000061", REFUSAL_AUTH_TIME_AHEAD },
	{ "in milliseconds", "auth_time", "1800000000000",
	    REFUSAL_AUTH_TIME_AHEAD },

	{ "missing", "acr", NULL, REFUSAL_ACR_MISSING },
	{ "number", "acr", "2", REFUSAL_ACR_TYPE },
	{ "array", "acr", "[\"loa2\"]", REFUSAL_ACR_TYPE },
	{ "weaker", "acr", "\"loa1\"", REFUSAL_ACR_WRONG },
	{ "empty", "acr", "\"\"", REFUSAL_ACR_WRONG },
	{ "only begins so", "acr", "\"loa22\"", REFUSAL_ACR_WRONG },
	{ "text", "amr", "\"pwd\"", REFUSAL_AMR_TYPE },
	{ "number in it", "amr", "[\"pwd\",1]", REFUSAL_AMR_TYPE },
	{ "null", "amr", "null", REFUSAL_AMR_TYPE },
	{ "number", "sid", "1", REFUSAL_SID_TYPE },
	{ "null", "sid", "null", REFUSAL_SID_TYPE },
	{ "empty", "sid", "\"\"", REFUSAL_SID_WRONG },
	{ "newline", "sid", "\"a\\nb\"", REFUSAL_SID_WRONG },
	{ "of a logout token", "events", "{\"http://schemas.openid.net/event/"
	    "backchannel-logout\":{}}", REFUSAL_EVENTS_WRONG },
};

static void
one_claim(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum refusal got = judge_id_token(hostile_token(
		    hostile_header(), hostile_claims(rows[i].claim,
		    rows[i].value)));
		char name[80];

		(void)snprintf(name, sizeof(name), "%s %s", rows[i].claim,
		    rows[i].what);
		hostile_case("claim", name, rows[i].want, got);
	}
}

/* Each claim twice, with the good value first or last. */
static void
doubled(void)
{
	static const char *const names[] = { "iss", "sub", "aud", "exp", "iat",
		"nbf", "nonce", "azp", "acr", "amr", "auth_time", "at_hash",
		"c_hash", "s_hash", "sid" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct csn_str claims = hostile_claims(NULL, NULL);
		char name[80];

		(void)snprintf(name, sizeof(name), "%s doubled", names[i]);
		hostile_case("claim", name, REFUSAL_JSON_DUPLICATE,
		    judge_id_token(hostile_token(hostile_header(),
		    i % 2 == 0 ? maker_printf("{\"%s\":\"x\",%s", names[i],
		    claims.p + 1) : maker_printf("%.*s,\"%s\":\"x\"}",
		    (int)claims.n - 1, claims.p, names[i]))));
	}
}

static struct csn_str
filled(char c, size_t n)
{
	char text[20000];

	memset(text, c, n);
	return maker_printf("\"%.*s\"", (int)n, text);
}

static void
lengths(void)
{
	hostile_case("claim", "sub of 256 bytes", REFUSAL_SUB_MALFORMED,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("sub", filled('a', 256).p))));
	hostile_good("claim", "sub of 255 bytes", judge_id_token(
	    hostile_token(hostile_header(), hostile_claims("sub",
	    filled('a', 255).p))));
	hostile_case("claim", "sid of 256 bytes", REFUSAL_SID_WRONG,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("sid", filled('a', 256).p))));
	hostile_case("claim", "nonce of 8 KiB", REFUSAL_NONCE_WRONG,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("nonce", filled('a', 8192).p))));
	hostile_case("claim", "another of 13 KiB", REFUSAL_TOKEN_LENGTH,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("x", filled('a', 13000).p))));
	hostile_good("claim", "another of 8 KiB", judge_id_token(
	    hostile_token(hostile_header(), hostile_claims("x",
	    filled('a', 8192).p))));
}

/* Two at once, where one alone would be good. */
static void
pairs(void)
{
	struct csn_str claims = hostile_claims("exp", "1799999970");

	hostile_case("claims", "exp before iat", REFUSAL_EXP_BEFORE,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_without(claims.p, "iat", "1800000030"))));
	claims = hostile_claims("aud", "[\"" CLIENT "\",\"trusted1\"]");
	hostile_good("claims", "a trusted audience, with azp", judge_id_token(
	    hostile_token(hostile_header(), claims)));
	claims = hostile_claims("aud", "[\"" CLIENT "\",\"trusted1\"]");
	hostile_case("claims", "a trusted audience, without azp",
	    REFUSAL_AZP_MISSING, judge_id_token(hostile_token(
	    hostile_header(), hostile_without(claims.p, "azp", NULL))));
	claims = hostile_claims("aud", "[\"" CLIENT "\",\"trusted1\"]");
	hostile_case("claims", "azp of the trusted audience",
	    REFUSAL_AZP_WRONG, judge_id_token(hostile_token(hostile_header(),
	    hostile_without(claims.p, "azp", "\"trusted1\""))));
	claims = hostile_claims("aud", "[\"" CLIENT "\",\"" CLIENT "\"]");
	hostile_case("claims", "ourselves twice, without azp",
	    REFUSAL_AZP_MISSING, judge_id_token(hostile_token(
	    hostile_header(), hostile_without(claims.p, "azp", NULL))));
}

/* OIDC Core 12.2 */
static void
refreshed(void)
{
	static const struct row after[] = {
		{ "another sub", "sub", "\"mallory\"", REFUSAL_SUB_WRONG },
		{ "sub missing", "sub", NULL, REFUSAL_SUB_MISSING },
		{ "another iss", "iss", "\"https://evil.example\"",
		    REFUSAL_ISS_WRONG },
		{ "another aud", "aud", "\"client2\"", REFUSAL_AUD_WRONG },
		{ "older iat", "iat", "1799999989", REFUSAL_IAT_OLD },
		{ "another auth_time", "auth_time", "1799999980",
		    REFUSAL_AUTH_TIME_WRONG },
		{ "another nonce", "nonce", "\"other\"",
		    REFUSAL_NONCE_WRONG },
		{ "expired", "exp", "1799999900", REFUSAL_EXP_WRONG },
		{ "at_hash wrong", "at_hash", "\"x\"",
		    REFUSAL_AT_HASH_WRONG },
	};

	hostile.expect = (struct id_token_expect){
		.access_token = { STR(ACCESS), false }, .max_age_s = -1,
		.before = { STR("alice-1"), STR(NONCE), NOW - 10, NOW - 10 },
	};
	hostile_good("refresh", "as before", judge_id_token(hostile_token(
	    hostile_header(), hostile_claims(NULL, NULL))));
	hostile_good("refresh", "without nonce", judge_id_token(hostile_token(
	    hostile_header(), hostile_claims("nonce", NULL))));
	for (size_t i = 0; i < COUNT(after); i++)
		hostile_case("refresh", after[i].what, after[i].want,
		    judge_id_token(hostile_token(hostile_header(),
		    hostile_claims(after[i].claim, after[i].value))));
	hostile.expect.before.nonce = STR("");
	hostile_case("refresh", "a nonce where there was none",
	    REFUSAL_NONCE_WRONG, judge_id_token(hostile_token(
	    hostile_header(), hostile_claims(NULL, NULL))));
}

/* Rules that were never filled in accept nothing. */
static void
empty_rules(void)
{
	hostile.rules.issuer = STR("");
	hostile_case("rules", "no issuer, and an empty iss",
	    REFUSAL_ISS_WRONG, judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("iss", "\"\""))));
	hostile_reset();
	hostile.rules.client_id = STR("");
	hostile_case("rules", "no client_id, and an empty aud",
	    REFUSAL_AUD_WRONG, judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("aud", "\"\""))));
	hostile_reset();
	hostile.expect.nonce = STR("");
	hostile_case("rules", "no nonce, and an empty one",
	    REFUSAL_NONCE_WRONG, judge_id_token(hostile_token(
	    hostile_header(), hostile_claims("nonce", "\"\""))));
	hostile_reset();
	hostile.rules.skew_s = 1000000;
	hostile_case("rules", "a skew beyond its bounds", REFUSAL_EXP_WRONG,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("exp", "1799999600"))));
	hostile_reset();
}

/* What nobody asked for is checked where it is there. */
static void
unasked(void)
{
	hostile.expect = (struct id_token_expect){ .nonce = STR(NONCE),
		.max_age_s = -1 };
	hostile_good("unasked", "nothing but the nonce", judge_id_token(
	    hostile_token(hostile_header(), hostile_claims("acr", NULL))));
	hostile_case("unasked", "acr a number", REFUSAL_ACR_TYPE,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("acr", "2"))));
	hostile_case("unasked", "auth_time a text", REFUSAL_AUTH_TIME_TYPE,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("auth_time", "\"0\""))));
	hostile_case("unasked", "auth_time ahead", REFUSAL_AUTH_TIME_AHEAD,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("auth_time", "1800009000"))));
	hostile_case("unasked", "at_hash a number", REFUSAL_AT_HASH_TYPE,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims("at_hash", "1"))));
	hostile.expect.access_token.required = true;
	hostile_case("unasked", "at_hash, and no access token",
	    REFUSAL_AT_HASH_WRONG, judge_id_token(hostile_token(
	    hostile_header(), hostile_claims(NULL, NULL))));
	hostile_reset();
}

void
hostile_claims_table(void)
{
	hostile_good("claim", "the good token", judge_id_token(hostile_token(
	    hostile_header(), hostile_claims(NULL, NULL))));
	/* OIDC Core A.3: what it says of this access token */
	hostile_good("claim", "at_hash of the standard", judge_id_token(
	    hostile_token(hostile_header(), hostile_claims("at_hash",
	    "\"77QmUPtjPfzWtF2AnpK9RQ\""))));
	one_claim();
	doubled();
	lengths();
	pairs();
	empty_rules();
	unasked();
	refreshed();
}
