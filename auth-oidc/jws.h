/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws.h - a signed message in its compact form (RFC 7515 3.1)
 *
 * Parsing decides nothing but shape. jws_verify() takes the algorithm from
 * what the client is pinned to, never from the message alone, and the key
 * from the provider's published set, never from the message (RFC 8725 3.1,
 * 3.10). There is no algorithm "none".
 */
#ifndef AUTH_OIDC_JWS_H
#define AUTH_OIDC_JWS_H

#include "compact.h"
#include "compact.h"
#include "json.h"
#include "jws_alg.h"

#define JWS_BYTES_MAX	COMPACT_BYTES_MAX
#define JWS_KID_MAX	256u
#define JWS_TRIES_MAX	8u	/* keys tried for a message without kid */

struct jws {
	enum jws_alg alg;
	struct csn_str kid;	/* p is NULL if there is none */
	struct csn_str typ, cty; /* likewise */
	struct csn_str input;	/* header.payload, borrowed from the message */
	struct csn_str payload;	/* decoded, in the arena */
	struct csn_str signature;	/* likewise */
};

struct jwks;			/* jwk.h */

/* Who may have signed; borrowed. */
struct jws_keys {
	const struct jwks *jwks;	/* NULL: none are known */
	uint32_t algs;		/* JWS_BIT() of each that is pinned */
	struct csn_str secret;	/* for HS256.., only if pinned */
};

/*
 * Splits, decodes, and reads the header: exact parts, strict base64url, one
 * JSON object; crit and b64 are refused (RFC 7515 4.1.11, RFC 7797 6);
 * jwk, jku, x5u and x5c are not looked at. Nothing is believed yet. kid, typ,
 * cty are copies in the arena.
 */
enum refusal jws_parse(struct csn_str compact, struct arena *,
    struct jws *ret);
/*
 * REFUSAL_NONE only if one key of the set that fits by kid, kty, use, key_ops
 * and alg (RFC 7517 4.2 to 4.5), or the secret for a pinned HMAC, made the
 * signature. REFUSAL_KID_UNKNOWN is the one reason to fetch the keys again.
 */
enum refusal jws_verify(const struct jws *, const struct jws_keys *);

#endif
