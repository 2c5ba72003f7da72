/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * request_claims.h - the claims parameter (OIDC Core 5.5)
 */
#ifndef AUTH_OIDC_REQUEST_CLAIMS_H
#define AUTH_OIDC_REQUEST_CLAIMS_H

#include "oidc.h"

/* What is configured, and acr_values where another claim than acr answers
 * it; empty if there is nothing to ask. In the round's arena. */
struct csn_str request_claims(const struct round *);
/* Whether a text may be the option `claims`: a JSON object. */
bool request_claims_valid(struct csn_str);

#endif
