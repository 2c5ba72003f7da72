/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * bound.h - requests with the client's proof, and with the proof of a key that
 * tokens are bound to (DPoP, RFC 9449)
 */
#ifndef AUTH_OIDC_BOUND_H
#define AUTH_OIDC_BOUND_H

#include "fetch.h"
#include "params.h"

/* The newest nonce of each place (RFC 9449 8.2, 9). */
struct nonces *nonces_new(void);
void nonces_free(struct nonces *);

/* The key that the tokens of this login are bound to, r->dpop_key with its
 * secret: made anew, or the one that was kept (DPOP_KEY bytes). 0 or -1. It
 * goes when the round ends. */
int bound_key_make(struct round *);
int bound_key_take(struct round *, struct csn_str secret);
void bound_key_drop(struct round *);

/* POSTs the parameters and our own proof to f->url: token, pushed request,
 * revocation. A new attempt is made once where a nonce is demanded. As
 * fetch_send(). */
int32_t bound_send(const struct round *, const struct fetch *,
    const struct params *, struct fetched *ret);
/* GETs a resource with an access token, in the Authorization header only
 * (RFC 6750 2.1, RFC 9449 7.1). */
int32_t bound_get(const struct round *, const struct fetch *,
    struct csn_str token, struct fetched *ret);

/* How a round ends by an error answer (RFC 6749 5.2): DENY where the code or
 * token was refused, else ERROR. */
enum outcome bound_error(const struct round *, const char *what,
    const struct fetched *);
/* The `error` of such an answer, in the round's arena; or empty. */
struct csn_str bound_error_code(const struct round *, const struct fetched *);

#endif
