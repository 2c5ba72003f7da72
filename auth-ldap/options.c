/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - what a directory's configuration says, read
 *
 * What is not written comes from the flavour, the domain or the table. It must
 * never invent what none of them says, and never talks to a server: a directory
 * that is down is no reason not to start.
 */
#include "options_impl.h"

#include <ldap.h>

#include "lib/vals.h"

#include "dn.h"
#include "flavour.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* Where a plain text goes; NULL for options that are more than text. */
static struct csn_str *
text_slot(struct options *o, uint32_t opt)
{
	switch (opt) {
	case OPT_DOMAIN: return &o->domain;
	case OPT_CA: return &o->ca;
	case OPT_CERTIFICATE: return &o->certificate;
	case OPT_BASE: return &o->base;
	case OPT_BIND_DN: return &o->bind_dn;
	case OPT_PRINCIPAL: return &o->principal;
	case OPT_DN_TEMPLATE: return &o->dn_template;
	case OPT_DECOY_DN: return &o->decoy_dn;
	case OPT_SUBJECT: return &o->subject;
	case OPT_ID: return &o->id;
	case OPT_USER_FILTER: return &o->user_filter;
	case OPT_DISPLAY_NAME: return &o->display_name;
	case OPT_MAIL: return &o->mail;
	case OPT_GROUP_BASE: return &o->group_base;
	case OPT_GROUP_FILTER: return &o->group_filter;
	case OPT_GROUP_MEMBER: return &o->group_member;
	case OPT_GROUP_NAME: return &o->group_name;
	case OPT_PASSWORD_POLICY: return &o->password_policy;
	default: return NULL;
	}
}

static void
group_mode_read(struct options *o, struct csn_str s)
{
	if (str_is(s, "memberof"))
		o->group_mode = GROUPS_MEMBEROF;
	else if (str_is(s, "member"))
		o->group_mode = GROUPS_MEMBER;
	else if (str_is(s, "memberuid"))
		o->group_mode = GROUPS_MEMBERUID;
	else if (str_is(s, "tokengroups"))
		o->group_mode = GROUPS_TOKEN;
	else
		o->group_mode = GROUPS_NONE;
}

static int
deref_read(struct csn_str s)
{
	if (str_is(s, "searching"))
		return LDAP_DEREF_SEARCHING;
	if (str_is(s, "finding"))
		return LDAP_DEREF_FINDING;
	return str_is(s, "always") ? LDAP_DEREF_ALWAYS : LDAP_DEREF_NEVER;
}

/* Choices, numbers and switches. */
static void
setting_read(struct options *o, uint32_t opt, struct csn_str text,
    int64_t num)
{
	switch (opt) {
	case OPT_FLAVOUR:
		o->flavour = flavour_find(text);
		o->ad = str_is(text, "ad");
		break;
	case OPT_ALIASES:
		o->deref = deref_read(text);
		break;
	case OPT_TLS_MINIMUM:
		o->tls13 = str_is(text, "1.3");
		break;
	case OPT_CLEAR_TEXT:
		o->clear_text = str_is(text, "accepted");
		break;
	case OPT_GROUP_MODE:
		group_mode_read(o, text);
		break;
	case OPT_NESTED_GROUPS:
		o->nested_groups = num == 1;
		break;
	case OPT_GROUP_CACHE:
		o->group_cache_s = (uint32_t)num;
		break;
	case OPT_TIMEOUT:
		o->timeout_ms = num * 1000;
		break;
	case OPT_PASSWORD_CHANGE:
		o->password_change = num == 1;
		break;
	case OPT_PASSWORD_REMIND:
		o->password_remind_s = num;
		break;
	case OPT_CONNECTIONS:
		o->connections = (uint32_t)num;
		break;
	default:
		break;
	}
}

static void
url_read(struct reading *r, uint32_t val, struct csn_str text)
{
	const char *why = NULL;

	if (address_parse(text, &r->o->urls[r->o->nurls], &why) != 0)
		fault(r, val, why);
	else
		r->o->nurls++;
}

static struct csn_strs *
list_slot(struct options *o, uint32_t opt)
{
	switch (opt) {
	case OPT_KDC: return &o->kdc;
	case OPT_LOGIN: return &o->login;
	case OPT_NAME_PATTERN: return &o->name_pattern;
	case OPT_ATTRIBUTES: return &o->attributes;
	default: return NULL;
	}
}

static void
val_read(struct reading *r, uint32_t val, const struct csn_val *v)
{
	struct csn_str *slot = text_slot(r->o, v->opt);
	struct csn_strs *list = list_slot(r->o, v->opt);

	if (v->opt >= OPTIONS_COUNT) {
		fault(r, val, "is an option that this plugin does not have");
		return;
	}
	r->seen[v->opt] = val;
	if (slot != NULL)
		*slot = arena_str(&r->o->arena, v->text);
	else if (v->opt == OPT_URL)
		url_read(r, val, v->text);
	else if (list != NULL)
		vals_add(r->conf, &r->o->arena, list, v->text);
	else
		setting_read(r->o, v->opt, v->text, v->num);
}

/* What the table says for an option that is not in the file. */
static void
fallback_read(struct reading *r, uint32_t opt)
{
	struct csn_str text = str_from(options_table[opt].fallback);
	struct csn_str *slot = text_slot(r->o, opt);
	struct csn_str digits = text;
	uint64_t num = 0;

	if (slot != NULL) {
		*slot = arena_str(&r->o->arena, text);
		return;
	}
	if (digits.n > 1 && (str_ends(digits, STR("s")) ||
	    str_ends(digits, STR("d"))))
		digits.n--;
	if (str_u64(digits, INT32_MAX, &num) != 0)
		num = str_is(text, "true");
	else if (str_ends(text, STR("d")))
		num *= 86400;
	setting_read(r->o, opt, text, (int64_t)num);
}

static void
preset(struct reading *r, struct csn_str *slot, const char *name,
    struct csn_str value, const char *origin)
{
	if (slot->n > 0)
		return;
	*slot = arena_str(&r->o->arena, value);
	r->host->setting(r->call, str_from(name), value, str_from(origin));
}

static void
preset_login(struct reading *r)
{
	const struct flavour *f = r->o->flavour;
	struct options *o = r->o;
	struct csn_str *v;
	size_t n = 0;

	if (o->login.n > 0)
		return;
	v = arena_array(&o->arena, COUNT(f->login), sizeof(*v));
	for (; v != NULL && f->login[n] != NULL; n++) {
		v[n] = str_from(f->login[n]);
		r->host->setting(r->call, STR("login"), v[n],
		    str_from(f->origin));
	}
	o->login = (struct csn_strs){ v, n };
}

/* What a domain's root comes to for people, or for groups. */
static void
preset_root(struct reading *r, struct csn_str *slot, const char *name,
    const char *below)
{
	struct buf b;

	buf_init(&b, DN_MAX);
	buf_puts(&b, below);
	if (dn_from_domain(&b, r->o->domain) == 0)
		preset(r, slot, name, buf_str(&b), "domain");
	buf_free(&b);
}

static void
preset_groups(struct reading *r)
{
	struct options *o = r->o;
	const struct flavour *f = o->flavour;

	if (r->seen[OPT_GROUP_MODE] == 0) {
		struct csn_str mode = str_from(o->nested_groups ?
		    f->group_mode_nested : f->group_mode);

		group_mode_read(o, mode);
		r->host->setting(r->call, STR("group_mode"), mode,
		    str_from(f->origin));
	}
	if (o->domain.n > 0 && f->groups[0] != '\0')
		preset_root(r, &o->group_base, "group_base", f->groups);
	preset(r, &o->group_base, "group_base", o->base, "base");
	preset(r, &o->group_member, "group_member",
	    o->group_mode == GROUPS_MEMBERUID ? STR("memberUid") :
	    STR("member"), "group_mode");
}

static void
presets(struct reading *r)
{
	struct options *o = r->o;
	const struct flavour *f = o->flavour;

	if (o->domain.n > 0)
		preset_root(r, &o->base, "base", f->people);
	preset_login(r);
	preset(r, &o->subject, "subject", str_from(f->subject), f->origin);
	preset(r, &o->id, "id", str_from(f->id), f->origin);
	preset(r, &o->display_name, "display_name",
	    str_from(f->display_name), f->origin);
	if (f->user_filter != NULL)
		preset(r, &o->user_filter, "user_filter",
		    str_from(f->user_filter), f->origin);
	preset_groups(r);
}

static void
fallbacks(struct reading *r)
{
	uint32_t opt;

	for (opt = 0; opt < OPTIONS_COUNT; opt++) {
		if (r->seen[opt] == 0 && options_table[opt].fallback != NULL)
			fallback_read(r, opt);
	}
}

int
options_read(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, struct options *ret)
{
	struct reading r = { .host = host, .call = call, .conf = conf,
	    .o = ret };
	size_t i;

	*ret = (struct options){ .nurls = 0 };
	arena_init(&ret->arena, 4u << 20);
	ret->urls = arena_array(&ret->arena, conf->n + 1,
	    sizeof(*ret->urls));
	if (ret->urls == NULL) {
		fault(&r, 0, "out of memory");
		return -1;
	}
	for (i = 0; i < conf->n; i++)
		val_read(&r, (uint32_t)i + 1, vals_at(conf, i));
	fallbacks(&r);
	presets(&r);
	if (str_is(ret->id, "none"))
		ret->id.n = 0;
	options_check(&r);
	ret->val_url = r.seen[OPT_URL] != 0 ? r.seen[OPT_URL] :
	    r.seen[OPT_DOMAIN];
	ret->val_ca = r.seen[OPT_CA];
	ret->val_certificate = r.seen[OPT_CERTIFICATE];
	ret->val_key = r.seen[OPT_KEY];
	ret->val_password = r.seen[OPT_BIND_PASSWORD];
	ret->val_keytab = r.seen[OPT_KEYTAB];
	ret->val_base = r.seen[OPT_BASE];
	if (ret->arena.over)
		fault(&r, 0, "the options take too much memory");
	return r.faults == 0 ? 0 : -1;
}

void
options_free(struct options *o)
{
	arena_free(&o->arena);
}
