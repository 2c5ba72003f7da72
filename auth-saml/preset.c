/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preset.c - what is usual at the identity providers that people have
 *
 * Names of attributes only. It must never switch a check off: whoever needs
 * that writes it out.
 */
#include "preset.h"

#define CLAIM "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
#define MS_CLAIM "http://schemas.microsoft.com/identity/claims/"
#define MS_2008 "http://schemas.microsoft.com/ws/2008/06/identity/claims/"

static const struct preset {
	const char *said, *name_id_format, *subject, *subject_id, *group;
	const char *display_name, *mail;
} presets[] = {
	[IDP_GENERIC] = { "idp: generic", "none", "name_id", NULL, NULL, NULL,
	    NULL },
	[IDP_ENTRA] = { "idp: entra", "none", "name_id",
	    MS_CLAIM "objectidentifier", MS_2008 "groups",
	    MS_CLAIM "displayname", CLAIM "emailaddress" },
	[IDP_ADFS] = { "idp: adfs", "none", "name_id", NULL,
	    "http://schemas.xmlsoap.org/claims/Group", CLAIM "name",
	    CLAIM "emailaddress" },
	[IDP_OKTA] = { "idp: okta", "none", "name_id", NULL, "groups",
	    "displayName", "email" },
	[IDP_KEYCLOAK] = { "idp: keycloak", "persistent", "name_id", NULL,
	    "Role", "name", "email" },
	[IDP_GOOGLE] = { "idp: google", "email", "name_id", NULL, "groups",
	    "name", "email" },
	[IDP_SHIBBOLETH] = { "idp: shibboleth", "none",
	    "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
	    "urn:oasis:names:tc:SAML:attribute:subject-id",
	    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
	    "urn:oid:2.16.840.1.113730.3.1.241",
	    "urn:oid:0.9.2342.19200300.100.1.3" },
	[IDP_SIMPLESAMLPHP] = { "idp: simplesamlphp", "persistent", "name_id",
	    NULL, "eduPersonAffiliation", "displayName", "mail" },
};

void
preset_apply(const struct csn_host *host, struct csn_call *call,
    struct options *o)
{
	const struct preset *p = &presets[o->kind];
	const struct { const char *name, *value; struct csn_str *slot; }
	    list[] = {
		{ "name_id_format", p->name_id_format, &o->name_id_format },
		{ "subject", p->subject, &o->subject },
		{ "subject_id", p->subject_id, &o->subject_id },
		{ "group_attribute", p->group, &o->group_attribute },
		{ "display_name", p->display_name, &o->display_name },
		{ "mail", p->mail, &o->mail },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i].value == NULL || list[i].slot->p != NULL)
			continue;
		*list[i].slot = str_from(list[i].value);
		host->setting(call, str_from(list[i].name), *list[i].slot,
		    str_from(p->said));
	}
}
