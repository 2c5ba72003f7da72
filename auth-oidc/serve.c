/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * serve.c - our endpoints, each to its file
 *
 * Whoever calls here has proved nothing.
 */
#include "serve.h"

#include "back_channel.h"
#include "callback.h"
#include "endpoints.h"
#include "keys.h"
#include "leave.h"

#include "lib/text.h"

/* A callback without state of its own: a signed response has it inside, and
 * belongs to that exchange; all else belongs to nobody. */
static enum outcome
callback_resume(const struct round *r)
{
	struct csn_str response = pairs_get(r->req->params, STR("response"));
	enum refusal why;

	/* nobody else's is opened: it may cost a private key's work */
	if (response.n == 0 || !callback_signed(r))
		return round_refuse(r, CSN_R_PROTOCOL, "answer-state-missing",
		    STR(""));
	why = callback_state(r, response, &r->reply->resume);
	if (why != REFUSAL_NONE)
		return round_refuse_for(r, why, "response");
	if (r->reply->resume.n == 0)
		return round_refuse(r, CSN_R_PROTOCOL,
		    "response-state-missing", STR(""));
	r->reply->action = CSN_A_RESUME;
	return OUTCOME_AGAIN;
}

/* OIDC Core 4: only who it is for, and where to; never how. */
static enum outcome
login_begin(const struct round *r)
{
	struct csn_str iss = pairs_get(r->req->params, STR("iss"));
	struct csn_str hint = pairs_get(r->req->params, STR("login_hint"));
	struct csn_str target = pairs_get(r->req->params,
	    STR("target_link_uri"));

	if (r->o->opt.num[OPT_INITIATED_LOGIN] == 0)
		return round_refuse(r, CSN_R_PROTOCOL,
		    "initiated-login-not-configured", STR(""));
	if (!str_equal(iss, r->o->opt.text[OPT_ISSUER]))
		return round_refuse(r, CSN_R_PROTOCOL,
		    "initiated-login-iss-wrong", STR(""));
	r->reply->action = CSN_A_LOGIN;
	r->reply->url = target.n > 0 ? target : STR("");
	if (hint.n > 0 && hint.n <= 255 && text_plain(hint))
		r->reply->hint = hint;
	return OUTCOME_AGAIN;
}

static enum outcome
endpoint_serve(struct round *r)
{
	switch ((enum endpoint_index)r->req->endpoint) {
	case AT_CALLBACK:
		return callback_resume(r);
	case AT_LOGGED_OUT:
		return OUTCOME_DONE;
	case AT_BACK_CHANNEL:
		return back_channel(r);
	case AT_FRONT_CHANNEL:
		return front_channel(r);
	case AT_LOGIN:
		return login_begin(r);
	case AT_KEYS:
		return keys_serve(r);
	case ENDPOINTS_COUNT:
		break;
	}
	return OUTCOME_ERROR;
}

enum outcome
serve_event(struct round *r)
{
	switch (r->req->event) {
	case CSN_EV_ENDPOINT:
		return endpoint_serve(r);
	case CSN_EV_LOGOUT:
		return leave(r);
	default:
		return OUTCOME_ERROR;
	}
}
