/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * sources.h - claims that the provider leaves to a source (OIDC Core 5.6.2)
 */
#ifndef AUTH_OIDC_SOURCES_H
#define AUTH_OIDC_SOURCES_H

#include "verify.h"

/*
 * First the groups that are too many for a token (overage.h). Then adds to
 * *claims, which it replaces by a copy where it does, what a source says that
 * the configuration uses: an aggregated token at once, a distributed one after
 * a request to a place that the configuration names. A source that cannot be
 * used is told in the audit log, and its claims stay missing: so person.h takes
 * no short list of groups for the whole. AGAIN, or ERROR when memory is
 * refused.
 */
enum outcome sources_add(struct round *, const struct id_token *,
    struct csn_str access_token, json_t **claims);

#endif
