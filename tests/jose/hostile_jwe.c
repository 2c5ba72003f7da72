/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile_jwe.c - encrypted tokens that must not open
 */
#include <stdio.h>

#include "tests/jose/hostile.h"

static struct jwe_key our_keys[2];
static struct jwe_opener opener;

static void
ready(void)
{
	hostile_reset();
	paper_keys_clear();
	our_keys[0] = (struct jwe_key){ paper_keys_add(maker_pem(MAKER_P256)),
		STR("ec") };
	our_keys[1] = (struct jwe_key){ paper_keys_add(maker_pem(MAKER_RSA)),
		STR("rsa") };
	opener = (struct jwe_opener){
		.host = &paper_keys_host, .call = paper_keys_call(),
		.keys = our_keys, .nkeys = 2,
		.algs = JWE_BIT(JWE_RSA_OAEP) | JWE_BIT(JWE_RSA_OAEP_256) |
		    JWE_BIT(JWE_ECDH_ES) | JWE_BIT(JWE_ECDH_ES_A128KW),
		.encs = JWE_BIT(JWE_A128GCM) | JWE_BIT(JWE_A256GCM) |
		    JWE_BIT(JWE_A128CBC_HS256) | JWE_BIT(JWE_A256CBC_HS512),
		.secret = STR("a client secret of thirty-two bytes and more"),
	};
	hostile.opener = &opener;
}

/* The good ID token in it. */
static struct maker_jwe
spec(const char *alg, const char *enc, const char *more)
{
	return (struct maker_jwe){ .alg = alg, .enc = enc,
		.to = strncmp(alg, "EC", 2) == 0 ? MAKER_P256 : MAKER_RSA,
		.more = more, .plain = hostile_token(hostile_header(),
		    hostile_claims(NULL, NULL)) };
}

static struct csn_str
made(const char *alg, const char *enc, const char *more)
{
	struct maker_jwe s = spec(alg, enc, more);

	return maker_jwe(&s);
}

static const char epk_off_curve[] = "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"}";

/* Seen without a private key: and none was used. */
static void
headers(void)
{
	static const struct { const char *what, *alg, *enc, *more;
		enum refusal want; } bad[] = {
		{ "compressed", "RSA-OAEP", "A256GCM", "\"zip\":\"DEF\"",
		    REFUSAL_JWE_ZIP },
		{ "zip of nothing", "RSA-OAEP", "A256GCM", "\"zip\":\"\"",
		    REFUSAL_JWE_ZIP },
		{ "zip null", "RSA-OAEP", "A256GCM", "\"zip\":null",
		    REFUSAL_JWE_ZIP },
		{ "crit", "RSA-OAEP", "A256GCM", "\"crit\":[\"exp\"]",
		    REFUSAL_HEADER_CRIT },
		{ "RSA1_5", "RSA1_5", "A256GCM", NULL, REFUSAL_JWE_ALG },
		{ "enc not allowed", "RSA-OAEP", "A192GCM", NULL,
		    REFUSAL_JWE_ENC },
		{ "alg not allowed", "ECDH-ES+A192KW", "A128GCM", NULL,
		    REFUSAL_JWE_ALG },
		{ "alg twice", "RSA-OAEP", "A256GCM", "\"alg\":\"dir\"",
		    REFUSAL_JSON_DUPLICATE },
		{ "kid not ours", "RSA-OAEP", "A256GCM", "\"kid\":\"other\"",
		    REFUSAL_JWE_KID },
		{ "kid a number", "RSA-OAEP", "A256GCM", "\"kid\":1",
		    REFUSAL_HEADER_KID },
		{ "apu a number", "ECDH-ES", "A256GCM", "\"apu\":1",
		    REFUSAL_JWE_PARTY },
		{ "apv an object", "ECDH-ES", "A256GCM", "\"apv\":{}",
		    REFUSAL_JWE_PARTY },
	};
	static const struct { const char *what, *header; enum refusal want; }
	whole[] = {
		{ "password, p2c of a billion", "{\"alg\":"
		    "\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":"
		    "\"AAAAAAAAAAA\",\"p2c\":1000000000}", REFUSAL_JWE_ALG },
		{ "A128KW", "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}",
		    REFUSAL_JWE_ALG },
		{ "A256GCMKW", "{\"alg\":\"A256GCMKW\",\"enc\":\"A128GCM\"}",
		    REFUSAL_JWE_ALG },
		{ "dir, not configured", "{\"alg\":\"dir\",\"enc\":"
		    "\"A128GCM\"}", REFUSAL_JWE_ALG },
		{ "RSA-OAEP-512", "{\"alg\":\"RSA-OAEP-512\",\"enc\":"
		    "\"A128GCM\"}", REFUSAL_JWE_ALG },
		{ "alg missing", "{\"enc\":\"A128GCM\"}",
		    REFUSAL_ALG_MISSING },
		{ "alg in lower case", "{\"alg\":\"rsa-oaep\",\"enc\":"
		    "\"A128GCM\"}", REFUSAL_JWE_ALG },
		{ "alg none", "{\"alg\":\"none\",\"enc\":\"A128GCM\"}",
		    REFUSAL_JWE_ALG },
		{ "alg of a signature", "{\"alg\":\"RS256\",\"enc\":"
		    "\"A128GCM\"}", REFUSAL_JWE_ALG },
		{ "enc missing", "{\"alg\":\"RSA-OAEP\"}", REFUSAL_JWE_ENC },
		{ "enc a number", "{\"alg\":\"RSA-OAEP\",\"enc\":1}",
		    REFUSAL_JWE_ENC },
		{ "enc A128CBC alone", "{\"alg\":\"RSA-OAEP\",\"enc\":"
		    "\"A128CBC\"}", REFUSAL_JWE_ENC },
		{ "epk missing", "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}",
		    REFUSAL_JWE_EPK },
		{ "epk a text", "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\","
		    "\"epk\":\"x\"}", REFUSAL_JWE_EPK },
		{ "epk without crv", "{\"alg\":\"ECDH-ES\",\"enc\":"
		    "\"A128GCM\",\"epk\":{\"kty\":\"EC\",\"x\":\"AA\"}}",
		    REFUSAL_JWE_EPK },
		{ "epk with its private half", "{\"alg\":\"ECDH-ES\","
		    "\"enc\":\"A128GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":"
		    "\"P-256\",\"x\":\"AA\",\"y\":\"AA\",\"d\":\"AA\"}}",
		    REFUSAL_JWE_EPK },
		{ "an array", "[]", REFUSAL_JSON_OBJECT },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct csn_str t = made(bad[i].alg, bad[i].enc, bad[i].more);

		hostile_case("JWE", bad[i].what, bad[i].want,
		    judge_id_token(t));
	}
	for (size_t i = 0; i < COUNT(whole); i++)
		hostile_case("JWE", whole[i].what, whole[i].want,
		    judge_id_token(maker_part(made("RSA-OAEP", "A128GCM",
		    NULL), 0, maker_b64(str_from(whole[i].header)))));
	hostile_case("JWE", "apu of 513 characters", REFUSAL_JWE_PARTY,
	    judge_id_token(maker_part(made("ECDH-ES", "A128GCM", NULL), 0,
	    maker_b64(maker_printf("{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\","
	    "\"epk\":%s,\"apu\":\"%0*d\"}", maker_jwk(MAKER_P256, NULL).p,
	    513, 0)))));
}

static void
parts(void)
{
	struct csn_str none = STR("");

	hostile_case("JWE", "vector of 11 bytes", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part_cut(made("RSA-OAEP", "A256GCM", NULL),
	    2, 11)));
	hostile_case("JWE", "no vector", REFUSAL_JWE_PARTS, judge_id_token(
	    maker_part(made("RSA-OAEP", "A256GCM", NULL), 2, none)));
	hostile_case("JWE", "tag cut to 12 bytes", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part_cut(made("RSA-OAEP", "A256GCM", NULL),
	    4, 12)));
	hostile_case("JWE", "tag cut to 4 bytes", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part_cut(made("RSA-OAEP", "A256GCM", NULL),
	    4, 4)));
	hostile_case("JWE", "no tag", REFUSAL_JWE_PARTS, judge_id_token(
	    maker_part(made("RSA-OAEP", "A256GCM", NULL), 4, none)));
	hostile_case("JWE", "HMAC tag cut to 8 bytes", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part_cut(made("RSA-OAEP", "A128CBC-HS256",
	    NULL), 4, 8)));
	hostile_case("JWE", "no wrapped key", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part(made("RSA-OAEP", "A256GCM", NULL), 1,
	    none)));
	hostile_case("JWE", "a key where two agree", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part(made("ECDH-ES", "A256GCM", NULL), 1,
	    STR("AAAA"))));
	hostile_case("JWE", "CBC text of 17 bytes", REFUSAL_JWE_PARTS,
	    judge_id_token(maker_part_cut(made("RSA-OAEP", "A128CBC-HS256",
	    NULL), 3, 17)));
	hostile_case("JWE", "no CBC text", REFUSAL_JWE_PARTS, judge_id_token(
	    maker_part(made("RSA-OAEP", "A128CBC-HS256", NULL), 3, none)));
	hostile_case("JWE", "padding in the text", REFUSAL_TOKEN_BASE64,
	    judge_id_token(maker_part(made("RSA-OAEP", "A128GCM", NULL), 3,
	    STR("AAAA===="))));
	hostile_case("JWE", "A===, which ends another library",
	    REFUSAL_TOKEN_BASE64, judge_id_token(maker_part(made("RSA-OAEP",
	    "A128GCM", NULL), 1, STR("A==="))));
	if (paper_keys_decryptions != 0)
		hostile_case("JWE", "no private key was used until here",
		    REFUSAL_NONE, REFUSAL_JWE_DECRYPT);
}

/* A byte of each part, in each way to encrypt: one word for all. */
static void
changed(void)
{
	static const struct { const char *alg, *enc; } ways[] = {
		{ "RSA-OAEP", "A256GCM" }, { "RSA-OAEP-256", "A128CBC-HS256" },
		{ "ECDH-ES", "A128GCM" },
		{ "ECDH-ES+A128KW", "A256CBC-HS512" },
	};
	static const char *const part[] = { "wrapped key", "vector", "text",
		"tag" };

	for (size_t i = 0; i < COUNT(ways); i++) {
		hostile_good("JWE", maker_printf("%s %s", ways[i].alg,
		    ways[i].enc).p, judge_id_token(made(ways[i].alg,
		    ways[i].enc, NULL)));
		for (size_t k = 1; k < 5; k++) {
			struct csn_str t = made(ways[i].alg, ways[i].enc,
			    NULL);
			char name[80];

			if (maker_part_of(t, k).n == 0)
				continue;
			(void)snprintf(name, sizeof(name),
			    "%s %s, %s changed", ways[i].alg, ways[i].enc,
			    part[k - 1]);
			hostile_case("JWE", name, REFUSAL_JWE_DECRYPT,
			    judge_id_token(maker_part_flip(t, k, 3)));
		}
	}
}

static void
aad(void)
{
	/* another spelling of the same header */
	hostile_case("JWE", "the header with a blank more",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_part(made("RSA-OAEP",
	    "A256GCM", NULL), 0, maker_b64(
	    STR("{\"alg\":\"RSA-OAEP\", \"enc\":\"A256GCM\"}")))));
	hostile_case("JWE", "another way to encrypt, same length",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_part(made("RSA-OAEP",
	    "A256CBC-HS512", NULL), 0, maker_b64(
	    STR("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\"}")))));
}

static void
wrong_keys(void)
{
	struct maker_jwe s = spec("RSA-OAEP", "A256GCM", NULL);

	s.to = MAKER_RSA_OTHER;
	hostile_case("JWE", "for another RSA key", REFUSAL_JWE_DECRYPT,
	    judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", NULL);
	s.key_bytes = 16;
	s.enc = "A128GCM";
	hostile_case("JWE", "a content key of 16 bytes for 32",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_part(maker_jwe(&s), 0,
	    maker_b64(STR("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}")))));
	s = spec("ECDH-ES", "A256GCM", NULL);
	s.to = MAKER_P256_OTHER;
	hostile_case("JWE", "for another point", REFUSAL_JWE_DECRYPT,
	    judge_id_token(maker_jwe(&s)));
	s = spec("ECDH-ES", "A256GCM", NULL);
	s.epk = maker_jwk(MAKER_P384, NULL).p;
	hostile_case("JWE", "an ephemeral key of another curve",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_jwe(&s)));
	s = spec("ECDH-ES", "A256GCM", NULL);
	s.epk = epk_off_curve;
	hostile_case("JWE", "an ephemeral key off the curve",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_jwe(&s)));
	s = spec("ECDH-ES", "A256GCM", NULL);
	s.epk = "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}";
	hostile_case("JWE", "an ephemeral key of another kind",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_jwe(&s)));
	s = spec("ECDH-ES", "A256GCM", "\"kid\":\"rsa\"");
	hostile_case("JWE", "agreement with our RSA key",
	    REFUSAL_JWE_DECRYPT, judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", "\"kid\":\"ec\"");
	hostile_case("JWE", "RSA with our point", REFUSAL_JWE_DECRYPT,
	    judge_id_token(maker_jwe(&s)));
	s = spec("ECDH-ES", "A256GCM", "\"apu\":\"A===\"");
	hostile_case("JWE", "apu not in base64url", REFUSAL_JWE_DECRYPT,
	    judge_id_token(maker_jwe(&s)));
}

/* What lies inside. */
static void
inside(void)
{
	struct maker_jwe s = spec("RSA-OAEP", "A256GCM", NULL), in;

	s.plain = hostile_claims(NULL, NULL);
	hostile_case("JWE", "claims inside, not signed", REFUSAL_JWE_NESTED,
	    judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", NULL);
	s.plain = STR("");
	hostile_case("JWE", "nothing inside", REFUSAL_JWE_NESTED,
	    judge_id_token(maker_jwe(&s)));
	in = spec("RSA-OAEP", "A256GCM", NULL);
	s = in;
	s.plain = maker_jwe(&in);
	hostile_case("JWE", "encrypted twice", REFUSAL_JWE_NESTED,
	    judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", NULL);
	s.plain = maker_jws("{\"alg\":\"none\"}", hostile_claims(NULL, NULL),
	    "RS256", MAKER_RSA);
	hostile_case("JWE", "alg none inside", REFUSAL_ALG_NONE,
	    judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", NULL);
	s.plain = maker_part_flip(s.plain, 2, 9);
	hostile_case("JWE", "a wrong signature inside", REFUSAL_SIGNATURE,
	    judge_id_token(maker_jwe(&s)));
	s = spec("RSA-OAEP", "A256GCM", NULL);
	s.plain = hostile_token(hostile_header(), hostile_claims("nonce",
	    "\"x\""));
	hostile_case("JWE", "a wrong nonce inside", REFUSAL_NONCE_WRONG,
	    judge_id_token(maker_jwe(&s)));
	opener.required = true;
	hostile_case("JWE", "not encrypted, which is required",
	    REFUSAL_JWE_REQUIRED, judge_id_token(hostile_token(
	    hostile_header(), hostile_claims(NULL, NULL))));
	hostile_case("JWE", "four parts, encryption required",
	    REFUSAL_JWE_REQUIRED, judge_id_token(STR("a.b.c.d")));
	opener.nkeys = 0;
	hostile_case("JWE", "we have no key", REFUSAL_JWE_KID,
	    judge_id_token(made("RSA-OAEP", "A256GCM", NULL)));
}

void
hostile_jwe_table(void)
{
	ready();
	headers();
	parts();
	changed();
	aad();
	wrong_keys();
	inside();
}
