/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logout.h - single logout, in both directions (Core 3.7, Prof 4.4)
 */
#ifndef AUTH_SAML_LOGOUT_H
#define AUTH_SAML_LOGOUT_H

#include "job.h"

/* Somebody leaves here: a LogoutRequest to the provider, if it takes one; and
 * what the provider answers. */
uint32_t logout_leave(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* What arrives with a browser: a LogoutRequest, or the answer to ours. */
uint32_t logout_front(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* A LogoutRequest by SOAP, without a browser. */
uint32_t logout_back(const struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
