/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * back_channel.h - the provider says that somebody has left
 */
#ifndef AUTH_OIDC_BACK_CHANNEL_H
#define AUTH_OIDC_BACK_CHANNEL_H

#include "oidc.h"

/* OpenID Connect Back-Channel Logout 1.0: DONE with the sessions to end, DENY
 * with the standard's body (2.8), ERROR where we cannot tell. */
enum outcome back_channel(struct round *);
/* OpenID Connect Front-Channel Logout 1.0: in a frame of the provider's page,
 * where no cookie of ours arrives; found by iss and sid (security.md S10). */
enum outcome front_channel(struct round *);

#endif
