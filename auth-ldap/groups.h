/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups.h - the groups of a person, all of them or none
 */
#ifndef AUTH_LDAP_GROUPS_H
#define AUTH_LDAP_GROUPS_H

#include "person.h"

#define GROUPS_MAX 2000u	/* of one person */
#define GROUPS_DEPTH 10u	/* levels of groups within groups */

struct groups {
	struct csn_strs names;	/* DNs, or values of group_name */
	bool whole;		/* CSN_RP_GROUPS may be said */
};

/* Asks on `via`, or by the service account if that is NULL. A list that is
 * cut, at any level, is given up: whole is false and names empty, which makes
 * the person a member of nothing. 0, or -1 when the directory cannot be
 * asked. */
int groups_read(const struct job *, struct conn *via,
    const struct person *, struct groups *ret);

#endif
