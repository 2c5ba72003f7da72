/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_others.c - logout tokens, signed responses and userinfo
 */
#include <stdio.h>

#include "tests/jose/hostile.h"

#define EVENT "\"http://schemas.openid.net/event/backchannel-logout\""
#define EVENTS "{" EVENT ":{}}"

static const struct row {
	const char *what, *name, *value;	/* NULL: left out */
	enum refusal want;
} logout_rows[] = {
	{ "iss missing", "iss", NULL, REFUSAL_ISS_MISSING },
	{ "iss another", "iss", "\"https://evil.example\"",
	    REFUSAL_ISS_WRONG },
	{ "aud missing", "aud", NULL, REFUSAL_AUD_MISSING },
	{ "aud another", "aud", "\"client2\"", REFUSAL_AUD_WRONG },
	{ "aud one more", "aud", "[\"" CLIENT "\",\"x\"]",
	    REFUSAL_AUD_OTHERS },
	{ "iat missing", "iat", NULL, REFUSAL_IAT_MISSING },
	{ "iat ahead", "iat", "1800000061", REFUSAL_IAT_WRONG },
	{ "iat old", "iat", "1799999000", REFUSAL_IAT_OLD },
	{ "exp missing", "exp", NULL, REFUSAL_EXP_MISSING },
	{ "exp past", "exp", "1799999900", REFUSAL_EXP_WRONG },
	{ "exp in an hour", "exp", "1800003600", REFUSAL_EXP_FAR },
	{ "exp for ever", "exp", "9007199254740991", REFUSAL_EXP_FAR },
	{ "nbf ahead", "nbf", "1800000061", REFUSAL_NBF_WRONG },
	{ "jti missing", "jti", NULL, REFUSAL_JTI_MISSING },
	{ "jti empty", "jti", "\"\"", REFUSAL_JTI_WRONG },
	{ "jti a number", "jti", "1", REFUSAL_JTI_TYPE },
	{ "events missing", "events", NULL, REFUSAL_EVENTS_MISSING },
	{ "events null", "events", "null", REFUSAL_EVENTS_TYPE },
	{ "events a text", "events", EVENT, REFUSAL_EVENTS_TYPE },
	{ "events an array", "events", "[" EVENT "]", REFUSAL_EVENTS_TYPE },
	{ "events empty", "events", "{}", REFUSAL_EVENTS_WRONG },
	{ "events another", "events", "{\"http://schemas.openid.net/event/"
	    "other\":{}}", REFUSAL_EVENTS_WRONG },
	{ "the event true", "events", "{" EVENT ":true}",
	    REFUSAL_EVENTS_WRONG },
	{ "the event null", "events", "{" EVENT ":null}",
	    REFUSAL_EVENTS_WRONG },
	{ "an event besides", "events", "{" EVENT ":{},\"x\":{}}",
	    REFUSAL_EVENTS_WRONG },
	{ "nonce", "nonce", "\"x\"", REFUSAL_NONCE_PRESENT },
	{ "nonce null", "nonce", "null", REFUSAL_NONCE_PRESENT },
	{ "sub empty", "sub", "\"\"", REFUSAL_SUB_MALFORMED },
	{ "sub a number", "sub", "1", REFUSAL_SUB_TYPE },
	{ "sub null", "sub", "null", REFUSAL_SUB_TYPE },
	{ "sid a number", "sid", "1", REFUSAL_SID_TYPE },
	{ "sid empty", "sid", "\"\"", REFUSAL_SID_WRONG },
};

static const struct row logout_headers[] = {
	{ "typ of an access token", "typ", "\"at+jwt\"", REFUSAL_TOKEN_TYPE },
	{ "typ of a DPoP proof", "typ", "\"dpop+jwt\"", REFUSAL_TOKEN_TYPE },
	{ "typ secevent", "typ", "\"secevent+jwt\"", REFUSAL_TOKEN_TYPE },
	{ "alg none", "alg", "\"none\"", REFUSAL_ALG_NONE },
	{ "alg not pinned", "alg", "\"RS384\"", REFUSAL_ALG_OTHER },
	{ "kid unknown", "kid", "\"x\"", REFUSAL_KID_UNKNOWN },
};

static struct csn_str
logout_claims(const char *name, const char *value)
{
	return hostile_without(maker_printf("{\"iss\":\"" ISSUER "\","
	    "\"aud\":\"" CLIENT "\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"j1\","
	    "\"sub\":\"alice-1\",\"sid\":\"s-1\",\"events\":" EVENTS "}",
	    (long long)NOW, (long long)NOW + 120).p, name, value);
}

static const char logout_header[] =
    "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"logout+jwt\"}";

static void
logout(void)
{
	struct csn_str claims;

	hostile_good("logout token", "good", judge_logout(hostile_token(
	    logout_header, logout_claims(NULL, NULL))));
	hostile_good("logout token", "sid alone", judge_logout(hostile_token(
	    logout_header, logout_claims("sub", NULL))));
	hostile_good("logout token", "sub alone, no typ", judge_logout(
	    hostile_token("{\"alg\":\"RS256\",\"kid\":\"k1\"}",
	    logout_claims("sid", NULL))));
	for (size_t i = 0; i < COUNT(logout_rows); i++)
		hostile_case("logout token", logout_rows[i].what,
		    logout_rows[i].want, judge_logout(hostile_token(
		    logout_header, logout_claims(logout_rows[i].name,
		    logout_rows[i].value))));
	for (size_t i = 0; i < COUNT(logout_headers); i++)
		hostile_case("logout token", logout_headers[i].what,
		    logout_headers[i].want, judge_logout(hostile_token(
		    hostile_without(logout_header, logout_headers[i].name,
		    logout_headers[i].value).p, logout_claims(NULL, NULL))));
	claims = logout_claims("sub", NULL);
	hostile_case("logout token", "neither sub nor sid",
	    REFUSAL_SUB_OR_SID, judge_logout(hostile_token(logout_header,
	    hostile_without(claims.p, "sid", NULL))));
	claims = logout_claims("iat", "1800000030");
	hostile_case("logout token", "exp before iat", REFUSAL_EXP_BEFORE,
	    judge_logout(hostile_token(logout_header, hostile_without(
	    claims.p, "exp", "1799999990"))));
	hostile_case("logout token", "an ID token", REFUSAL_NONCE_PRESENT,
	    judge_logout(hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL))));
	hostile_case("ID token", "a logout token", REFUSAL_TOKEN_TYPE,
	    judge_id_token(hostile_token(logout_header,
	    logout_claims(NULL, NULL))));
	hostile_case("ID token", "a logout token without typ",
	    REFUSAL_EVENTS_WRONG, judge_id_token(hostile_token(
	    hostile_header(), logout_claims(NULL, NULL))));
	hostile_case("logout token", "by another key", REFUSAL_SIGNATURE,
	    judge_logout(maker_jws(logout_header, logout_claims(NULL, NULL),
	    "RS256", MAKER_RSA_OTHER)));
	hostile_case("logout token", "jti twice", REFUSAL_JSON_DUPLICATE,
	    judge_logout(hostile_token(logout_header, maker_replace(
	    logout_claims(NULL, NULL), "{", "{\"jti\":\"j0\","))));
	hostile_case("logout token", "empty", REFUSAL_TOKEN_MISSING,
	    judge_logout(STR("")));
}

static void
jarm(void)
{
	static const struct row rows[] = {
		{ "iss missing", "iss", NULL, REFUSAL_ISS_MISSING },
		{ "iss another", "iss", "\"https://evil.example\"",
		    REFUSAL_ISS_WRONG },
		{ "iss a number", "iss", "1", REFUSAL_ISS_TYPE },
		{ "aud missing", "aud", NULL, REFUSAL_AUD_MISSING },
		{ "aud another", "aud", "\"client2\"", REFUSAL_AUD_WRONG },
		{ "exp missing", "exp", NULL, REFUSAL_EXP_MISSING },
		{ "exp past", "exp", "1799999900", REFUSAL_EXP_WRONG },
		{ "exp a text", "exp", "\"1\"", REFUSAL_EXP_TYPE },
		{ "nbf ahead", "nbf", "1800000099", REFUSAL_NBF_WRONG },
	};
	static const char good[] = "{\"iss\":\"" ISSUER "\",\"aud\":\"" CLIENT
	    "\",\"exp\":1800000300,\"code\":\"" CODE "\",\"state\":\"" STATE
	    "\"}";
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";

	hostile_good("JARM", "good", judge_jarm(hostile_token(header,
	    str_from(good))));
	for (size_t i = 0; i < COUNT(rows); i++)
		hostile_case("JARM", rows[i].what, rows[i].want, judge_jarm(
		    hostile_token(header, hostile_without(good, rows[i].name,
		    rows[i].value))));
	hostile_case("JARM", "code twice", REFUSAL_JSON_DUPLICATE, judge_jarm(
	    hostile_token(header, maker_replace(str_from(good), "{",
	    "{\"code\":\"x\","))));
	hostile_case("JARM", "alg none", REFUSAL_ALG_NONE, judge_jarm(
	    hostile_token("{\"alg\":\"none\"}", str_from(good))));
	hostile_case("JARM", "typ of an ID token's neighbour",
	    REFUSAL_TOKEN_TYPE, judge_jarm(hostile_token(
	    "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
	    str_from(good))));
	hostile_case("JARM", "by another key", REFUSAL_SIGNATURE, judge_jarm(
	    maker_jws(header, str_from(good), "RS256", MAKER_RSA_OTHER)));
	hostile_case("JARM", "33 parameters", REFUSAL_JSON_VALUES, judge_jarm(
	    hostile_token(header, maker_replace(str_from(good), "{",
	    "{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\","
	    "\"f\":\"\",\"g\":\"\",\"h\":\"\",\"i\":\"\",\"j\":\"\","
	    "\"k\":\"\",\"l\":\"\",\"m\":\"\",\"n\":\"\",\"o\":\"\","
	    "\"p\":\"\",\"q\":\"\",\"r\":\"\",\"s\":\"\",\"t\":\"\","
	    "\"u\":\"\",\"v\":\"\",\"w\":\"\",\"x\":\"\",\"y\":\"\","
	    "\"z\":\"\",\"A\":\"\",\"B\":\"\",\"C\":\"\",\"D\":\"\","))));
	hostile_case("JARM", "not a token", REFUSAL_TOKEN_PARTS,
	    judge_jarm(STR("code=x&state=y")));
}

static void
userinfo_plain_rows(void)
{
	static const struct { const char *what, *body; enum refusal want; }
	bad[] = {
		{ "empty", "", REFUSAL_JSON_SYNTAX },
		{ "HTML", "<!DOCTYPE html>", REFUSAL_JSON_SYNTAX },
		{ "an array", "[{\"sub\":\"alice-1\"}]", REFUSAL_JSON_OBJECT },
		{ "no sub", "{\"name\":\"Alice\"}", REFUSAL_SUB_MISSING },
		{ "another sub", "{\"sub\":\"mallory\"}", REFUSAL_SUB_WRONG },
		{ "sub in upper case", "{\"sub\":\"Alice-1\"}",
		    REFUSAL_SUB_WRONG },
		{ "sub longer", "{\"sub\":\"alice-1 \"}", REFUSAL_SUB_WRONG },
		{ "sub a number", "{\"sub\":1}", REFUSAL_SUB_TYPE },
		{ "sub an array", "{\"sub\":[\"alice-1\"]}",
		    REFUSAL_SUB_TYPE },
		{ "sub empty", "{\"sub\":\"\"}", REFUSAL_SUB_MALFORMED },
		{ "sub twice", "{\"sub\":\"mallory\",\"sub\":\"alice-1\"}",
		    REFUSAL_JSON_DUPLICATE },
		{ "not UTF-8", "{\"sub\":\"alice-1\",\"name\":\"\xe9\"}",
		    REFUSAL_JSON_UTF8 },
	};

	hostile_good("userinfo", "good", judge_userinfo_plain(
	    STR("{\"sub\":\"alice-1\",\"email\":\"a@example.org\"}")));
	for (size_t i = 0; i < COUNT(bad); i++)
		hostile_case("userinfo", bad[i].what, bad[i].want,
		    judge_userinfo_plain(str_from(bad[i].body)));
	hostile_case("userinfo", "1 MiB", REFUSAL_JSON_LENGTH,
	    judge_userinfo_plain(maker_printf("{\"sub\":\"alice-1\","
	    "\"x\":\"%0*d\"}", 1 << 20, 0)));
}

static void
userinfo_signed(void)
{
	static const struct row rows[] = {
		{ "iss missing", "iss", NULL, REFUSAL_ISS_MISSING },
		{ "iss another", "iss", "\"https://evil.example\"",
		    REFUSAL_ISS_WRONG },
		{ "aud missing", "aud", NULL, REFUSAL_AUD_MISSING },
		{ "aud another", "aud", "\"client2\"", REFUSAL_AUD_WRONG },
		{ "sub missing", "sub", NULL, REFUSAL_SUB_MISSING },
		{ "another sub", "sub", "\"mallory\"", REFUSAL_SUB_WRONG },
		{ "expired", "exp", "1799999900", REFUSAL_EXP_WRONG },
		{ "exp a text", "exp", "\"x\"", REFUSAL_EXP_TYPE },
		{ "iat ahead", "iat", "1800000099", REFUSAL_IAT_WRONG },
		{ "an ID token's nonce", "nonce", "\"x\"",
		    REFUSAL_NONCE_PRESENT },
		{ "a logout token's events", "events", EVENTS,
		    REFUSAL_EVENTS_WRONG },
	};
	static const char good[] = "{\"iss\":\"" ISSUER "\",\"aud\":\"" CLIENT
	    "\",\"sub\":\"alice-1\",\"email\":\"a@example.org\"}";
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";

	hostile_good("signed userinfo", "good", judge_userinfo(hostile_token(
	    header, str_from(good))));
	for (size_t i = 0; i < COUNT(rows); i++)
		hostile_case("signed userinfo", rows[i].what, rows[i].want,
		    judge_userinfo(hostile_token(header, hostile_without(good,
		    rows[i].name, rows[i].value))));
	hostile_case("signed userinfo", "typ of an access token",
	    REFUSAL_TOKEN_TYPE, judge_userinfo(hostile_token("{\"alg\":"
	    "\"RS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}",
	    str_from(good))));
	hostile_case("signed userinfo", "alg none", REFUSAL_ALG_NONE,
	    judge_userinfo(maker_part(hostile_token("{\"alg\":\"none\"}",
	    str_from(good)), 2, STR(""))));
	hostile_case("signed userinfo", "by another key", REFUSAL_SIGNATURE,
	    judge_userinfo(maker_jws(header, str_from(good), "RS256",
	    MAKER_RSA_OTHER)));
	hostile_case("signed userinfo", "plain instead", REFUSAL_TOKEN_PARTS,
	    judge_userinfo(STR("{\"sub\":\"alice-1\"}")));
}

/* What was never verified is accepted by nobody. */
static void
unverified(void)
{
	struct token t;
	struct id_token id;
	struct logout_token out;
	struct csn_pairs params;
	const json_t *claims;
	struct csn_str compact = hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL));

	if (token_read(compact, NULL, &hostile.arena, &t) != REFUSAL_NONE)
		exit(1);
	hostile_case("not verified", "ID token", REFUSAL_TOKEN_UNVERIFIED,
	    id_token_check(&t, &hostile.rules, &hostile.expect,
	    &hostile.arena, &id));
	hostile_case("not verified", "logout token", REFUSAL_TOKEN_UNVERIFIED,
	    logout_token_check(&t, &hostile.rules, &hostile.arena, &out));
	hostile_case("not verified", "JARM", REFUSAL_TOKEN_UNVERIFIED,
	    jarm_check(&t, &hostile.rules, &hostile.arena, &params));
	hostile_case("not verified", "userinfo", REFUSAL_TOKEN_UNVERIFIED,
	    userinfo_token(&t, &hostile.rules, STR("alice-1"),
	    &hostile.arena, &claims));
	t.verified = REFUSAL_NONE;
	token_free(&t);
	hostile_case("not verified", "freed", REFUSAL_TOKEN_UNVERIFIED,
	    t.verified);
	hostile_case("not verified", "nothing at all",
	    REFUSAL_TOKEN_UNVERIFIED, token_verify(&t, &hostile.keys));
}

void
hostile_others_table(void)
{
	logout();
	jarm();
	userinfo_plain_rows();
	userinfo_signed();
	unverified();
}
