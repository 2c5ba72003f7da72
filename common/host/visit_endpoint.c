/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_endpoint.c - P/f/FACTOR/ENDPOINT: a browser comes back, or a peer calls
 *
 * A round is bound to exchange, factor, endpoint, method and kind of event; a
 * mismatch changes nothing (security.md P2). It must never let a request
 * without our resume parameter touch an exchange.
 */
#include "endpoint.h"
#include "familiar.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/url.h"

#define FORM_PAIRS	64u

/* The path is matched by its raw bytes. */
int
endpoint_find(struct visit *v, struct endpoint_at *ret)
{
	struct csn_str rest = v->rest, name;
	const struct csn_plugin *p;
	int factor;

	if (!str_cut(&rest, '/', &name) || rest.n == 0)
		return -1;
	factor = conf_factor_find(v->conf, name);
	if (factor < 0)
		return -1;
	p = v->gc->factors[factor].plugin;
	for (size_t i = 0; i < p->nendpoints; i++)
		if (str_is(rest, p->endpoints[i].path)) {
			ret->factor = factor;
			ret->index = (uint32_t)i;
			ret->ep = &p->endpoints[i];
			return 0;
		}
	return -1;
}

/* Told in the audit log, and on the page by a reference: for one address as
 * often as it may fail, since anybody can come here with anything. */
static void
answer_refused(struct visit *v, int factor, const char *why)
{
	if (v->have_client && !throttle_may_tell(v->gate->throttle, v->conf,
	    &v->client, v->now_ms))
		return;
	visit_reference(v);
	(void)visit_audit(v, "answer-refused", why, factor);
}

static void
answer_over(struct visit *v, int factor)
{
	answer_refused(v, factor, "P3: answered already");
	page_done_already(v);
}

static bool
endpoint_takes(const struct visit *v, const struct csn_endpoint *ep)
{
	uint32_t need = v->post ? CSN_EP_POST : CSN_EP_GET;

	return (ep->flags & need) != 0 && v->in->body.n <= ep->max_bytes;
}

/* A form is read, and must be one; other bodies go to the plugin as they
 * are. */
static int
endpoint_form(struct visit *v)
{
	struct csn_str type = v->in->content_type;
	ptrdiff_t end = str_index(type, ';');

	if (end >= 0)
		type.n = (size_t)end;
	if (!v->post || !str_equal_fold(str_trim(type),
	    STR("application/x-www-form-urlencoded")))
		return 0;
	return form_parse(&v->arena, v->in->body, FORM_PAIRS, &v->form);
}

struct csn_pairs
endpoint_params(const struct visit *v)
{
	return v->post ? v->form : v->query;
}

static struct csn_str
resume_value(struct visit *v, const struct csn_endpoint *ep)
{
	if (ep->resume_param == NULL)
		return str_of(NULL, 0);
	return pairs_get(endpoint_params(v), str_from(ep->resume_param));
}

static int
exchange_by_token(struct visit *v, struct csn_str token)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, 64);
	if (token.n == 2 * EXCHANGE_TOKEN_LEN && hex_decode(&b, token) == 0) {
		memcpy(v->round, b.p, sizeof(v->round));
		rc = visit_exchange_of_round(v);
	}
	buf_free(&b);
	return rc;
}

static void
callback_take(struct visit *v)
{
	struct buf key;
	int rc;

	buf_init(&key, 128);
	round_key(v, ROUND_USED, v->round, &key);
	rc = store_put_new(v->gate->store, buf_str(&key), STR("1"),
	    v->x.expires_ms + SESSION_SKEW_MS, v->now_ms);
	buf_free(&key);
	if (rc == STORE_EXISTS) {
		if (!answer_again(v, v->round, 60000))
			answer_over(v, v->x.factor);
		return;
	}
	if (rc != STORE_OK) {
		page_trouble(v, "the store does not answer");
		return;
	}
	v->marked = true;
	round_submit(v, CSN_EV_CALLBACK);
}

/* This endpoint, by this method, is where the round's answer comes. */
static bool
callback_awaited(const struct visit *v, const struct endpoint_at *at)
{
	return v->x.awaits == AWAITS_CALLBACK && v->x.factor == at->factor &&
	    endpoint_bound(v->x.endpoint, v->x.methods, at->index, v->post);
}

bool
endpoint_bound(uint32_t endpoint, uint32_t methods, uint32_t index, bool post)
{
	uint32_t by = post ? CSN_EP_POST : CSN_EP_GET;

	return (endpoint == 0 || endpoint == index + 1) &&
	    (methods == 0 || (methods & by) != 0);
}

/* A live session wins over an exchange that is not there. */
static void
callback_lost(struct visit *v, const struct endpoint_at *at)
{
	v->have_exchange = false;
	if (visit_session_find(v) == 0) {
		page_landing(v);
		return;
	}
	answer_refused(v, at->factor, v->lapsed ? "P2: expired" :
	    "P2: nothing here asked for it");
	if (v->lapsed)
		page_expired(v);
	else
		page_other_browser(v);
}

static void
callback_found(struct visit *v, const struct endpoint_at *at)
{
	visit_target_back(v);
	if (v->x.policy < 0) {
		answer_refused(v, at->factor, "P2: its policy is gone");
		page_expired(v);
		return;
	}
	/* the round that is over: its answer again */
	if (secret_equal(str_of(v->round, sizeof(v->round)),
	    str_of(v->x.last, sizeof(v->x.last)))) {
		if (!answer_again(v, v->round, 60000))
			answer_over(v, at->factor);
		return;
	}
	if (!callback_awaited(v, at)) {
		answer_refused(v, at->factor, "P2: awaited at another "
		    "endpoint, or by another method");
		page_unknown(v, 400);
		return;
	}
	visit_continue(v, v->x.factor, callback_take);
}

void
endpoint_resume(struct visit *v, const struct endpoint_at *at,
    struct csn_str token)
{
	int64_t until;

	/* the source's limit comes before everything else (P3) */
	if (familiar_source_over(v, &until))
		page_throttled(v, until);
	else if (exchange_by_token(v, token) == 0)
		callback_found(v, at);
	else if ((at->ep->flags & CSN_EP_LOGOUT) != 0)
		leave_return(v, at, token);
	else
		callback_lost(v, at);
}

static void
callback(struct visit *v)
{
	struct endpoint_at at;

	if (endpoint_find(v, &at) < 0) {
		page_unknown(v, 404);
		return;
	}
	endpoint_resume(v, &at, resume_value(v, at.ep));
}

/* ------------------------------------------------------------------ */
/* an answer that nobody asked for */

static bool
unsolicited_taken(const struct visit *v, const struct endpoint_at *at)
{
	return at->ep->resume_param != NULL &&
	    (at->ep->flags & CSN_EP_LOGOUT) == 0 &&
	    v->gc->factors[at->factor].unsolicited;
}

/* Where it says to go in the place of a round: to the letter an address that
 * the factor's option `unsolicited_targets` lists. NULL: it says no such. */
static struct csn_str
unsolicited_target(struct visit *v, const struct endpoint_at *at)
{
	const struct factor *f = &v->gc->factors[at->factor];
	struct csn_str said = resume_value(v, at->ep);

	if (said.p == NULL || !unsolicited_taken(v, at))
		return str_of(NULL, 0);
	for (size_t i = 0; i < f->unsolicited_targets.n; i++)
		if (str_equal(f->unsolicited_targets.v[i], said))
			return f->unsolicited_targets.v[i];
	return str_of(NULL, 0);
}

static int
unsolicited_policy(struct visit *v, const struct endpoint_at *at, int *ret)
{
	struct csn_str url = unsolicited_target(v, at);

	return url.p == NULL ? visit_target_default(v, at->factor, ret) :
	    visit_target_named(v, url, at->factor, ret);
}

/* With another site's form no session's cookie comes along, and whether there
 * is one cannot be told: a page of ours sends it on. */
static bool
unsolicited_blind(const struct visit *v)
{
	return v->post && v->form.n > 0 && !visit_same_origin(v);
}

/*
 * A login of its own, without history, for the application that it names, or
 * the first that this factor may begin. It never replaces a live session,
 * enrols nothing, and is not fresh (security.md P2): round_grant.c and
 * exchange.c see to it.
 */
static void
unsolicited(struct visit *v)
{
	struct endpoint_at at;
	int policy;

	if (visit_session_find(v) != -1) {
		if (v->have_session)
			page_landing(v);
		else
			page_trouble(v, "a session cannot be asked about");
		return;
	}
	if (endpoint_find(v, &at) < 0 ||
	    unsolicited_policy(v, &at, &policy) < 0) {
		page_unknown(v, 404);
		return;
	}
	visit_target_set(v);
	exchange_begin(&v->x, v->conf, (unsigned)policy, v->now_ms);
	v->have_exchange = true;
	v->x.unsolicited = true;
	v->x.factor = at.factor;
	v->x.fingerprint = v->conf->factors[at.factor].fingerprint;
	round_submit(v, CSN_EV_UNSOLICITED);
}

/* ------------------------------------------------------------------ */

/* Who calls is no browser, or one that shows us in a frame: what it sends of
 * ours is not looked at. */
static bool
cookies_strip(struct visit *v)
{
	struct csn_visit *bare = arena_alloc(&v->arena, sizeof(*bare));

	if (bare == NULL)
		return false;
	*bare = *v->in;
	bare->cookies = (struct csn_strs){ NULL, 0 };
	v->in = bare;
	return true;
}

/* A peer gets its answer from the plugin, in the form of its standard: it sees
 * none then. */
static bool
parameters_good(struct visit *v, const struct csn_endpoint *ep)
{
	if (endpoint_form(v) == 0)
		return !v->malformed;
	v->form = (struct csn_pairs){ NULL, 0 };
	return (ep->flags & CSN_EP_BACK_CHANNEL) != 0 && !v->malformed;
}

void
visit_endpoint(struct visit *v)
{
	struct endpoint_at at;
	bool bare;

	v->set_language = false;
	if (endpoint_find(v, &at) < 0 || !endpoint_takes(v, at.ep)) {
		page_unknown(v, 404);
		return;
	}
	v->endpoint = at.index;
	bare = (at.ep->flags & (CSN_EP_BACK_CHANNEL | CSN_EP_FRAMED)) != 0;
	if (!parameters_good(v, at.ep)) {
		answer_refused(v, at.factor, "P2: a parameter twice, or none "
		    "that can be read");
		page_unknown(v, 400);
	} else if (bare && !cookies_strip(v))
		page_unknown(v, 400);
	else if (!bare && resume_value(v, at.ep).p != NULL &&
	    unsolicited_target(v, &at).p == NULL)
		visit_continue(v, -1, callback);
	else if (unsolicited_taken(v, &at) && unsolicited_blind(v))
		page_again(v);
	else if (unsolicited_taken(v, &at))
		visit_continue(v, at.factor, unsolicited);
	else
		serve_endpoint(v, &at);
}
