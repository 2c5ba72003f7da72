/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - the options of a directory, by number
 */
#ifndef AUTH_LDAP_TABLE_H
#define AUTH_LDAP_TABLE_H

#include <countersign/plugin.h>

enum option_index {		/* as in options_table */
	OPT_URL, OPT_DOMAIN, OPT_FLAVOUR, OPT_CA, OPT_TLS_MINIMUM,
	OPT_CERTIFICATE, OPT_KEY, OPT_CLEAR_TEXT, OPT_BASE, OPT_BIND_DN,
	OPT_BIND_PASSWORD, OPT_DN_TEMPLATE, OPT_DECOY_DN, OPT_LOGIN,
	OPT_SUBJECT, OPT_ID, OPT_USER_FILTER, OPT_DISPLAY_NAME, OPT_MAIL,
	OPT_ATTRIBUTES, OPT_GROUP_MODE, OPT_GROUP_BASE, OPT_GROUP_FILTER,
	OPT_GROUP_MEMBER, OPT_GROUP_NAME, OPT_NESTED_GROUPS,
	OPT_GROUP_CACHE, OPT_TIMEOUT, OPT_CONNECTIONS,
	OPTIONS_COUNT
};

/* The table that the plugin declares. */
extern const struct csn_opt options_table[OPTIONS_COUNT];

#endif
