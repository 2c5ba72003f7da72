/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login.h - step(): a browser to the identity provider and back
 */
#ifndef AUTH_SAML_LOGIN_H
#define AUTH_SAML_LOGIN_H

#include "assertion.h"
#include "job.h"
#include "state.h"

/* One round of proof. */
uint32_t login_step(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* Sends the browser to that provider: CONTINUE, or ERROR. `who` is a name that
 * somebody typed or put into a link; may be empty. */
uint32_t login_ask(const struct job *, const struct csn_req *,
    struct csn_str idp, struct csn_str who, struct csn_reply *);
/* The session keys under which a logout finds a person: [0] by name, [1] by
 * name and SessionIndex. Qualifiers that are left out mean the two parties
 * (Core 8.3.7). False: there is no name, or one that is too long for a key. */
bool login_session_keys(const struct job *, struct csn_str idp,
    const struct name_id *, struct csn_str session_index,
    struct csn_str ret[static 2]);
/* The audit event of a message that was refused, with its rule. */
void login_audit_refused(const struct job *, const struct gate *,
    struct csn_str idp);

#endif
