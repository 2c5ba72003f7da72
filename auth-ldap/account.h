/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.h - is an account switched off, as far as its entry says
 */
#ifndef AUTH_LDAP_ACCOUNT_H
#define AUTH_LDAP_ACCOUNT_H

#include "search.h"

/* Adds the attributes that tell. */
void account_want(const struct options *, struct search *);
/* Disabled by an administrator, or past the account's own end. A lock by
 * wrong passwords does not count: anybody can cause one, and it would end
 * another person's sessions. 0, or -1 when memory is refused. */
int account_disabled(const struct job *, LDAP *, LDAPMessage *entry,
    bool *ret);

/* When the password will have expired, since 1970; 0: never, or not said. Only
 * Active Directory says it. 0, or -1 when memory is refused. */
int account_password_end(const struct job *, LDAP *, LDAPMessage *entry,
    int64_t *ret_s);

#endif
