/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_leave.c - leaving the providers too, after the session ended here
 *
 * Factor by factor with what each kept (design.md 2.5). While the browser is
 * away the rest of the chain waits in the store, sealed and for minutes, under
 * a key that is in its cookie only: what factors keep does not fit a cookie. A
 * browser that never comes back leaves nothing open, for all was over before.
 * It must never be what a session's end waits for.
 */
#include <openssl/sha.h>

#include "cookie.h"
#include "endpoint.h"
#include "leave.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "page.h"

#define LEAVE_LIFE_MS	600000
#define LEAVE_ROUNDS	6u	/* of one provider, back and forth */
#define KEY_LEN		16u

static void leave_next(struct visit *);

static int
leg_factor(const struct visit *v, const struct leave_leg *leg)
{
	int f = conf_factor_of(v->conf, leg->fingerprint);

	return f >= 0 && v->gc->factors[f].plugin->serve != NULL ? f : -1;
}

/* ------------------------------------------------------------------ */
/* away and back */

/* The store knows a hash of what the browser has. */
static void
leave_key(struct csn_str value, struct buf *ret)
{
	uint8_t md[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)value.p, value.n, md);
	buf_puts(ret, "o/");
	hex_encode(ret, str_of(md, sizeof(md)));
}

static struct csn_str
cookie_new(struct visit *v)
{
	uint8_t bytes[KEY_LEN];
	struct csn_str ret;
	struct buf b;

	secret_random(bytes, sizeof(bytes));
	buf_init(&b, 64);
	base64url_encode(&b, str_of(bytes, sizeof(bytes)));
	ret = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

/* Whether the browser comes back by another site's form. */
static bool
leave_cross_site(const struct visit *v, int factor)
{
	const struct csn_plugin *p = v->gc->factors[factor].plugin;
	const struct leave *l = v->leave;

	for (uint32_t i = 0; i < p->nendpoints; i++)
		if ((p->endpoints[i].flags & CSN_EP_LOGOUT) != 0 &&
		    (p->endpoints[i].flags & CSN_EP_CROSS_SITE) != 0 &&
		    endpoint_bound(l->endpoint, l->methods, i, true))
			return true;
	return false;
}

static int
leave_save(struct visit *v, int factor)
{
	struct csn_str value = cookie_new(v);
	struct buf key, plain, sealed;
	int rc = -1;

	buf_init(&key, 128);
	buf_init(&plain, STORE_VALUE_MAX / 2);
	buf_init(&sealed, STORE_VALUE_MAX);
	leave_key(value, &key);
	leave_pack(&plain, v->leave);
	if (value.n > 0 && !buf_failed(&plain) && seal_put(v->gate->sealer,
	    SEAL_RECORD, buf_str(&key), buf_str(&plain), &sealed) == 0 &&
	    store_put_new(v->gate->store, buf_str(&key), buf_str(&sealed),
	    v->now_ms + LEAVE_LIFE_MS, v->now_ms) == STORE_OK)
		rc = 0;
	if (rc == 0)
		visit_cookie(v, STR(COOKIE_LEAVE), value,
		    LEAVE_LIFE_MS / 1000, leave_cross_site(v, factor) ?
		    CSN_C_NONE : 0);
	buf_free(&key);
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

/* The chain of this browser's cookie; `key` gets its place in the store. */
static int
leave_load(struct visit *v, struct buf *key)
{
	struct csn_str value, copy = str_of(NULL, 0);
	struct buf sealed, plain;
	int rc = -1;

	v->leave = arena_alloc(&v->arena, sizeof(*v->leave));
	if (v->leave == NULL || cookie_values(v->in->cookies,
	    STR(COOKIE_LEAVE), &value, 1) != 1 ||
	    value.n != BASE64URL_LEN(KEY_LEN))
		return -1;
	memset(v->leave, 0, sizeof(*v->leave));
	buf_init(&sealed, STORE_VALUE_MAX);
	buf_init(&plain, STORE_VALUE_MAX);
	leave_key(value, key);
	if (store_get(v->gate->store, buf_str(key), v->now_ms, &sealed) ==
	    STORE_OK && seal_open(v->gate->sealer, SEAL_RECORD, buf_str(key),
	    buf_str(&sealed), &plain) == 0)
		copy = arena_str(&v->arena, buf_str(&plain));
	if (copy.p != NULL)
		rc = leave_unpack(copy, v->leave);
	buf_free(&sealed);
	buf_free(&plain);
	return rc;
}

bool
leave_under_way(struct visit *v)
{
	struct buf key;
	bool is;

	buf_init(&key, 128);
	is = leave_load(v, &key) == 0;
	buf_free(&key);
	v->leave = NULL;
	return is;
}

/* Of two who come back with one chain, one goes on. */
static bool
leave_take(struct visit *v, struct csn_str key)
{
	struct store_op op = { .kind = STORE_DELETE, .key = key };

	visit_cookie(v, STR(COOKIE_LEAVE), STR(""), 0, CSN_C_CLEAR);
	return store_batch(v->gate->store, &op, 1, v->now_ms) == STORE_OK &&
	    op.ret == STORE_OK;
}

/* ------------------------------------------------------------------ */
/* one factor after the other */

static void
leg_over(struct visit *v, bool confirmed)
{
	struct leave *l = v->leave;
	int factor = leg_factor(v, &l->legs[l->at]);

	if (!confirmed)
		l->unconfirmed = l->legs[l->at].fingerprint;
	visit_audit(v, "provider-logout", confirmed ? "confirmed" :
	    "not confirmed", factor);
	l->at++;
	l->rounds = 0;
	l->state = STR("");
	leave_next(v);
}

static void
leg_away(struct visit *v, int factor, const struct csn_reply *r)
{
	struct leave *l = v->leave;

	l->endpoint = r->back_at;
	l->methods = r->back_by;
	l->state = r->state;
	if (++l->rounds > LEAVE_ROUNDS || leave_save(v, factor) < 0)
		leg_over(v, false);
	else
		page_away(v, r, factor);
}

static void
leg_call(struct visit *v, int factor, struct csn_req *req)
{
	struct leave *l = v->leave;
	char resume[2 * EXCHANGE_TOKEN_LEN + 1];
	struct verdict r;
	struct buf b;

	secret_random(l->token, sizeof(l->token));
	buf_init_fixed(&b, resume, sizeof(resume));
	hex_encode(&b, str_of(l->token, sizeof(l->token)));
	req->event = CSN_EV_LOGOUT;
	req->resume = buf_str(&b);
	req->state = l->state;
	req->keep = l->legs[l->at].keep;
	req->realm = l->realm;
	req->subject = l->subject;
	serve_call(v, factor, req, &r);
	if (r.verdict == CSN_CONTINUE && (r.reply.action == CSN_A_REDIRECT ||
	    r.reply.action == CSN_A_POST))
		leg_away(v, factor, &r.reply);
	else
		leg_over(v, r.verdict == CSN_DONE);
}

static void
leg_begin(struct visit *v)
{
	struct csn_req req = { .endpoint = 0 };

	leg_call(v, leg_factor(v, &v->leave->legs[v->leave->at]), &req);
}

static void
leg_back(struct visit *v)
{
	struct csn_req req = { .endpoint = v->endpoint,
	    .body = v->in->body, .raw_query = v->in->query,
	    .params = endpoint_params(v) };

	leg_call(v, leg_factor(v, &v->leave->legs[v->leave->at]), &req);
}

static void
leave_over(struct visit *v)
{
	int factor = v->leave->unconfirmed == 0 ? -1 :
	    conf_factor_of(v->conf, v->leave->unconfirmed);

	page_logged_out(v, v->leave->everywhere, factor);
}

static void
leave_next(struct visit *v)
{
	struct leave *l = v->leave;

	/* what is configured otherwise today knows nothing of that keep */
	while (l->at < l->n && leg_factor(v, &l->legs[l->at]) < 0)
		l->at++;
	if (l->at == l->n)
		leave_over(v);
	else
		visit_continue(v, leg_factor(v, &l->legs[l->at]), leg_begin);
}

void
leave_begin(struct visit *v, const struct session *s, bool everywhere)
{
	struct leave *l = arena_alloc(&v->arena, sizeof(*l));

	if (l == NULL) {
		page_logged_out(v, everywhere, -1);
		return;
	}
	memset(l, 0, sizeof(*l));
	l->realm = s->person.realm_name;
	l->subject = s->person.subject;
	l->everywhere = everywhere;
	l->state = STR("");
	for (size_t i = 0; i < s->nextras; i++)
		if (s->extras[i].keep.n > 0)
			l->legs[l->n++] = (struct leave_leg){
			    s->extras[i].fingerprint, s->extras[i].keep };
	v->leave = l;
	leave_next(v);
}

/* ------------------------------------------------------------------ */
/* at an EP_LOGOUT endpoint */

static bool
leave_awaits(const struct visit *v, const struct endpoint_at *at,
    struct csn_str token)
{
	const struct leave *l = v->leave;
	char want[2 * EXCHANGE_TOKEN_LEN + 1];
	struct buf b;

	buf_init_fixed(&b, want, sizeof(want));
	hex_encode(&b, str_of(l->token, sizeof(l->token)));
	return secret_equal(buf_str(&b), token) &&
	    leg_factor(v, &l->legs[l->at]) == at->factor &&
	    endpoint_bound(l->endpoint, l->methods, at->index, v->post);
}

void
leave_return(struct visit *v, const struct endpoint_at *at,
    struct csn_str token)
{
	struct buf key;
	bool taken;

	buf_init(&key, 128);
	taken = leave_load(v, &key) == 0 && leave_awaits(v, at, token) &&
	    leave_take(v, buf_str(&key));
	buf_free(&key);
	if (taken)
		visit_continue(v, at->factor, leg_back);
	else
		serve_endpoint(v, at);
}

/* Nothing of a chain: what can be said truly. Another site's form brings no
 * session cookie, so that nothing is known then. */
static void
fallback_page(struct visit *v, uint32_t verdict)
{
	bool done = verdict == CSN_DONE;

	v->leave = NULL;
	if (v->post || verdict == CSN_ERROR)
		page_unknown(v, verdict == CSN_ERROR ? 500 :
		    done ? 200 : 400);
	else if (visit_session_find(v) == -1)
		page_logged_out(v, false, -1);
	else if (done && v->have_session)
		page_landing(v);
	else
		page_unknown(v, 400);
}

/* The provider let the browser go without our word, or with another: the chain
 * goes on, and says so. */
void
leave_fallback(struct visit *v, const struct endpoint_at *at, uint32_t verdict)
{
	struct buf key;
	bool goes;

	buf_init(&key, 128);
	goes = leave_load(v, &key) == 0 &&
	    leg_factor(v, &v->leave->legs[v->leave->at]) == at->factor &&
	    endpoint_bound(v->leave->endpoint, v->leave->methods, at->index,
	    v->post) && leave_take(v, buf_str(&key));
	buf_free(&key);
	if (goes)
		leg_over(v, false);
	else
		fallback_page(v, verdict);
}
