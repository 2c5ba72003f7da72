/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * dpop_key.h - a P-256 key as 32 bytes, for DPoP proofs (RFC 9449)
 *
 * Of one login, made for it and kept in what the host seals; a configured key
 * is never here.
 */
#ifndef AUTH_OIDC_DPOP_KEY_H
#define AUTH_OIDC_DPOP_KEY_H

#include <openssl/evp.h>

#include "lib/buf.h"

#define DPOP_KEY	32u	/* bytes */

/* NULL if the number is no private key of the curve (hardly one is not), or
 * memory is refused. */
EVP_PKEY *dpop_key_read(const uint8_t secret[static DPOP_KEY]);
/* SubjectPublicKeyInfo, appended. 0 or -1. */
int dpop_key_public(EVP_PKEY *, struct buf *);
/* ES256 (RFC 7518 3.4). 0 or -1. */
int dpop_key_sign(EVP_PKEY *, struct csn_str data, uint8_t ret[static 64]);

#endif
