/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flavour.h - what is usual in a directory of a kind
 */
#ifndef AUTH_LDAP_FLAVOUR_H
#define AUTH_LDAP_FLAVOUR_H

#include "lib/str.h"

struct flavour {
	const char *name;	/* as written in `flavour` */
	const char *origin;	/* for host->setting() */
	const char *login[3];	/* up to a NULL */
	const char *subject, *id, *display_name;
	const char *user_filter;	/* or NULL */
	/* where people and groups are below a domain's root; or "" */
	const char *people, *groups;
	const char *group_mode, *group_mode_nested;
};

/* Those that the option table names; "generic" for any other word. */
const struct flavour *flavour_find(struct csn_str name);

#endif
