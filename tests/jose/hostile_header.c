/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_header.c - headers that try to choose algorithm, key or kind
 */
#include <stdio.h>

#include "tests/jose/hostile.h"

static const struct row {
	const char *what, *member, *value;	/* NULL: left out */
	enum refusal want;
} rows[] = {
	{ "alg missing", "alg", NULL, REFUSAL_ALG_MISSING },
	{ "alg null", "alg", "null", REFUSAL_ALG_UNKNOWN },
	{ "alg a number", "alg", "256", REFUSAL_ALG_UNKNOWN },
	{ "alg an array", "alg", "[\"RS256\"]", REFUSAL_ALG_UNKNOWN },
	{ "alg empty", "alg", "\"\"", REFUSAL_ALG_UNKNOWN },
	{ "alg none", "alg", "\"none\"", REFUSAL_ALG_NONE },
	{ "alg None", "alg", "\"None\"", REFUSAL_ALG_NONE },
	{ "alg NONE", "alg", "\"NONE\"", REFUSAL_ALG_NONE },
	{ "alg nOnE", "alg", "\"nOnE\"", REFUSAL_ALG_NONE },
	{ "alg none with a blank", "alg", "\"none \"", REFUSAL_ALG_UNKNOWN },
	{ "alg none with a NUL", "alg", "\"none\\u0000\"", REFUSAL_JSON_NUL },
	{ "alg in lower case", "alg", "\"rs256\"", REFUSAL_ALG_UNKNOWN },
	{ "alg with a blank", "alg", "\"RS256 \"", REFUSAL_ALG_UNKNOWN },
	{ "alg RS1", "alg", "\"RS1\"", REFUSAL_ALG_UNKNOWN },
	{ "alg RSA1_5", "alg", "\"RSA1_5\"", REFUSAL_ALG_UNKNOWN },
	{ "alg dir", "alg", "\"dir\"", REFUSAL_ALG_UNKNOWN },
	{ "alg ES256K", "alg", "\"ES256K\"", REFUSAL_ALG_UNKNOWN },
	{ "alg RS512, not pinned", "alg", "\"RS512\"", REFUSAL_ALG_OTHER },
	{ "alg PS256, not pinned", "alg", "\"PS256\"", REFUSAL_ALG_OTHER },
	{ "alg ES256, not pinned", "alg", "\"ES256\"", REFUSAL_ALG_OTHER },
	{ "alg EdDSA, not pinned", "alg", "\"EdDSA\"", REFUSAL_ALG_OTHER },
	{ "alg HS256, not pinned", "alg", "\"HS256\"", REFUSAL_ALG_OTHER },
	{ "crit of what we know", "crit", "[\"exp\"]", REFUSAL_HEADER_CRIT },
	{ "crit empty", "crit", "[]", REFUSAL_HEADER_CRIT },
	{ "crit null", "crit", "null", REFUSAL_HEADER_CRIT },
	{ "b64 false", "b64", "false", REFUSAL_HEADER_B64 },
	{ "b64 true", "b64", "true", REFUSAL_HEADER_B64 },
	{ "typ of a logout token", "typ", "\"logout+jwt\"",
	    REFUSAL_TOKEN_TYPE },
	{ "typ of an access token", "typ", "\"at+jwt\"", REFUSAL_TOKEN_TYPE },
	{ "typ of a DPoP proof", "typ", "\"dpop+jwt\"", REFUSAL_TOKEN_TYPE },
	{ "typ of a request", "typ", "\"oauth-authz-req+jwt\"",
	    REFUSAL_TOKEN_TYPE },
	{ "typ with a blank", "typ", "\"JWT \"", REFUSAL_TOKEN_TYPE },
	{ "typ a number", "typ", "1", REFUSAL_TOKEN_TYPE },
	{ "typ null", "typ", "null", REFUSAL_TOKEN_TYPE },
	{ "cty JWT", "cty", "\"JWT\"", REFUSAL_HEADER_CTY },
	{ "cty a number", "cty", "1", REFUSAL_HEADER_CTY },
	{ "kid unknown", "kid", "\"k9\"", REFUSAL_KID_UNKNOWN },
	{ "kid empty", "kid", "\"\"", REFUSAL_KID_UNKNOWN },
	{ "kid in upper case", "kid", "\"K1\"", REFUSAL_KID_UNKNOWN },
	{ "kid a path", "kid", "\"../../../../dev/null\"",
	    REFUSAL_KID_UNKNOWN },
	{ "kid a query", "kid", "\"x' UNION SELECT 'k1\"",
	    REFUSAL_KID_UNKNOWN },
	{ "kid a URL", "kid", "\"https://evil.example/k\"",
	    REFUSAL_KID_UNKNOWN },
	{ "kid with a newline", "kid", "\"k1\\n\"", REFUSAL_HEADER_KID },
	{ "kid with a NUL", "kid", "\"k1\\u0000\"", REFUSAL_JSON_NUL },
	{ "kid a number", "kid", "1", REFUSAL_HEADER_KID },
	{ "kid null", "kid", "null", REFUSAL_HEADER_KID },
	{ "kid an object", "kid", "{}", REFUSAL_HEADER_KID },
};

static void
members(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		hostile_case("header", rows[i].what, rows[i].want,
		    judge_id_token(hostile_token(hostile_without(
		    hostile_header(), rows[i].member, rows[i].value).p,
		    hostile_claims(NULL, NULL))));
	hostile_case("header", "alg none and no signature", REFUSAL_ALG_NONE,
	    judge_id_token(maker_part(hostile_token("{\"alg\":\"none\"}",
	    hostile_claims(NULL, NULL)), 2, STR(""))));
	hostile_case("header", "no signature", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part(hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL)), 2, STR(""))));
	hostile_case("header", "alg twice, the second none",
	    REFUSAL_JSON_DUPLICATE, judge_id_token(hostile_token(
	    "{\"alg\":\"RS256\",\"kid\":\"k1\",\"alg\":\"none\"}",
	    hostile_claims(NULL, NULL))));
	hostile_case("header", "kid of 257 bytes", REFUSAL_HEADER_KID,
	    judge_id_token(hostile_token(maker_printf("{\"alg\":\"RS256\","
	    "\"kid\":\"%0*d\"}", 257, 0).p, hostile_claims(NULL, NULL))));
	hostile_good("header", "typ jwt in lower case", judge_id_token(
	    hostile_token(hostile_without(hostile_header(), "typ",
	    "\"jwt\"").p, hostile_claims(NULL, NULL))));
	hostile_good("header", "no kid, one key", judge_id_token(
	    hostile_token("{\"alg\":\"RS256\"}",
	    hostile_claims(NULL, NULL))));
	hostile_good("header", "x5t beside kid, as many send", judge_id_token(
	    hostile_token(hostile_without(hostile_header(), "x5t",
	    "\"dGh1bWI\"").p, hostile_claims(NULL, NULL))));
}

/* A key in the message is nobody's: signed by it, with it in the header. */
static void
keys_in_the_header(void)
{
	static const char *const kids[] = { "", ",\"kid\":\"k1\"",
		",\"kid\":\"theirs\"" };
	static const enum refusal want[] = { REFUSAL_SIGNATURE,
		REFUSAL_SIGNATURE, REFUSAL_KID_UNKNOWN };

	for (size_t i = 0; i < COUNT(kids); i++) {
		struct csn_str jwk = maker_jwk(MAKER_RSA_OTHER,
		    "\"kid\":\"k1\"");
		const struct csn_str with[] = {
			maker_printf("\"jwk\":%s", jwk.p),
			STR("\"jku\":\"https://evil.example/jwks\""),
			STR("\"x5u\":\"https://evil.example/x.pem\""),
			STR("\"x5c\":[\"MIIB\"]"),
		};
		static const char *const names[] = { "jwk", "jku", "x5u",
			"x5c" };
		char header[4][2048], name[80];

		for (size_t k = 0; k < 4; k++)
			(void)snprintf(header[k], sizeof(header[k]),
			    "{\"alg\":\"RS256\",%s%s}", with[k].p, kids[i]);
		for (size_t k = 0; k < 4; k++) {
			(void)snprintf(name, sizeof(name), "%s of another%s",
			    names[k], i == 0 ? "" : i == 1 ? ", our kid" :
			    ", its kid");
			hostile_case("header", name, want[i], judge_id_token(
			    maker_jws(header[k], hostile_claims(NULL, NULL),
			    "RS256", MAKER_RSA_OTHER)));
		}
	}
}

/* Keys that are there, but not for this. */
static void
keys_for_something_else(void)
{
	static const struct { const char *kid, *what; enum refusal want; }
	bad[] = {
		{ "enc", "a key of use enc", REFUSAL_KEY_USE },
		{ "ops", "a key for signing only", REFUSAL_KEY_OPS },
		{ "ps", "a key of another algorithm", REFUSAL_KEY_ALG },
		{ "oaep", "a key of an encryption", REFUSAL_KEY_ALG },
		{ "ec", "a key on a curve", REFUSAL_KEY_TYPE },
		{ "ed", "an Ed25519 key", REFUSAL_KEY_TYPE },
		{ "short", "an RSA key of 1024 bits", REFUSAL_KEY_SIZE },
		{ "k256", "a key on secp256k1", REFUSAL_KEY_CURVE },
		{ "new", "a key of a kind that we do not know",
		    REFUSAL_KEY_TYPE },
	};

	hostile_keys(JWS_BIT(JWS_RS256) | JWS_BIT(JWS_ES256) |
	    JWS_BIT(JWS_EDDSA), maker_printf("%s,%s,%s,%s,%s,%s,%s,%s,"
	    "{\"kty\":\"AKP\",\"kid\":\"new\","
	    "\"pub\":\"AAAA\"}",
	    maker_jwk(MAKER_RSA, "\"kid\":\"enc\",\"use\":\"enc\"").p,
	    maker_jwk(MAKER_RSA, "\"kid\":\"ops\",\"key_ops\":[\"sign\"]").p,
	    maker_jwk(MAKER_RSA, "\"kid\":\"ps\",\"alg\":\"PS256\"").p,
	    maker_jwk(MAKER_RSA, "\"kid\":\"oaep\",\"alg\":\"RSA-OAEP\"").p,
	    maker_jwk(MAKER_P256, "\"kid\":\"ec\"").p,
	    maker_jwk(MAKER_ED25519, "\"kid\":\"ed\"").p,
	    maker_jwk(MAKER_RSA_SHORT, "\"kid\":\"short\"").p,
	    maker_jwk(MAKER_K256, "\"kid\":\"k256\"").p).p);
	for (size_t i = 0; i < COUNT(bad); i++)
		hostile_case("key", bad[i].what, bad[i].want, judge_id_token(
		    hostile_token(maker_printf("{\"alg\":\"RS256\","
		    "\"kid\":\"%s\"}", bad[i].kid).p,
		    hostile_claims(NULL, NULL))));
	hostile_case("key", "none for RS256, no kid", REFUSAL_KEY_MISSING,
	    judge_id_token(hostile_token("{\"alg\":\"RS256\"}",
	    hostile_claims(NULL, NULL))));
	hostile.keys.jwks = NULL;
	hostile_case("key", "no set known", REFUSAL_KID_UNKNOWN,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL))));
}

/* The provider's public key as the secret of an HMAC. */
static void
public_key_as_secret(void)
{
	struct csn_str secrets[4], token;
	static const char *const names[] = { "PEM", "DER", "JWK", "modulus" };

	for (size_t i = 0; i < COUNT(names); i++) {
		secrets[0] = maker_printf("-----BEGIN PUBLIC KEY-----\n%s\n"
		    "-----END PUBLIC KEY-----\n",
		    maker_b64(maker_spki(MAKER_RSA)).p);
		secrets[1] = maker_spki(MAKER_RSA);
		secrets[2] = maker_jwk(MAKER_RSA, NULL);
		secrets[3] = maker_printf("%.*s", 342, secrets[2].p + 18);
		token = maker_jws_hmac("{\"alg\":\"HS256\",\"kid\":\"k1\"}",
		    hostile_claims(NULL, NULL), "HS256", secrets[i]);
		hostile_case("header", maker_printf("HMAC with the public key, "
		    "%s", names[i]).p, REFUSAL_ALG_OTHER,
		    judge_id_token(token));
	}
}

/* A client that is pinned to HMAC takes nothing else, and no public key. */
static void
hmac(void)
{
	const struct csn_str secret =
	    STR("a client secret of thirty-two bytes, and more");
	struct csn_str claims;

	hostile.keys.algs = JWS_BIT(JWS_HS256);
	hostile.keys.secret = secret;
	/* at_hash and the like go by the algorithm's hash, SHA-256 here too */
	hostile_good("HMAC", "by the client secret", judge_id_token(
	    maker_jws_hmac("{\"alg\":\"HS256\"}", hostile_claims(NULL, NULL),
	    "HS256", secret)));
	hostile_case("HMAC", "RS256 at a client of HS256", REFUSAL_ALG_OTHER,
	    judge_id_token(hostile_token(hostile_header(),
	    hostile_claims(NULL, NULL))));
	hostile_case("HMAC", "by another secret", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jws_hmac("{\"alg\":\"HS256\"}",
	    hostile_claims(NULL, NULL), "HS256",
	    STR("another secret of thirty-two bytes, and more"))));
	hostile_case("HMAC", "by an empty secret", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jws_hmac("{\"alg\":\"HS256\"}",
	    hostile_claims(NULL, NULL), "HS256", STR(""))));
	hostile_case("HMAC", "by the public key", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jws_hmac("{\"alg\":\"HS256\"}",
	    hostile_claims(NULL, NULL), "HS256", maker_spki(MAKER_RSA))));
	claims = hostile_claims(NULL, NULL);
	hostile_case("HMAC", "HS512 at a client of HS256", REFUSAL_ALG_OTHER,
	    judge_id_token(maker_jws_hmac("{\"alg\":\"HS512\"}", claims,
	    "HS512", secret)));
	hostile_case("HMAC", "cut to 16 bytes", REFUSAL_SIGNATURE_LENGTH,
	    judge_id_token(maker_part_cut(maker_jws_hmac(
	    "{\"alg\":\"HS256\"}", hostile_claims(NULL, NULL), "HS256",
	    secret), 2, 16)));
	hostile_case("HMAC", "none", REFUSAL_SIGNATURE_LENGTH, judge_id_token(
	    maker_part(maker_jws_hmac("{\"alg\":\"HS256\"}",
	    hostile_claims(NULL, NULL), "HS256", secret), 2, STR(""))));
	hostile.keys.secret.n = 31;
	hostile_case("HMAC", "a secret that is too short",
	    REFUSAL_SECRET_LENGTH, judge_id_token(maker_jws_hmac(
	    "{\"alg\":\"HS256\"}", hostile_claims(NULL, NULL), "HS256",
	    hostile.keys.secret)));
	hostile.keys.secret = STR("");
	hostile_case("HMAC", "no secret", REFUSAL_SECRET_MISSING,
	    judge_id_token(maker_jws_hmac("{\"alg\":\"HS256\"}",
	    hostile_claims(NULL, NULL), "HS256", STR(""))));
}

void
hostile_header_table(void)
{
	members();
	keys_in_the_header();
	public_key_as_secret();
	keys_for_something_else();
	hostile_reset();
	hmac();
}
