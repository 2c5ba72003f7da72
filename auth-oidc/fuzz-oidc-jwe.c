/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fuzz-oidc-jwe.c - any bytes as an encrypted token
 *
 * The host's half answers with a key that depends on what it is asked, as if
 * everything were decrypted; nothing that was changed may open but what was
 * made with that key.
 */
#include "lib/fuzzing.h"

#include "jwe.h"

#define ALL_ALGS ((JWE_BIT(JWE_ALG_END) - 1) & ~1u)
#define ALL_ENCS ((JWE_BIT(JWE_ENC_END) - 1) & ~1u)

static unsigned asked;

static int32_t
fuzz_decrypt(struct csn_call *call, uint32_t val, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct csn_str *ret)
{
	static const char key[64] = "zero and more";

	(void)call;
	MUST(val == 7 && jwe_alg_find(alg) != 0 && params.n <= 4);
	for (size_t i = 0; i < params.n; i++)
		MUST(params.v[i].value.p[params.v[i].value.n] == '\0');
	asked++;
	if (data.n == 1)
		return CSN_E_INVALID;
	*ret = str_of(key, data.n == 0 ? 16 : data.n % 65);
	return CSN_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct csn_host host = { .decrypt = fuzz_decrypt };
	struct jwe_key key = { 7, STR("k") };
	struct jwe_opener by = { &host, NULL, &key, 1, ALL_ALGS, ALL_ENCS,
		STR("a client secret of thirty-two bytes and more"),
		false, false };
	struct csn_str plain = str_of(NULL, 0);
	struct arena a;
	enum refusal r;

	arena_init(&a, 65536);
	asked = 0;
	r = jwe_open(str_of(data, n), &by, &a, &plain);
	MUST(asked <= 1);
	if (r == REFUSAL_NONE)
		MUST(plain.p != NULL && plain.p[plain.n] == '\0' &&
		    plain.n < n && jwe_looks(str_of(data, n)));
	else
		MUST(plain.p == NULL);
	arena_free(&a);
	return 0;
}
