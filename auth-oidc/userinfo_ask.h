/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * userinfo_ask.h - claims that the ID token does not have
 */
#ifndef AUTH_OIDC_USERINFO_ASK_H
#define AUTH_OIDC_USERINFO_ASK_H

#include "verify.h"

/* AGAIN with the claims of the ID token, and those of userinfo that are needed
 * and were not there; for json_decref(). Or how the round ends. */
enum outcome userinfo_ask(struct round *, json_t *claims,
    const struct id_token *, struct csn_str access_token, json_t **ret);

#endif
