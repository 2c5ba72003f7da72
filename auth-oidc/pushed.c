/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * pushed.c - the authorization request by a door of its own, or signed
 *
 * What the browser carries is then client_id and a reference, or a signed
 * text: nothing that somebody in between could change.
 */
#include "pushed.h"

#include "bound.h"
#include "client_auth.h"
#include "json.h"

bool
pushed_wanted(const struct round *r)
{
	switch ((enum par_use)r->o->opt.num[OPT_PAR]) {
	case PAR_AUTO:
		return r->p->par_required && r->p->par.n > 0;
	case PAR_ALWAYS:
		return true;
	case PAR_NEVER:
		return false;
	}
	return false;
}

/* RFC 9101 4: all parameters in one signed text. p is NULL if that failed. */
static struct csn_str
request_object(const struct round *r, const struct params *p)
{
	struct csn_str ret = str_of(NULL, 0);
	struct jws_signer signer;
	struct csn_pairs pairs;
	struct buf b;

	if (client_signer(r, &signer) < 0 || params_pairs(p, r, &pairs) < 0)
		return ret;
	buf_init(&b, JWS_BYTES_MAX);
	if (jws_make_request(&signer, r->o->opt.text[OPT_CLIENT_ID],
	    r->o->opt.text[OPT_ISSUER], pairs, &b) == 0)
		ret = arena_str(r->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

/* RFC 9126 2.2: 201 with request_uri. */
static enum outcome
answer_read(const struct round *r, const struct fetched *got,
    struct csn_str *ret)
{
	struct csn_str uri;
	enum refusal why;
	json_t *doc;
	bool good;

	if (got->status != 201 && got->status != 200)
		return bound_error(r, "pushed-request", got);
	why = json_text_read(got->body, &json_token_caps, &doc);
	if (why != REFUSAL_NONE)
		return round_trouble(r, "pushed-request-answer",
		    str_from(refusal_word(why)));
	good = json_member_text(doc, "request_uri", &uri) == MEMBER_GOOD &&
	    uri.n > 0 && uri.n <= 2048;
	if (good)
		*ret = arena_str(r->arena, uri);
	json_decref(doc);
	return good && ret->p != NULL ? OUTCOME_AGAIN :
	    round_trouble(r, "pushed-request-answer", STR("no request_uri"));
}

static enum outcome
push(struct round *r, const struct params *p, struct csn_str *ret)
{
	struct fetch f = { .url = r->p->par, .accept = "application/json",
	    .max_bytes = FETCH_ANSWER_MAX };
	struct fetched got;

	if (f.url.n == 0)
		return round_trouble(r, "no-pushed-request-endpoint",
		    STR(""));
	if (bound_send(r, &f, p, &got) != CSN_OK)
		return round_trouble(r, "pushed-request-unreachable",
		    STR(""));
	return answer_read(r, &got, ret);
}

/* The signed form alone is pushed, where there is one. */
static enum outcome
push_object(struct round *r, struct csn_str object, struct csn_str *ret)
{
	struct params *p = params_new();
	enum outcome outcome = OUTCOME_ERROR;

	if (p != NULL) {
		params_add(p, "request", object);
		outcome = push(r, p, ret);
	}
	params_free(p);
	return outcome;
}

enum outcome
pushed_request(struct round *r, const struct params *p,
    struct csn_str *ret_url)
{
	struct csn_str object = STR(""), uri = STR("");
	enum outcome outcome;
	struct params *q;

	if (r->o->opt.num[OPT_REQUEST_OBJECT] == 1) {
		object = request_object(r, p);
		if (object.n == 0)
			return round_trouble(r, "request-not-signed",
			    STR(""));
	}
	if (pushed_wanted(r)) {
		outcome = object.n > 0 ? push_object(r, object, &uri) :
		    push(r, p, &uri);
		if (outcome != OUTCOME_AGAIN)
			return outcome;
		object = STR("");
	}
	q = params_new();
	if (q == NULL)
		return OUTCOME_ERROR;
	params_add(q, "client_id", r->o->opt.text[OPT_CLIENT_ID]);
	params_add(q, "request_uri", uri);
	params_add(q, "request", object);
	if (object.n > 0) {
		/* RFC 9101 5: OAuth's own are outside too, for the eye */
		params_add(q, "response_type",
		    r->o->opt.num[OPT_RESPONSE_TYPE] == RESPONSE_CODE ?
		    STR("code") : STR("id_token"));
		params_add(q, "scope", r->o->opt.scope);
	}
	*ret_url = params_url(q, r, r->p->authorization);
	params_free(q);
	return OUTCOME_AGAIN;
}
