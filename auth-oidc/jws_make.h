/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws_make.h - signed tokens that we send: client assertions (RFC 7523 2.2,
 * OIDC Core 9), request objects (RFC 9101), DPoP proofs (RFC 9449 4.2)
 *
 * A configured key stays in the host, by its number in the configuration; a
 * login's own signs here (dpop_key.h). Each token has a random jti and a short
 * life.
 */
#ifndef AUTH_OIDC_JWS_MAKE_H
#define AUTH_OIDC_JWS_MAKE_H

#include "dpop_key.h"
#include "jws.h"
#include "lib/buf.h"

#define JWS_MAKE_LIFE_S	60

/* By what we sign; borrowed. */
struct jws_signer {
	const struct csn_host *host;
	struct csn_call *call;
	uint32_t val;		/* host->sign(): a private key, or for HS256..
				 * the client secret */
	enum jws_alg alg;
	struct csn_str kid;	/* "" for none */
	struct csn_str x5t_s256;	/* "x5t#S256", for Entra; "" for none */
	EVP_PKEY *own;		/* DPoP: a login's own P-256 key instead of the
				 * host's, or NULL */
};

/* All append the compact form to the buffer: 0, or -1 when the host cannot
 * sign or memory is refused, and then nothing was appended. */

/* typ is "JWT" and the like, or NULL. Takes nothing: the claims stay the
 * caller's. */
int jws_make(const struct jws_signer *, const char *typ, const json_t *claims,
    struct buf *);
/* iss = sub = client_id, one audience, jti, iat, exp in a minute. */
int jws_make_assertion(const struct jws_signer *, struct csn_str client_id,
    struct csn_str audience, struct buf *);
/* The parameters of an authorization request, with iss = client_id, aud =
 * issuer, iat, nbf, exp, jti; typ "oauth-authz-req+jwt" (RFC 9101 4,
 * FAPI 2.0 Message Signing 5.3). max_age goes as a number, claims as the
 * object that its text is. */
int jws_make_request(const struct jws_signer *, struct csn_str client_id,
    struct csn_str issuer, struct csn_pairs params, struct buf *);
/* For method and URL (without query and fragment); nonce and access token may
 * be empty. typ "dpop+jwt", the public key in the header. Not for HMAC. */
int jws_make_dpop(const struct jws_signer *, struct csn_str method,
    struct csn_str url, struct csn_str nonce, struct csn_str access_token,
    struct buf *);

#endif
