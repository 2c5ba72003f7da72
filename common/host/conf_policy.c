/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_policy.c - `policies:`, what each asks
 *
 * A policy says `require`, `public` or `deny`, and exactly one of them: there
 * is no default that opens. What only means something beside `require` is
 * refused beside the others.
 */
#include "conf_read.h"
#include "lib/timefmt.h"
#include "pace.h"

/* A policy while it is read. */
struct policy_read {
	struct conf_policy *p;
	bool public, deny;
	const struct yaml *name, *match, *require, *public_at, *deny_at,
	    *allow, *fresh, *session, *accept, *enrolled_by, *remember,
	    *may, *not_for;
	const struct yaml *remembered;	/* the word under `accept` */
};

static schema_reader kind_read;

static const struct schema_row session_rows[] = {
	{ .name = "idle", .read = schema_duration, .min = 60,
	    .offset = offsetof(struct conf_policy, idle_s) },
	{ .name = "lifetime", .read = schema_duration, .min = 60,
	    .offset = offsetof(struct conf_policy, lifetime_s) },
};

struct allow_read {
	const struct yaml *groups, *users;
};

static const struct schema_row allow_rows[] = {
	{ .name = "groups", .read = schema_keep, .shape = &shape_texts,
	    .offset = offsetof(struct allow_read, groups) },
	{ .name = "users", .read = schema_keep, .shape = &shape_texts,
	    .offset = offsetof(struct allow_read, users) },
};

static const struct schema_shape
    allow_shape = SHAPE_OF_ROWS(allow_rows),
    session_shape = SHAPE_OF_ROWS(session_rows),
    fresh_shape = { .kind = SHAPE_NAMED, .of = &shape_duration };

#define KEEP(field, is) { .name = #field, .read = schema_keep, \
	.shape = is, .offset = offsetof(struct policy_read, field) }

#define ACCEPT { .name = "accept", .read = schema_keep, \
	.shape = &shape_some_words, .words = "recovery|remembered|device", \
	.offset = offsetof(struct policy_read, accept) }
#define ENROLLED_BY { .name = "enrolled_by", .read = schema_keep, \
	.shape = &shape_words, .words = "link", \
	.offset = offsetof(struct policy_read, enrolled_by) }

static const struct schema_row policy_rows[] = {
	KEEP(name, &shape_text),
	{ .name = "match", .read = schema_keep, .shape = &conf_shape_match,
	    .offset = offsetof(struct policy_read, match) },
	KEEP(require, &shape_texts),
	{ .name = "public", .read = kind_read, .shape = &shape_true,
	    .offset = offsetof(struct policy_read, public_at) },
	{ .name = "deny", .read = kind_read, .shape = &shape_true,
	    .offset = offsetof(struct policy_read, deny_at) },
	KEEP(allow, &allow_shape), KEEP(fresh, &fresh_shape),
	KEEP(session, &session_shape), ACCEPT, ENROLLED_BY,
	{ .name = "machines" }, { .name = "app" }, { .name = "headers" },
	KEEP(remember, &conf_shape_remember),
};

/* of a page of ours */
static const struct schema_row page_rows[] = {
	{ .name = "require", .read = schema_keep, .required = true,
	    .shape = &shape_texts,
	    .offset = offsetof(struct policy_read, require) },
	KEEP(allow, &allow_shape), KEEP(fresh, &fresh_shape), ACCEPT,
	ENROLLED_BY, KEEP(remember, &conf_shape_remember),
};
const struct schema_shape conf_shape_page = SHAPE_OF_ROWS(page_rows);

static const struct schema_shape not_for_shape = { .kind = SHAPE_EITHER,
	.of = &shape_texts, .block = &allow_shape };

static const struct schema_row desk_rows[] = {
	{ .name = "require", .read = schema_keep, .required = true,
	    .shape = &shape_texts,
	    .offset = offsetof(struct policy_read, require) },
	{ .name = "allow", .read = schema_keep, .required = true,
	    .shape = &allow_shape,
	    .offset = offsetof(struct policy_read, allow) },
	KEEP(fresh, &fresh_shape),
	{ .name = "may", .read = schema_keep, .required = true,
	    .shape = &shape_some_words,
	    .words = "look-up|unlock|end-sessions|temporary-code|enrol-link|"
	    "reset", .offset = offsetof(struct policy_read, may) },
	KEEP(not_for, &not_for_shape),
};

const struct schema_shape conf_shape_desk = SHAPE_OF_ROWS(desk_rows);

static const struct schema_shape policy_shape = { .kind = SHAPE_BLOCK,
	.rows = policy_rows, .nrows = SCHEMA_COUNT(policy_rows),
	.words = "require|public|deny" };
const struct schema_shape conf_shape_policies = { .kind = SHAPE_LIST,
	.of = &policy_shape };

static void
kind_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	bool unused;

	schema_true(r, row, y, &unused);
	*(const struct yaml **)into = y;
}

static void
policy_name(struct conf_reader *r, struct policy_read *pr)
{
	struct conf_policy *p = pr->p;
	struct csn_str text;

	p->name = arena_printf(r->arena, "policy-%zu",
	    (size_t)(p - r->policies) + 1);
	if (pr->name == NULL || schema_get(r, pr->name, &text) < 0)
		return;
	if (!schema_name_valid(text)) {
		fault_at(r, pr->name, "`%.*s` is no name; names are of a-z, "
		    "0-9 and hyphen, at most %u", STR_FMT(text),
		    CONF_NAME_MAX);
		return;
	}
	p->name = arena_str(r->arena, text);
}

static void
name_twice_check(struct conf_reader *r, const struct policy_read *pr,
    const struct yaml *y)
{
	const struct conf_policy *p = pr->p;

	for (const struct conf_policy *o = r->policies; o < p; o++)
		if (str_equal(o->name, p->name))
			fault_at(r, pr->name == NULL ? y : pr->name, "two "
			    "policies are called `%.*s`, the other in line "
			    "%u", STR_FMT(p->name), o->place.line);
}

/* require, public or deny: exactly one. */
static void
policy_kind(struct conf_reader *r, struct policy_read *pr,
    const struct yaml *y)
{
	int n = (pr->require != NULL) + (pr->public_at != NULL) +
	    (pr->deny_at != NULL);

	if (n != 1)
		fault_at(r, y, n == 0 ? "a policy says `require`, `public: "
		    "true` or `deny: true`" : "a policy says one of "
		    "`require`, `public` and `deny`");
	pr->p->kind = pr->require != NULL ? CONF_REQUIRE :
	    pr->public_at != NULL && n == 1 ? CONF_PUBLIC : CONF_DENY;
}

static void
needs_require(struct conf_reader *r, const struct yaml *y)
{
	if (y != NULL)
		fault_key(r, y, "`%.*s` means something beside `require` "
		    "only", STR_FMT(y->key));
}

static struct csn_strs
allow_groups(struct conf_reader *r, const struct yaml *y)
{
	const struct yaml **items = NULL;
	size_t n = y == NULL ? 0 : schema_list(r, y, &items), k = 0;
	struct csn_str *v = arena_array(r->arena, n, sizeof(*v)), text;

	for (size_t i = 0; v != NULL && i < n; i++)
		if (schema_get(r, items[i], &text) == 0 &&
		    conf_check_group(r, &items[i]->at, text) == 0)
			v[k++] = arena_str(r->arena, text);
	return (struct csn_strs){ v, k };
}

static struct csn_strs
allow_users(struct conf_reader *r, const struct yaml *y,
    const struct bits *realms)
{
	const struct yaml **items = NULL;
	size_t n = y == NULL ? 0 : schema_list(r, y, &items), k = 0;
	struct csn_str *v = arena_array(r->arena, n, sizeof(*v)), text;

	for (size_t i = 0; v != NULL && i < n; i++)
		if (schema_get(r, items[i], &text) == 0 &&
		    conf_check_user(r, &items[i]->at, text, realms,
		    &v[k]) == 0)
			k++;
	return (struct csn_strs){ v, k };
}

/* A list of groups, or both as in `allow`. */
static void
not_for_read(struct conf_reader *r, const struct yaml *y,
    struct conf_allow *ret)
{
	struct allow_read ar = { .groups = NULL };
	struct bits realms = { .w = { 0 } };

	ret->written = true;
	if (y->kind == YAML_MAP)
		schema_read(r, allow_rows, SCHEMA_COUNT(allow_rows), y,
		    "`not_for`", &ar);
	else
		ar.groups = y;
	for (size_t i = 0; i < r->conf->nrealms; i++)
		if (r->conf->realms[i].identifies)
			bits_add(&realms, i);
	ret->groups = allow_groups(r, ar.groups);
	ret->users = allow_users(r, ar.users, &realms);
}

static void
allow_read(struct conf_reader *r, const struct yaml *y, struct conf_policy *p)
{
	struct bits realms = conf_first_realms(r->conf, p);
	struct allow_read ar = { .groups = NULL };

	p->allow.written = true;
	if (!schema_is_map(r, y))
		return;
	schema_read(r, allow_rows, SCHEMA_COUNT(allow_rows), y, "`allow`",
	    &ar);
	if (ar.users == NULL && ar.groups == NULL)
		fault_at(r, y, "`allow` names `groups` or `users`; empty it "
		    "lets nobody in");
	p->allow.groups = allow_groups(r, ar.groups);
	p->allow.users = allow_users(r, ar.users, &realms);
}

int64_t
conf_fresh_s(const struct conf_policy *p, unsigned factor)
{
	return p->fresh_s == NULL ? 0 : p->fresh_s[factor];
}

static void
fresh_one(struct conf_reader *r, const struct yaml *y, struct conf_policy *p)
{
	static const struct schema_row row = { .name = "fresh", .min = 10,
	    .max = 30 * 86400 };
	int at = conf_factor_named(r, &y->key_at, y->key);
	struct bits named = chain_factors(&p->chain);

	if (p->fresh_s == NULL)
		p->fresh_s = arena_array(r->arena, r->conf->nfactors,
		    sizeof(*p->fresh_s));
	if (at < 0 || p->fresh_s == NULL)
		return;
	if (p->chain.nways > 0 && !bits_has(&named, (size_t)at))
		fault_key(r, y, "`%.*s` is in none of the ways of this "
		    "policy", STR_FMT(y->key));
	else
		schema_duration(r, &row, y, &p->fresh_s[at]);
}

static void
fresh_read(struct conf_reader *r, const struct yaml *y, struct conf_policy *p)
{
	if (y->kind == YAML_TEXT && !y->bad) {
		fault_at(r, y, "`fresh` is per factor; write `fresh: { "
		    "FACTOR: 15m }`");
		return;
	}
	if (!schema_is_map(r, y))
		return;
	for (const struct yaml *i = y->first; i != NULL; i = i->next)
		fresh_one(r, i, p);
}

static void
never_above(struct conf_reader *r, const struct yaml *session,
    const char *name, int64_t own, int64_t global)
{
	const struct yaml *y = yaml_get(session, name);

	if (y != NULL && own > global)
		fault_at(r, y, "`%s` is longer than the one under `session`; "
		    "a policy can only ask for a shorter one", name);
}

static void
session_read(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p)
{
	schema_read(r, session_rows, SCHEMA_COUNT(session_rows), y,
	    "`session`", p);
	never_above(r, y, "idle", p->idle_s, r->conf->idle_s);
	never_above(r, y, "lifetime", p->lifetime_s, r->conf->lifetime_s);
}

static void
accept_read(struct conf_reader *r, const struct yaml *y,
    struct policy_read *pr)
{
	struct conf_policy *p = pr->p;
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	struct csn_str text;

	for (size_t i = 0; i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		if (str_is(text, "recovery"))
			p->accept_recovery = true;
		else if (str_is(text, "device"))
			p->accept_device = true;
		else if (str_is(text, "remembered"))
			pr->remembered = items[i];
		else
			fault_at(r, items[i], "`accept` is recovery: a "
			    "recovery code counts as the factor; remembered: "
			    "so does a remembered browser; or device: none "
			    "does");
	}
	if (p->accept_device && (n > 1))
		fault_at(r, y, "`device` stands alone; take it out, or the "
		    "others");
}

static void
enrolled_by_read(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p)
{
	struct csn_str text;

	if (schema_get(r, y, &text) < 0)
		return;
	p->enrolled_by_link = true;
	if (!str_is(text, "link"))
		fault_at(r, y, "`enrolled_by` is link: devices enrolled at a "
		    "first login do not count here");
}

static void
require_parts(struct conf_reader *r, struct policy_read *pr)
{
	struct conf_policy *p = pr->p;

	conf_read_require(r, pr->require, p);
	if (pr->allow != NULL)
		allow_read(r, pr->allow, p);
	if (pr->fresh != NULL)
		fresh_read(r, pr->fresh, p);
	if (pr->session != NULL)
		session_read(r, pr->session, p);
	if (pr->accept != NULL)
		accept_read(r, pr->accept, pr);
	conf_read_remembered(r, pr->remember, pr->remembered, p);
	if (pr->enrolled_by != NULL)
		enrolled_by_read(r, pr->enrolled_by, p);
}

static void
policy_read(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p)
{
	struct policy_read pr = { .p = p };

	p->place = schema_place(r, y);
	p->name = STR("");
	p->kind = CONF_DENY;
	if (!schema_is_map(r, y))
		return;
	schema_read(r, policy_rows, SCHEMA_COUNT(policy_rows), y, "a policy",
	    &pr);
	policy_name(r, &pr);
	name_twice_check(r, &pr, y);
	policy_kind(r, &pr, y);
	if (pr.match != NULL)
		conf_read_match(r, pr.match, p);
	else
		fault_at(r, y, "`match` is missing in a policy; write which "
		    "host it is for");
	if (pr.require != NULL) {
		require_parts(r, &pr);
		return;
	}
	needs_require(r, pr.allow);
	needs_require(r, pr.fresh);
	needs_require(r, pr.session);
	needs_require(r, pr.accept);
	needs_require(r, pr.enrolled_by);
	needs_require(r, pr.remember);
}

/* Each is cleared when its turn comes: at once, fresh memory for a thousand
 * would be milliseconds without a rest. */
static struct conf_policy *
policy_room(struct conf_reader *r, size_t i)
{
	return memset(&r->policies[i], 0, sizeof(r->policies[i]));
}

struct conf_policy *
conf_page_policy(struct conf_reader *r, struct csn_str name)
{
	struct conf_policy *p;

	/* without a list of policies there is a fault, and no room */
	if (r->policies == NULL)
		return NULL;
	p = policy_room(r, r->conf->npolicies + r->conf->npages++);
	p->name = name;
	p->kind = CONF_REQUIRE;
	return p;
}

void
conf_read_page_policy(struct conf_reader *r, const struct yaml *y,
    const char *what, struct conf_policy *p)
{
	struct policy_read pr = { .p = p };

	p->place = schema_place(r, y);
	if (!schema_is_map(r, y))
		return;
	schema_read(r, page_rows, SCHEMA_COUNT(page_rows), y, what, &pr);
	if (pr.require != NULL)
		require_parts(r, &pr);
}

void
conf_read_desk_policy(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p, const struct yaml **ret_may,
    struct conf_allow *ret_not_for)
{
	struct policy_read pr = { .p = p };

	p->place = schema_place(r, y);
	if (!schema_is_map(r, y))
		return;
	schema_read(r, desk_rows, SCHEMA_COUNT(desk_rows), y, "`desk`", &pr);
	if (pr.require != NULL)
		require_parts(r, &pr);
	if (pr.not_for != NULL)
		not_for_read(r, pr.not_for, ret_not_for);
	*ret_may = pr.may;
}

void
conf_read_policies(struct conf_reader *r)
{
	const struct yaml *list = r->top.policies;

	if (list == NULL || list->bad)
		return;
	if (list->kind != YAML_LIST || list->n == 0) {
		fault_at(r, list, "`policies` is a list with at least one "
		    "entry; each begins with `- `");
		return;
	}
	if (list->n > CONF_POLICIES_MAX) {
		fault_at(r, list, "more than %u policies", CONF_POLICIES_MAX);
		return;
	}
	r->policies = arena_bytes(r->arena, (list->n + CONF_PAGES_MAX) *
	    sizeof(*r->policies));
	r->conf->policies = r->policies;
	if (r->policies == NULL)
		return;
	for (const struct yaml *y = list->first; y != NULL; y = y->next) {
		policy_read(r, y, policy_room(r, r->conf->npolicies++));
		pace();
	}
}
