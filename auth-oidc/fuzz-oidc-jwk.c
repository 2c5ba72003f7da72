/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fuzz-oidc-jwk.c - any bytes as a provider's set of keys
 *
 * Whatever is read as usable must refuse a signature of zeros.
 */
#include "lib/fuzzing.h"

#include "jwk.h"

#define ALL	((JWS_BIT(JWS_ALG_END) - 1) & ~(JWS_HMAC | 1u))

static void
zeros_refused(const struct jwks *set)
{
	static const char zeros[1024];
	static const size_t lengths[] = { 64, 96, 132, 256, 512, 1024 };
	struct jws_keys by = { set, ALL, STR("") };
	struct jws jws = { .input = STR("a.b"), .payload = STR("b") };

	for (int alg = 1; alg < JWS_ALG_END; alg++)
		for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths);
		    i++) {
			jws.alg = (enum jws_alg)alg;
			jws.signature = str_of(zeros, lengths[i]);
			MUST(jws_verify(&jws, &by) != REFUSAL_NONE);
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct jwks *set = NULL;
	struct csn_str kid;
	size_t usable = 0;

	if (jwks_read(str_of(data, n), ALL, &set) != REFUSAL_NONE) {
		MUST(set == NULL);
		return 0;
	}
	MUST(jwks_count(set) <= JWKS_KEYS_MAX);
	for (size_t i = 0; i < jwks_count(set); i++)
		usable += jwks_key(set, i, &kid) == REFUSAL_NONE;
	MUST(usable == jwks_usable(set));
	if (usable > 0)
		zeros_refused(set);
	jwks_unref(set);
	return 0;
}
