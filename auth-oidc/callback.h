/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * callback.h - the browser is back from the provider
 */
#ifndef AUTH_OIDC_CALLBACK_H
#define AUTH_OIDC_CALLBACK_H

#include "oidc.h"

/* The whole answer, to the person: PROVED with the reply filled but for the
 * exchange; or how else the round ends. */
enum outcome callback_take(struct round *);

/* Whether answers come signed. */
bool callback_signed(const struct round *);
/* Where a signed response (JARM) belongs: its state, which proves nothing, in
 * the call's memory; empty if it has none. Or why it cannot be read. */
enum refusal callback_state(const struct round *, struct csn_str response,
    struct csn_str *ret);

#endif
