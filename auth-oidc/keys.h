/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * keys.h - our own public keys, for the provider
 */
#ifndef AUTH_OIDC_KEYS_H
#define AUTH_OIDC_KEYS_H

#include "oidc.h"

/* DONE with a JWK set of client_key and the decryption keys. */
enum outcome keys_serve(const struct round *);

#endif
