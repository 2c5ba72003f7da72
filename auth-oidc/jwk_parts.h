/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_parts.h - the numbers and points of a JSON web key, for jwk_key.c only
 */
#ifndef AUTH_OIDC_JWK_PARTS_H
#define AUTH_OIDC_JWK_PARTS_H

#include "jwk_key.h"

/* Reads the members that make the key, and no others: ret->kind and, with
 * REFUSAL_NONE, ret->pkey. Leaves what is wrong in OpenSSL's queue. */
enum refusal jwk_parts_read(const json_t *jwk, struct jwk *ret);

#endif
