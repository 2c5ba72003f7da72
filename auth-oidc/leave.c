/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * leave.c - revocation, and the way to end_session_endpoint
 *
 * What fails here is logged and no more: nobody is kept from leaving.
 */
#include "leave.h"

#include "bound.h"
#include "endpoints.h"
#include "keep.h"
#include "provider.h"

#include "lib/url.h"

#define AWAY	"away"		/* the browser is there, or back by now */

static void
revoke(const struct round *r, const char *hint, struct csn_str token)
{
	struct fetch f = { .url = r->p->revocation,
	    .accept = "application/json", .max_bytes = FETCH_ANSWER_MAX };
	struct params *p = params_new();
	struct fetched got;

	if (p == NULL || token.n == 0)
		goto out;
	params_add(p, "token", token);
	params_add(p, "token_type_hint", str_from(hint));
	if (bound_send(r, &f, p, &got) == CSN_OK && got.status != 200)
		round_log(r, CSN_WARN, "the provider did not revoke a %s: "
		    "status %u", hint, got.status);
out:
	params_free(p);
}

static struct csn_str
logout_url(const struct round *r, const struct keep *k)
{
	struct params *p = params_new();
	struct csn_str url = str_of(NULL, 0);

	if (p == NULL)
		return url;
	params_add(p, "id_token_hint", k->id_token);
	params_add(p, "client_id", r->o->opt.text[OPT_CLIENT_ID]);
	params_add(p, "post_logout_redirect_uri", r->o->opt.logout_uri);
	params_add(p, "state", r->req->resume);
	url = params_url(p, r, r->p->end_session);
	params_free(p);
	return url;
}

static enum outcome
redirect(const struct round *r, struct keep *k)
{
	struct csn_str url = logout_url(r, k);

	if (url.n > URL_MAX) {		/* a long token is only a hint */
		k->id_token = STR("");
		url = logout_url(r, k);
	}
	if (url.p == NULL || url.n > URL_MAX)
		return OUTCOME_DONE;
	r->reply->url = round_copy(r, url);
	r->reply->action = CSN_A_REDIRECT;
	r->reply->back_at = 1 + AT_LOGGED_OUT;
	r->reply->state = STR(AWAY);
	return r->reply->url.p == NULL ? OUTCOME_ERROR : OUTCOME_AGAIN;
}

enum outcome
leave(struct round *r)
{
	struct keep k;

	/* back, with our word: RP-Initiated Logout 3 has no other answer */
	if (str_is(r->req->state, AWAY) || keep_read(r, &k) < 0)
		return OUTCOME_DONE;
	if (k.dpop.n > 0 && bound_key_take(r, k.dpop) < 0)
		return OUTCOME_DONE;
	r->p = provider_hold(r);
	if (r->p == NULL)
		return OUTCOME_DONE;
	if (r->p->revocation.n > 0 && r->o->opt.num[OPT_REVOKE] == 1) {
		revoke(r, "refresh_token", k.refresh_token);
		revoke(r, "access_token", k.access_token);
	}
	if (r->p->end_session.n == 0 ||
	    r->o->opt.num[OPT_PROVIDER_LOGOUT] == 0)
		return OUTCOME_DONE;
	return redirect(r, &k);
}
