/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * logout_token.h - every check of a back-channel logout token (OpenID Connect
 * Back-Channel Logout 1.0, 2.4 to 2.6)
 *
 * It must never let one pass without iat, exp and jti: it could be replayed
 * for ever. Keeping the replay key (put_new, until exp) is the caller's.
 */
#ifndef AUTH_OIDC_LOGOUT_TOKEN_H
#define AUTH_OIDC_LOGOUT_TOKEN_H

#include "claims.h"

#define LOGOUT_TOKEN_LIFE_S	600	/* greatest exp - now: bounds how long
					 * a replay key is kept */
#define LOGOUT_TOKEN_REPLAY	48u	/* bytes of a replay key and a NUL */

struct logout_token {
	struct csn_str sub, sid;	/* p is NULL if absent, not of
				 * both */
	int64_t iat, exp;
	/* base64url of SHA-256 over iss and jti: never over the token's bytes,
	 * which can be changed without breaking an ECDSA signature */
	char replay[LOGOUT_TOKEN_REPLAY];
	int64_t replay_s;		/* keep it so long, at least */
};

/* OpenID Connect Back-Channel Logout 1.0 2.6; of a token whose signature was
 * verified. REFUSAL_NONE and *ret, or the first rule broken. Whether it came
 * before is the caller's to ask, by `replay`. */
enum refusal logout_token_check(const struct token *,
    const struct claims_rules *, struct arena *, struct logout_token *ret);
/* The same claims looked at before the signature, so that a message that
 * cannot be good costs neither a key fetch nor a verification. It proves
 * nothing. */
enum refusal logout_token_shape(const struct token *,
    const struct claims_rules *, struct arena *);

#endif
