/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ad.h - what only Active Directory has: names with a domain, groups by SID
 */
#ifndef AUTH_LDAP_AD_H
#define AUTH_LDAP_AD_H

#include "person.h"

/* "DOMAIN\name": PERSON_FOUND and the name, if DOMAIN is the short name of the
 * directory's own domain; PERSON_NONE if it is another's. */
enum person_result ad_name_down(const struct job *, struct csn_str typed,
    struct csn_str *ret_name);
/* "name@domain" of the configured domain: its name; else p is NULL. */
struct csn_str ad_name_up(const struct job *, struct csn_str typed);

/* The SIDs of all groups, nested and primary, of the entry at dn. 0; -1: the
 * directory cannot be asked; 1: the list is cut. */
int ad_token_groups(const struct job *, struct conn *via, struct csn_str dn,
    struct job_list *ret_sids);
/* The DNs of groups, side by side with their SIDs; "" for one that is not of
 * this domain. 0; -1: the directory cannot be asked; 1: refused or cut. */
int ad_groups_named(const struct job *, struct conn *via,
    const struct job_list *sids, struct job_list *ret_dns);
/* The rest of a memberOf that came in part, behind those in the list. 0, -1, 1
 * as above. */
int ad_memberof_rest(const struct job *, struct conn *via, struct csn_str dn,
    struct job_list *values);

#endif
