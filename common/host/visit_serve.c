/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_serve.c - requests that the plugin itself answers: metadata, messages
 * of a peer, logins that begin elsewhere
 *
 * What a reply names is ended before the answer leaves, and only what is the
 * factor's own. It must never let serve() say who somebody is.
 */
#include "endpoint.h"
#include "familiar.h"
#include "lib/url.h"
#include "page.h"
#include "session_keys.h"

#define SERVE_TIME_MS	10000

/* Anybody may send what is refused here, by a browser, and the plugin tells
 * why: for one address as often as it may fail (P2). What is good is told in
 * any case, but beside such masses. A peer has a budget instead. */
static bool
by_anybody(const struct visit *v, int factor, const struct csn_req *req)
{
	return req->event == CSN_EV_ENDPOINT && v->have_client &&
	    (v->gc->factors[factor].plugin->endpoints[req->endpoint].flags &
	    CSN_EP_BACK_CHANNEL) == 0;
}

/* A message that is good once is used up by what it was for: whatever fails
 * before that, its sender may send it again. */
static void
used_keep(struct visit *v, const struct store_op *op)
{
	v->used = *op;
	v->used.key = arena_str(&v->arena, op->key);
	v->used.before = arena_str(&v->arena, op->before);
	v->used.value = arena_str(&v->arena, op->value);
}

static bool
used_up(struct visit *v)
{
	int rc = STORE_OK;

	if (v->used.key.n > 0)
		rc = store_batch(v->gate->store, &v->used, 1, v->now_ms);
	/* the same message twice at once: the other one was first */
	return rc == STORE_OK || rc == STORE_STALE;
}

void
serve_call(struct visit *v, int factor, struct csn_req *req,
    struct verdict *ret)
{
	bool anybody = by_anybody(v, factor, req);
	struct csn_call c;

	req->struct_size = sizeof(*req);
	req->method = v->in->method;
	req->content_type = v->in->content_type;
	req->client_ip = v->in->client;
	req->user_agent = v->in->user_agent;
	req->language = v->language;
	call_begin(&c, &v->gate->call_host, &v->gc->factors[factor],
	    SERVE_TIME_MS);
	c.quiet = anybody && throttle_told_enough(v->gate->throttle, v->conf,
	    &v->client, v->now_ms);
	c.takes_along = req->event == CSN_EV_ENDPOINT;
	c.reference = visit_reference_of_call(v);
	verdict_call(&c, VERDICT_SERVE, req, &v->arena, ret);
	used_keep(v, &c.along);
	if (anybody && (ret->verdict == CSN_DENY || ret->verdict == CSN_ERROR))
		(void)throttle_may_tell(v->gate->throttle, v->conf,
		    &v->client, v->now_ms);
	if (anybody && c.costly)
		familiar_source_asked(v);
	call_end(&c);
}

struct ending { struct visit *v; bool failed; size_t n; };

static void
end_found(void *arg, const uint8_t id[SESSION_ID_LEN])
{
	struct ending *e = arg;
	int rc = session_end(e->v->gate, id, e->v->now_ms);

	e->failed |= rc != STORE_OK && rc != STORE_ABSENT;
	e->n++;
}

/* A frame's message is nobody's word: whoever knows a session's name at the
 * provider may end it, who does not writes nothing, neither to the store nor
 * to the audit log, and has a number of tries (security.md S6, S10). */
static bool
in_frame(const struct visit *v, int factor)
{
	return v->route == ROUTE_ENDPOINT && (v->gc->factors[factor].plugin->
	    endpoints[v->endpoint].flags & CSN_EP_FRAMED) != 0;
}

int
serve_end_sessions(struct visit *v, int factor, const struct csn_reply *r)
{
	bool framed = in_frame(v, factor);
	struct ending e = { .v = v };

	for (size_t i = 0; i < r->end_sessions.n; i++)
		e.failed |= (framed ? session_keys_end_known :
		    session_keys_end)(v->gate->store,
		    v->conf->factors[factor].name, r->end_sessions.v[i],
		    v->now_ms, end_found, &e) != STORE_OK;
	if (framed && e.n == 0)
		throttle_budget_spend(v->gate->throttle, v->conf, &v->client,
		    v->now_ms);
	else if (r->end_sessions.n > 0)
		e.failed |= visit_audit(v, "sessions-ended-by-provider", "",
		    factor) < 0;
	return e.failed || !used_up(v) ? -1 : 0;
}

/* A login that begins at the provider, or at a page of its own: the target is
 * judged as any that is given in the open (security.md S11), and /login does
 * the rest: a live session wins there. */
static void
login_begin(struct visit *v, int factor, const struct csn_reply *r)
{
	struct target target;
	struct csn_str url;
	struct buf b;

	buf_init(&b, 0);
	buf_str_put(&b, v->conf->public_url);
	buf_puts(&b, "/login?");
	form_add(&b, STR("with"), v->conf->factors[factor].name);
	if (r->hint.n > 0)
		form_add(&b, STR(FIELD_HINT), r->hint);
	if (r->url.n > 0) {
		if (target_judge(&v->arena, v->gc->index, r->url, &target) <
		    0) {
			buf_free(&b);
			page_unknown(v, 400);
			return;
		}
		target.made_ms = v->now_ms;
		buf_puts(&b, "&" FIELD_TARGET "=");
		target_seal(&b, v->gate->sealer, v->conf, &target);
	}
	url = buf_failed(&b) ? STR("") : arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	visit_redirect(v, url);
}

static void
answer_on(struct visit *v, const struct endpoint_at *at,
    const struct csn_reply *r)
{
	if (serve_end_sessions(v, at->factor, r) < 0) {
		page_trouble(v, "sessions could not be ended");
		return;
	}
	switch (r->action) {
	case CSN_A_REDIRECT:
	case CSN_A_POST:
		page_away(v, r, at->factor);
		return;
	case CSN_A_RESUME:
		endpoint_resume(v, at, r->resume);
		return;
	case CSN_A_LOGIN:
		login_begin(v, at->factor, r);
		return;
	default:
		page_unknown(v, 500);
		return;
	}
}

/* Framed only where it was declared, by the places that the configuration
 * names. */
static void
frame_open(struct visit *v, const struct endpoint_at *at)
{
	if ((at->ep->flags & CSN_EP_FRAMED) == 0)
		return;
	v->view.framed = 1;
	v->view.page.form_origins = v->gc->factors[at->factor].origins;
}

static void
answer_body(struct visit *v, const struct endpoint_at *at,
    const struct verdict *r)
{
	v->view.kind = CSN_V_BODY;
	switch (r->verdict) {
	case CSN_DONE:
		v->view.status = serve_end_sessions(v, at->factor,
		    &r->reply) == 0 ? 200 : 500;
		break;
	case CSN_DENY:
		v->view.status = 400;
		break;
	default:
		v->view.status = 500;
		break;
	}
	if (v->view.status != 500 && r->reply.action == CSN_A_BODY) {
		v->view.content_type = r->reply.content_type;
		v->view.body = r->reply.body;
	}
	frame_open(v, at);
	visit_answer(v);
}

/* Whoever shows no session of ours has a number of bad messages to send
 * (security.md S10): each may cost a verification, and a line of the log. A
 * peer shows none ever; a browser at a provider's logout may, or that it is on
 * its way through ours. */
static bool
is_stranger(struct visit *v, const struct endpoint_at *at)
{
	bool ours;

	if ((at->ep->flags & CSN_EP_BACK_CHANNEL) != 0 ||
	    in_frame(v, at->factor))
		return true;
	if ((at->ep->flags & CSN_EP_LOGOUT) == 0)
		return false;
	ours = visit_session_find(v) == 0 || leave_under_way(v);
	/* the message may be about somebody else */
	v->have_session = false;
	return !ours;
}

static bool
budget_spent(struct visit *v, const struct endpoint_at *at)
{
	int64_t until;

	if (!throttle_budget_over(v->gate->throttle, v->conf, &v->client,
	    v->now_ms, &until))
		return false;
	if ((at->ep->flags & CSN_EP_LOGOUT) != 0) {
		page_throttled(v, until);
		return true;
	}
	v->view.kind = CSN_V_BODY;
	v->view.status = 429;
	v->view.retry_after_s = (until - v->now_ms + 999) / 1000;
	visit_answer(v);
	return true;
}

static void
serve_run(struct visit *v)
{
	struct csn_req req = { .event = CSN_EV_ENDPOINT,
	    .body = v->in->body, .raw_query = v->in->query };
	struct endpoint_at at;
	struct verdict r;
	bool back, stranger;
	int64_t until;

	if (endpoint_find(v, &at) < 0) {
		page_unknown(v, 404);
		return;
	}
	back = (at.ep->flags & CSN_EP_BACK_CHANNEL) != 0;
	stranger = is_stranger(v, &at);
	if (stranger && budget_spent(v, &at))
		return;
	/* where rounds come back as well: it may cost a private key's work */
	if (at.ep->resume_param != NULL &&
	    (at.ep->flags & CSN_EP_LOGOUT) == 0 &&
	    familiar_source_over(v, &until)) {
		page_throttled(v, until);
		return;
	}
	req.endpoint = at.index;
	req.params = endpoint_params(v);
	serve_call(v, at.factor, &req, &r);
	if ((back && r.verdict != CSN_DONE) || (stranger &&
	    (at.ep->flags & CSN_EP_LOGOUT) != 0 && r.verdict == CSN_DENY))
		throttle_budget_spend(v->gate->throttle, v->conf, &v->client,
		    v->now_ms);
	if (r.verdict == CSN_CONTINUE && !back)
		answer_on(v, &at, &r.reply);
	else if ((at.ep->flags & CSN_EP_LOGOUT) != 0 &&
	    r.reply.action == 0 && r.verdict != CSN_CONTINUE) {
		if (r.verdict == CSN_DONE &&
		    serve_end_sessions(v, at.factor, &r.reply) < 0)
			page_trouble(v, "sessions could not be ended");
		else
			leave_fallback(v, &at, r.verdict);
	} else {
		answer_body(v, &at, &r);
	}
}

void
serve_endpoint(struct visit *v, const struct endpoint_at *at)
{
	const struct csn_plugin *p = v->gc->factors[at->factor].plugin;

	/* a frame sends no cookie of ours: without the session's name at the
	 * provider it could only mean all, or nobody (security.md S10) */
	if (p->serve == NULL || ((at->ep->flags & CSN_EP_FRAMED) != 0 &&
	    pairs_get(endpoint_params(v), STR("sid")).n == 0))
		page_unknown(v, 400);
	else
		visit_continue(v, at->factor, serve_run);
}
