/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fuzz-oidc-jws.c - any bytes as a signed token, through every judge
 *
 * The keys are a provider's of the standards. A token that was not signed by
 * them must be accepted by nobody, whatever it says; and what is shaped as a
 * logout token must say whom it means.
 */
#include "lib/fuzzing.h"

#include "id_token.h"
#include "jarm.h"
#include "jwk.h"
#include "logout_token.h"
#include "userinfo.h"

#define NOW_MS	INT64_C(1800000000000)

/* RFC 7515 A.3, RFC 8037 A.2 */
static const char set_text[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"kid\":\"k1\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static struct jwks *keys;

/* As if it had been signed, to reach what stands behind the signature. */
static void
judge_all(struct token *t, const struct claims_rules *rules, struct arena *a)
{
	struct id_token_expect expect = { .nonce = STR("n"), .max_age_s = -1 };
	struct logout_token out;
	struct csn_pairs params;
	struct id_token id;
	const json_t *claims;

	t->verified = REFUSAL_NONE;
	if (id_token_check(t, rules, &expect, a, &id) == REFUSAL_NONE)
		MUST(id.sub.n > 0 && id.exp + 60 > NOW_MS / 1000);
	if (logout_token_check(t, rules, a, &out) == REFUSAL_NONE)
		MUST((out.sub.n > 0 || out.sid.n > 0) && out.replay_s > 0 &&
		    out.replay_s < 1000 && strlen(out.replay) == 43);
	if (jarm_check(t, rules, a, &params) == REFUSAL_NONE)
		for (size_t i = 0; i < params.n; i++)
			MUST(params.v[i].name.p[params.v[i].name.n] == '\0');
	(void)userinfo_token(t, rules, STR("s"), a, &claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct claims_rules rules = { STR("https://op.example"), STR("c"),
		{ NULL, 0 }, 60, 600, NOW_MS };
	struct jws_keys by = { .algs = JWS_BIT(JWS_ES256) |
		JWS_BIT(JWS_EDDSA), .secret = STR("") };
	struct arena a;
	struct token t;

	if (keys == NULL)
		MUST(jwks_read(str_from(set_text), by.algs, &keys) ==
		    REFUSAL_NONE);
	by.jwks = keys;
	arena_init(&a, TOKEN_ARENA);
	if (token_read(str_of(data, n), NULL, &a, &t) == REFUSAL_NONE) {
		MUST(n <= JWS_BYTES_MAX && json_is_object(t.claims));
		MUST(t.verified == REFUSAL_TOKEN_UNVERIFIED);
		(void)token_verify(&t, &by);
		judge_all(&t, &rules, &a);
	} else
		MUST(t.claims == NULL && t.verified != REFUSAL_NONE);
	token_free(&t);
	arena_free(&a);
	return 0;
}
