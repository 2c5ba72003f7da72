/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * options.c - the configuration read and judged as a whole
 *
 * It must never open an instance whose client authentication, algorithms and
 * addresses do not fit together, and never talks to a provider: one that is
 * down is no reason not to start.
 */
#include "options.h"

#include "claim_path.h"
#include "request_claims.h"

#include "lib/text.h"
#include "lib/url.h"
#include "lib/vals.h"

struct reading {		/* one options_read() */
	const struct csn_host *host;
	struct csn_call *call;
	const struct csn_conf *conf;
	struct options *o;
	size_t faults;
};

static void
fault(struct reading *r, uint32_t val, const char *text)
{
	r->host->report(r->call, CSN_FAIL, val, str_from(text));
	r->faults++;
}

/* ------------------------------------------------------------------ */
/* values */

static void
val_read(struct reading *r, uint32_t val, const struct csn_val *v)
{
	struct options *o = r->o;

	if (v->opt >= OPTIONS_COUNT) {
		fault(r, val, "is an option that this plugin does not have");
		return;
	}
	o->val[v->opt] = val;
	if (v->opt == OPT_CA)		/* the host's business */
		return;
	if (v->opt == OPT_DECRYPTION_KEY) {
		if (o->ndecryption_keys == JWE_KEYS_MAX)
			fault(r, val, "lists more than 4 keys");
		else
			o->decryption_keys[o->ndecryption_keys++] = val;
	} else if (options_table[v->opt].type == CSN_T_MAP) {
		vals_add_pair(r->conf, &o->arena, &o->map[v->opt], v);
	} else if ((options_table[v->opt].flags & CSN_O_REPEAT) != 0) {
		vals_add(r->conf, &o->arena, &o->list[v->opt], v->text);
	} else {
		o->text[v->opt] = arena_str(&o->arena, v->text);
		o->num[v->opt] = v->num;
	}
}

struct csn_str
options_choice(enum option_index opt, int64_t num)
{
	struct csn_str rest = str_from(options_table[opt].choices), one;

	while (str_cut(&rest, '|', &one))
		if (num-- == 0)
			return one;
	return STR("");
}

/* ------------------------------------------------------------------ */
/* what they come to */

static enum client_auth
auth_choose(const struct options *o)
{
	if (o->num[OPT_CLIENT_AUTH] != AUTH_AUTO)
		return (enum client_auth)o->num[OPT_CLIENT_AUTH];
	if (o->val[OPT_CLIENT_KEY] != 0)
		return AUTH_KEY_JWT;
	return o->val[OPT_CLIENT_SECRET] != 0 ? AUTH_BASIC : AUTH_NONE;
}

static bool
alg_is_hmac(struct csn_str alg)
{
	return str_starts(alg, STR("HS"));
}

bool
options_wants_alg(const struct options *o, struct csn_str alg)
{
	const struct csn_strs *list = &o->list[OPT_ALGORITHMS];

	for (size_t i = 0; i < list->n; i++)
		if (str_equal(list->v[i], alg))
			return true;
	return false;
}

static void
check_auth(struct reading *r)
{
	struct options *o = r->o;
	bool needs_key, needs_secret;

	needs_secret = o->auth == AUTH_BASIC || o->auth == AUTH_POST ||
	    o->auth == AUTH_SECRET_JWT;
	needs_key = o->auth == AUTH_KEY_JWT || o->auth == AUTH_TLS ||
	    o->num[OPT_REQUEST_OBJECT] == 1 || o->num[OPT_CERT_BOUND] == 1;
	if (needs_secret && o->val[OPT_CLIENT_SECRET] == 0)
		fault(r, o->val[OPT_CLIENT_AUTH], "needs client_secret");
	if (needs_key && o->val[OPT_CLIENT_KEY] == 0)
		fault(r, o->val[OPT_CLIENT_AUTH], "private_key_jwt, "
		    "tls_client_auth, signed_requests and "
		    "certificate_bound need client_key");
	if ((o->auth == AUTH_TLS || o->num[OPT_CERT_BOUND] == 1) &&
	    o->val[OPT_CLIENT_CERT] == 0)
		fault(r, o->val[OPT_CLIENT_AUTH], "tls_client_auth and "
		    "certificate_bound need client_certificate");
	if ((o->auth == AUTH_SECRET_JWT) != (o->num[OPT_CLIENT_AUTH_ALG] ==
	    1) && o->num[OPT_CLIENT_AUTH_ALG] != 0)
		fault(r, o->val[OPT_CLIENT_AUTH_ALG], "HS256 goes with "
		    "client_secret_jwt only, and that with no other");
}

/* HMAC takes the client's secret for the provider's key: only where it is
 * written, and then nothing else (RFC 8725 3.1). */
static void
check_algs(struct reading *r)
{
	const struct csn_strs *list = &r->o->list[OPT_ALGORITHMS];
	size_t hmac = 0;

	for (size_t i = 0; i < list->n; i++)
		hmac += alg_is_hmac(list->v[i]);
	if (hmac > 0 && hmac < list->n)
		fault(r, r->o->val[OPT_ALGORITHMS], "mixes HMAC and public "
		    "keys; a client has one or the other");
	if (hmac > 0 && r->o->val[OPT_CLIENT_SECRET] == 0)
		fault(r, r->o->val[OPT_ALGORITHMS], "needs client_secret for "
		    "HMAC");
}

static void
check_flow(struct reading *r)
{
	struct options *o = r->o;
	const struct csn_strs *prompt = &o->list[OPT_PROMPT];

	if (o->num[OPT_RESPONSE_TYPE] == RESPONSE_ID_TOKEN &&
	    o->num[OPT_RESPONSE_MODE] != MODE_FORM_POST)
		fault(r, o->val[OPT_RESPONSE_TYPE], "id_token needs "
		    "response_mode: form_post; a token has no place in an "
		    "address");
	for (size_t i = 0; i < prompt->n; i++)
		if (prompt->n > 1 && str_is(prompt->v[i], "none"))
			fault(r, o->val[OPT_PROMPT], "none goes with no "
			    "other");
	if (prompt->n == 1 && str_is(prompt->v[0], "none") &&
	    o->val[OPT_MAX_AGE] != 0 && o->num[OPT_MAX_AGE] == 0)
		fault(r, o->val[OPT_MAX_AGE], "0 and prompt: none "
		    "contradict each other");
	if (o->num[OPT_DPOP] == 1 && o->num[OPT_CERT_BOUND] == 1)
		fault(r, o->val[OPT_DPOP], "and certificate_bound exclude "
		    "each other");
}

static void
check_parameters(struct reading *r)
{
	static const char *const ours[] = { "response_type", "client_id",
		"redirect_uri", "scope", "state", "nonce", "code_challenge",
		"code_challenge_method", "response_mode", "request",
		"request_uri", "client_secret", "client_assertion",
		"client_assertion_type", "max_age", "acr_values", "prompt",
		"claims", "login_hint", "ui_locales", "dpop_jkt",
		"id_token_hint" };
	const struct csn_pairs *p = &r->o->map[OPT_PARAMETERS];

	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			if (str_is(p->v[i].name, ours[k]))
				fault(r, r->o->val[OPT_PARAMETERS],
				    "names a parameter that is set by an "
				    "option of its own, or by us");
}

static void
check_path(struct reading *r, uint32_t opt, struct csn_str path)
{
	struct claim_path p;
	const char *why;

	if (path.n > 0 && claim_path_parse(path, &p, &why) < 0)
		fault(r, r->o->val[opt], why);
}

/* "email" between quotation marks is email, for who looks for it by name. */
static void
path_unquote(struct options *o, uint32_t opt)
{
	struct claim_path quoted, bare;
	const char *why;

	if (str_starts(o->text[opt], STR("\"")) &&
	    claim_path_parse(o->text[opt], &quoted, &why) == 0 &&
	    quoted.n == 1 && claim_path_parse(str_from(quoted.names[0]),
	    &bare, &why) == 0 && bare.n == 1)
		o->text[opt] = arena_str(&o->arena, str_from(bare.names[0]));
}

static void
check_claims(struct reading *r)
{
	static const uint32_t texts[] = { OPT_SUBJECT, OPT_SUBJECT_ID,
		OPT_DISPLAY_NAME, OPT_MAIL, OPT_ACR_CLAIM };
	struct options *o = r->o;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		check_path(r, texts[i], o->text[texts[i]]);
		path_unquote(o, texts[i]);
	}
	for (size_t i = 0; i < o->list[OPT_GROUPS_CLAIM].n; i++)
		check_path(r, OPT_GROUPS_CLAIM,
		    o->list[OPT_GROUPS_CLAIM].v[i]);
	for (size_t i = 0; i < o->map[OPT_ATTRIBUTES].n; i++)
		check_path(r, OPT_ATTRIBUTES,
		    o->map[OPT_ATTRIBUTES].v[i].value);
	for (size_t i = 0; i < o->map[OPT_REQUIRE].n; i++)
		check_path(r, OPT_REQUIRE, o->map[OPT_REQUIRE].v[i].name);
	if (o->num[OPT_REQUIRE_ACR] == 1 && o->list[OPT_ACR_VALUES].n == 0)
		fault(r, o->val[OPT_REQUIRE_ACR], "needs acr_values: what "
		    "is it that a login must have?");
	if (o->text[OPT_CLAIMS].n > 0 &&
	    !request_claims_valid(o->text[OPT_CLAIMS]))
		fault(r, o->val[OPT_CLAIMS], "is not one JSON object");
}

static void
check_addresses(struct reading *r)
{
	struct options *o = r->o;
	bool keys = o->val[OPT_JWKS] != 0 || o->text[OPT_JWKS_URI].n > 0 ||
	    (o->list[OPT_ALGORITHMS].n > 0 &&
	    alg_is_hmac(o->list[OPT_ALGORITHMS].v[0]));

	if (o->text[OPT_ISSUER].n == 0)
		fault(r, 0, "no issuer: write issuer: https://..., as the "
		    "provider spells it");
	if (o->num[OPT_DISCOVERY] == 1)
		return;
	if (o->text[OPT_AUTHORIZATION_ENDPOINT].n == 0)
		fault(r, o->val[OPT_DISCOVERY], "false needs "
		    "authorization_endpoint");
	if (o->text[OPT_TOKEN_ENDPOINT].n == 0 &&
	    o->num[OPT_RESPONSE_TYPE] == RESPONSE_CODE)
		fault(r, o->val[OPT_DISCOVERY], "false needs "
		    "token_endpoint");
	if (!keys)
		fault(r, o->val[OPT_DISCOVERY], "false needs jwks_uri or "
		    "jwks");
}

/* ------------------------------------------------------------------ */
/* places */

static struct csn_str
origin_of(struct arena *a, struct csn_str url)
{
	struct csn_str ret = STR("");
	struct url u;
	struct buf b;

	if (url_parse(url, &u) < 0 || !str_is(u.scheme, "https"))
		return ret;
	buf_init(&b, URL_MAX);
	url_origin(&b, &u);
	ret = arena_str(a, buf_str(&b));
	buf_free(&b);
	return ret;
}

static bool
origin_known(const struct options *o, struct csn_str origin)
{
	for (size_t i = 0; i < o->origins.n; i++)
		if (str_equal(o->origins.v[i], origin))
			return true;
	return false;
}

static void
origin_add(struct options *o, struct csn_str url)
{
	struct csn_str *v = (struct csn_str *)(uintptr_t)o->origins.v;
	struct csn_str origin = origin_of(&o->arena, url);

	if (origin.n > 0 && !origin_known(o, origin))
		v[o->origins.n++] = origin;
}

static void
origins_collect(struct options *o)
{
	size_t max = o->list[OPT_ORIGINS].n;

	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		max += options_table[i].type == CSN_T_HTTPS_URL &&
		    o->text[i].n > 0;

	o->origins.v = arena_array(&o->arena, max, sizeof(struct csn_str));
	if (o->origins.v == NULL)
		return;
	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		if (options_table[i].type == CSN_T_HTTPS_URL &&
		    o->text[i].n > 0)
			origin_add(o, o->text[i]);
	for (size_t i = 0; i < o->list[OPT_ORIGINS].n; i++)
		origin_add(o, o->list[OPT_ORIGINS].v[i]);
}

bool
options_origin_allowed(const struct options *o, struct csn_str url)
{
	char memory[512];
	struct url u;
	struct buf b;

	if (url_parse(url, &u) < 0 || !str_equal_fold(u.scheme,
	    STR("https")))
		return false;
	buf_init_fixed(&b, memory, sizeof(memory));
	url_origin(&b, &u);
	return !buf_failed(&b) && origin_known(o, buf_str(&b));
}

/* ------------------------------------------------------------------ */

static bool
scope_given(const struct options *o, size_t upto, struct csn_str s)
{
	for (size_t i = 0; i < upto; i++)
		if (str_equal(o->list[OPT_SCOPE].v[i], s))
			return true;
	return str_is(s, "openid");
}

/* Core 3.1.2.1: openid is always asked for. */
static void
scope_make(struct reading *r)
{
	const struct csn_strs *list = &r->o->list[OPT_SCOPE];
	struct buf b;

	buf_init(&b, 8192);
	buf_puts(&b, "openid");
	for (size_t i = 0; i < list->n; i++) {
		if (str_index(list->v[i], ' ') >= 0)
			fault(r, r->o->val[OPT_SCOPE], "has a blank in it; "
			    "write a list");
		if (scope_given(r->o, i, list->v[i]))
			continue;
		buf_char(&b, ' ');
		buf_str_put(&b, list->v[i]);
	}
	r->o->scope = arena_str(&r->o->arena, buf_str(&b));
	buf_free(&b);
}

int
options_read(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, struct options *ret)
{
	struct reading r = { .host = host, .call = call, .conf = conf,
	    .o = ret };

	arena_init_tight(&ret->arena, 4u << 20);
	for (size_t i = 0; i < conf->n; i++)
		val_read(&r, (uint32_t)i + 1, vals_at(conf, i));
	if (presets_apply(host, call, ret) < 0)
		r.faults++;
	ret->auth = auth_choose(ret);
	origins_collect(ret);
	scope_make(&r);
	check_auth(&r);
	check_algs(&r);
	check_flow(&r);
	check_parameters(&r);
	check_claims(&r);
	check_addresses(&r);
	ret->redirect_uri = arena_printf(&ret->arena, "%.*scallback",
	    STR_FMT(conf->base_url));
	ret->logout_uri = arena_printf(&ret->arena, "%.*slogged-out",
	    STR_FMT(conf->base_url));
	if (ret->arena.over)
		fault(&r, 0, "the options take too much memory");
	if (ret->num[OPT_MISSING_GROUPS] == MISSING_NONE)
		host->log(call, CSN_WARN, STR("missing_groups: none: whoever "
		    "the provider says nothing of is in no group"));
	return r.faults == 0 ? 0 : -1;
}

void
options_free(struct options *o)
{
	arena_free(&o->arena);
}
