/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * leave.h - somebody leaves here, and at the provider
 */
#ifndef AUTH_OIDC_LEAVE_H
#define AUTH_OIDC_LEAVE_H

#include "oidc.h"

/* The session here has ended already. Revokes its tokens (RFC 7009), then
 * AGAIN with a REDIRECT to the provider's logout (RP-Initiated Logout 1.0, 2),
 * or DONE where there is none. */
enum outcome leave(struct round *);

#endif
