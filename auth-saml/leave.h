/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leave.h - somebody leaves here: the provider is asked to end its session too
 */
#ifndef AUTH_SAML_LEAVE_H
#define AUTH_SAML_LEAVE_H

#include "idp.h"
#include "job.h"

/* A LogoutRequest by the binding of `logout_binding`, if the provider takes
 * one: with the browser, or by SOAP, which is over when this returns. */
uint32_t leave_start(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* Does it take one, by a binding that we use? */
bool leave_possible(const struct options *, const struct idp *);
/* What the provider answered, in a message that was let in: DONE, or DENY and
 * the event of a logout that is not complete. */
uint32_t leave_confirm(const struct job *, struct gate *,
    const xmlNode *answer, struct csn_str idp);

#endif
