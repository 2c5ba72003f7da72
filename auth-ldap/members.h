/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members.h - who is in a group, for an operator's report
 */
#ifndef AUTH_LDAP_MEMBERS_H
#define AUTH_LDAP_MEMBERS_H

#include "job.h"

#define MEMBERS_OPS 1u

extern const struct csn_op members_ops[MEMBERS_OPS];

/* DONE with all of them that could log in, as items (id: the subject, title:
 * the name, detail: the mail); DENY, with the reason in the log, where the list
 * would not be whole; ERROR when the directory cannot be asked. */
uint32_t members_manage(struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
