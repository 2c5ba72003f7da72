/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h - who a subject is today, without a password
 */
#ifndef AUTH_LDAP_LOOKUP_H
#define AUTH_LDAP_LOOKUP_H

#include "job.h"

/* What plugin.serve answers to CSN_EV_LOOKUP, its only event: DONE with the
 * person, DENY when there is none (or a disabled one), ERROR when the
 * directory cannot be asked. */
uint32_t lookup_serve(const struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
