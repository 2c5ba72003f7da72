/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * selftest.c - discovery, keys and algorithms looked at; words to copy into
 * the provider's registration
 *
 * It must never print a secret, and never log anybody in.
 */
#include <stdarg.h>
#include <stdio.h>

#include "selftest.h"

#include "client_auth.h"
#include "endpoints.h"
#include "jwk.h"
#include "metadata.h"

struct testing {
	struct round *r;
	bool failed;
};

static void say(struct testing *, uint32_t severity, uint32_t opt,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* opt is one of the table, or OPTIONS_COUNT. */
static void
say(struct testing *t, uint32_t severity, uint32_t opt, const char *fmt, ...)
{
	const struct oidc *o = t->r->o;
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	t->failed |= severity == CSN_FAIL;
	o->host->report(t->r->call, severity, opt < OPTIONS_COUNT ?
	    o->opt.val[opt] : 0, str_from(line));
}

static bool
key_works(struct testing *t, uint32_t val, uint32_t opt)
{
	struct csn_str spki;

	if (t->r->o->host->public_key(t->r->call, val, &spki) == CSN_OK)
		return true;
	say(t, CSN_FAIL, opt, "is no private key in PEM that can be used");
	return false;
}

/* What fits no algorithm would be told by each login, and by none of them in
 * words. */
static void
check_signs(struct testing *t, uint32_t opt, enum jws_alg alg)
{
	const struct oidc *o = t->r->o;
	struct csn_str signature;

	if (o->host->sign(t->r->call, o->opt.val[opt],
	    str_from(jws_alg_name(alg)), STR("test"), &signature) != CSN_OK)
		say(t, CSN_FAIL, opt, "is no key for %s%s",
		    jws_alg_name(alg), (JWS_HMAC & JWS_BIT(alg)) == 0 ? "" :
		    ", which wants as many bytes as its hash has: 32, 48 or "
		    "64");
}

static void
check_secret(struct testing *t)
{
	const struct options *o = &t->r->o->opt;
	uint32_t algs = metadata_algs(o) & JWS_HMAC;

	if (o->auth == AUTH_SECRET_JWT)
		algs |= JWS_BIT(JWS_HS256);
	for (unsigned alg = 1; alg < JWS_ALG_END; alg++)
		if ((algs & JWS_BIT(alg)) != 0)
			check_signs(t, OPT_CLIENT_SECRET,
			    (enum jws_alg)alg);
}

static void
check_keys(struct testing *t)
{
	const struct options *o = &t->r->o->opt;
	struct jws_signer signer;

	if (o->val[OPT_CLIENT_KEY] != 0 && key_works(t,
	    o->val[OPT_CLIENT_KEY], OPT_CLIENT_KEY) &&
	    client_signer(t->r, &signer) == 0) {
		check_signs(t, OPT_CLIENT_KEY, signer.alg);
		say(t, CSN_INFO, OPTIONS_COUNT, "we sign by %s%s%s",
		    jws_alg_name(signer.alg), signer.kid.n > 0 ?
		    ", kid " : "", signer.kid.n > 0 ? signer.kid.p : "");
	}
	check_secret(t);
	for (size_t i = 0; i < o->ndecryption_keys; i++)
		(void)key_works(t, o->decryption_keys[i],
		    OPT_DECRYPTION_KEY);
}

/* ------------------------------------------------------------------ */
/* what the provider says */

static bool
lists(const json_t *doc, const char *name, const char *word)
{
	const json_t *list = json_object_get(doc, name), *v;
	size_t i;

	if (!json_is_array(list))
		return true;		/* it does not say */
	for (i = 0; i < json_array_size(list); i++) {
		v = json_array_get(list, i);
		if (json_is_string(v) && strcmp(json_string_value(v),
		    word) == 0)
			return true;
	}
	return false;
}

static const char *
auth_word(enum client_auth auth)
{
	static const char *const words[] = { [AUTH_AUTO] = "",
		[AUTH_BASIC] = "client_secret_basic",
		[AUTH_POST] = "client_secret_post",
		[AUTH_SECRET_JWT] = "client_secret_jwt",
		[AUTH_KEY_JWT] = "private_key_jwt",
		[AUTH_TLS] = "tls_client_auth", [AUTH_NONE] = "none" };

	return words[auth];
}

/* A provider that does not say takes what is registered there. */
static void
alg_listed(struct testing *t, const json_t *doc, const char *name,
    uint32_t opt, const char *alg)
{
	if (alg != NULL && !lists(doc, name, alg))
		say(t, CSN_WARN, opt, "comes to %s, which the provider does "
		    "not list as %s", alg, name);
}

/* What we sign, and what is signed for us besides ID tokens. */
static void
check_algs(struct testing *t, const json_t *doc)
{
	const struct options *o = &t->r->o->opt;
	struct jws_signer signer;
	bool any = false;

	if (o->val[OPT_CLIENT_KEY] != 0 && client_signer(t->r, &signer) == 0) {
		if (o->auth == AUTH_KEY_JWT)
			alg_listed(t, doc, "token_endpoint_auth_signing_alg_"
			    "values_supported", OPT_CLIENT_AUTH_ALG,
			    jws_alg_name(signer.alg));
		if (o->num[OPT_REQUEST_OBJECT] == 1)
			alg_listed(t, doc, "request_object_signing_alg_"
			    "values_supported", OPT_CLIENT_AUTH_ALG,
			    jws_alg_name(signer.alg));
	}
	if (o->auth == AUTH_SECRET_JWT)
		alg_listed(t, doc, "token_endpoint_auth_signing_alg_values_"
		    "supported", OPT_CLIENT_AUTH, "HS256");
	if (o->num[OPT_DPOP] == 1)
		alg_listed(t, doc, "dpop_signing_alg_values_supported",
		    OPT_DPOP, "ES256");
	if (o->num[OPT_RESPONSE_MODE] != MODE_QUERY_JWT &&
	    o->num[OPT_RESPONSE_MODE] != MODE_FORM_POST_JWT)
		return;
	for (size_t i = 0; i < o->list[OPT_ALGORITHMS].n; i++)
		any |= lists(doc, "authorization_signing_alg_values_supported",
		    o->list[OPT_ALGORITHMS].v[i].p);
	if (!any)
		say(t, CSN_FAIL, OPT_ALGORITHMS, "has none of the algorithms "
		    "by which the provider signs its answers (response_mode)");
}

static void
check_document(struct testing *t, const struct provider *p)
{
	const struct options *o = &t->r->o->opt;
	json_t *doc = NULL;
	bool any = false;

	if (p->metadata.n == 0 || json_text_read(p->metadata,
	    &json_document_caps, &doc) != REFUSAL_NONE)
		return;
	if (!lists(doc, "token_endpoint_auth_methods_supported",
	    auth_word(o->auth)))
		say(t, CSN_WARN, OPT_CLIENT_AUTH, "is %s, which the "
		    "provider does not list", auth_word(o->auth));
	if (!lists(doc, "response_modes_supported",
	    o->text[OPT_RESPONSE_MODE].p))
		say(t, CSN_WARN, OPT_RESPONSE_MODE, "is %s, which the "
		    "provider does not list", o->text[OPT_RESPONSE_MODE].p);
	if (!lists(doc, "code_challenge_methods_supported", "S256"))
		say(t, CSN_WARN, OPTIONS_COUNT, "the provider does not list "
		    "S256 for PKCE; it is sent all the same");
	for (size_t i = 0; i < o->list[OPT_ALGORITHMS].n; i++)
		any |= lists(doc, "id_token_signing_alg_values_supported",
		    o->list[OPT_ALGORITHMS].v[i].p);
	if (!any)
		say(t, CSN_FAIL, OPT_ALGORITHMS, "has none of the "
		    "algorithms that the provider lists");
	check_algs(t, doc);
	json_decref(doc);
}

static void
check_provider(struct testing *t)
{
	const struct provider *p;
	size_t n;

	if (provider_fetch(t->r) != CSN_OK) {
		say(t, CSN_FAIL, OPT_ISSUER, "its metadata and keys could "
		    "not be fetched, or are refused; the lines above say "
		    "why");
		return;
	}
	p = provider_hold(t->r);
	if (p == NULL)
		return;
	if (p->keys_ms != t->r->now_ms && t->r->o->opt.val[OPT_JWKS] == 0)
		say(t, CSN_FAIL, OPT_ISSUER, "its keys could not be fetched, "
		    "or are refused; those of an earlier time are in force");
	n = jwks_usable(p->keys);
	say(t, CSN_INFO, OPTIONS_COUNT, "the provider answers; %zu of its "
	    "%zu keys can be used", n, jwks_count(p->keys));
	if (t->r->o->opt.list[OPT_ACR_VALUES].n > 0 &&
	    t->r->o->opt.num[OPT_REQUIRE_ACR] == 0)
		say(t, CSN_INFO, OPT_ACR_VALUES, "is asked for, not demanded: "
		    "a way of a policy says `where acr`, or write "
		    "require_acr: true");
	if (t->r->o->opt.num[OPT_PAR] == PAR_ALWAYS && p->par.n == 0)
		say(t, CSN_FAIL, OPT_PAR, "is always, but the provider names "
		    "no pushed_authorization_request_endpoint");
	if (p->end_session.n == 0)
		say(t, CSN_INFO, OPTIONS_COUNT, "it has no logout to go on "
		    "to");
	if (p->userinfo.n == 0)
		say(t, CSN_INFO, OPTIONS_COUNT, "it has no userinfo: all "
		    "claims must be in the ID token");
	check_document(t, p);
	provider_drop(p);
}

/* ------------------------------------------------------------------ */

static void
register_this(struct testing *t)
{
	const struct options *o = &t->r->o->opt;
	struct csn_str base = o->redirect_uri;

	base.n -= strlen(endpoints_table[AT_CALLBACK].path);
	say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: redirect "
	    "URI %.*s", STR_FMT(o->redirect_uri));
	say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: "
	    "post-logout redirect URI %.*s", STR_FMT(o->logout_uri));
	say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: "
	    "back-channel logout URI %.*s%s (session required)",
	    STR_FMT(base), endpoints_table[AT_BACK_CHANNEL].path);
	say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider, if it "
	    "has no back-channel: front-channel logout URI %.*s%s (session "
	    "required)", STR_FMT(base),
	    endpoints_table[AT_FRONT_CHANNEL].path);
	if (o->num[OPT_INITIATED_LOGIN] == 1)
		say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: "
		    "initiate login URI %.*s%s", STR_FMT(base),
		    endpoints_table[AT_LOGIN].path);
	if (o->val[OPT_CLIENT_KEY] != 0 || o->ndecryption_keys > 0)
		say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: "
		    "JWKS URI %.*s%s", STR_FMT(base),
		    endpoints_table[AT_KEYS].path);
	say(t, CSN_INFO, OPTIONS_COUNT, "register at the provider: client "
	    "authentication %s", auth_word(o->auth));
}

int32_t
selftest_run(struct round *r, bool live)
{
	struct testing t = { .r = r };

	check_keys(&t);
	if (live)
		check_provider(&t);
	register_this(&t);
	return t.failed ? CSN_E_INVALID : CSN_OK;
}
