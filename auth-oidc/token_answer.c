/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * token_answer.c - OIDC Core 3.1.3, RFC 6749 4.1.3, 5.1, 6
 *
 * Whatever is not a whole answer of status 200 in JSON is an error: a page, a
 * redirect, half a document.
 */
#include "token_answer.h"

#include "bound.h"
#include "json.h"

/* A member that may be missing; of another type it spoils the answer. */
static int
text_take(const struct round *r, const json_t *doc, const char *name,
    struct csn_str *ret)
{
	struct csn_str s;

	switch (json_member_text(doc, name, &s)) {
	case MEMBER_MISSING:
		return 0;
	case MEMBER_GOOD:
		*ret = arena_str(r->arena, s);
		return ret->p == NULL ? -1 : 0;
	default:
		return -1;
	}
}

/* RFC 6749 5.1, RFC 9449 5: compared without case. */
static bool
type_good(const struct round *r, const json_t *doc)
{
	struct csn_str type;

	return json_member_text(doc, "token_type", &type) == MEMBER_GOOD &&
	    str_equal_fold(type, r->o->opt.num[OPT_DPOP] == 1 ?
	    STR("DPoP") : STR("Bearer"));
}

static enum outcome
answer_take(const struct round *r, const json_t *doc,
    struct token_answer *ret)
{
	if (text_take(r, doc, "access_token", &ret->access_token) < 0 ||
	    text_take(r, doc, "id_token", &ret->id_token) < 0 ||
	    text_take(r, doc, "refresh_token", &ret->refresh_token) < 0)
		return round_trouble(r, "token-answer-type", STR(""));
	if (ret->access_token.n == 0)
		return round_trouble(r, "token-answer-no-access-token",
		    STR(""));
	if (!type_good(r, doc))
		return round_trouble(r, "token-answer-token-type", STR(""));
	/* some write it as text: it is only a hint */
	if (json_member_number(doc, "expires_in", &ret->expires_s) !=
	    MEMBER_GOOD)
		ret->expires_s = 0;
	return OUTCOME_AGAIN;
}

enum outcome
token_ask(const struct round *r, const struct params *p,
    struct token_answer *ret)
{
	struct fetch f = { .url = r->p->token, .accept = "application/json",
	    .max_bytes = FETCH_ANSWER_MAX };
	enum outcome outcome;
	struct fetched got;
	enum refusal why;
	json_t *doc;

	*ret = (struct token_answer){ .expires_s = 0 };
	if (f.url.n == 0)
		return round_trouble(r, "no-token-endpoint", STR(""));
	if (bound_send(r, &f, p, &got) != CSN_OK)
		return round_trouble(r, "token-endpoint-unreachable",
		    STR(""));
	if (!fetched_is(&got, 200, "application/json"))
		return bound_error(r, "token-endpoint", &got);
	why = json_text_read(got.body, &json_document_caps, &doc);
	if (why != REFUSAL_NONE)
		return round_trouble(r, "token-answer",
		    str_from(refusal_word(why)));
	outcome = answer_take(r, doc, ret);
	json_decref(doc);
	return outcome;
}

enum outcome
token_redeem(const struct round *r, struct csn_str code,
    struct csn_str verifier, struct token_answer *ret)
{
	struct params *p = params_new();
	enum outcome outcome;

	if (p == NULL)
		return OUTCOME_ERROR;
	params_add(p, "grant_type", STR("authorization_code"));
	params_add(p, "code", code);
	params_add(p, "redirect_uri", r->o->opt.redirect_uri);
	params_add(p, "code_verifier", verifier);
	outcome = token_ask(r, p, ret);
	params_free(p);
	return outcome;
}

enum outcome
token_refresh(const struct round *r, struct csn_str refresh_token,
    struct token_answer *ret)
{
	struct params *p = params_new();
	enum outcome outcome;

	if (p == NULL)
		return OUTCOME_ERROR;
	params_add(p, "grant_type", STR("refresh_token"));
	params_add(p, "refresh_token", refresh_token);
	outcome = token_ask(r, p, ret);
	params_free(p);
	return outcome;
}
