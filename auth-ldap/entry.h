/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - reading one entry of a search
 */
#ifndef AUTH_LDAP_ENTRY_H
#define AUTH_LDAP_ENTRY_H

#include <ldap.h>

#include "job.h"

/* Its DN as the server wrote it, copied. 0 or -1. */
int entry_dn(const struct job *, LDAP *, LDAPMessage *,
    struct csn_str *ret);

#define ENTRY_VALUES_MAX 2048u	/* taken of one attribute */

/* All values of an attribute, raw bytes, appended as copies. None is no
 * error. 0; 1: more than max (ENTRY_VALUES_MAX), none is taken; or -1 when
 * the host refuses memory. */
int entry_values_up_to(const struct job *, LDAP *, LDAPMessage *,
    struct csn_str attribute, size_t max, struct job_list *);
int entry_values(const struct job *, LDAP *, LDAPMessage *,
    struct csn_str attribute, struct job_list *);
/* Did the server give only a part of them ("memberOf;range=0-1499")? */
bool entry_ranged(LDAP *, LDAPMessage *, struct csn_str attribute);

/* The values of an attribute that came in part, appended; *ret_seen if there
 * is one, *ret_last if nothing comes behind it ("range=1500-*"). 0, or -1 when
 * the host refuses memory. */
int entry_part(const struct job *, LDAP *, LDAPMessage *,
    struct csn_str attribute, struct job_list *, bool *ret_seen,
    bool *ret_last);

/* objectGUID as Active Directory's own tools write it. p is NULL unless it
 * has 16 bytes. */
struct csn_str entry_guid(const struct job *, struct csn_str bytes);

#endif
