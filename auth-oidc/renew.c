/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * renew.c - OIDC Core 12: a refreshed ID token is checked like the first
 *
 * The person never changes by it: another subject is a refusal, whatever else
 * is good.
 */
#include "renew.h"

#include "bound.h"
#include "keep.h"
#include "sources.h"
#include "userinfo_ask.h"

static void
expect_fill(const struct keep *k, const struct token_answer *a,
    struct id_token_expect *ret)
{
	*ret = (struct id_token_expect){ .nonce = str_of(NULL, 0),
	    .access_token.of = a->access_token, .max_age_s = -1,
	    .before.sub = k->sub, .before.nonce = k->nonce,
	    .before.iat = k->iat, .before.auth_time = k->auth_time };
}

static enum outcome
token_take(struct round *r, const struct keep *k,
    const struct token_answer *a, struct token *t, struct id_token *id)
{
	struct id_token_expect expect;
	struct claims_rules rules;
	enum refusal why;

	expect_fill(k, a, &expect);
	verify_rules(r, &rules);
	why = verify_token(r, a->id_token, false, t);
	if (why == REFUSAL_NONE)
		why = id_token_check(t, &rules, &expect, r->arena, id);
	/* a key that we do not know is no wrong signature: its provider may
	 * have changed it a moment ago, and been asked within the minute */
	if (why == REFUSAL_KID_UNKNOWN)
		return round_trouble(r, refusal_word(why),
		    STR("refreshed ID token"));
	if (why != REFUSAL_NONE)
		return round_refuse_for(r, why, "refreshed ID token");
	/* one that does not say when that was makes no other time good */
	if (id->auth_time < 0)
		id->auth_time = k->auth_time;
	return OUTCOME_AGAIN;
}

/* Without a new ID token (12.2 lets it be), or without what else tells of the
 * person, only the tokens are new. */
static enum outcome
tokens_take(const struct round *r, const struct keep *k,
    const struct token_answer *a)
{
	struct keep next = *k;

	next.refresh_token = a->refresh_token;
	if (k->access_token.n > 0)
		next.access_token = a->access_token;
	if (keep_write(r, &next, &r->reply->keep) < 0)
		return OUTCOME_ERROR;
	r->reply->flags |= CSN_RP_RENEW;
	return OUTCOME_DONE;
}

/* The ID token was good, and userinfo could not be had, or its key is not known
 * yet: whose refresh token was used up must not lose the one that took its
 * place, or the next renewal would be told that it was stolen. Nothing is said
 * of the person: groups age. */
static enum outcome
tokens_alone(const struct round *r, const struct keep *k,
    const struct token_answer *a)
{
	r->reply->reason = 0;
	return tokens_take(r, k, a);
}

static enum outcome
person_take(struct round *r, const struct keep *k,
    const struct token_answer *a)
{
	struct person_source s = { .answer = a, .nonce = k->nonce,
	    .renewal = true };
	struct token t = { .claims = NULL };
	json_t *claims = NULL;
	enum outcome outcome;
	struct id_token id;

	outcome = token_take(r, k, a, &t, &id);
	if (outcome == OUTCOME_AGAIN)
		outcome = userinfo_ask(r, t.claims, &id, a->access_token,
		    &claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = sources_add(r, &id, a->access_token, &claims);
	if (outcome == OUTCOME_ERROR)
		outcome = tokens_alone(r, k, a);
	s.claims = claims;
	s.id = &id;
	s.hint = t.compact;
	if (outcome == OUTCOME_AGAIN)
		outcome = person_fill(r, &s);
	json_decref(claims);
	token_free(&t);
	return outcome == OUTCOME_AGAIN ? OUTCOME_DONE : outcome;
}

enum outcome
renew_session(struct round *r)
{
	struct token_answer a;
	enum outcome outcome;
	struct keep k;

	if (keep_read(r, &k) < 0 || k.refresh_token.n == 0)
		return OUTCOME_ERROR;
	if (k.dpop.n > 0 && bound_key_take(r, k.dpop) < 0)
		return OUTCOME_ERROR;
	r->p = provider_hold(r);
	if (r->p == NULL)
		return round_trouble(r, "provider-unknown", STR("renewal"));
	outcome = token_refresh(r, k.refresh_token, &a);
	if (outcome != OUTCOME_AGAIN)
		return outcome;
	/* RFC 6749 6: a new one takes the old one's place */
	if (a.refresh_token.n == 0)
		a.refresh_token = k.refresh_token;
	if (a.id_token.n == 0)
		return tokens_take(r, &k, &a);
	return person_take(r, &k, &a);
}
