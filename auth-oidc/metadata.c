/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * metadata.c - discovery documents and key sets: read, judged, and cut down to
 * what is used
 *
 * It must never take an issuer that is not ours byte for byte (Disc 4.3,
 * RFC 8414 3.3), nor an endpoint that is not https at a configured place.
 */
#include <stdlib.h>

#include "metadata.h"

#define ENDPOINT_MAX	2048u

struct endpoint {
	const char *name;
	uint32_t opt;		/* that overrides it */
	size_t offset;		/* in struct provider */
	bool own_door;		/* has an alias for certificates */
};

#define AT(field) offsetof(struct provider, field)

static const struct endpoint endpoints[] = {
	{ "authorization_endpoint", OPT_AUTHORIZATION_ENDPOINT,
	    AT(authorization), false },
	{ "token_endpoint", OPT_TOKEN_ENDPOINT, AT(token), true },
	{ "userinfo_endpoint", OPT_USERINFO_ENDPOINT, AT(userinfo), true },
	{ "jwks_uri", OPT_JWKS_URI, AT(jwks_uri), false },
	{ "end_session_endpoint", OPT_END_SESSION_ENDPOINT, AT(end_session),
	    false },
	{ "revocation_endpoint", OPT_REVOCATION_ENDPOINT, AT(revocation),
	    true },
	{ "pushed_authorization_request_endpoint", OPT_PAR_ENDPOINT, AT(par),
	    true },
};

#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

uint32_t
metadata_algs(const struct options *o)
{
	const struct csn_strs *list = &o->list[OPT_ALGORITHMS];
	uint32_t algs = 0;

	for (size_t i = 0; i < list->n; i++)
		algs |= JWS_BIT(jws_alg_find(list->v[i]));
	return algs & ~JWS_BIT(0);
}

static void
refused(const struct round *r, const char *what, const char *why)
{
	round_log(r, CSN_FAIL, "the provider's %s is refused: %s", what, why);
}

/* ------------------------------------------------------------------ */
/* metadata */

/* The document, its issuer checked; NULL without discovery. 0 or -1. */
static int
document_read(const struct round *r, struct csn_str text, json_t **ret)
{
	struct csn_str issuer = STR(""), said;
	enum refusal why;

	*ret = NULL;
	if (text.n == 0)
		return r->o->opt.num[OPT_DISCOVERY] == 0 ? 0 : -1;
	why = json_text_read(text, &json_document_caps, ret);
	if (why != REFUSAL_NONE) {
		refused(r, "metadata document", refusal_sentence(why));
		return -1;
	}
	if (json_member_text(*ret, "issuer", &issuer) == MEMBER_GOOD &&
	    str_equal(issuer, r->o->opt.text[OPT_ISSUER]))
		return 0;
	said = arena_printf(r->arena, "its issuer is not the configured one, "
	    "byte for byte; it says \"%.200s\"", issuer.n > 0 ? issuer.p :
	    "");
	refused(r, "metadata document", said.p != NULL ? said.p : "");
	json_decref(*ret);
	*ret = NULL;
	return -1;
}

/* RFC 8705 5: who shows a certificate uses the aliases. */
static bool
shows_certificate(const struct options *o)
{
	return o->auth == AUTH_TLS || o->num[OPT_CERT_BOUND] == 1;
}

static const json_t *
aliases_of(const struct round *r, const json_t *doc)
{
	const json_t *aliases;

	return doc != NULL && shows_certificate(&r->o->opt) &&
	    json_member_object(doc, "mtls_endpoint_aliases", &aliases) ==
	    MEMBER_GOOD ? aliases : NULL;
}

/* What is missing is empty. 0, or -1: what is there is not usable. */
static int
endpoint_find(const struct round *r, const json_t *doc,
    const struct endpoint *e, struct csn_str *ret)
{
	const struct options *o = &r->o->opt;
	const json_t *aliases = aliases_of(r, doc);
	enum json_member m = MEMBER_MISSING;

	*ret = STR("");
	if (o->text[e->opt].n > 0) {
		*ret = o->text[e->opt];
		return 0;
	}
	if (e->own_door && aliases != NULL)
		m = json_member_text(aliases, e->name, ret);
	if (m == MEMBER_MISSING && doc != NULL)
		m = json_member_text(doc, e->name, ret);
	if (m == MEMBER_MISSING)
		return 0;
	if (m == MEMBER_GOOD && ret->n <= ENDPOINT_MAX &&
	    options_origin_allowed(o, *ret))
		return 0;
	round_log(r, CSN_WARN, "the provider's %s, %.200s, is not an https "
	    "address at a place that is configured; if it is right, write "
	    "its https://HOST under `origins`", e->name,
	    m == MEMBER_GOOD ? ret->p : "no text");
	*ret = STR("");
	return -1;
}

int
metadata_keys_place(const struct round *r, struct csn_str text,
    struct csn_str *ret)
{
	struct csn_str place;
	json_t *doc;
	int rc = -1;

	if (document_read(r, text, &doc) < 0)
		return -1;
	if (endpoint_find(r, doc, &endpoints[3], &place) == 0) {
		*ret = arena_str(r->arena, place);
		rc = ret->p == NULL ? -1 : 0;
	}
	json_decref(doc);
	return rc;
}

/* What a login needs must be there; the rest may be missing. */
static int
endpoints_read(const struct round *r, const json_t *doc, struct provider *p)
{
	bool code = r->o->opt.num[OPT_RESPONSE_TYPE] == RESPONSE_CODE;
	struct csn_str url;

	for (size_t i = 0; i < ENDPOINTS; i++) {
		(void)endpoint_find(r, doc, &endpoints[i], &url);
		*(struct csn_str *)(void *)((char *)p +
		    endpoints[i].offset) = arena_str(&p->arena, url);
	}
	if (p->authorization.n > 0 && (p->token.n > 0 || !code))
		return 0;
	refused(r, "metadata document", p->authorization.n == 0 ?
	    "it names no authorization_endpoint that may be used" :
	    "it names no token_endpoint that may be used");
	return -1;
}

static bool
flag_of(const json_t *doc, const char *name)
{
	bool on;

	return doc != NULL && json_member_bool(doc, name, &on) ==
	    MEMBER_GOOD && on;
}

/* Members worth keeping, for the store and for selftest. */
static json_t *
document_cut(const json_t *doc)
{
	static const char *const names[] = { "issuer",
		"mtls_endpoint_aliases",
		"authorization_response_iss_parameter_supported",
		"require_pushed_authorization_requests",
		"token_endpoint_auth_methods_supported",
		"token_endpoint_auth_signing_alg_values_supported",
		"request_object_signing_alg_values_supported",
		"authorization_signing_alg_values_supported",
		"dpop_signing_alg_values_supported",
		"id_token_signing_alg_values_supported",
		"response_modes_supported", "response_types_supported",
		"code_challenge_methods_supported", "scopes_supported",
		"acr_values_supported", "backchannel_logout_supported",
		"frontchannel_logout_supported" };
	json_t *ret = json_object(), *v;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((v = json_object_get(doc, names[i])) != NULL)
			json_object_set(ret, names[i], v);
	for (size_t i = 0; i < ENDPOINTS; i++)
		if ((v = json_object_get(doc, endpoints[i].name)) != NULL)
			json_object_set(ret, endpoints[i].name, v);
	return ret;
}

/* Takes the value. An empty text if memory is refused. */
static struct csn_str
text_of(struct provider *p, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);
	struct csn_str ret = STR("");

	if (text != NULL)
		ret = arena_str(&p->arena, str_from(text));
	free(text);
	json_decref(value);
	return ret;
}

/* ------------------------------------------------------------------ */
/* keys */

static json_t *
key_cut(const json_t *key)
{
	static const char *const names[] = { "kty", "kid", "use", "alg",
		"key_ops", "n", "e", "crv", "x", "y" };
	json_t *ret = json_object(), *v;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((v = json_object_get(key, names[i])) != NULL)
			json_object_set(ret, names[i], v);
	return ret;
}

/* A set that was read already: certificates and what else is in it go. */
static struct csn_str
keyset_cut(struct provider *p, struct csn_str text)
{
	json_t *doc, *keys = json_array(), *set = json_object();

	if (json_text_read(text, &json_document_caps, &doc) == REFUSAL_NONE) {
		const json_t *all = json_object_get(doc, "keys");

		for (size_t i = 0; i < json_array_size(all); i++)
			json_array_append_new(keys,
			    key_cut(json_array_get(all, i)));
		json_decref(doc);
	}
	json_object_set_new(set, "keys", keys);
	return text_of(p, set);
}

static int
keys_read(const struct round *r, struct csn_str text, struct provider *p)
{
	uint32_t algs = metadata_algs(&r->o->opt);
	enum refusal why;

	why = jwks_read(text, algs & ~JWS_HMAC, &p->keys);
	if (why != REFUSAL_NONE) {
		p->keys = NULL;
		refused(r, "key set", refusal_sentence(why));
		return -1;
	}
	if (jwks_usable(p->keys) == 0 && (algs & JWS_HMAC) == 0) {
		refused(r, "key set", "it has no key for the algorithms that "
		    "are accepted");
		return -1;
	}
	p->keyset = keyset_cut(p, text);
	return 0;
}

int
provider_make(const struct round *r, const struct metadata_source *s,
    struct provider **ret)
{
	struct provider *p = calloc(1, sizeof(*p));
	json_t *doc = NULL;
	int rc = -1;

	if (p == NULL)
		return -1;
	arena_init_tight(&p->arena, 2u << 20);
	atomic_store(&p->holds, 1);
	p->keys_ms = s->keys_ms;
	p->turn = s->turn;
	if (document_read(r, s->metadata, &doc) < 0 ||
	    endpoints_read(r, doc, p) < 0 || keys_read(r, s->keyset, p) < 0)
		goto out;
	p->iss_in_answer = flag_of(doc,
	    "authorization_response_iss_parameter_supported");
	p->par_required = flag_of(doc,
	    "require_pushed_authorization_requests");
	p->metadata = doc == NULL ? STR("") : text_of(p, document_cut(doc));
	if (p->arena.over)
		goto out;
	*ret = p;
	p = NULL;
	rc = 0;
out:
	json_decref(doc);
	provider_drop(p);
	return rc;
}
