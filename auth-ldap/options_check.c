/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_check.c - what a directory's configuration may say
 *
 * It must never let an instance open whose servers, names or filters it does
 * not understand, or whose options contradict each other.
 */
#include "options_impl.h"

#include "lib/text.h"
#include "lib/url.h"

#include "dn.h"
#include "filter.h"

static void
check_attribute(struct reading *r, uint32_t opt, struct csn_str s)
{
	if (s.n > 0 && !filter_attribute_valid(s))
		fault(r, r->seen[opt], "is not the name of an attribute; "
		    "letters, digits and hyphens, beginning with a letter");
}

static void
check_filter(struct reading *r, uint32_t opt, struct csn_str s)
{
	if (s.n > 0 && !filter_valid(s))
		fault(r, r->seen[opt], "is not a search filter (RFC 4515); "
		    "write it in brackets: (objectClass=person)");
}

static void
check_dn(struct reading *r, uint32_t opt, struct csn_str s)
{
	if (s.n > 0 && !dn_valid(s))
		fault(r, r->seen[opt], "is not a distinguished name "
		    "(RFC 4514); like ou=people,dc=example,dc=com");
}

static bool
pattern_valid(struct csn_str s)
{
	ptrdiff_t at = str_find(s, STR("{}"));

	return at >= 0 && text_plain(s) && str_find(str_from_at(s,
	    (size_t)at + 2), STR("{}")) < 0;
}

static void
check_names(struct reading *r)
{
	struct options *o = r->o;
	size_t i;

	if (o->attributes.n > 16)
		fault(r, r->seen[OPT_ATTRIBUTES], "lists more than 16");
	for (i = 0; i < o->login.n; i++)
		check_attribute(r, OPT_LOGIN, o->login.v[i]);
	for (i = 0; i < o->name_pattern.n; i++)
		if (!pattern_valid(o->name_pattern.v[i]))
			fault(r, r->seen[OPT_NAME_PATTERN], "is no pattern: "
			    "plain text that holds {} once, like "
			    "{}@corp.example.com");
	for (i = 0; i < o->attributes.n; i++)
		check_attribute(r, OPT_ATTRIBUTES, o->attributes.v[i]);
	check_attribute(r, OPT_SUBJECT, o->subject);
	check_attribute(r, OPT_ID, o->id);
	check_attribute(r, OPT_DISPLAY_NAME, o->display_name);
	check_attribute(r, OPT_MAIL, o->mail);
	check_attribute(r, OPT_GROUP_MEMBER, o->group_member);
	check_attribute(r, OPT_GROUP_NAME, o->group_name);
	check_filter(r, OPT_USER_FILTER, o->user_filter);
	check_filter(r, OPT_GROUP_FILTER, o->group_filter);
	check_dn(r, OPT_BASE, o->base);
	check_dn(r, OPT_GROUP_BASE, o->group_base);
	check_dn(r, OPT_DECOY_DN, o->decoy_dn);
	check_dn(r, OPT_PASSWORD_POLICY, o->password_policy);
	/* Active Directory also takes user@domain and DOMAIN\user there */
	if (!o->ad)
		check_dn(r, OPT_BIND_DN, o->bind_dn);
	if (o->dn_template.n > 0 && !dn_template_valid(o->dn_template))
		fault(r, r->seen[OPT_DN_TEMPLATE], "is not a distinguished "
		    "name that holds {} once, within a value; like "
		    "uid={},ou=people,dc=example,dc=com");
}

static void
check_servers(struct reading *r)
{
	struct options *o = r->o;

	if (o->domain.n > 0 && !url_host_valid(o->domain))
		fault(r, r->seen[OPT_DOMAIN], "is not a DNS domain");
	if (o->domain.n > 0 && r->seen[OPT_URL] != 0)
		fault(r, r->seen[OPT_DOMAIN], "and url exclude each other: "
		    "name the servers, or let DNS name them");
	if (o->domain.n == 0 && r->seen[OPT_URL] == 0)
		fault(r, 0, "no server: write url: ldaps://HOST, or "
		    "domain: to find the servers by DNS");
}

/* On unix sockets we are bound as our own user. */
static bool
all_local(const struct options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->nurls; i++)
		n += o->urls[i].local;
	return n > 0 && n == o->nurls;
}

static bool
principal_valid(struct csn_str s)
{
	ptrdiff_t at = str_index(s, '@');

	return at > 0 && (size_t)at + 1 < s.n && text_plain(s) &&
	    str_index(s, ' ') < 0 && str_index(s, '\\') < 0 &&
	    str_index(str_from_at(s, (size_t)at + 1), '@') < 0;
}

static void
check_kerberos(struct reading *r)
{
	const struct options *o = r->o;
	uint32_t principal = r->seen[OPT_PRINCIPAL],
	    keytab = r->seen[OPT_KEYTAB];

	if ((principal != 0) != (keytab != 0))
		fault(r, principal != 0 ? principal : keytab,
		    "is half of an account: principal and keytab go "
		    "together");
	if (principal == 0)
		return;
	if (!principal_valid(o->principal))
		fault(r, principal, "is not name@REALM, as klist -k shows it");
	if (r->seen[OPT_BIND_DN] != 0)
		fault(r, principal, "and bind_dn exclude each other: one "
		    "service account is enough");
	if (o->domain.n == 0 && o->kdc.n == 0)
		fault(r, principal, "needs a KDC: write kdc: HOST:88, or "
		    "domain to have DNS name it");
	if (o->clear_text)
		fault(r, principal, "is used inside TLS only, not with "
		    "clear_text: accepted");
	for (size_t i = 0; i < o->nurls; i++)
		if (o->urls[i].local)
			fault(r, r->seen[OPT_URL], "ldapi:// needs no "
			    "principal: the server knows our user");
}

static void
check_together(struct reading *r)
{
	struct options *o = r->o;
	const uint32_t *seen = r->seen;

	if (o->base.n == 0 && o->dn_template.n == 0 && o->domain.n == 0)
		fault(r, 0, "no base: write where people are searched, like "
		    "base: ou=people,dc=example,dc=com");
	if (o->group_base.n == 0 && (o->group_mode == GROUPS_MEMBER ||
	    o->group_mode == GROUPS_MEMBERUID || (o->nested_groups &&
	    o->group_mode == GROUPS_MEMBEROF)))
		fault(r, 0, "no group_base: groups are searched below it; "
		    "write it, or base, or group_mode: none");
	if (o->group_mode == GROUPS_MEMBERUID && o->nested_groups)
		fault(r, seen[OPT_NESTED_GROUPS], "does not go with "
		    "group_mode: memberuid, whose groups hold no groups");
	if ((o->group_mode == GROUPS_MEMBEROF ||
	    o->group_mode == GROUPS_TOKEN) && o->group_name.n > 0)
		fault(r, seen[OPT_GROUP_NAME], "does not go with group_mode: "
		    "memberof or tokengroups, which give DNs; leave it out or "
		    "use member");
	if (o->group_mode == GROUPS_TOKEN && (!o->ad ||
	    o->group_filter.n > 0))
		fault(r, seen[!o->ad ? OPT_GROUP_MODE : OPT_GROUP_FILTER],
		    !o->ad ? "tokengroups is Active Directory's; write "
		    "flavour: ad, or use member" : "does not go with "
		    "group_mode: tokengroups, which gives all groups; leave "
		    "it out or use member");
	if ((o->bind_dn.n > 0) != (seen[OPT_BIND_PASSWORD] != 0))
		fault(r, seen[OPT_BIND_DN] != 0 ? seen[OPT_BIND_DN] :
		    seen[OPT_BIND_PASSWORD],
		    "is half of an account: bind_dn and bind_password go "
		    "together");
	if (o->password_change && o->bind_dn.n == 0 && !all_local(o) &&
	    seen[OPT_CERTIFICATE] == 0 && seen[OPT_PRINCIPAL] == 0)
		fault(r, seen[OPT_PASSWORD_CHANGE], "needs a service account: "
		    "who cannot log in with an old password cannot be found, "
		    "or helped, by themselves");
	if ((seen[OPT_CERTIFICATE] != 0) != (seen[OPT_KEY] != 0))
		fault(r, seen[OPT_CERTIFICATE] != 0 ? seen[OPT_CERTIFICATE] :
		    seen[OPT_KEY],
		    "is half of a pair: client_certificate and client_key go "
		    "together");
}

void
options_check(struct reading *r)
{
	check_servers(r);
	check_names(r);
	check_together(r);
	check_kerberos(r);
}

bool
options_can_search(const struct options *o)
{
	return o->dn_template.n == 0 || o->bind_dn.n > 0 ||
	    o->certificate.n > 0 || o->principal.n > 0 || all_local(o);
}
