/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * serve.h - what is not a round of a login: our endpoints, and leaving
 */
#ifndef AUTH_OIDC_SERVE_H
#define AUTH_OIDC_SERVE_H

#include "oidc.h"

/* EV_ENDPOINT and EV_LOGOUT; another event is ERROR. */
enum outcome serve_event(struct round *);

#endif
