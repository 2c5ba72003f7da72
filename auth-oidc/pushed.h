/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * pushed.h - requests that do not travel in the open: pushed (RFC 9126) and
 * signed (RFC 9101)
 */
#ifndef AUTH_OIDC_PUSHED_H
#define AUTH_OIDC_PUSHED_H

#include "params.h"
#include "provider.h"

/* Whether the options, or the provider's metadata, ask for a pushed one. */
bool pushed_wanted(const struct round *);
/* Signs the parameters and pushes them, whichever is configured. AGAIN and the
 * address for the browser, in the round's arena; or how the round ends. */
enum outcome pushed_request(struct round *, const struct params *,
    struct csn_str *ret_url);

#endif
