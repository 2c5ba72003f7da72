/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * verify.h - tokens of this provider, for this client
 */
#ifndef AUTH_OIDC_VERIFY_H
#define AUTH_OIDC_VERIFY_H

#include "id_token.h"
#include "provider.h"

/* What this client expects of any token. */
void verify_rules(const struct round *, struct claims_rules *ret);
/* Reads a token and checks its signature; where it names a key that we do not
 * know, fetches the keys once. `foreign` is what anybody may send us. For
 * token_free(), on failure too. */
enum refusal verify_token(struct round *, struct csn_str compact,
    bool foreign, struct token *ret);
/* The same without the signature. */
enum refusal verify_read(const struct round *, struct csn_str compact,
    struct token *ret);
enum refusal verify_signature(struct round *, bool foreign, struct token *);

#endif
