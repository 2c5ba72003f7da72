/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * id_token.h - every check of an ID token (OIDC Core 3.1.3.7, 3.2.2.11,
 * 3.3.2.12, 12.2)
 *
 * All are made always, after a refresh too. What is expected but missing
 * refuses; what is there is checked even where nobody asked for it.
 */
#ifndef AUTH_OIDC_ID_TOKEN_H
#define AUTH_OIDC_ID_TOKEN_H

#include "claims.h"

/* A hash of something that came beside the token. */
struct id_token_hash {
	struct csn_str of;	/* code, access token, state; p NULL: none
				 * came */
	bool required;		/* the claim must be there */
};

/* What this exchange expects; borrowed. */
struct id_token_expect {
	struct csn_str nonce;	/* that was sent. p is NULL after a refresh:
				 * no nonce must be there (OIDC Core 12.2), or
				 * that of the first token, below */
	struct id_token_hash access_token, code, state;
	int64_t max_age_s;	/* what was asked, or what `fresh` wants; -1:
				 * nothing. 0 means "now" */
	struct csn_strs acr;	/* demanded: one of them; empty: any or none */

	/* After a refresh (OIDC Core 12.2), what the first token said. p of
	 * sub is NULL in a login. */
	struct {
		struct csn_str sub, nonce;
		int64_t iat;		/* the new one is not older */
		int64_t auth_time;	/* -1: was not told */
	} before;
};

/* What it says; slices are borrowed from the token's claims, arrays lie in
 * the arena. */
struct id_token {
	struct csn_str sub;
	struct csn_str sid;	/* p is NULL if there is none; likewise acr */
	struct csn_str acr;
	struct csn_strs amr;
	int64_t exp, iat;	/* seconds since 1970 */
	int64_t auth_time;	/* -1: not told, which is never fresh
				 * (security.md E9) */
};

/* OpenID Connect Core 3.1.3.7, and 12.2 where `before` is set; of a token whose
 * signature was verified. REFUSAL_NONE and *ret, or the first rule broken. */
enum refusal id_token_check(const struct token *, const struct claims_rules *,
    const struct id_token_expect *, struct arena *, struct id_token *ret);

/* base64url of the left half of the algorithm's hash (OIDC Core 3.1.3.6):
 * at most 43 characters and a NUL. 0 or -1. */
int id_token_half_hash(enum jws_alg, struct csn_str, char ret[static 44]);

#endif
