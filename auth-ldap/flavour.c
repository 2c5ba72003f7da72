/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flavour.c - what is usual in a directory of a kind
 *
 * Only defaults: each can be written otherwise, and `countersign
 * explain-factor` shows what they came to. It must never hold anything that
 * makes a login easier than it is written.
 */
#include "flavour.h"

static const struct flavour flavours[] = {
	{ .name = "generic", .origin = "flavour generic",
	    .login = { "uid" }, .subject = "uid", .id = "entryUUID",
	    .display_name = "cn", .people = "", .groups = "",
	    .group_mode = "member", .group_mode_nested = "member" },
	{ .name = "ad", .origin = "flavour ad",
	    .login = { "sAMAccountName", "userPrincipalName" },
	    .subject = "sAMAccountName", .id = "objectGUID",
	    .display_name = "displayName",
	    .user_filter = "(&(objectCategory=person)(objectClass=user))",
	    .people = "", .groups = "", .group_mode = "memberof",
	    .group_mode_nested = "tokengroups" },
	{ .name = "openldap", .origin = "flavour openldap",
	    .login = { "uid" }, .subject = "uid", .id = "entryUUID",
	    .display_name = "cn", .user_filter = "(objectClass=person)",
	    .people = "", .groups = "", .group_mode = "member",
	    .group_mode_nested = "member" },
	/* its own id; entryUUID is a plugin that is often off */
	{ .name = "389ds", .origin = "flavour 389ds",
	    .login = { "uid" }, .subject = "uid", .id = "nsUniqueId",
	    .display_name = "cn", .user_filter = "(objectClass=person)",
	    .people = "", .groups = "", .group_mode = "member",
	    .group_mode_nested = "member" },
	/* its memberOf holds nested groups already */
	{ .name = "freeipa", .origin = "flavour freeipa",
	    .login = { "uid", "krbPrincipalName" }, .subject = "uid",
	    .id = "ipaUniqueID", .display_name = "displayName",
	    .user_filter = "(objectClass=posixAccount)",
	    .people = "cn=users,cn=accounts,",
	    .groups = "cn=groups,cn=accounts,", .group_mode = "memberof",
	    .group_mode_nested = "memberof" },
};

const struct flavour *
flavour_find(struct csn_str name)
{
	for (size_t i = 0; i < sizeof(flavours) / sizeof(flavours[0]); i++)
		if (str_is(name, flavours[i].name))
			return &flavours[i];
	return &flavours[0];
}
