/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * person.c - the map from claims to a person
 *
 * It must never make a name of a mail address that nobody verified, nor take a
 * part of a group list for the whole, or silence for an empty one.
 */
#include "person.h"

#include "claim_path.h"
#include "demands.h"
#include "keep.h"
#include "overage.h"
#include "refused.h"

#include "lib/text.h"

#define GROUPS_MAX	2000u
#define VALUES_MAX	64u	/* of an attribute */
#define ATTRS_MAX	128u

/* A claim as text in the call's memory. GOOD, MISSING or WRONG. */
static enum json_member
claim_text(const struct round *r, const json_t *claims, struct csn_str path,
    struct csn_str *ret)
{
	struct claim_path p;
	const char *why;
	enum json_member m;
	struct csn_str s;

	if (claim_path_parse(path, &p, &why) < 0)
		return MEMBER_WRONG;
	m = claim_path_text(&p, claims, &s);
	if (m != MEMBER_GOOD)
		return m;
	if (s.n == 0 || !text_plain(s))
		return MEMBER_WRONG;
	*ret = round_copy(r, s);
	return ret->p == NULL ? MEMBER_WRONG : MEMBER_GOOD;
}

/* OIDC Core 5.7: an address is whoever typed it, until it was verified. Some
 * providers write the flag as text. */
static bool
mail_verified(const json_t *claims)
{
	struct csn_str text;
	bool yes;

	if (json_member_bool(claims, "email_verified", &yes) == MEMBER_GOOD)
		return yes;
	return json_member_text(claims, "email_verified", &text) ==
	    MEMBER_GOOD && str_is(text, "true");
}

/* ------------------------------------------------------------------ */
/* the name */

/* DOMAIN\name or name@DOMAIN; false: of another domain, or of none. */
static bool
domain_strip(struct csn_str domain, struct csn_str *name)
{
	struct csn_str s = *name;

	if (s.n > domain.n + 1 && s.p[domain.n] == '\\' &&
	    str_same_fold(s.p, domain.p, domain.n)) {
		*name = str_from_at(s, domain.n + 1);
		return true;
	}
	if (s.n <= domain.n + 1 || s.p[s.n - domain.n - 1] != '@' ||
	    !str_same_fold(s.p + s.n - domain.n, domain.p, domain.n))
		return false;
	name->n = s.n - domain.n - 1;
	return true;
}

static enum outcome
subject_fill(const struct round *r, const json_t *claims)
{
	const struct options *o = &r->o->opt;
	struct csn_str name, domain = o->text[OPT_STRIP_DOMAIN];

	switch (claim_text(r, claims, o->text[OPT_SUBJECT], &name)) {
	case MEMBER_GOOD:
		break;
	case MEMBER_MISSING:
		return refused_as_stranger(r, "subject-claim-missing",
		    o->text[OPT_SUBJECT].p);
	default:
		return refused_as_stranger(r, "subject-claim-wrong",
		    o->text[OPT_SUBJECT].p);
	}
	if (str_is(o->text[OPT_SUBJECT], "email") && !mail_verified(claims))
		return refused_as_stranger(r, "email-not-verified", "");
	if (domain.n > 0 && !domain_strip(domain, &name))
		return refused_as_stranger(r, "subject-other-domain", "");
	if (str_index(name, '@') >= 0 && domain.n > 0)
		return refused_as_stranger(r, "subject-two-domains", "");
	if (name.n == 0 || name.n > 255)
		return refused_as_stranger(r, "subject-length", "");
	r->reply->subject = round_copy(r, name);
	return r->reply->subject.p == NULL ? OUTCOME_ERROR : OUTCOME_AGAIN;
}

static enum outcome
id_fill(const struct round *r, const json_t *claims)
{
	const struct csn_str path = r->o->opt.text[OPT_SUBJECT_ID];

	if (claim_text(r, claims, path, &r->reply->subject_id) ==
	    MEMBER_GOOD && r->reply->subject_id.n <= 512)
		return OUTCOME_AGAIN;
	return refused_as_stranger(r, "subject-id-claim-missing", path.p);
}

/* ------------------------------------------------------------------ */
/* groups */

static int
groups_append(const struct round *r, struct csn_str *v, size_t *n,
    struct csn_strs more)
{
	for (size_t i = 0; i < more.n; i++) {
		if (more.v[i].n == 0 || more.v[i].n > 1024 ||
		    !text_plain(more.v[i]) || *n == GROUPS_MAX)
			return -1;
		v[*n] = round_copy(r, more.v[i]);
		if (v[(*n)++].p == NULL)
			return -1;
	}
	return 0;
}

enum groups_found { GROUPS_ABSENT, GROUPS_LISTED, GROUPS_ELSEWHERE,
	GROUPS_WRONG };

static enum groups_found
groups_of(const struct round *r, const json_t *claims, struct csn_str path,
    struct csn_str *v, size_t *n)
{
	struct claim_path p;
	struct csn_strs more;
	const char *why;

	if (claim_path_parse(path, &p, &why) < 0)
		return GROUPS_WRONG;
	switch (claim_path_texts(&p, claims, GROUPS_MAX, r->arena, &more)) {
	case MEMBER_MISSING:
		return overage_told(claims, p.names[0]) ? GROUPS_ELSEWHERE :
		    GROUPS_ABSENT;
	case MEMBER_GOOD:
		return groups_append(r, v, n, more) == 0 ? GROUPS_LISTED :
		    GROUPS_WRONG;
	default:
		return GROUPS_WRONG;
	}
}

/* A part is never taken for the whole: member of nothing, and nobody who is
 * known to be outside. */
static enum outcome
groups_elsewhere(const struct round *r)
{
	r->o->host->audit(r->call, STR("groups-not-listed"),
	    (struct csn_pairs){ NULL, 0 });
	return OUTCOME_AGAIN;
}

/* Nothing was said of groups: a list that is empty, or one that was forgotten.
 * Unknown, where nobody wrote which (design.md 3: what cannot be read never
 * holds). */
static bool
groups_silent(const struct round *r, bool listed)
{
	struct oidc *o = (struct oidc *)(uintptr_t)r->o;

	if (listed || o->opt.num[OPT_MISSING_GROUPS] == MISSING_NONE)
		return false;
	/* the mark is no part of what never changes */
	if (!atomic_exchange(&o->silence_told, true))
		round_log(r, CSN_INFO, "the provider says nothing of "
		    "somebody's groups: no guard with group holds for them, "
		    "behind not neither; see missing_groups");
	return true;
}

static enum outcome
groups_fill(const struct round *r, const json_t *claims)
{
	const struct csn_strs paths = r->o->opt.list[OPT_GROUPS_CLAIM];
	struct csn_str *v = round_alloc(r, GROUPS_MAX * sizeof(*v));
	bool listed = false, elsewhere = false;
	size_t n = 0;

	if (v == NULL)
		return OUTCOME_ERROR;
	for (size_t i = 0; i < paths.n; i++) {
		enum groups_found found = groups_of(r, claims, paths.v[i], v,
		    &n);

		if (found == GROUPS_WRONG)
			return round_refuse(r, CSN_R_PROTOCOL,
			    "groups-claim-wrong", paths.v[i]);
		listed |= found == GROUPS_LISTED;
		elsewhere |= found == GROUPS_ELSEWHERE;
	}
	if (elsewhere)
		return groups_elsewhere(r);
	if (groups_silent(r, listed))
		return OUTCOME_AGAIN;
	r->reply->groups = (struct csn_strs){ v, n };
	r->reply->flags |= CSN_RP_GROUPS;
	return OUTCOME_AGAIN;
}

/* ------------------------------------------------------------------ */
/* attributes */

struct attrs {
	const struct round *r;
	const json_t *claims;
	struct csn_pair *v;
	size_t n;
};

/* What is no text, or a list of texts, is left out: never printed. */
static void
attr_add(struct attrs *a, struct csn_str name, struct csn_str path)
{
	struct claim_path p;
	struct csn_strs values;
	const char *why;

	if (claim_path_parse(path, &p, &why) < 0 || claim_path_texts(&p,
	    a->claims, VALUES_MAX, a->r->arena, &values) != MEMBER_GOOD)
		return;
	for (size_t i = 0; i < values.n && a->n < ATTRS_MAX; i++) {
		if (values.v[i].n == 0 || values.v[i].n > 1024 ||
		    !text_plain(values.v[i]))
			continue;
		a->v[a->n].name = name;
		a->v[a->n].value = round_copy(a->r, values.v[i]);
		if (a->v[a->n].value.p != NULL)
			a->n++;
	}
}

static enum outcome
attrs_fill(const struct round *r, const json_t *claims)
{
	const struct options *o = &r->o->opt;
	struct attrs a = { .r = r, .claims = claims };

	a.v = round_alloc(r, ATTRS_MAX * sizeof(*a.v));
	if (a.v == NULL)
		return OUTCOME_ERROR;
	attr_add(&a, STR("name"), o->text[OPT_DISPLAY_NAME]);
	if (!str_is(o->text[OPT_MAIL], "email") || mail_verified(claims))
		attr_add(&a, STR("mail"), o->text[OPT_MAIL]);
	for (size_t i = 0; i < o->map[OPT_ATTRIBUTES].n; i++)
		attr_add(&a, o->map[OPT_ATTRIBUTES].v[i].name,
		    o->map[OPT_ATTRIBUTES].v[i].value);
	r->reply->attrs = (struct csn_pairs){ a.v, a.n };
	return OUTCOME_AGAIN;
}

/* ------------------------------------------------------------------ */

/* RFC 8176 names; what does not fit there is left out. */
static enum outcome
methods_fill(const struct round *r, const struct id_token *id)
{
	struct csn_str *v = round_alloc(r, 16 * sizeof(*v));
	size_t n = 0;

	if (v == NULL)
		return OUTCOME_ERROR;
	for (size_t i = 0; i < id->amr.n && n < 16; i++)
		if (id->amr.v[i].n > 0 && id->amr.v[i].n <= 64 &&
		    text_plain(id->amr.v[i]))
			v[n++] = round_copy(r, id->amr.v[i]);
	r->reply->amr = (struct csn_strs){ v, n };
	return OUTCOME_AGAIN;
}

/* E9: what was not told is 0, and never fresh. */
static void
time_fill(const struct round *r, const struct id_token *id)
{
	int64_t ms = id->auth_time <= 0 ? 0 : id->auth_time * 1000;

	r->reply->auth_time_ms = ms < r->now_ms ? ms : r->now_ms;
}

enum outcome
person_fill(const struct round *r, const struct person_source *s)
{
	enum outcome outcome = demands_person(r, s->claims);

	if (outcome == OUTCOME_AGAIN && !s->renewal)
		outcome = demands_proof(r, s->claims, s->id);
	if (outcome == OUTCOME_AGAIN)
		outcome = subject_fill(r, s->claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = id_fill(r, s->claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = groups_fill(r, s->claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = attrs_fill(r, s->claims);
	if (outcome == OUTCOME_AGAIN)
		outcome = methods_fill(r, s->id);
	if (outcome == OUTCOME_AGAIN)
		outcome = keep_fill(r, s);
	time_fill(r, s->id);
	return outcome;
}
