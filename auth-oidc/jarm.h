/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jarm.h - an authorization response in a signed token (JARM 2.1, 2.4)
 */
#ifndef AUTH_OIDC_JARM_H
#define AUTH_OIDC_JARM_H

#include "claims.h"

#define JARM_PARAMS_MAX 32u

/* iss, aud and exp are checked (JARM 2.4); then the other members that are
 * strings are the response's parameters, borrowed from the claims, the array
 * in the arena. iss is among them, for RFC 9207. */
enum refusal jarm_check(const struct token *, const struct claims_rules *,
    struct arena *, struct csn_pairs *ret);

#endif
