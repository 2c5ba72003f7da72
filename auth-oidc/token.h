/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * token.h - a JSON web token: opened, read, and its signature checked
 *
 * The order is the caller's safety: token_read() believes nothing and costs
 * no key; token_verify() checks the signature; only then do id_token.h,
 * logout_token.h, jarm.h and userinfo.h accept it. They refuse one whose
 * signature was not checked.
 */
#ifndef AUTH_OIDC_TOKEN_H
#define AUTH_OIDC_TOKEN_H

#include "jwe.h"
#include "jws.h"

#define TOKEN_ARENA	65536u	/* budget of an arena that is enough for one
				 * token, opened and read */

struct token {
	struct csn_str compact;	/* the signed one, as it came or was inside */
	struct jws jws;
	json_t *claims;		/* owned */
	bool encrypted;
	enum refusal verified;	/* REFUSAL_NONE once it is */
};

/* The opener is NULL where encryption is not configured. The token borrows
 * from the compact text and from the arena. token_free() it, on failure
 * too: it is then empty. */
enum refusal token_read(struct csn_str compact, const struct jwe_opener *,
    struct arena *, struct token *ret);
enum refusal token_verify(struct token *, const struct jws_keys *);
void token_free(struct token *);

#endif
