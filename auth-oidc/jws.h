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

#include "json.h"

#define JWS_BYTES_MAX	16384u	/* before anything is decoded */
#define JWS_KID_MAX	256u
#define JWS_TRIES_MAX	8u	/* keys tried for a message without kid */

/* Zero is none of them. The numbers are ours. */
enum jws_alg {
	JWS_RS256 = 1, JWS_RS384, JWS_RS512,
	JWS_PS256, JWS_PS384, JWS_PS512,
	JWS_ES256, JWS_ES384, JWS_ES512,
	JWS_EDDSA,
	JWS_HS256, JWS_HS384, JWS_HS512,
	JWS_ALG_END
};

/* Sets of algorithms. */
#define JWS_BIT(alg)	(1u << (alg))
#define JWS_HMAC	(JWS_BIT(JWS_HS256) | JWS_BIT(JWS_HS384) |	\
			    JWS_BIT(JWS_HS512))

/* By its exact name (RFC 7518 3.1, RFC 8037 3.1); 0 if it is none. "Ed25519"
 * (RFC 9864) is JWS_EDDSA as well. */
enum jws_alg jws_alg_find(struct csn_str name);
const char *jws_alg_name(enum jws_alg);		/* "RS256" */
/* The hash of at_hash, c_hash and s_hash (OIDC Core 3.1.3.6): OpenSSL's name,
 * "SHA512" for EdDSA with Ed25519. NULL for what is no algorithm. */
const char *jws_alg_hash(enum jws_alg);

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
