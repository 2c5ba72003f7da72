/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * renew.h - is somebody who logged in a while ago still good?
 */
#ifndef AUTH_OIDC_RENEW_H
#define AUTH_OIDC_RENEW_H

#include "oidc.h"

/* With the refresh token of the keep (OIDC Core 12): DONE with the person as
 * the provider has them now, and a new keep; DENY if the provider has
 * withdrawn it; ERROR if it cannot tell. */
enum outcome renew_session(struct round *);

#endif
