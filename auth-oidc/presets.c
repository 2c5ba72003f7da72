/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * presets.c - what `provider: NAME` comes to
 *
 * A preset only fills in what is not written, and each piece is told, so that
 * countersign factor NAME shows it. It must never weaken a check: what it
 * sets are addresses, claims and habits of a provider.
 */
#include "options.h"

#include "lib/text.h"

struct preset {
	const char *origin;		/* "provider: google" */
	const char *issuer;
	const char *origins[4];
	const char *scope[4];
	const char *subject, *subject_id, *groups, *acr_claim;
	const char *response_mode, *client_auth, *audience;
	const char *groups_endpoint;
};

static const struct preset presets[] = {
	[PROVIDER_GENERIC] = { .origin = "default",
	    .scope = { "profile", "email" } },
	/* Microsoft identity platform: form_post is its habit, sub differs
	 * per application while oid is the person's, groups come as ids,
	 * authentication contexts answer in acrs, and assertions are
	 * addressed to the token endpoint. Userinfo is Graph's. */
	[PROVIDER_ENTRA] = { .origin = "provider: entra",
	    .origins = { "https://login.microsoftonline.com",
	    "https://graph.microsoft.com" },
	    .scope = { "profile", "email" },
	    .subject = "preferred_username", .subject_id = "oid",
	    .acr_claim = "acrs", .response_mode = "form_post",
	    .audience = "endpoint",
	    /* above 200 groups a token only says that there are more; Graph
	     * tells them to who may read them (GroupMember.Read.All) */
	    .groups_endpoint = "https://graph.microsoft.com/v1.0/me/"
	    "transitiveMemberOf/microsoft.graph.group?$select=id&$top=999" },
	/* accounts.google.com/.well-known/openid-configuration names
	 * endpoints on three further hosts; hd says the domain */
	[PROVIDER_GOOGLE] = { .origin = "provider: google",
	    .issuer = "https://accounts.google.com",
	    .origins = { "https://oauth2.googleapis.com",
	    "https://www.googleapis.com",
	    "https://openidconnect.googleapis.com" },
	    .scope = { "profile", "email" }, .subject = "email" },
	/* an authorization server has an issuer of its own; groups need a
	 * claim with a filter there */
	[PROVIDER_OKTA] = { .origin = "provider: okta",
	    .scope = { "profile", "email", "groups" },
	    .subject = "preferred_username" },
	/* the issuer ends in a slash; roles are namespaced claims */
	[PROVIDER_AUTH0] = { .origin = "provider: auth0",
	    .scope = { "profile", "email" }, .subject = "email" },
	/* https://HOST/realms/REALM; realm roles are nested */
	[PROVIDER_KEYCLOAK] = { .origin = "provider: keycloak",
	    .scope = { "profile", "email" },
	    .subject = "preferred_username",
	    .groups = "realm_access.roles" },
	/* https://HOST/adfs; all claims are in the ID token, allatclaims
	 * brings those of the access token there too */
	[PROVIDER_ADFS] = { .origin = "provider: adfs",
	    .scope = { "profile", "email", "allatclaims" },
	    .subject = "upn", .groups = "group",
	    .response_mode = "form_post", .audience = "endpoint" },
	[PROVIDER_GITLAB] = { .origin = "provider: gitlab",
	    .issuer = "https://gitlab.com",
	    .scope = { "profile", "email" },
	    .subject = "preferred_username", .groups = "groups" },
	/* name and mail only with form_post; the secret is a token of the
	 * client's own making, taken by POST only */
	[PROVIDER_APPLE] = { .origin = "provider: apple",
	    .issuer = "https://appleid.apple.com",
	    .scope = { "name", "email" }, .subject = "sub",
	    .response_mode = "form_post",
	    .client_auth = "client_secret_post" },
};

struct presetting {
	const struct csn_host *host;
	struct csn_call *call;
	struct options *o;
	const char *origin;
};

static void
tell(const struct presetting *p, uint32_t opt, struct csn_str value)
{
	p->host->setting(p->call, str_from(options_table[opt].name), value,
	    str_from(p->origin));
}

static void
set_text(const struct presetting *p, uint32_t opt, const char *value)
{
	struct options *o = p->o;

	if (value == NULL || o->val[opt] != 0)
		return;
	o->text[opt] = arena_str(&o->arena, str_from(value));
	tell(p, opt, o->text[opt]);
}

static void
set_list(const struct presetting *p, uint32_t opt, const char *const *values,
    size_t n)
{
	struct options *o = p->o;
	struct csn_str *v;
	size_t i;

	if (values[0] == NULL || o->val[opt] != 0)
		return;
	v = arena_array(&o->arena, n, sizeof(*v));
	for (i = 0; v != NULL && i < n && values[i] != NULL; i++) {
		v[i] = str_from(values[i]);
		tell(p, opt, v[i]);
		o->list[opt] = (struct csn_strs){ v, i + 1 };
	}
}

/* What the table gives a fallback is written as far as we can see: a preset
 * wins over the fallback, not over another choice. */
static void
set_choice(const struct presetting *p, uint32_t opt, const char *value)
{
	struct csn_str rest = str_from(options_table[opt].choices), one;

	if (value == NULL || !str_equal(p->o->text[opt],
	    str_from(options_table[opt].fallback)))
		return;
	for (int64_t i = 0; str_cut(&rest, '|', &one); i++)
		if (str_is(one, value)) {
			p->o->num[opt] = i;
			p->o->text[opt] = one;
			tell(p, opt, one);
			return;
		}
}

static bool
tenant_valid(struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !(s.p[i] >= 'a' && s.p[i] <= 'f') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'F') && s.p[i] != '-')
			return false;
	return s.n == 36;
}

/* A multi-tenant issuer is a pattern, which nothing can equal. */
static int
entra_issuer(const struct presetting *p)
{
	struct options *o = p->o;
	struct csn_str tenant = o->text[OPT_TENANT];

	if (o->val[OPT_ISSUER] != 0)
		return 0;
	if (!tenant_valid(tenant)) {
		p->host->report(p->call, CSN_FAIL, o->val[OPT_TENANT],
		    STR("is the directory's id, a UUID; common, "
		    "organizations and consumers are many directories at "
		    "once"));
		return -1;
	}
	o->text[OPT_ISSUER] = arena_printf(&o->arena,
	    "https://login.microsoftonline.com/%.*s/v2.0", STR_FMT(tenant));
	tell(p, OPT_ISSUER, o->text[OPT_ISSUER]);
	return 0;
}

static void
set_defaults(const struct presetting *p)
{
	static const char *const algorithms[] = { "RS256", "PS256", "ES256",
		"EdDSA" };
	static const char *const groups[] = { "groups" };

	set_list(p, OPT_ALGORITHMS, algorithms, 4);
	if (p->o->list[OPT_GROUPS_CLAIM].n == 0)
		set_list(p, OPT_GROUPS_CLAIM, groups, 1);
	if (p->o->text[OPT_SUBJECT].n == 0)
		set_text(p, OPT_SUBJECT, "sub");
	if (p->o->text[OPT_SUBJECT_ID].n == 0)
		set_text(p, OPT_SUBJECT_ID, "sub");
	if (p->o->text[OPT_ACR_CLAIM].n == 0)
		set_text(p, OPT_ACR_CLAIM, "acr");
}

int
presets_apply(const struct csn_host *host, struct csn_call *call,
    struct options *o)
{
	const struct preset *preset = &presets[o->num[OPT_PROVIDER]];
	struct presetting p = { .host = host, .call = call, .o = o,
	    .origin = preset->origin };
	int rc = 0;

	if (o->num[OPT_PROVIDER] == PROVIDER_ENTRA)
		rc = entra_issuer(&p);
	set_text(&p, OPT_ISSUER, preset->issuer);
	set_list(&p, OPT_ORIGINS, preset->origins, 4);
	set_list(&p, OPT_SCOPE, preset->scope, 4);
	set_text(&p, OPT_SUBJECT, preset->subject);
	set_text(&p, OPT_SUBJECT_ID, preset->subject_id);
	set_text(&p, OPT_ACR_CLAIM, preset->acr_claim);
	set_text(&p, OPT_GROUPS_ENDPOINT, preset->groups_endpoint);
	if (preset->groups != NULL)
		set_list(&p, OPT_GROUPS_CLAIM, &preset->groups, 1);
	set_choice(&p, OPT_RESPONSE_MODE, preset->response_mode);
	set_choice(&p, OPT_CLIENT_AUTH, preset->client_auth);
	set_choice(&p, OPT_CLIENT_AUTH_AUDIENCE, preset->audience);
	p.origin = "default";
	set_defaults(&p);
	return rc;
}
