/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what a directory's configuration may say, checked
 */
#ifndef AUTH_LDAP_OPTIONS_H
#define AUTH_LDAP_OPTIONS_H

#include "lib/arena.h"

#include "address.h"

enum group_mode {
	GROUPS_NONE,
	GROUPS_MEMBEROF,	/* values of memberOf on the person */
	GROUPS_MEMBER,		/* groups that hold the person's DN */
	GROUPS_MEMBERUID,	/* groups that hold the person's subject */
	GROUPS_TOKEN		/* Active Directory's tokenGroups */
};

/* All slices are NUL-terminated and live in the arena. */
struct options {
	struct arena arena;
	struct address *urls;
	size_t nurls;
	struct csn_str domain;		/* servers by DNS SRV, or empty */
	struct csn_str base, bind_dn, dn_template, decoy_dn;
	struct csn_str principal;	/* name@REALM, or empty */
	struct csn_strs kdc;		/* host:port */
	struct csn_str subject, id, display_name, mail, user_filter;
	struct csn_strs login, attributes, name_pattern;
	struct csn_str group_base, group_filter, group_member, group_name;
	struct csn_str ca, certificate;	/* PEM, or empty */
	uint32_t val_ca, val_certificate, val_key, val_password, val_base;
	uint32_t val_url, val_keytab;
	uint32_t connections, group_cache_s;
	int64_t timeout_ms, password_remind_s;
	struct csn_str password_policy;	/* DN, or empty */
	enum group_mode group_mode;
	int deref;			/* LDAP_DEREF_... */
	const struct flavour *flavour;
	bool ad, nested_groups, clear_text, tls13, password_change;
};

/* Reads conf into *ret, which takes copies of all it needs. Each fault is
 * reported with its value. 0, or -1 after at least one FAIL report; then *ret
 * needs options_free() as well. Tells by host->setting() what a flavour or a
 * domain came to. */
int options_read(const struct csn_host *, struct csn_call *,
    const struct csn_conf *, struct options *ret);
void options_free(struct options *);

/* Is there an identity of our own to search with, before a password is
 * known? Anonymous search counts, unless names come from dn_template. */
bool options_can_search(const struct options *);

#endif
