/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_keys.c - sets of keys as nobody should publish them
 */
#include <stdio.h>

#include "lib/buf.h"
#include "tests/jose/hostile.h"

#define E "\"e\":\"AQAB\""
#define X256 "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define Y256 "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define ZEROS32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* A modulus of n bytes: first byte, then 0xff, then the last. */
static const char *
modulus(unsigned first, size_t n, unsigned last)
{
	unsigned char v[1100];

	memset(v, 0xff, sizeof(v));
	v[0] = (unsigned char)first;
	v[n - 1] = (unsigned char)last;
	return maker_b64(str_of(v, n)).p;
}

static void
rsa_row(const char *what, const char *members, enum refusal want)
{
	hostile_case("RSA key", what, want, judge_key(maker_printf(
	    "{\"kty\":\"RSA\",%s}", members).p));
}

static void
rsa(void)
{
	const char *good = modulus(0xff, 256, 0xff);

	hostile_good("RSA key", "good", judge_key(maker_printf(
	    "{\"kty\":\"RSA\",\"n\":\"%s\"," E "}", good).p));
	rsa_row("n missing", E, REFUSAL_KEY_MALFORMED);
	rsa_row("n empty", "\"n\":\"\"," E, REFUSAL_KEY_MALFORMED);
	rsa_row("n a number", "\"n\":1," E, REFUSAL_KEY_MALFORMED);
	rsa_row("n of 1024 bits", maker_printf("\"n\":\"%s\"," E,
	    modulus(0xff, 128, 0xff)).p, REFUSAL_KEY_SIZE);
	rsa_row("n of 2047 bits", maker_printf("\"n\":\"%s\"," E,
	    modulus(0x7f, 256, 0xff)).p, REFUSAL_KEY_SIZE);
	rsa_row("n of 8200 bits", maker_printf("\"n\":\"%s\"," E,
	    modulus(0xff, 1025, 0xff)).p, REFUSAL_KEY_SIZE);
	rsa_row("n of 100 KiB", maker_printf("\"n\":\"%0*d\"," E, 102400,
	    0).p, REFUSAL_KEY_SIZE);
	rsa_row("n even", maker_printf("\"n\":\"%s\"," E,
	    modulus(0xff, 256, 0xfe)).p, REFUSAL_KEY_MALFORMED);
	rsa_row("n with a zero before", maker_printf("\"n\":\"%s\"," E,
	    modulus(0, 257, 0xff)).p, REFUSAL_KEY_MALFORMED);
	rsa_row("n with padding", maker_printf("\"n\":\"%s==\"," E,
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_MALFORMED);
	rsa_row("n in standard base64", "\"n\":\"+/+/\"," E,
	    REFUSAL_KEY_MALFORMED);
	rsa_row("e missing", maker_printf("\"n\":\"%s\"",
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_MALFORMED);
	rsa_row("e one", maker_printf("\"n\":\"%s\",\"e\":\"AQ\"",
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_EXPONENT);
	rsa_row("e even", maker_printf("\"n\":\"%s\",\"e\":\"AQAA\"",
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_EXPONENT);
	rsa_row("e of 5 bytes", maker_printf("\"n\":\"%s\",\"e\":\"AQAAAAE\"",
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_EXPONENT);
	rsa_row("e as long as n", maker_printf("\"n\":\"%s\",\"e\":\"%s\"",
	    modulus(0xff, 256, 0xff), modulus(0xff, 255, 0xff)).p,
	    REFUSAL_KEY_EXPONENT);
	rsa_row("e with a zero before", maker_printf(
	    "\"n\":\"%s\",\"e\":\"AAEAAQ\"", modulus(0xff, 256, 0xff)).p,
	    REFUSAL_KEY_MALFORMED);
	rsa_row("e zero", maker_printf("\"n\":\"%s\",\"e\":\"AA\"",
	    modulus(0xff, 256, 0xff)).p, REFUSAL_KEY_MALFORMED);
}

static const struct { const char *what, *jwk; enum refusal want; } rows[] = {
	{ "crv missing", "{\"kty\":\"EC\",\"x\":\"" X256 "\",\"y\":\"" Y256
	    "\"}", REFUSAL_KEY_MALFORMED },
	{ "P-224", "{\"kty\":\"EC\",\"crv\":\"P-224\",\"x\":\"AA\","
	    "\"y\":\"AA\"}", REFUSAL_KEY_CURVE },
	{ "secp256k1", "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X256
	    "\",\"y\":\"" Y256 "\"}", REFUSAL_KEY_CURVE },
	{ "p-256 in lower case", "{\"kty\":\"EC\",\"crv\":\"p-256\","
	    "\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", REFUSAL_KEY_CURVE },
	{ "another curve's name", "{\"kty\":\"EC\",\"crv\":\"P-384\","
	    "\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}", REFUSAL_KEY_MALFORMED },
	{ "y missing", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256
	    "\"}", REFUSAL_KEY_MALFORMED },
	{ "x of 31 bytes", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\""
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"" Y256
	    "\"}", REFUSAL_KEY_MALFORMED },
	{ "x of 33 bytes", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\""
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":\"" Y256
	    "\"}", REFUSAL_KEY_MALFORMED },
	{ "not on the curve", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X256
	    "\",\"y\":\"" X256 "\"}", REFUSAL_KEY_POINT },
	{ "zero and zero", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ZEROS32
	    "\",\"y\":\"" ZEROS32 "\"}", REFUSAL_KEY_POINT },
	{ "OKP without crv", "{\"kty\":\"OKP\",\"x\":\"" X256 "\"}",
	    REFUSAL_KEY_MALFORMED },
	{ "Ed25519, no point", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
	    REFUSAL_KEY_MALFORMED },
	{ "X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X256 "\"}",
	    REFUSAL_KEY_CURVE },
	{ "Ed448", "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" X256 "\"}",
	    REFUSAL_KEY_CURVE },
	{ "Ed25519 of 31 bytes", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	    REFUSAL_KEY_MALFORMED },
	{ "Ed25519, y zero", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"" ZEROS32 "\"}", REFUSAL_KEY_POINT },
	{ "Ed25519, the neutral point", "{\"kty\":\"OKP\","
	    "\"crv\":\"Ed25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAA\"}", REFUSAL_KEY_POINT },
	{ "Ed25519, of order 8", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU\"}",
	    REFUSAL_KEY_POINT },
	{ "kty missing", "{}", REFUSAL_KEY_MALFORMED },
	{ "kty a number", "{\"kty\":1}", REFUSAL_KEY_MALFORMED },
	{ "kty in lower case", "{\"kty\":\"rsa\"}", REFUSAL_KEY_TYPE },
	{ "kty none", "{\"kty\":\"none\"}", REFUSAL_KEY_TYPE },
	{ "a number for a key", "1", REFUSAL_KEY_MALFORMED },
	{ "null for a key", "null", REFUSAL_KEY_MALFORMED },
	{ "a list for a key", "[]", REFUSAL_KEY_MALFORMED },
	{ "a symmetric key", "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
	    REFUSAL_KEY_SYMMETRIC },
	{ "oct without k", "{\"kty\":\"oct\"}", REFUSAL_KEY_SYMMETRIC },
};

/* What a good key says besides. */
static const struct { const char *what, *members; enum refusal want; } says[] =
{
	{ "use enc", "\"use\":\"enc\"", REFUSAL_KEY_USE },
	{ "use unknown", "\"use\":\"SIG\"", REFUSAL_KEY_USE },
	{ "use a number", "\"use\":1", REFUSAL_KEY_MALFORMED },
	{ "key_ops without verify", "\"key_ops\":[\"encrypt\"]",
	    REFUSAL_KEY_OPS },
	{ "key_ops empty", "\"key_ops\":[]", REFUSAL_KEY_OPS },
	{ "key_ops a text", "\"key_ops\":\"verify\"", REFUSAL_KEY_MALFORMED },
	{ "key_ops of numbers", "\"key_ops\":[1]", REFUSAL_KEY_MALFORMED },
	{ "alg of another kind", "\"alg\":\"ES256\"", REFUSAL_KEY_ALG },
	{ "alg of encryption", "\"alg\":\"RSA-OAEP\"", REFUSAL_KEY_ALG },
	{ "alg none", "\"alg\":\"none\"", REFUSAL_KEY_ALG },
	{ "alg a number", "\"alg\":256", REFUSAL_KEY_MALFORMED },
	{ "kid a number", "\"kid\":1", REFUSAL_KEY_MALFORMED },
	{ "kid with a newline", "\"kid\":\"a\\nb\"", REFUSAL_KEY_MALFORMED },
	{ "d", "\"d\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "d null", "\"d\":null", REFUSAL_KEY_PRIVATE },
	{ "p", "\"p\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "q", "\"q\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "dp", "\"dp\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "dq", "\"dq\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "qi", "\"qi\":\"AA\"", REFUSAL_KEY_PRIVATE },
	{ "oth", "\"oth\":[]", REFUSAL_KEY_PRIVATE },
	{ "k", "\"k\":\"AA\"", REFUSAL_KEY_SYMMETRIC },
	{ "n twice", "\"n\":\"AQAB\"", REFUSAL_JSON_DUPLICATE },
};

static struct csn_str
many(const char *what, size_t n)
{
	struct buf b;
	struct csn_str text;

	buf_init(&b, 0);
	buf_puts(&b, "{\"keys\":[{}");
	for (size_t i = 1; i < n; i++)
		buf_puts(&b, what);
	buf_puts(&b, "]}");
	text = maker_printf("%.*s", STR_FMT(buf_str(&b)));
	buf_free(&b);
	return text;
}

static void
sets(void)
{
	static const struct { const char *what, *text; enum refusal want; }
	bad[] = {
		{ "HTML", "<html>", REFUSAL_JSON_SYNTAX },
		{ "empty", "", REFUSAL_JSON_SYNTAX },
		{ "an array", "[]", REFUSAL_JSON_OBJECT },
		{ "no keys", "{}", REFUSAL_KEYS_MISSING },
		{ "keys an object", "{\"keys\":{}}", REFUSAL_KEYS_MISSING },
		{ "keys null", "{\"keys\":null}", REFUSAL_KEYS_MISSING },
		{ "a lone key", "{\"kty\":\"RSA\"}", REFUSAL_KEYS_MISSING },
		{ "keys twice", "{\"keys\":[],\"keys\":[]}",
		    REFUSAL_JSON_DUPLICATE },
		{ "an empty list", "{\"keys\":[]}", REFUSAL_KEY_MISSING },
		{ "something behind", "{\"keys\":[]}x",
		    REFUSAL_JSON_TRAILING },
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		hostile_case("set of keys", bad[i].what, bad[i].want,
		    judge_keys(str_from(bad[i].text)));
	hostile_case("set of keys", "101 keys", REFUSAL_KEYS_MANY,
	    judge_keys(many(",{}", 101)));
	hostile_case("set of keys", "9,000 keys", REFUSAL_KEYS_MANY,
	    judge_keys(many(",{}", 9000)));
	hostile_case("set of keys", "10,001 keys", REFUSAL_JSON_VALUES,
	    judge_keys(many(",{}", 10001)));
	hostile_case("set of keys", "10,000 keys with names",
	    REFUSAL_JSON_LENGTH, judge_keys(many(
	    ",{\"kty\":\"RSA\",\"kid\":\"abcdefgh\"}", 10000)));
	hostile_case("set of keys", "256 KiB and a byte", REFUSAL_JSON_LENGTH,
	    judge_keys(maker_printf("{\"keys\":[],\"x\":\"%0*d\"}", 262144,
	    0)));
	hostile_case("set of keys", "100 MB", REFUSAL_JSON_LENGTH,
	    judge_keys(maker_printf("%0*d", 100000000, 0)));
	hostile_case("set of keys", "100,000 arrays in each other",
	    REFUSAL_JSON_DEPTH, judge_keys(many("[", 100000)));
}

static void
kids(void)
{
	struct csn_str text;

	hostile_case("set of keys", "one kid for two keys",
	    REFUSAL_KID_AMBIGUOUS, judge_keys(maker_printf(
	    "{\"keys\":[%s,%s]}", maker_jwk(MAKER_RSA, "\"kid\":\"a\"").p,
	    maker_jwk(MAKER_RSA_OTHER, "\"kid\":\"a\"").p)));
	hostile_good("set of keys", "one kid for the same key",
	    judge_keys(maker_printf("{\"keys\":[%s,%s]}",
	    maker_jwk(MAKER_RSA, "\"kid\":\"a\"").p,
	    maker_jwk(MAKER_RSA, "\"kid\":\"a\"").p)));
	hostile_good("set of keys", "one kid for two kinds",
	    judge_keys(maker_printf("{\"keys\":[%s,%s]}",
	    maker_jwk(MAKER_RSA, "\"kid\":\"a\"").p,
	    maker_jwk(MAKER_P256, "\"kid\":\"a\"").p)));
	text = maker_printf("{\"keys\":[%s,%s]}",
	    maker_jwk(MAKER_RSA, "\"kid\":\"a\"").p,
	    maker_jwk(MAKER_P256, "\"kid\":\"b\",\"d\":\"AA\"").p);
	hostile_case("set of keys", "a private key beside a good one",
	    REFUSAL_KEY_PRIVATE, judge_keys(text));
}

void
hostile_keys_table(void)
{
	hostile.keys.algs = JWS_BIT(JWS_RS256) | JWS_BIT(JWS_ES256) |
	    JWS_BIT(JWS_EDDSA);
	rsa();
	hostile_good("key", "good P-256", judge_key("{\"kty\":\"EC\","
	    "\"crv\":\"P-256\",\"x\":\"" X256 "\",\"y\":\"" Y256 "\"}"));
	for (size_t i = 0; i < COUNT(rows); i++)
		hostile_case("key", rows[i].what, rows[i].want,
		    judge_key(rows[i].jwk));
	for (size_t i = 0; i < COUNT(says); i++)
		hostile_case("key says", says[i].what, says[i].want,
		    judge_key(maker_jwk(MAKER_RSA, says[i].members).p));
	hostile_case("key says", "d, on a curve", REFUSAL_KEY_PRIVATE,
	    judge_key(maker_jwk(MAKER_P256, "\"d\":\"AA\"").p));
	hostile_case("key says", "d, Ed25519", REFUSAL_KEY_PRIVATE,
	    judge_key(maker_jwk(MAKER_ED25519, "\"d\":\"AA\"").p));
	sets();
	kids();
}
