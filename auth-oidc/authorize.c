/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * authorize.c - the authorization request (OIDC Core 3.1.2.1, RFC 7636 4.3,
 * RFC 9700 2.1)
 *
 * state is the host's token of this round; verifier and nonce stay behind in
 * the sealed state. It must never take a parameter from the browser but the
 * hint who the person may be.
 */
#include "authorize.h"

#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"

#include "bound.h"
#include "pushed.h"
#include "request_claims.h"
#include "state.h"
#include "texts.h"

#define WAIT_MS		1000	/* the first */
#define WAIT_MOST_MS	8000
#define WAITS_MS	30000	/* together */

/* Soon at first, then more and more seldom: each look is a round, which counts
 * for its address as what is no try, and many may wait behind one (security.md
 * P4). The last one is when the time is up. */
static uint32_t
wait_for(int64_t waited)
{
	int64_t ms = WAIT_MS + waited / 2, rest = WAITS_MS + WAIT_MS - waited;

	if (ms > WAIT_MOST_MS)
		ms = WAIT_MOST_MS;
	if (ms > rest)
		ms = rest;
	return (uint32_t)(ms < WAIT_MS ? WAIT_MS : ms);
}

static enum outcome
authorize_wait(struct round *r, struct state *s)
{
	r->o->host->refresh_soon(r->call);
	if (s->waiting_ms == 0)
		s->waiting_ms = r->now_ms;
	if (r->now_ms - s->waiting_ms > WAITS_MS)
		return round_trouble(r, "provider-unknown", STR("its metadata "
		    "or keys could not be fetched"));
	if (state_write(r, s, &r->reply->state) < 0)
		return OUTCOME_ERROR;
	r->reply->action = CSN_A_WAIT;
	r->reply->wait_ms = wait_for(r->now_ms - s->waiting_ms);
	r->reply->message = STR(TEXT_WAIT);
	return OUTCOME_AGAIN;
}

/* ------------------------------------------------------------------ */
/* the parameters */

static void
list_add(const struct round *r, struct params *p, const char *name,
    struct csn_strs list)
{
	struct buf b;

	buf_init(&b, 8192);
	for (size_t i = 0; i < list.n; i++) {
		if (i > 0)
			buf_char(&b, ' ');
		buf_str_put(&b, list.v[i]);
	}
	params_add(p, name, arena_str(r->arena, buf_str(&b)));
	buf_free(&b);
}

/* A name is a hint, and somebody else's words: plain and short, or not. */
static void
hint_add(const struct round *r, struct params *p)
{
	struct csn_str hint = r->req->subject.n > 0 ? r->req->subject :
	    r->req->hint;

	if (r->o->opt.num[OPT_LOGIN_HINT] == 1 && hint.n > 0 &&
	    hint.n <= 255 && text_plain(hint))
		params_add(p, "login_hint", hint);
	if (r->o->opt.num[OPT_UI_LOCALES] == 1 && r->req->language.n <= 35 &&
	    text_plain(r->req->language))
		params_add(p, "ui_locales", r->req->language);
}

/* What the policy's `fresh` and the factor's max_age demand: the younger. */
static int64_t
max_age_wanted(const struct round *r)
{
	int64_t age = r->o->opt.val[OPT_MAX_AGE] != 0 ?
	    r->o->opt.num[OPT_MAX_AGE] : -1;

	if (r->req->fresh_s != 0 && (age < 0 || r->req->fresh_s < age))
		age = r->req->fresh_s;
	return age;
}

static void
demands_add(const struct round *r, struct params *p, struct state *s)
{
	const struct options *o = &r->o->opt;
	char digits[24];
	struct buf b;

	s->max_age_s = max_age_wanted(r);
	if (s->max_age_s >= 0) {
		buf_init_fixed(&b, digits, sizeof(digits));
		buf_decimal(&b, s->max_age_s);
		params_add(p, "max_age", buf_str(&b));
	}
	list_add(r, p, "prompt", o->list[OPT_PROMPT]);
	if (str_is(o->text[OPT_ACR_CLAIM], "acr"))
		list_add(r, p, "acr_values", o->list[OPT_ACR_VALUES]);
	params_add(p, "claims", request_claims(r));
}

static const char *
mode_word(const struct options *o)
{
	switch ((enum response_mode)o->num[OPT_RESPONSE_MODE]) {
	case MODE_QUERY:
		return NULL;		/* the default of the code flow */
	case MODE_FORM_POST:
		return "form_post";
	case MODE_QUERY_JWT:
		return "query.jwt";
	case MODE_FORM_POST_JWT:
		return "form_post.jwt";
	}
	return NULL;
}

static int
request_fill(struct round *r, struct params *p, struct state *s)
{
	const struct options *o = &r->o->opt;
	bool code = o->num[OPT_RESPONSE_TYPE] == RESPONSE_CODE;
	struct csn_str challenge = state_challenge(r, s);
	struct csn_str nonce = state_nonce(r, s);

	if (challenge.p == NULL || nonce.p == NULL)
		return -1;
	params_add(p, "client_id", o->text[OPT_CLIENT_ID]);
	params_add(p, "response_type", code ? STR("code") : STR("id_token"));
	params_add(p, "redirect_uri", o->redirect_uri);
	params_add(p, "scope", o->scope);
	params_add(p, "state", r->req->resume);
	params_add(p, "nonce", nonce);
	if (code) {
		params_add(p, "code_challenge", challenge);
		params_add(p, "code_challenge_method", STR("S256"));
	}
	params_add(p, "response_mode", str_from(mode_word(o)));
	demands_add(r, p, s);
	hint_add(r, p);
	for (size_t i = 0; i < o->map[OPT_PARAMETERS].n; i++)
		params_add(p, o->map[OPT_PARAMETERS].v[i].name.p,
		    o->map[OPT_PARAMETERS].v[i].value);
	return 0;
}

/* ------------------------------------------------------------------ */

static bool
comes_by_post(const struct options *o)
{
	return o->num[OPT_RESPONSE_MODE] == MODE_FORM_POST ||
	    o->num[OPT_RESPONSE_MODE] == MODE_FORM_POST_JWT;
}

static enum outcome
request_send(struct round *r, struct params *p, const struct state *s)
{
	enum outcome trouble = OUTCOME_AGAIN;
	struct csn_str url;

	if (pushed_wanted(r) || r->o->opt.num[OPT_REQUEST_OBJECT] == 1)
		trouble = pushed_request(r, p, &url);
	else
		url = params_url(p, r, r->p->authorization);
	if (trouble != OUTCOME_AGAIN)
		return trouble;
	if (url.p == NULL || url.n > URL_MAX)
		return round_trouble(r, "request-too-long", STR(""));
	r->reply->action = CSN_A_REDIRECT;
	r->reply->back_at = 1;
	r->reply->back_by = comes_by_post(&r->o->opt) ? CSN_EP_POST :
	    CSN_EP_GET;
	r->reply->url = round_copy(r, url);
	if (r->reply->url.p == NULL ||
	    state_write(r, s, &r->reply->state) < 0)
		return OUTCOME_ERROR;
	return OUTCOME_AGAIN;
}

/* With DPoP each login has a key of its own from here on. */
static int
dpop_begin(struct round *r, struct state *s)
{
	if (r->o->opt.num[OPT_DPOP] == 0)
		return 0;
	if (bound_key_make(r) < 0)
		return -1;
	s->has_dpop = true;
	memcpy(s->dpop, r->dpop, sizeof(s->dpop));
	return 0;
}

enum outcome
authorize_begin(struct round *r)
{
	enum outcome outcome;
	struct params *p;
	struct state s;

	if (state_read(r, &s) < 0)
		return OUTCOME_ERROR;
	r->p = provider_hold(r);
	if (r->p == NULL)
		return authorize_wait(r, &s);
	state_begin(r, &s);
	p = params_new();
	if (p == NULL || dpop_begin(r, &s) < 0 || request_fill(r, p, &s) < 0)
		outcome = round_trouble(r, "memory", STR(""));
	else
		outcome = request_send(r, p, &s);
	params_free(p);
	secret_wipe(&s, sizeof(s));
	return outcome;
}
