/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * authorize.h - the browser is sent to the provider
 */
#ifndef AUTH_OIDC_AUTHORIZE_H
#define AUTH_OIDC_AUTHORIZE_H

#include "oidc.h"

/* The first round, and those after a WAIT: AGAIN with a REDIRECT, or with a
 * WAIT while nothing is known of the provider yet. */
enum outcome authorize_begin(struct round *);

#endif
