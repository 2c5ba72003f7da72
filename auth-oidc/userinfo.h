/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * userinfo.h - the answer of the userinfo endpoint: plain, signed, encrypted
 *
 * sub must be there and be the ID token's, else the whole answer is dropped
 * (OIDC Core 5.3.2, 5.3.4): claims of somebody else must never be added.
 */
#ifndef AUTH_OIDC_USERINFO_H
#define AUTH_OIDC_USERINFO_H

#include "claims.h"

/* An application/json answer. Returns the object for the caller to
 * json_decref(). */
enum refusal userinfo_plain(struct csn_str body, struct csn_str sub,
    json_t **ret);
/* An application/jwt answer, read and verified as a token: iss and aud must be
 * there and fit; exp, iat, nbf if they are there. Borrowed: token->claims. */
enum refusal userinfo_token(const struct token *, const struct claims_rules *,
    struct csn_str sub, struct arena *, const json_t **ret);
/* A new object: the ID token's claims and those of userinfo that they do not
 * have; email_verified goes with its email. For the caller to json_decref();
 * NULL when memory is refused. */
json_t *userinfo_merge(const json_t *id_token, const json_t *userinfo);

#endif
