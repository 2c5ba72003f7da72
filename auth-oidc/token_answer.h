/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * token_answer.h - the token endpoint: what is asked and what it gave
 */
#ifndef AUTH_OIDC_TOKEN_ANSWER_H
#define AUTH_OIDC_TOKEN_ANSWER_H

#include "params.h"
#include "provider.h"

struct token_answer {		/* in the round's arena; none: p is NULL */
	struct csn_str id_token, access_token, refresh_token;
	int64_t expires_s;	/* of the access token; 0: not said */
};

/* Sends the grant with our proof. AGAIN: an answer was read; else how the
 * round ends. */
enum outcome token_ask(const struct round *, const struct params *,
    struct token_answer *ret);
/* The code of a callback (RFC 6749 4.1.3, RFC 7636 4.5). */
enum outcome token_redeem(const struct round *, struct csn_str code,
    struct csn_str verifier, struct token_answer *ret);
/* OIDC Core 12.1. */
enum outcome token_refresh(const struct round *, struct csn_str refresh_token,
    struct token_answer *ret);

#endif
