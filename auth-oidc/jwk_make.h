/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_make.h - our own public keys as others want them: JWK, set, thumbprint
 */
#ifndef AUTH_OIDC_JWK_MAKE_H
#define AUTH_OIDC_JWK_MAKE_H

#include "lib/buf.h"

#define JWK_THUMBPRINT	44u	/* base64url of SHA-256, and a NUL */

/* A public key (SubjectPublicKeyInfo, DER, of host->public_key()) as the
 * required members of a JWK in their order, without blanks, which is what a
 * thumbprint is made of (RFC 7638 3.2). Appends; 0, or -1 if the key is none
 * that we use. */
int jwk_make(struct csn_str spki, struct buf *);
/* Its SHA-256 thumbprint (RFC 7638 3.1): our kid, and DPoP's jkt. 0 or -1. */
int jwk_make_thumbprint(struct csn_str spki, char ret[static JWK_THUMBPRINT]);

struct jwk_publish {
	struct csn_str spki;
	const char *use;	/* "sig" or "enc" */
	const char *alg;	/* "PS256", "ECDH-ES" */
};

/* {"keys":[...]} with kid = thumbprint, use and alg. Appends; 0 or -1, and
 * then nothing was appended. */
int jwk_make_set(const struct jwk_publish *, size_t n, struct buf *);

#endif
