/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * refused.h - a login that did not come to be, in words
 */
#ifndef AUTH_OIDC_REFUSED_H
#define AUTH_OIDC_REFUSED_H

#include "oidc.h"

/* error and error_description of a response whose issuer and state were
 * checked (RFC 6749 4.1.2.1, OIDC Core 3.1.2.6). */
enum outcome refused_by_provider(const struct round *, struct csn_str error,
    struct csn_str description);
/* A good token that says too little. */
enum outcome refused_as_weak(const struct round *, const char *why);
enum outcome refused_as_old(const struct round *, const char *why);
/* A good token of somebody who is not meant. */
enum outcome refused_as_stranger(const struct round *, const char *why,
    const char *detail);

#endif
