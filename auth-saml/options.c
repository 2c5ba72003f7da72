/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.c - what the configuration of an identity provider says, checked
 *
 * It must never open an instance that could not tell whom it asks, or with
 * which keys the answers are to be signed.
 */
#include "options_int.h"

#include "lib/vals.h"

#include "assertion.h"
#include "preset.h"

#define OPTIONS_ARENA (256u << 20)	/* a metadata_file may be large */

/* Where a plain text goes; NULL for options that are more than text. */
static struct csn_str *
text_slot(struct options *o, uint32_t opt)
{
	switch (opt) {
	case OPT_METADATA: return &o->metadata;
	case OPT_METADATA_FILE: return &o->metadata_file;
	case OPT_METADATA_CERTIFICATE: return &o->metadata_certificate;
	case OPT_MDQ: return &o->mdq;
	case OPT_IDP_ENTITY_ID: return &o->idp_entity_id;
	case OPT_SSO_URL: return &o->sso_url;
	case OPT_SLO_URL: return &o->slo_url;
	case OPT_IDP_CERTIFICATE: return &o->idp_certificate;
	case OPT_ARTIFACT_URL: return &o->artifact_url;
	case OPT_ENTITY_ID: return &o->entity_id;
	case OPT_CERTIFICATE: return &o->certificate;
	case OPT_NEXT_CERTIFICATE: return &o->next_certificate;
	case OPT_DECRYPTION_CERTIFICATE: return &o->decryption_certificate;
	case OPT_NAME_ID_FORMAT: return &o->name_id_format;
	case OPT_PROVIDER_NAME: return &o->provider_name;
	case OPT_SUBJECT: return &o->subject;
	case OPT_STRIP_DOMAIN: return &o->strip_domain;
	case OPT_SUBJECT_ID: return &o->subject_id;
	case OPT_GROUP_ATTRIBUTE: return &o->group_attribute;
	case OPT_DISPLAY_NAME: return &o->display_name;
	case OPT_MAIL: return &o->mail;
	case OPT_CONTACT: return &o->contact;
	case OPT_ORGANISATION: return &o->organisation;
	default: return NULL;
	}
}

/* Switches: what num is 1 for. A CHOICE has what is strict as 0. */
static bool *
switch_slot(struct options *o, uint32_t opt)
{
	switch (opt) {
	case OPT_FORCE_AUTHN: return &o->force;
	case OPT_PASSIVE: return &o->passive;
	case OPT_RESPONSE_BINDING: return &o->artifact;
	case OPT_SEND_HINT: return &o->send_hint;
	case OPT_TRANSIENT: return &o->transient;
	case OPT_SIGN_METADATA: return &o->sign_metadata;
	case OPT_GROUP_LEAF: return &o->group_leaf;
	case OPT_MISSING_GROUPS: return &o->missing_none;
	case OPT_UNSOLICITED: return &o->unsolicited;
	case OPT_UNSCOPED: return &o->unscoped;
	case OPT_UNSIGNED_LOGOUT: return &o->unsigned_logout;
	case OPT_LOGOUT: return &o->logout;
	case OPT_SHA1: return &o->policy.sha1;
	case OPT_CBC: return &o->policy.cbc;
	case OPT_SIGNED_RESPONSE: return &o->policy.require_signed_response;
	case OPT_SIGNED_ASSERTION:
		return &o->policy.require_signed_assertion;
	case OPT_ENCRYPTION: return &o->policy.require_encryption;
	default: return NULL;
	}
}

static struct csn_strs *
list_slot(struct options *o, uint32_t opt)
{
	switch (opt) {
	case OPT_AUTHN_CONTEXT: return &o->classes;
	case OPT_ATTRIBUTES: return &o->attributes;
	case OPT_REQUESTED: return &o->requested;
	case OPT_UNSOLICITED_TARGETS: return &o->targets;
	default: return NULL;
	}
}

static void
number_read(struct options *o, uint32_t opt, int64_t num)
{
	switch (opt) {
	case OPT_IDP:
		o->kind = (enum idp_kind)num;
		break;
	case OPT_SIGN_REQUESTS:
		o->signing = (enum request_signing)num;
		break;
	case OPT_BINDING:
		o->binding = (enum request_binding)num;
		break;
	case OPT_LOGOUT_BINDING:
		o->logout_by = (enum logout_binding)num;
		break;
	case OPT_COMPARISON:
		o->comparison = (enum comparison)num;
		break;
	case OPT_PROXY_COUNT:
		o->proxy_count = num;
		break;
	case OPT_SKEW:
		o->skew_ms = num * 1000;
		break;
	case OPT_METADATA_MAX:
		o->metadata_max = num << 20;
		break;
	case OPT_REFRESH:
		o->refresh_s = num;
		break;
	default:
		break;
	}
}

static void
val_read(struct reading *r, uint32_t val, const struct csn_val *v)
{
	struct options *o = r->o;
	struct csn_str *text = text_slot(o, v->opt);
	bool *sw = switch_slot(o, v->opt);
	struct csn_strs *list = list_slot(o, v->opt);

	if (v->opt >= OPTIONS_COUNT) {
		fault(r, val, "is an option that this plugin does not have");
		return;
	}
	r->seen[v->opt] = val;
	if (text != NULL)
		*text = arena_str(&o->arena, v->text);
	else if (sw != NULL)
		*sw = v->num == 1;
	else if (list != NULL)
		vals_add(r->conf, &o->arena, list, v->text);
	else if (v->opt == OPT_ATTRIBUTE_NAMES)
		vals_add_pair(r->conf, &o->arena,
		    &o->attribute_names, v);
	else if (v->opt == OPT_DOMAINS)
		vals_add_pair(r->conf, &o->arena, &o->domains, v);
	else if (v->opt == OPT_DECRYPTION_KEY) {
		if (o->ndecrypt == OPTIONS_KEYS - 1)
			fault(r, val, "is one decryption key too many; three "
			    "suffice for a roll-over");
		else
			o->decrypt[o->ndecrypt++] = val;
	} else
		number_read(o, v->opt, v->num);
}

static void
vals_read(struct reading *r)
{
	r->o->proxy_count = -1;
	for (size_t i = 0; i < r->conf->n; i++)
		val_read(r, (uint32_t)i + 1, vals_at(r->conf, i));
	r->o->val_key = r->seen[OPT_SIGNING_KEY];
	r->o->val_certificate = r->seen[OPT_CERTIFICATE];
	r->o->val_metadata = r->seen[OPT_METADATA];
	r->o->val_metadata_file = r->seen[OPT_METADATA_FILE];
	r->o->val_idp = r->seen[OPT_IDP_ENTITY_ID];
	r->o->val_idp_certificate = r->seen[OPT_IDP_CERTIFICATE];
	r->o->val_ca = r->seen[OPT_CA];
	r->o->tls_certificate = r->seen[OPT_CLIENT_CERTIFICATE];
	r->o->tls_key = r->seen[OPT_CLIENT_KEY] > 0 ?
	    r->seen[OPT_CLIENT_KEY] : r->seen[OPT_SIGNING_KEY];
}

/* ------------------------------------------------------------------ */
/* whom we ask */

static void
source_check(struct reading *r)
{
	struct options *o = r->o;
	unsigned sources = (o->metadata.n > 0) + (o->metadata_file.n > 0) +
	    (o->mdq.n > 0) + (o->sso_url.n > 0);

	if (sources == 0)
		fault(r, 0, "says no identity provider: give `metadata`, or "
		    "`metadata_file`, or `idp_entity_id`, `sso_url` and "
		    "`idp_certificate`");
	if (sources > 1)
		fault(r, 0, "says two identity providers: give one of "
		    "`metadata`, `metadata_file`, `metadata_query` and "
		    "`sso_url`");
	if (o->mdq.n > 0 && (o->idp_entity_id.n == 0 ||
	    o->metadata_certificate.n == 0))
		fault(r, r->seen[OPT_MDQ], "needs `idp_entity_id` and "
		    "`metadata_certificate` beside it");
}

/* Of a provider that is written by hand nothing else is known. */
static void
hand_check(struct reading *r)
{
	struct options *o = r->o;

	if (o->sso_url.n == 0) {
		if (o->slo_url.n > 0 || o->idp_certificate.n > 0)
			fault(r, r->seen[OPT_SLO_URL] > 0 ?
			    r->seen[OPT_SLO_URL] :
			    r->seen[OPT_IDP_CERTIFICATE], "belongs to an "
			    "identity provider written by hand, with "
			    "`sso_url`; metadata says this itself");
		return;
	}
	if (o->idp_entity_id.n == 0 || o->idp_certificate.n == 0)
		fault(r, r->seen[OPT_SSO_URL], "needs `idp_entity_id` and "
		    "`idp_certificate` beside it");
	if (o->binding == BIND_POST)
		fault(r, r->seen[OPT_BINDING], "cannot be post beside "
		    "`sso_url`, which is for redirects");
	if (o->artifact && o->artifact_url.n == 0)
		fault(r, r->seen[OPT_RESPONSE_BINDING], "needs "
		    "`artifact_url` beside `sso_url`");
}

static void
metadata_keys_read(struct reading *r)
{
	const char *why;

	if (r->o->metadata_certificate.n > 0 &&
	    keys_add_pem(&r->o->metadata_keys, r->o->metadata_certificate,
	    &why) < 0)
		fault(r, r->seen[OPT_METADATA_CERTIFICATE], why);
}

/* ------------------------------------------------------------------ */

static void
addresses_make(struct options *o, const struct csn_conf *conf)
{
	o->base_url = arena_str(&o->arena, conf->base_url);
	o->acs = arena_printf(&o->arena, "%.*sacs", STR_FMT(o->base_url));
	o->slo = arena_printf(&o->arena, "%.*sslo", STR_FMT(o->base_url));
	o->soap = arena_printf(&o->arena, "%.*ssoap", STR_FMT(o->base_url));
	o->login = arena_printf(&o->arena, "%.*slogin", STR_FMT(o->base_url));
	if (o->entity_id.n == 0)
		o->entity_id = arena_printf(&o->arena, "%.*smetadata",
		    STR_FMT(o->base_url));
}

static const struct { const char *word, *urn; } formats[] = {
	{ "persistent", NAMEID_PERSISTENT }, { "email", NAMEID_EMAIL },
	{ "transient", NAMEID_TRANSIENT },
	{ "unspecified", NAMEID_UNSPECIFIED }, { "none", "" },
};

static void
name_format_read(struct reading *r)
{
	struct options *o = r->o;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (str_is(o->name_id_format, formats[i].word)) {
			o->name_id_format = str_from(formats[i].urn);
			return;
		}
	if (o->name_id_format.n > 0 &&
	    !str_starts(o->name_id_format, STR("urn:")))
		fault(r, r->seen[OPT_NAME_ID_FORMAT], "is persistent, email, "
		    "transient, unspecified, none or a URN");
}

/* With nothing to accept everything would be. */
static void
comparison_check(struct reading *r)
{
	if (r->o->comparison == COMPARE_BETTER && r->o->classes.n < 2)
		fault(r, r->seen[OPT_COMPARISON], "needs two of "
		    "`authn_context`: the one to exceed, and what does");
}

/* Without an attribute nothing is ever told, or missed. */
static void
groups_check(struct reading *r)
{
	if (r->o->missing_none && r->o->group_attribute.n == 0)
		fault(r, r->seen[OPT_MISSING_GROUPS], "cannot be none without "
		    "`group_attribute`");
}

static void
unsolicited_check(struct reading *r)
{
	const struct options *o = r->o;
	uint32_t val = r->seen[OPT_UNSOLICITED_TARGETS];

	if (o->targets.n > 0 && !o->unsolicited)
		fault(r, val, "needs `unsolicited: true`");
	/* such an answer may be of a session there that is hours old */
	if (o->unsolicited && o->force)
		fault(r, r->seen[OPT_UNSOLICITED], "cannot be beside "
		    "`force_authn`: who begins at the identity provider was "
		    "not asked to sign in anew");
	for (size_t i = 0; i < o->targets.n; i++)
		if (!str_starts(o->targets.v[i], STR("https://")))
			fault(r, val, "is not the address of an application, "
			    "like https://app.example.com/");
}

static void
switches_log(struct reading *r)
{
	const struct { bool on; const char *text; } list[] = {
		{ r->o->policy.sha1, "sha1_signatures: accepted: whoever can "
		    "make SHA-1 collide can log in as anybody" },
		{ r->o->policy.cbc, "unsigned_cbc: accepted: the content of "
		    "encrypted assertions can be guessed by asking" },
		{ r->o->unscoped, "unscoped_subject: accepted: any of several "
		    "identity providers can name anybody" },
		{ r->o->missing_none, "missing_groups: none: whoever the "
		    "identity provider says nothing of is in no group" },
		{ r->o->unsolicited, "unsolicited: true: others can log "
		    "a browser in under a name of theirs" },
		{ r->o->unsigned_logout, "unsigned_logout_response: accepted:"
		    " a logout at the identity provider may be pretended" },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i].on)
			r->host->log(r->call, CSN_WARN,
			    str_from(list[i].text));
}

int
options_read(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, struct options *ret)
{
	struct reading r = { .host = host, .call = call, .conf = conf,
	    .o = ret };

	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->arena, OPTIONS_ARENA);
	vals_read(&r);
	preset_apply(host, call, ret);
	addresses_make(ret, conf);
	source_check(&r);
	hand_check(&r);
	metadata_keys_read(&r);
	name_format_read(&r);
	comparison_check(&r);
	groups_check(&r);
	unsolicited_check(&r);
	options_keys_read(&r);
	if (ret->arena.over)
		fault(&r, 0, "out of memory");
	switches_log(&r);
	return r.faults == 0 ? 0 : -1;
}

void
options_free(struct options *o)
{
	keys_free(&o->metadata_keys);
	arena_free(&o->arena);
}

/* Better than the first of the list is what comes after it. */
struct csn_strs
options_classes(const struct options *o)
{
	struct csn_strs c = o->classes;

	if (o->comparison == COMPARE_BETTER && c.n > 0) {
		c.v++;
		c.n--;
	}
	return c;
}
