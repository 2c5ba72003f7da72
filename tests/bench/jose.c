/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose: what one ID token costs, with every check and its JSON
 *
 *   jose MILLISECONDS
 *
 * Prints a line per algorithm: its name and the nanoseconds of CPU time of one
 * validation, from the compact text to the checked claims. Its rival is
 * `openssl speed`. A token that is not accepted ends it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth-oidc/id_token.h"
#include "auth-oidc/jwk.h"
#include "tests/jose/maker.h"

#define NOW	INT64_C(1800000000)
#define ACCESS	"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

struct bench {
	struct csn_str compact;
	struct jws_keys keys;
	struct claims_rules rules;
	struct id_token_expect expect;
};

static int64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct csn_str
payload(const char *hash)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	size_t n = 0;

	if (EVP_Q_digest(NULL, hash, NULL, ACCESS, strlen(ACCESS), md, &n) !=
	    1)
		abort();
	return maker_printf("{\"iss\":\"https://login.example.com/realms/"
	    "corp\",\"sub\":\"f7c2e0a4-57a1-4c7e-8d0a-0c5b0d4f6b1e\","
	    "\"aud\":\"countersign\",\"azp\":\"countersign\",\"exp\":%" PRId64
	    ",\"iat\":%" PRId64 ",\"auth_time\":%" PRId64 ",\"jti\":"
	    "\"0f0d2c6e-1c9a-4a52-9b7f-3e0a7c1f5d22\",\"nonce\":"
	    "\"cdo3rp0ig8tM2wzJk1vYxA\",\"sid\":\"e0b1c2d3-a4f5-4678-9abc-"
	    "def012345678\",\"at_hash\":\"%s\",\"acr\":\"loa2\",\"amr\":"
	    "[\"pwd\",\"otp\"],\"email\":\"alice@example.com\","
	    "\"email_verified\":true,\"name\":\"Alice Example\","
	    "\"preferred_username\":\"alice\",\"groups\":[\"staff\",\"admins\","
	    "\"developers\"]}", NOW + 300, NOW, NOW - 30,
	    maker_b64(str_of(md, n / 2)).p);
}

static void
validate(const struct bench *b)
{
	char memory[8192];
	struct id_token id;
	struct arena a;
	struct token t;
	enum refusal r;

	arena_init_with(&a, TOKEN_ARENA, memory, sizeof(memory));
	r = token_read(b->compact, NULL, &a, &t);
	if (r == REFUSAL_NONE)
		r = token_verify(&t, &b->keys);
	if (r == REFUSAL_NONE)
		r = id_token_check(&t, &b->rules, &b->expect, &a, &id);
	if (r != REFUSAL_NONE) {
		(void)fprintf(stderr, "jose: refused: %s\n", refusal_word(r));
		exit(1);
	}
	token_free(&t);
	arena_free(&a);
}

static void
measure(const char *alg, const char *hash, enum maker_key key, int64_t ms)
{
	static const struct csn_str acr[] = { STR_INIT("loa2") };
	struct bench b = {
		.rules = { STR("https://login.example.com/realms/corp"),
		    STR("countersign"), { NULL, 0 }, CLAIMS_SKEW_S,
		    CLAIMS_AGE_S, NOW * 1000 },
		.expect = { .nonce = STR("cdo3rp0ig8tM2wzJk1vYxA"),
		    .access_token = { STR(ACCESS), true }, .max_age_s = 3600,
		    .acr = { acr, 1 } },
	};
	struct jwks *set = NULL;
	int64_t start, spent;
	uint64_t n = 0;

	b.keys.algs = JWS_BIT(jws_alg_find(str_from(alg)));
	b.compact = maker_jws(maker_printf("{\"alg\":\"%s\",\"typ\":\"JWT\","
	    "\"kid\":\"k1\"}", alg).p, payload(hash), alg, key);
	if (jwks_read(maker_printf("{\"keys\":[%s]}", maker_jwk(key,
	    "\"kid\":\"k1\"").p), b.keys.algs, &set) != REFUSAL_NONE)
		abort();
	b.keys.jwks = set;
	validate(&b);
	start = cpu_ns();
	do {
		for (int i = 0; i < 50; i++, n++)
			validate(&b);
		spent = cpu_ns() - start;
	} while (spent < ms * 1000000);
	printf("%s %" PRIu64 "\n", alg, (uint64_t)spent / n);
	jwks_unref(set);
}

int
main(int argc, char *argv[])
{
	long ms = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (ms < 1 || ms > 60000) {
		(void)fprintf(stderr, "usage: jose MILLISECONDS\n");
		return 2;
	}
	measure("RS256", "SHA256", MAKER_RSA, ms);
	measure("PS256", "SHA256", MAKER_RSA, ms);
	measure("ES256", "SHA256", MAKER_P256, ms);
	measure("EdDSA", "SHA512", MAKER_ED25519, ms);
	maker_end();
	return 0;
}
