/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * bound.c - proofs on requests, and a second try for a nonce
 *
 * The second try is the only one, and only for a nonce: whatever else a
 * provider answers is final.
 */
#include <pthread.h>
#include <stdlib.h>

#include "bound.h"
#include "client_auth.h"
#include "json.h"

#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"

#define NONCES_MAX	4u	/* places: token, resource, and two */
#define NONCE_BYTES	512u
#define ORIGIN_BYTES	300u

struct nonces {
	pthread_mutex_t lock;
	unsigned next;
	struct {
		char origin[ORIGIN_BYTES], nonce[NONCE_BYTES];
	} v[NONCES_MAX];
};

struct nonces *
nonces_new(void)
{
	struct nonces *n = calloc(1, sizeof(*n));

	if (n != NULL)
		pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
nonces_free(struct nonces *n)
{
	if (n != NULL)
		pthread_mutex_destroy(&n->lock);
	free(n);
}

static int
origin_put(struct csn_str url, char ret[ORIGIN_BYTES])
{
	struct url u;
	struct buf b;

	if (url_parse(url, &u) < 0)
		return -1;
	buf_init_fixed(&b, ret, ORIGIN_BYTES);
	url_origin(&b, &u);
	return buf_failed(&b) ? -1 : 0;
}

/* A copy in the round's arena, or empty. */
static struct csn_str
nonce_get(const struct round *r, struct csn_str url)
{
	struct nonces *n = r->o->nonces;
	struct csn_str ret = STR("");
	char origin[ORIGIN_BYTES];

	if (origin_put(url, origin) < 0)
		return ret;
	pthread_mutex_lock(&n->lock);
	for (unsigned i = 0; i < NONCES_MAX; i++)
		if (strcmp(n->v[i].origin, origin) == 0)
			ret = arena_str(r->arena, str_from(n->v[i].nonce));
	pthread_mutex_unlock(&n->lock);
	return ret;
}

static void
nonce_put(struct nonces *n, const char *origin, struct csn_str nonce)
{
	unsigned at = NONCES_MAX;

	for (unsigned i = 0; i < NONCES_MAX; i++)
		if (strcmp(n->v[i].origin, origin) == 0)
			at = i;
	if (at == NONCES_MAX)
		at = n->next++ % NONCES_MAX;
	memcpy(n->v[at].origin, origin, ORIGIN_BYTES);
	memcpy(n->v[at].nonce, nonce.p, nonce.n);
	n->v[at].nonce[nonce.n] = '\0';
}

/* RFC 9449 8: NQCHAR. Whether the answer brought one. */
static bool
nonce_keep(const struct round *r, struct csn_str url,
    const struct fetched *got)
{
	struct csn_str nonce = pairs_get(got->headers, STR("dpop-nonce"));
	char origin[ORIGIN_BYTES] = "";

	if (nonce.n == 0 || nonce.n >= NONCE_BYTES || !text_plain(nonce) ||
	    origin_put(url, origin) < 0)
		return false;
	pthread_mutex_lock(&r->o->nonces->lock);
	nonce_put(r->o->nonces, origin, nonce);
	pthread_mutex_unlock(&r->o->nonces->lock);
	return true;
}

/* ------------------------------------------------------------------ */
/* a login's own key */

int
bound_key_make(struct round *r)
{
	for (int i = 0; i < 8 && r->dpop_key == NULL; i++) {
		r->o->host->random(r->call, r->dpop, DPOP_KEY);
		r->dpop_key = dpop_key_read(r->dpop);
	}
	return r->dpop_key == NULL ? -1 : 0;
}

int
bound_key_take(struct round *r, struct csn_str secret)
{
	if (secret.n != DPOP_KEY || r->dpop_key != NULL)
		return -1;
	memcpy(r->dpop, secret.p, DPOP_KEY);
	r->dpop_key = dpop_key_read(r->dpop);
	return r->dpop_key == NULL ? -1 : 0;
}

void
bound_key_drop(struct round *r)
{
	EVP_PKEY_free(r->dpop_key);
	r->dpop_key = NULL;
	secret_wipe(r->dpop, sizeof(r->dpop));
}

static int
proof_add(const struct round *r, struct fetch *f, const char *method,
    struct csn_str token)
{
	struct csn_str proof = STR("");
	struct jws_signer signer = { .host = r->o->host, .call = r->call,
	    .own = r->dpop_key, .alg = JWS_ES256, .kid = STR(""),
	    .x5t_s256 = STR("") };
	struct buf b;

	if (r->o->opt.num[OPT_DPOP] == 0)
		return 0;
	if (signer.own == NULL)		/* the login began without dpop */
		return -1;
	buf_init(&b, JWS_BYTES_MAX);
	if (jws_make_dpop(&signer, str_from(method), f->url,
	    nonce_get(r, f->url), token, &b) == 0)
		proof = arena_str(r->arena, buf_str(&b));
	buf_free(&b);
	if (proof.n == 0)
		return -1;
	fetch_header(f, "DPoP", proof);
	return 0;
}

/* ------------------------------------------------------------------ */

static int32_t
send_once(const struct round *r, const struct fetch *wanted,
    const struct params *base, struct fetched *ret)
{
	struct params *p = params_copy(base);
	struct fetch f = *wanted;
	int32_t rc = CSN_E_INVALID;

	if (p == NULL)
		return CSN_E_LIMIT;
	if (client_auth_add(r, p, &f) == 0 &&
	    proof_add(r, &f, "POST", STR("")) == 0) {
		f.body = params_form(p, r);
		if (f.body.p != NULL)
			rc = fetch_send(r, &f, ret);
	}
	params_free(p);
	return rc;
}

int32_t
bound_send(const struct round *r, const struct fetch *f,
    const struct params *p, struct fetched *ret)
{
	int32_t rc = send_once(r, f, p, ret);

	if (rc == CSN_OK && r->o->opt.num[OPT_DPOP] == 1 &&
	    nonce_keep(r, f->url, ret) &&
	    (ret->status == 400 || ret->status == 401) &&
	    str_is(bound_error_code(r, ret), "use_dpop_nonce")) {
		rc = send_once(r, f, p, ret);
		if (rc == CSN_OK)
			(void)nonce_keep(r, f->url, ret);
	}
	return rc;
}

static int32_t
get_once(const struct round *r, const struct fetch *wanted,
    struct csn_str token, struct fetched *ret)
{
	struct fetch f = *wanted;
	struct csn_str header;

	header = arena_printf(r->arena, "%s %.*s",
	    r->o->opt.num[OPT_DPOP] == 1 ? "DPoP" : "Bearer",
	    STR_FMT(token));
	if (header.p == NULL)
		return CSN_E_LIMIT;
	f.certificate = r->o->opt.num[OPT_CERT_BOUND] == 1;
	fetch_header(&f, "Authorization", header);
	if (proof_add(r, &f, "GET", token) < 0)
		return CSN_E_INVALID;
	return fetch_send(r, &f, ret);
}

int32_t
bound_get(const struct round *r, const struct fetch *f, struct csn_str token,
    struct fetched *ret)
{
	int32_t rc = get_once(r, f, token, ret);

	if (rc == CSN_OK && r->o->opt.num[OPT_DPOP] == 1 &&
	    nonce_keep(r, f->url, ret) && ret->status == 401 &&
	    str_find(pairs_get(ret->headers, STR("www-authenticate")),
	    STR("use_dpop_nonce")) >= 0)
		rc = get_once(r, f, token, ret);
	return rc;
}

/* ------------------------------------------------------------------ */

struct csn_str
bound_error_code(const struct round *r, const struct fetched *got)
{
	struct csn_str code, ret = STR("");
	json_t *doc;

	if (!str_equal_fold(got->type, STR("application/json")) ||
	    json_text_read(got->body, &json_token_caps, &doc) != REFUSAL_NONE)
		return ret;
	if (json_member_text(doc, "error", &code) == MEMBER_GOOD &&
	    code.n <= 100 && text_plain(code))
		ret = arena_str(r->arena, code);
	json_decref(doc);
	return ret;
}

enum outcome
bound_error(const struct round *r, const char *what,
    const struct fetched *got)
{
	struct csn_str code = bound_error_code(r, got);
	const char *why;

	why = arena_printf(r->arena, "%s-%s", what, str_is(code,
	    "invalid_grant") ? "invalid-grant" : "failed").p;
	if (str_is(code, "invalid_grant"))
		return round_refuse(r, CSN_R_PROTOCOL, why, STR(""));
	if (code.n == 0)
		code = arena_printf(r->arena, "status %u, %.80s",
		    got->status, got->type.n > 0 ? got->type.p : "no type");
	return round_trouble(r, why, code);
}
