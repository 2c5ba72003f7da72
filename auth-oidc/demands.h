/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * demands.h - what the configuration demands of a login besides a good token
 */
#ifndef AUTH_OIDC_DEMANDS_H
#define AUTH_OIDC_DEMANDS_H

#include "id_token.h"
#include "oidc.h"

/* acr_values and amr_values; fills reply.acr. AGAIN; or how the round ends. */
enum outcome demands_proof(const struct round *, const json_t *claims,
    const struct id_token *);
/* require: at each renewal too. */
enum outcome demands_person(const struct round *, const json_t *claims);

#endif
