/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - the options of a directory, as people write them
 *
 * The manual is made from these sentences. A word that this version does not
 * implement is left out, so that the host refuses it by name.
 */
#include "table.h"

const struct csn_opt options_table[OPTIONS_COUNT] = {
	[OPT_URL] = { .name = "url", .type = CSN_T_LDAP_URL,
	    .flags = CSN_O_REPEAT,
	    .help = "A server: ldaps://HOST[:PORT], or ldap://HOST[:PORT], "
	    "which demands StartTLS, or ldapi://%2Fpath%2Fof%2Fsocket on "
	    "this machine. Several are tried in order." },
	[OPT_DOMAIN] = { .name = "domain", .type = CSN_T_STRING, .max = 253,
	    .help = "A DNS domain whose servers are found by its SRV records "
	    "(_ldap._tcp) and asked by ldaps on port 636." },
	[OPT_FLAVOUR] = { .name = "flavour", .type = CSN_T_CHOICE,
	    .choices = "generic|ad|openldap|389ds|freeipa",
	    .fallback = "generic",
	    .help = "Presets: ad is Active Directory (and Samba's), freeipa "
	    "also Red Hat's, generic any other directory. What they come to "
	    "is told by countersign explain-factor." },
	[OPT_CA] = { .name = "ca", .type = CSN_T_FILE, .max = 1048576,
	    .help = "PEM file of the authorities that vouch for the servers; "
	    "without it the system's." },
	[OPT_TLS_MINIMUM] = { .name = "tls_minimum", .type = CSN_T_CHOICE,
	    .choices = "1.2|1.3", .fallback = "1.2",
	    .help = "The oldest version of TLS that is spoken." },
	[OPT_CERTIFICATE] = { .name = "client_certificate",
	    .type = CSN_T_FILE, .max = 1048576,
	    .help = "PEM certificate that we show the servers; without "
	    "bind_dn it is also how we bind (SASL EXTERNAL)." },
	[OPT_KEY] = { .name = "client_key", .type = CSN_T_SECRET,
	    .help = "The private key of client_certificate, as PEM." },
	[OPT_CLEAR_TEXT] = { .name = "clear_text", .type = CSN_T_CHOICE,
	    .choices = "refused|accepted", .fallback = "refused",
	    .help = "accepted: servers written as ldap:// are asked without "
	    "encryption, passwords included. Logged at each start." },
	[OPT_BASE] = { .name = "base", .type = CSN_T_STRING, .max = 1024,
	    .help = "The entry below which people are searched; from domain "
	    "when that is given." },
	[OPT_BIND_DN] = { .name = "bind_dn", .type = CSN_T_STRING,
	    .max = 1024,
	    .help = "The service account that searches. Without it we bind by "
	    "SASL EXTERNAL with client_certificate, or on a unix socket as "
	    "our own user; else the search is anonymous." },
	[OPT_BIND_PASSWORD] = { .name = "bind_password",
	    .type = CSN_T_SECRET,
	    .help = "The service account's password." },
	[OPT_PRINCIPAL] = { .name = "principal", .type = CSN_T_STRING,
	    .max = 255,
	    .help = "Instead of bind_dn: the service account's name in "
	    "Kerberos, name@REALM. It binds by SASL GSSAPI, inside TLS." },
	[OPT_KEYTAB] = { .name = "keytab", .type = CSN_T_SECRET,
	    .help = "The keytab of principal, in base64: what base64 "
	    "svc.keytab prints." },
	[OPT_KDC] = { .name = "kdc", .type = CSN_T_HOSTPORT,
	    .flags = CSN_O_REPEAT,
	    .help = "A server of the realm that gives tickets, HOST:88, by "
	    "TCP. Several are tried in order. Not needed with domain: DNS "
	    "names them (_kerberos._tcp)." },
	[OPT_DN_TEMPLATE] = { .name = "dn_template", .type = CSN_T_STRING,
	    .max = 1024,
	    .help = "The DN of a person with {} for the name, instead of a "
	    "search: uid={},ou=people,dc=example,dc=com." },
	[OPT_DECOY_DN] = { .name = "decoy_dn", .type = CSN_T_STRING,
	    .max = 1024,
	    .help = "An entry with a password that nobody knows and that "
	    "never locks: tried when a name is unknown, so that the answer "
	    "takes as long as for a known one." },
	[OPT_LOGIN] = { .name = "login", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .max = 128,
	    .help = "Attributes that a typed name may match. Default: uid; "
	    "with ad sAMAccountName and userPrincipalName; with freeipa uid "
	    "and krbPrincipalName." },
	[OPT_NAME_PATTERN] = { .name = "name_pattern",
	    .type = CSN_T_STRING, .flags = CSN_O_REPEAT, .max = 255,
	    .help = "What people of this directory type, with {} for the "
	    "part that is looked up: {}@corp.example.com, CORP\\{}. Other "
	    "names are unknown here. Not given: any name, as it is." },
	[OPT_SUBJECT] = { .name = "subject", .type = CSN_T_STRING,
	    .max = 128,
	    .help = "The attribute that names the person to everybody else. "
	    "Default: uid; with ad sAMAccountName." },
	[OPT_ID] = { .name = "id", .type = CSN_T_STRING, .max = 128,
	    .help = "The attribute that never changes, or none. Default: "
	    "entryUUID; with ad objectGUID, with 389ds nsUniqueId, with "
	    "freeipa ipaUniqueID." },
	[OPT_ALIASES] = { .name = "aliases", .type = CSN_T_CHOICE,
	    .choices = "never|searching|finding|always", .fallback = "never",
	    .help = "Which alias entries the server follows (RFC 4511 "
	    "4.5.1.3): below the base, the base itself, or both. Who may "
	    "write an alias there then says who is found." },
	[OPT_USER_FILTER] = { .name = "user_filter", .type = CSN_T_STRING,
	    .max = 2048,
	    .help = "A filter that a person must match besides." },
	[OPT_DISPLAY_NAME] = { .name = "display_name", .type = CSN_T_STRING,
	    .max = 128,
	    .help = "The attribute passed on as name. Default: cn; with ad and "
	    "freeipa displayName." },
	[OPT_MAIL] = { .name = "mail", .type = CSN_T_STRING, .max = 128,
	    .fallback = "mail",
	    .help = "The attribute passed on as mail." },
	[OPT_ATTRIBUTES] = { .name = "attributes", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .max = 128,
	    .help = "Further attributes to pass on, with all their values. "
	    "Binary values are left out." },
	[OPT_GROUP_MODE] = { .name = "group_mode", .type = CSN_T_CHOICE,
	    .choices = "none|memberof|member|memberuid|tokengroups",
	    .help = "How groups are found: memberof reads the person's "
	    "entry (with ad, and the primary group), member searches groups "
	    "with the person's DN, memberuid with the subject, tokengroups "
	    "asks Active Directory for all, nested and primary ones among "
	    "them. Default: member; with ad memberof, or tokengroups with "
	    "nested_groups; with freeipa memberof." },
	[OPT_GROUP_BASE] = { .name = "group_base", .type = CSN_T_STRING,
	    .max = 1024,
	    .help = "The entry below which groups are searched. Default: "
	    "base." },
	[OPT_GROUP_FILTER] = { .name = "group_filter",
	    .type = CSN_T_STRING, .max = 2048,
	    .help = "A filter that a group must match besides." },
	[OPT_GROUP_MEMBER] = { .name = "group_member",
	    .type = CSN_T_STRING, .max = 128,
	    .help = "The attribute of a group that lists its members. "
	    "Default: member; with memberuid memberUid." },
	[OPT_GROUP_NAME] = { .name = "group_name", .type = CSN_T_STRING,
	    .max = 128,
	    .help = "The attribute of a group that is its name; without it "
	    "the group's DN is. Not with memberof." },
	[OPT_NESTED_GROUPS] = { .name = "nested_groups",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Groups within groups count: with ad by tokenGroups, or "
	    "by its matching rule with group_mode: member; elsewhere level "
	    "by level, ten at most." },
	[OPT_GROUP_CACHE] = { .name = "group_cache", .type = CSN_T_SECONDS,
	    .max = 900, .fallback = "60s",
	    .help = "How long it is remembered which group is inside which, "
	    "and which SID a group has. "
	    "Who is in a group is always asked. 0s: all is asked at each "
	    "login; what was seen before only says what to ask first." },
	[OPT_PASSWORD_CHANGE] = { .name = "password_change",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Who must, or should soon, have a new password chooses it "
	    "within the login (RFC 3062; with ad unicodePwd, changed by the "
	    "service account)." },
	[OPT_PASSWORD_POLICY] = { .name = "password_policy",
	    .type = CSN_T_STRING, .max = 1024,
	    .help = "The entry of the password policy, whose rules are shown "
	    "before a new password is typed; with ad it is the domain's." },
	[OPT_PASSWORD_REMIND] = { .name = "password_remind",
	    .type = CSN_T_SECONDS, .max = 90 * 86400, .fallback = "7d",
	    .help = "With ad: how long before a password expires a new one is "
	    "offered. Other directories say so themselves." },
	[OPT_TIMEOUT] = { .name = "timeout", .type = CSN_T_SECONDS,
	    .min = 1, .max = 60, .fallback = "5s",
	    .help = "The time for one login or look-up, over all servers "
	    "tried." },
	[OPT_CONNECTIONS] = { .name = "connections", .type = CSN_T_INT,
	    .min = 0, .max = 64, .fallback = "64",
	    .help = "How many idle connections of each kind are kept." },
};
