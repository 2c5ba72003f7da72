/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * overage.h - groups that are too many for a token, asked for in pages
 */
#ifndef AUTH_OIDC_OVERAGE_H
#define AUTH_OIDC_OVERAGE_H

#include "verify.h"

/* Has the provider more groups than it lists in this claim? (Entra's
 * hasgroups; OIDC Core 5.6.2) */
bool overage_told(const json_t *claims, const char *claim);
/* Where groups_endpoint is written and the first claim of groups is missing
 * because there are too many: adds them to *claims, which it replaces by a
 * copy. What cannot be asked, or is not whole, is told in the audit log and
 * stays missing. AGAIN, or ERROR when memory is refused. */
enum outcome overage_ask(struct round *, struct csn_str access_token,
    json_t **claims);

#endif
