/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws_alg.h - the signature algorithms there are (RFC 7518 3.1, RFC 8037 3.1)
 *
 * One table binds each name to one hash, one padding and one kind of key. It
 * must never have a row for "none", nor one that two kinds of key fit.
 */
#ifndef AUTH_OIDC_JWS_ALG_H
#define AUTH_OIDC_JWS_ALG_H

#include "lib/str.h"

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

enum jws_kind {			/* of a key */
	JWS_KEY_NONE,
	JWS_KEY_RSA, JWS_KEY_P256, JWS_KEY_P384, JWS_KEY_P521,
	JWS_KEY_ED25519, JWS_KEY_SECRET
};

struct jws_alg_row {
	const char *name;
	const char *hash;	/* OpenSSL's name: of the signature, and of
				 * at_hash, c_hash, s_hash */
	enum jws_kind kind;
	size_t bytes;		/* ES: of r and of s; EdDSA: of the signature;
				 * HS: of hash, and least secret; else 0 */
	bool pss;
};

/* The row; NULL for what is no algorithm. */
const struct jws_alg_row *jws_alg_row(enum jws_alg);
/* By its exact name; 0 if it is none. "Ed25519" (RFC 9864) is JWS_EDDSA. */
enum jws_alg jws_alg_find(struct csn_str name);
const char *jws_alg_name(enum jws_alg);		/* "RS256" */
/* The hash of at_hash, c_hash and s_hash (OIDC Core 3.1.3.6): OpenSSL's name,
 * "SHA512" for EdDSA with Ed25519. NULL for what is no algorithm. */
const char *jws_alg_hash(enum jws_alg);

#endif
