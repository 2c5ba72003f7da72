/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.h - a login by name and password: one form, one answer
 */
#ifndef AUTH_LDAP_LOGIN_H
#define AUTH_LDAP_LOGIN_H

#include "job.h"

/* What plugin.step answers. */
uint32_t login_step(const struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
