/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_endpoint.c - P/f/FACTOR/ENDPOINT: a browser comes back, or a peer calls
 *
 * A round is bound to exchange, factor, endpoint, method and kind of event; a
 * mismatch changes nothing (security.md P2). It must never let a request
 * without our resume parameter touch an exchange.
 */
#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/url.h"
#include "session_keys.h"
#include "visit.h"

#define SERVE_TIME_MS	10000

struct endpoint_at {
	int factor;
	uint32_t index;
	const struct csn_endpoint *ep;
};

/* The path is matched by its raw bytes. */
static int
endpoint_find(struct visit *v, struct endpoint_at *ret)
{
	struct csn_str rest = v->rest, name;
	const struct csn_plugin *p;

	if (!str_cut(&rest, '/', &name) || rest.n == 0)
		return -1;
	ret->factor = conf_factor_find(v->conf, name);
	if (ret->factor < 0)
		return -1;
	p = v->gc->factors[ret->factor].plugin;
	for (size_t i = 0; i < p->nendpoints; i++)
		if (str_is(rest, p->endpoints[i].path)) {
			ret->index = (uint32_t)i;
			ret->ep = &p->endpoints[i];
			return 0;
		}
	return -1;
}

static bool
endpoint_takes(const struct visit *v, const struct csn_endpoint *ep)
{
	uint32_t need = v->post ? CSN_EP_POST : CSN_EP_GET;

	return (ep->flags & need) != 0 && v->in->body.n <= ep->max_bytes;
}

/* A form is read; other bodies go to the plugin as they are. */
static void
endpoint_form(struct visit *v)
{
	struct csn_str type = v->in->content_type;
	ptrdiff_t end = str_index(type, ';');

	if (end >= 0)
		type.n = (size_t)end;
	if (v->post && str_equal_fold(str_trim(type),
	    STR("application/x-www-form-urlencoded")) &&
	    form_parse(&v->arena, v->in->body, 64, &v->form) < 0)
		v->form = (struct csn_pairs){ NULL, 0 };
}

static struct csn_str
resume_value(struct visit *v, const struct csn_endpoint *ep)
{
	struct csn_str name = str_from(ep->resume_param), s;

	if (ep->resume_param == NULL)
		return str_of(NULL, 0);
	s = pairs_get(v->post ? v->form : v->query, name);
	return s;
}

/* The exchange whose current token this is: the cookies are few. */
static int
exchange_by_token(struct visit *v, struct csn_str token)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;
	struct buf b;
	int rc = -1;

	buf_init(&b, 64);
	if (token.n != 2 * EXCHANGE_TOKEN_LEN || hex_decode(&b, token) < 0)
		goto out;
	memcpy(v->round, b.p, sizeof(v->round));
	while (rc < 0 && cookie_next(v->in->cookies, &at, &name, &value)) {
		if (!str_starts(name, STR(COOKIE_EXCHANGE)) ||
		    visit_exchange_find(v, str_from_at(name,
		    sizeof(COOKIE_EXCHANGE) - 1)) < 0)
			continue;
		v->have_exchange = secret_equal(buf_str(&b),
		    str_of(v->x.token, sizeof(v->x.token))) ||
		    secret_equal(buf_str(&b), str_of(v->x.last,
		    sizeof(v->x.last)));
		rc = v->have_exchange ? 0 : -1;
	}
out:
	buf_free(&b);
	return rc;
}

static void
callback_take(struct visit *v)
{
	char key[2 + 2 * EXCHANGE_TOKEN_LEN + 1];
	struct buf b;
	int rc;

	buf_init_fixed(&b, key, sizeof(key));
	buf_puts(&b, "r/");
	hex_encode(&b, str_of(v->round, sizeof(v->round)));
	rc = store_put_new(v->gate->store, buf_str(&b), STR("1"),
	    v->x.expires_ms + SESSION_SKEW_MS, v->now_ms);
	if (rc == STORE_EXISTS) {
		if (!answer_again(v, v->round, 60000))
			page_done_already(v);
		return;
	}
	if (rc != STORE_OK) {
		page_trouble(v, "the store does not answer");
		return;
	}
	v->marked = true;
	round_submit(v, CSN_EV_CALLBACK);
}

static void
callback(struct visit *v)
{
	struct endpoint_at at;
	struct csn_str token;

	if (endpoint_find(v, &at) < 0) {
		page_unknown(v, 404);
		return;
	}
	token = resume_value(v, at.ep);
	if (exchange_by_token(v, token) < 0) {
		page_other_browser(v);
		return;
	}
	if (v->x.policy < 0) {
		page_expired(v);
		return;
	}
	/* the round that is over: its answer again */
	if (secret_equal(str_of(v->round, sizeof(v->round)),
	    str_of(v->x.last, sizeof(v->x.last)))) {
		if (!answer_again(v, v->round, 60000))
			page_done_already(v);
		return;
	}
	if (v->x.awaits != AWAITS_CALLBACK || v->x.factor != at.factor) {
		page_unknown(v, 400);
		return;
	}
	v->x.endpoint = at.index;
	visit_continue(v, v->x.factor, callback_take);
}

/* ------------------------------------------------------------------ */
/* serve(): metadata, messages of a peer */

struct ending { struct visit *v; bool failed; };

static void
end_found(void *arg, const uint8_t id[SESSION_ID_LEN])
{
	struct ending *e = arg;
	int rc = session_end(e->v->gate, id, e->v->now_ms);

	e->failed |= rc != STORE_OK && rc != STORE_ABSENT;
}

/* Scoped to the factor that asks. -1: some may still live, and the peer is to
 * ask again. */
static int
sessions_end(struct visit *v, const struct factor *f,
    const struct csn_reply *r)
{
	struct ending e = { .v = v };

	for (size_t i = 0; i < r->end_sessions.n; i++)
		e.failed |= session_keys_end(v->gate->store, f->cf->name,
		    r->end_sessions.v[i], v->now_ms, end_found, &e) !=
		    STORE_OK;
	if (r->end_sessions.n > 0)
		e.failed |= visit_audit(v, "sessions-ended-by-provider", "",
		    (int)f->index) < 0;
	return e.failed ? -1 : 0;
}

static void
serve_answer(struct visit *v, const struct factor *f,
    const struct verdict *r)
{
	v->view.kind = CSN_V_BODY;
	switch (r->verdict) {
	case CSN_DONE:
		v->view.status = sessions_end(v, f, &r->reply) == 0 ?
		    200 : 500;
		break;
	case CSN_DENY:
		v->view.status = 400;
		break;
	default:
		v->view.status = 500;
		break;
	}
	if (r->verdict != CSN_ERROR && r->reply.action == CSN_A_BODY) {
		v->view.content_type = r->reply.content_type;
		v->view.body = r->reply.body;
	}
	visit_answer(v);
}

static void
serve_run(struct visit *v)
{
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_ENDPOINT, .method = v->in->method,
	    .content_type = v->in->content_type, .body = v->in->body,
	    .raw_query = v->in->query, .client_ip = v->in->client,
	    .user_agent = v->in->user_agent, .language = v->language };
	struct endpoint_at at;
	struct csn_call c;
	struct verdict verdict;

	if (endpoint_find(v, &at) < 0) {
		page_unknown(v, 404);
		return;
	}
	req.endpoint = at.index;
	req.params = v->post ? v->form : v->query;
	call_begin(&c, &v->gate->call_host, &v->gc->factors[at.factor],
	    SERVE_TIME_MS);
	verdict_call(&c, VERDICT_SERVE, &req, &v->arena, &verdict);
	call_end(&c);
	serve_answer(v, &v->gc->factors[at.factor], &verdict);
}

void
visit_endpoint(struct visit *v)
{
	struct endpoint_at at;

	if (endpoint_find(v, &at) < 0 || !endpoint_takes(v, at.ep)) {
		page_unknown(v, 404);
		return;
	}
	endpoint_form(v);
	if (resume_value(v, at.ep).p != NULL)
		visit_continue(v, -1, callback);
	else
		visit_continue(v, at.factor, serve_run);
}
