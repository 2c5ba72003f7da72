/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * callback.c - the authorization response and what follows from it
 *
 * The order is the safety: who answers (RFC 9207 2.4), whether this round
 * asked, then the error, then the code. It must never show the provider's
 * words before both were checked.
 */
#include "callback.h"

#include "bound.h"
#include "jarm.h"
#include "person.h"
#include "refused.h"
#include "sources.h"
#include "state.h"
#include "token_answer.h"
#include "userinfo_ask.h"
#include "verify.h"

#include "lib/secret.h"
#include "lib/text.h"

#define CODE_MAX	4096u

struct callback {
	struct csn_pairs params;	/* of the response */
	struct state state;
	struct token_answer answer;
	struct token token;		/* the ID token */
	struct id_token id;
};

bool
callback_signed(const struct round *r)
{
	int64_t mode = r->o->opt.num[OPT_RESPONSE_MODE];

	return mode == MODE_QUERY_JWT || mode == MODE_FORM_POST_JWT;
}

/* JARM 2.4: a plain answer is refused where a signed one was asked for. */
static enum outcome
response_open(struct round *r, struct token *token, struct csn_pairs *ret)
{
	struct csn_str response = pairs_get(r->req->params, STR("response"));
	struct claims_rules rules;
	enum refusal why;

	*ret = r->req->params;
	if (!callback_signed(r))
		return OUTCOME_AGAIN;
	if (response.n == 0)
		return round_refuse(r, CSN_R_PROTOCOL, "response-not-signed",
		    STR(""));
	verify_rules(r, &rules);
	why = verify_token(r, response, false, token);
	if (why == REFUSAL_NONE)
		why = jarm_check(token, &rules, r->arena, ret);
	return why == REFUSAL_NONE ? OUTCOME_AGAIN :
	    round_refuse_for(r, why, "response");
}

/* RFC 9207 2.4: before anything else is looked at. An ID token says itself who
 * made it, and takes the parameter's place (2). */
static enum outcome
issuer_check(const struct round *r, struct csn_pairs params)
{
	struct csn_str iss = pairs_get(params, STR("iss"));
	bool token = r->o->opt.num[OPT_RESPONSE_TYPE] == RESPONSE_ID_TOKEN;

	if (iss.p == NULL)
		return r->p->iss_in_answer && !token ? round_refuse(r,
		    CSN_R_PROTOCOL, "answer-iss-missing", STR("")) :
		    OUTCOME_AGAIN;
	return str_equal(iss, r->o->opt.text[OPT_ISSUER]) ? OUTCOME_AGAIN :
	    round_refuse(r, CSN_R_PROTOCOL, "answer-iss-wrong", STR(""));
}

/* The host has found the exchange by it; within a signed answer it is looked
 * at here for the first time after the signature. */
static enum outcome
state_check(const struct round *r, const struct callback *c)
{
	return secret_equal(pairs_get(c->params, STR("state")),
	    c->state.sent) ? OUTCOME_AGAIN :
	    round_refuse(r, CSN_R_PROTOCOL, "answer-state-wrong", STR(""));
}

static enum outcome
response_check(struct round *r, struct callback *c)
{
	enum outcome outcome = issuer_check(r, c->params);
	struct csn_str error = pairs_get(c->params, STR("error"));

	if (outcome == OUTCOME_AGAIN)
		outcome = state_check(r, c);
	if (outcome == OUTCOME_AGAIN && error.p != NULL)
		outcome = refused_by_provider(r, error,
		    pairs_get(c->params, STR("error_description")));
	return outcome;
}

/* ------------------------------------------------------------------ */
/* tokens */

static enum outcome
tokens_get(struct round *r, struct callback *c)
{
	struct csn_str code = pairs_get(c->params, STR("code"));
	struct csn_str verifier;

	if (r->o->opt.num[OPT_RESPONSE_TYPE] == RESPONSE_ID_TOKEN) {
		c->answer.id_token = pairs_get(c->params, STR("id_token"));
		return OUTCOME_AGAIN;
	}
	if (code.n == 0 || code.n > CODE_MAX)
		return round_refuse(r, CSN_R_PROTOCOL, code.n == 0 ?
		    "answer-code-missing" : "answer-code-too-long", STR(""));
	verifier = state_verifier(r, &c->state);
	if (verifier.p == NULL)
		return OUTCOME_ERROR;
	return token_redeem(r, code, verifier, &c->answer);
}

/* What this exchange expects of its ID token. */
static void
expect_fill(const struct round *r, const struct callback *c,
    struct id_token_expect *ret)
{
	bool code = r->o->opt.num[OPT_RESPONSE_TYPE] == RESPONSE_CODE;

	*ret = (struct id_token_expect){
	    .nonce = state_nonce(r, &c->state),
	    .access_token.of = c->answer.access_token,
	    .max_age_s = c->state.max_age_s,
	    .before.sub = str_of(NULL, 0), .before.auth_time = -1 };
	if (code)
		ret->code.of = pairs_get(c->params, STR("code"));
	ret->state.of = c->state.sent;
	if (r->o->opt.num[OPT_REQUIRE_ACR] == 1 &&
	    str_is(r->o->opt.text[OPT_ACR_CLAIM], "acr"))
		ret->acr = r->o->opt.list[OPT_ACR_VALUES];
}

/* What is too weak or too old is said in words; the rest is a message that
 * should not exist. */
static enum outcome
token_refused(const struct round *r, enum refusal why)
{
	switch (why) {
	case REFUSAL_ACR_MISSING:
	case REFUSAL_ACR_WRONG:
		return refused_as_weak(r, refusal_word(why));
	case REFUSAL_AUTH_TIME_MISSING:
	case REFUSAL_AUTH_TIME_WRONG:
		return refused_as_old(r, refusal_word(why));
	default:
		return round_refuse_for(r, why, "ID token");
	}
}

static enum outcome
id_token_take(struct round *r, struct callback *c)
{
	struct id_token_expect expect;
	struct claims_rules rules;
	enum refusal why;

	expect_fill(r, c, &expect);
	if (expect.nonce.p == NULL)
		return OUTCOME_ERROR;
	verify_rules(r, &rules);
	why = verify_token(r, c->answer.id_token, false, &c->token);
	if (why == REFUSAL_NONE)
		why = id_token_check(&c->token, &rules, &expect, r->arena,
		    &c->id);
	return why == REFUSAL_NONE ? OUTCOME_AGAIN : token_refused(r, why);
}

/* ------------------------------------------------------------------ */

static enum outcome
person_take(struct round *r, struct callback *c)
{
	json_t *claims = NULL;
	enum outcome outcome;
	struct person_source s = { .id = &c->id, .hint = c->token.compact,
	    .answer = &c->answer, .nonce = state_nonce(r, &c->state) };

	outcome = userinfo_ask(r, c->token.claims, &c->id,
	    c->answer.access_token, &claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = sources_add(r, &c->id, c->answer.access_token,
		    &claims);
	s.claims = claims;
	if (outcome == OUTCOME_AGAIN)
		outcome = person_fill(r, &s);
	if (outcome == OUTCOME_AGAIN)
		outcome = OUTCOME_PROVED;
	json_decref(claims);
	return outcome;
}

static enum outcome
callback_run(struct round *r, struct callback *c)
{
	struct token response = { .claims = NULL };
	enum outcome outcome;

	outcome = response_open(r, &response, &c->params);
	if (outcome == OUTCOME_AGAIN)
		outcome = response_check(r, c);
	if (outcome == OUTCOME_AGAIN)
		outcome = tokens_get(r, c);
	if (outcome == OUTCOME_AGAIN)
		outcome = id_token_take(r, c);
	if (outcome == OUTCOME_AGAIN)
		outcome = person_take(r, c);
	token_free(&response);
	return outcome;
}

enum outcome
callback_take(struct round *r)
{
	struct callback c = { .token = { .claims = NULL } };
	enum outcome outcome;

	if (state_read(r, &c.state) < 0 || c.state.begun_ms == 0 ||
	    (c.state.has_dpop && bound_key_take(r, str_of(c.state.dpop,
	    DPOP_KEY)) < 0))
		outcome = OUTCOME_ERROR;
	else if ((r->p = provider_hold(r)) == NULL)
		outcome = round_trouble(r, "provider-unknown", STR("its keys "
		    "are missing or too old"));
	else
		outcome = callback_run(r, &c);
	token_free(&c.token);
	secret_wipe(&c.state, sizeof(c.state));
	return outcome;
}

enum refusal
callback_state(const struct round *r, struct csn_str response,
    struct csn_str *ret)
{
	struct token t = { .claims = NULL };
	struct csn_str state = STR("");
	enum refusal why = verify_read(r, response, &t);

	if (why == REFUSAL_NONE && (json_member_text(t.claims, "state",
	    &state) != MEMBER_GOOD || state.n > CSN_RESUME_MAX))
		state = STR("");
	if (why == REFUSAL_NONE)
		*ret = round_copy(r, state);
	token_free(&t);
	return why;
}
