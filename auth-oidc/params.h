/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * params.h - the parameters of a request that we send
 *
 * The one door to liboauth2: its name/value lists, its form encoding and its
 * client_secret_post. Values may be secrets: what the library frees is wiped.
 */
#ifndef AUTH_OIDC_PARAMS_H
#define AUTH_OIDC_PARAMS_H

#include "oidc.h"

struct params;

/* Before the first use; any number of times. */
void params_init(void);

/* NULL when memory is refused. */
struct params *params_new(void);
struct params *params_copy(const struct params *);
void params_free(struct params *);
/* Text without NUL; an empty value is left out; a name that is there already
 * gets the new value (RFC 6749 3.1: none twice). A failure is remembered. */
void params_add(struct params *, const char *name, struct csn_str value);
/* client_id and client_secret, as client_secret_post has them. 0 or -1. */
int params_add_secret(struct params *, struct csn_str client_id,
    struct csn_str secret);
/* application/x-www-form-urlencoded; or a URL with the parameters behind its
 * own. In the round's arena; p is NULL if anything failed. */
struct csn_str params_form(const struct params *, const struct round *);
struct csn_str params_url(const struct params *, const struct round *,
    struct csn_str url);
/* The pairs in the order they were added, in the round's arena. 0 or -1. */
int params_pairs(const struct params *, const struct round *,
    struct csn_pairs *ret);
/* One value as a form has it (RFC 6749 2.3.1), in the round's arena. */
struct csn_str params_encode(const struct round *, struct csn_str);

#endif
