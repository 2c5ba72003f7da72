/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * sources.c - aggregated and distributed claims, found, fetched and verified
 *
 * It must never send a token of ours to a source, nor ask a place that the
 * configuration does not name, nor look for who the person is in a source.
 */
#include "sources.h"

#include "claim_path.h"
#include "fetch.h"
#include "other_claims.h"
#include "overage.h"

/* ------------------------------------------------------------------ */
/* which ones are used */

static bool
path_begins(struct csn_str path, struct csn_str claim)
{
	struct claim_path p;
	const char *why;

	return path.n > 0 && claim_path_parse(path, &p, &why) == 0 &&
	    str_is(claim, p.names[0]);
}

static bool
claim_used(const struct options *o, struct csn_str claim)
{
	bool used = path_begins(o->text[OPT_DISPLAY_NAME], claim) ||
	    path_begins(o->text[OPT_MAIL], claim);

	for (size_t i = 0; i < o->list[OPT_GROUPS_CLAIM].n; i++)
		used |= path_begins(o->list[OPT_GROUPS_CLAIM].v[i], claim);
	for (size_t i = 0; i < o->map[OPT_ATTRIBUTES].n; i++)
		used |= path_begins(o->map[OPT_ATTRIBUTES].v[i].value, claim);
	return used;
}

/* Who the person is, and how strongly that was proved, is the provider's own
 * word of now; a source's may be of anybody and of any age. That an address is
 * verified is said of the one beside it, and of no other. */
static bool
claim_taken(const struct options *o, const json_t *all, struct csn_str claim)
{
	bool mail = str_is(claim, "email") || str_is(claim, "email_verified");

	if (path_begins(o->text[OPT_SUBJECT], claim) ||
	    path_begins(o->text[OPT_SUBJECT_ID], claim) ||
	    path_begins(o->text[OPT_ACR_CLAIM], claim))
		return false;
	return !mail || (!str_is(o->text[OPT_SUBJECT], "email") &&
	    json_object_get(all, "email") == NULL &&
	    json_object_get(all, "email_verified") == NULL);
}

static void
source_narrow(const struct options *o, const json_t *all,
    struct other_source *s)
{
	struct csn_str *v = (struct csn_str *)(uintptr_t)s->claims.v;
	size_t n = 0;

	for (size_t i = 0; i < s->claims.n; i++)
		if (claim_taken(o, all, v[i]))
			v[n++] = v[i];
	s->claims.n = n;
}

/* Of what the configuration uses nothing else is known. */
static bool
source_used(const struct options *o, const json_t *claims,
    const struct other_source *s)
{
	for (size_t i = 0; i < s->claims.n; i++)
		if (claim_used(o, s->claims.v[i]) && json_object_get(claims,
		    s->claims.v[i].p) == NULL)
			return true;
	return false;
}

/* ------------------------------------------------------------------ */
/* one source */

static void
source_refused(const struct round *r, struct csn_str name, const char *why)
{
	struct csn_pair pairs[2] = { { STR("why"), str_from(why) },
	    { STR("source"), name } };

	r->o->host->audit(r->call, STR("claim-source-refused"),
	    (struct csn_pairs){ pairs, 2 });
}

/* 5.6.2.2: with the token that came with it, and no other. */
static const char *
source_fetch(const struct round *r, const struct other_source *s,
    struct csn_str *ret)
{
	struct fetch f = { .url = s->endpoint, .accept = "application/jwt",
	    .max_bytes = FETCH_ANSWER_MAX };
	struct csn_str bearer;
	struct fetched got;

	if (!options_origin_allowed(&r->o->opt, s->endpoint))
		return "source-elsewhere";
	if (s->access_token.p != NULL) {
		bearer = arena_printf(r->arena, "Bearer %.*s",
		    STR_FMT(s->access_token));
		if (bearer.p == NULL)
			return refusal_word(REFUSAL_MEMORY);
		fetch_header(&f, "Authorization", bearer);
	}
	if (fetch_send(r, &f, &got) != CSN_OK)
		return "source-unreachable";
	if (!fetched_is(&got, 200, "application/jwt"))
		return "source-answer";
	*ret = str_trim(got.body);
	return NULL;
}

static const char *
source_take(struct round *r, const struct other_source *s, struct csn_str sub,
    json_t *all)
{
	struct token t = { .claims = NULL };
	struct csn_str compact = s->jwt;
	struct claims_rules rules;
	const char *fault = NULL;
	enum refusal why;

	if (compact.p == NULL)
		fault = source_fetch(r, s, &compact);
	if (fault != NULL)
		return fault;
	verify_rules(r, &rules);
	why = verify_token(r, compact, false, &t);
	if (why == REFUSAL_NONE)
		why = other_claims_add(all, s, &t, &rules, sub, r->arena);
	token_free(&t);
	return why == REFUSAL_NONE ? NULL : refusal_word(why);
}

enum outcome
sources_add(struct round *r, const struct id_token *id,
    struct csn_str access_token, json_t **claims)
{
	struct other_sources sources;
	const char *fault;
	enum refusal why;
	json_t *all;

	if (overage_ask(r, access_token, claims) != OUTCOME_AGAIN)
		return OUTCOME_ERROR;
	why = other_claims_read(*claims, r->arena, &sources);
	if (why == REFUSAL_MEMORY)
		return OUTCOME_ERROR;
	if (why != REFUSAL_NONE)
		source_refused(r, STR(""), refusal_word(why));
	if (why != REFUSAL_NONE || sources.n == 0)
		return OUTCOME_AGAIN;
	all = json_copy(*claims);
	if (all == NULL)
		return OUTCOME_ERROR;
	for (size_t i = 0; i < sources.n; i++) {
		source_narrow(&r->o->opt, all, &sources.v[i]);
		if (!source_used(&r->o->opt, all, &sources.v[i]))
			continue;
		fault = source_take(r, &sources.v[i], id->sub, all);
		if (fault != NULL)
			source_refused(r, sources.v[i].name, fault);
	}
	/* the copy shares what others have borrowed from the old one */
	json_decref(*claims);
	*claims = all;
	return OUTCOME_AGAIN;
}
