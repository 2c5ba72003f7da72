/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * back_channel.c - logout tokens, and logout by a frame
 *
 * Anybody may call. A message that cannot be good costs neither a key fetch
 * nor a verification, and the same one counts once.
 */
#include "back_channel.h"

#include "keep.h"
#include "logout_token.h"
#include "verify.h"

static enum outcome
body_set(const struct round *r, enum outcome outcome, const char *type,
    struct csn_str body)
{
	r->reply->action = CSN_A_BODY;
	r->reply->content_type = str_from(type);
	r->reply->body = body;
	return outcome;
}

/* 2.8: a body for whoever debugs the provider. */
static enum outcome
token_refused(const struct round *r, const char *word, const char *sentence)
{
	struct csn_str body = round_printf(r, "{\"error\":"
	    "\"invalid_request\",\"error_description\":\"%s: %s\"}\n", word,
	    sentence);

	(void)round_refuse(r, CSN_R_PROTOCOL, word, STR("logout token"));
	return body_set(r, OUTCOME_DENY, "application/json", body);
}

#define SEEN	STR("0")
#define USED	STR("1")

/* 2.6 (8): once. It is used when the sessions have ended, so that a provider
 * that heard of a failure may send it again. */
static enum outcome
replay_check(const struct round *r, const struct logout_token *l)
{
	struct csn_str key = arena_printf(r->arena, "logout/%s", l->replay);
	const struct csn_host *host = r->o->host;
	int32_t rc;

	if (key.p == NULL)
		return OUTCOME_ERROR;
	rc = host->kv_put_new(r->call, key, SEEN, (uint32_t)l->replay_s, 0);
	if (rc == CSN_OK || rc == CSN_E_EXISTS)
		rc = host->kv_swap_with(r->call, key, SEEN, USED);
	switch (rc) {
	case CSN_OK:
		return OUTCOME_DONE;
	case CSN_E_STALE:
	case CSN_E_ABSENT:
		return token_refused(r, "jti-replayed",
		    "this message came before");
	default:
		return round_trouble(r, "store", STR("logout token"));
	}
}

static enum outcome
sessions_name(const struct round *r, const char *kind, struct csn_str value)
{
	struct csn_strs *to = &r->reply->end_sessions;
	struct csn_str *v = round_alloc(r, (to->n + 1) * sizeof(*v));

	if (v == NULL)
		return OUTCOME_ERROR;
	for (size_t i = 0; i < to->n; i++)
		v[i] = to->v[i];
	v[to->n] = keep_session_key(r, kind, value);
	if (v[to->n].p == NULL)
		return OUTCOME_ERROR;
	*to = (struct csn_strs){ v, to->n + 1 };
	return OUTCOME_DONE;
}

/* 2.5: sid is one session, sub alone all of that person. Where the ID token did
 * not say its sid, any of theirs that has none may be the one. */
static enum outcome
sessions_of(const struct round *r, const struct logout_token *l)
{
	if (l->sid.p == NULL)
		return sessions_name(r, "sub", l->sub);
	if (l->sub.p != NULL &&
	    sessions_name(r, "nameless", l->sub) != OUTCOME_DONE)
		return OUTCOME_ERROR;
	return sessions_name(r, "sid", l->sid);
}

static enum outcome
token_take(struct round *r, struct csn_str compact, struct token *t)
{
	struct claims_rules rules;
	struct logout_token l;
	enum outcome outcome;
	enum refusal why;

	verify_rules(r, &rules);
	why = verify_read(r, compact, t);
	if (why == REFUSAL_NONE)
		why = logout_token_shape(t, &rules, r->arena);
	if (why == REFUSAL_NONE)
		why = verify_signature(r, true, t);
	if (why == REFUSAL_NONE)
		why = logout_token_check(t, &rules, r->arena, &l);
	if (why == REFUSAL_MEMORY)
		return OUTCOME_ERROR;
	if (why != REFUSAL_NONE)
		return token_refused(r, refusal_word(why),
		    refusal_sentence(why));
	outcome = replay_check(r, &l);
	return outcome == OUTCOME_DONE ? sessions_of(r, &l) : outcome;
}

enum outcome
back_channel(struct round *r)
{
	struct csn_str compact = pairs_get(r->req->params,
	    STR("logout_token"));
	struct token t = { .claims = NULL };
	enum outcome outcome;

	if (compact.n == 0)
		return token_refused(r, "token-missing",
		    "there is no logout_token, or it is there twice");
	r->p = provider_hold(r);
	if (r->p == NULL)
		return round_trouble(r, "provider-unknown",
		    STR("logout token"));
	outcome = token_take(r, compact, &t);
	token_free(&t);
	return outcome;
}

enum outcome
front_channel(struct round *r)
{
	struct csn_str iss = pairs_get(r->req->params, STR("iss"));
	struct csn_str sid = pairs_get(r->req->params, STR("sid"));
	enum outcome outcome;

	if (sid.n == 0 || sid.n > 1024)
		return round_refuse(r, CSN_R_PROTOCOL, "sid-missing",
		    STR("front-channel logout"));
	if (!str_equal(iss, r->o->opt.text[OPT_ISSUER]))
		return round_refuse(r, CSN_R_PROTOCOL, "iss-wrong",
		    STR("front-channel logout"));
	outcome = sessions_name(r, "sid", sid);
	return outcome != OUTCOME_DONE ? outcome : body_set(r, outcome,
	    "text/plain; charset=utf-8", STR("Logged out.\n"));
}
