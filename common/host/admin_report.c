/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_report.c - who has no second factor yet, for the operator
 *
 * Who there is only a directory knows: each group is listed by a factor of its
 * realm that can (CSN_OP_PEOPLE), and compared with the records. It must never
 * pass a group in silence that could not be listed.
 */
#include "admin.h"
#include "json_out.h"
#include "manage.h"
#include "people_kept.h"
#include "subject.h"

#define LIST_TIME_MS	120000
#define LIST_BUDGET	(128u << 20)

struct report {
	struct csn_gate *gate;
	struct gate_conf *gc;
	int factor;			/* -1: any second factor */
	int64_t now_ms;
	struct csn_str group, realm_name;	/* this list's */
	unsigned realm;
	struct json_out people, missing;
	int64_t nlisted, npeople;
	bool failed;
};

/* ------------------------------------------------------------------ */
/* a grace that is open to members of the group */

/* Guards of groups and names are judged for this one; what hangs on the
 * request cannot be. */
static bool
guard_may_hold(const struct guard *g, const struct guard_facts *facts)
{
	switch (g->kind) {
	case GUARD_GROUP:
	case GUARD_USER:
		return guard_value(g, NULL, 0, facts) == GUARD_TRUE;
	default:
		return true;
	}
}

static int64_t
way_grace(const struct way *w, int factor, const struct guard_facts *facts)
{
	int64_t until = 0;

	for (size_t i = 0; i < w->nguards; i++) {
		const struct guard *g = &w->guards[i];

		if (!guard_may_hold(g, facts))
			return 0;
		if (g->kind != GUARD_UNENROLLED || g->negated ||
		    (factor >= 0 && g->factor != (unsigned)factor))
			continue;
		if (until == 0 || g->until_ms < until)
			until = g->until_ms;
	}
	return until;
}

static int64_t
grace_until(const struct report *r, struct csn_str subject)
{
	struct guard_facts facts = { .realm = r->realm_name,
	    .subject = subject, .groups_known = true,
	    .groups = { &r->group, 1 }, .enrolled_known = true,
	    .now_ms = r->now_ms };
	const struct conf *conf = r->gc->conf;
	int64_t longest = 0;

	for (size_t i = 0; i < conf->npolicies; i++) {
		const struct chain *c = &conf->policies[i].chain;

		for (size_t w = 0; w < c->nways; w++) {
			int64_t until = way_grace(&c->ways[w], r->factor,
			    &facts);

			if (until > longest)
				longest = until;
		}
	}
	return longest;
}

/* ------------------------------------------------------------------ */

static bool
has_factor(const struct report *r, const struct people_record *p)
{
	for (size_t i = 0; i < p->nenrolments; i++)
		if (r->factor < 0 || p->enrolments[i].fingerprint ==
		    r->gc->conf->factors[r->factor].fingerprint)
			return true;
	return false;
}

static void
row_put(struct report *r, const struct csn_item *it, struct csn_str subject,
    const struct people_record *p, int64_t login_ms)
{
	struct json_out *j = &r->people;

	json_open(j, NULL, '{');
	json_text(j, "group", r->group);
	json_text(j, "realm", r->realm_name);
	json_text(j, "subject", subject);
	json_text(j, "name", it->title);
	json_text(j, "mail", it->detail);
	json_time(j, "last_login", login_ms);
	json_time(j, "grace_until", grace_until(r, subject));
	json_bool(j, "link_required", p->link_required);
	json_close(j, '}');
	r->npeople++;
}

static void
person_look(struct report *r, const struct factor *f, struct arena *a,
    const struct csn_item *it)
{
	struct csn_str said = it->id, subject;
	struct people_record p;
	struct buf raw;
	int64_t login_ms;

	if (f->cf->people.v != NULL)
		said = pairs_get(f->cf->people, said);
	/* who cannot log in by this name needs no factor */
	if (said.p == NULL || subject_canonical(a,
	    r->gc->conf->realms[r->realm].keep_case, said, &subject) < 0)
		return;
	r->nlisted++;
	buf_init(&raw, STORE_VALUE_MAX);
	if (people_read(r->gate->store, r->realm_name, subject, r->now_ms,
	    &raw, &p) != STORE_OK || people_login_read(r->gate->store,
	    r->realm_name, subject, r->now_ms, &login_ms, NULL) != STORE_OK)
		r->failed = true;
	else if (!has_factor(r, &p))
		row_put(r, it, subject, &p, login_ms);
	buf_free(&raw);
}

static void
not_listed(struct report *r, const char *why)
{
	json_open(&r->missing, NULL, '{');
	json_text(&r->missing, "group", r->group);
	json_text(&r->missing, "realm", r->realm_name);
	json_text(&r->missing, "why", str_from(why));
	json_close(&r->missing, '}');
}

static int
members_op(const struct factor *f)
{
	return manage_find(f->plugin, STR("members"), CSN_OP_OPERATOR |
	    CSN_OP_PEOPLE);
}

/* The realm's authority, or another of its factors that can. */
static struct factor *
lister(const struct report *r)
{
	const struct conf *conf = r->gc->conf;
	int authority = conf->realms[r->realm].authority;

	if (authority >= 0 && members_op(&r->gc->factors[authority]) >= 0)
		return &r->gc->factors[authority];
	for (size_t i = 0; i < conf->nfactors; i++)
		if (bits_has(&conf->identify, i) &&
		    conf->factors[i].realm == r->realm &&
		    members_op(&r->gc->factors[i]) >= 0)
			return &r->gc->factors[i];
	return NULL;
}

/* What the factor itself calls a group of its realm. */
static struct csn_str
name_there(const struct factor *f, struct csn_str value)
{
	const struct csn_pairs *map = &f->cf->group_map;

	for (size_t i = 0; i < map->n; i++)
		if (str_equal(map->v[i].value, value))
			return map->v[i].name;
	return value;
}

static void
group_list(struct report *r, struct csn_str value)
{
	struct csn_pair param = { STR("group"), STR("") };
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_OP, .params = { &param, 1 } };
	struct factor *f = lister(r);
	struct csn_call c;
	struct verdict v;
	struct arena a;

	if (f == NULL) {
		not_listed(r, "no factor of this realm can say who is in a "
		    "group; a directory (plugin: ldap) can");
		return;
	}
	param.value = name_there(f, value);
	req.op = (uint32_t)members_op(f);
	arena_init(&a, LIST_BUDGET);
	call_begin(&c, &r->gate->call_host, f, LIST_TIME_MS);
	c.arena.budget = LIST_BUDGET;
	verdict_call(&c, VERDICT_MANAGE, &req, &a, &v);
	call_end(&c);
	if (v.verdict != CSN_DONE)
		not_listed(r, "the directory did not list it; the log says "
		    "why");
	else
		for (size_t i = 0; i < v.reply.nitems; i++)
			person_look(r, f, &a, &v.reply.items[i]);
	arena_free(&a);
}

/* Whether a name is among "a,b,c"; "" is all. */
static bool
wanted(struct csn_str list, struct csn_str name)
{
	struct csn_str one;

	if (list.n == 0)
		return true;
	while (str_cut(&list, ',', &one))
		if (str_equal(str_trim(one), name))
			return true;
	return false;
}

static void
groups_list(struct report *r, struct csn_str groups, struct csn_str realm)
{
	const struct conf *conf = r->gc->conf;

	for (size_t i = 0; i < conf->ngroups; i++) {
		const struct conf_group *g = &conf->groups[i];

		if (!wanted(groups, g->name))
			continue;
		for (size_t k = 0; k < g->values.n; k++) {
			int at = conf_realm_find(conf, g->values.v[k].name);

			if (at < 0 || (realm.n > 0 && !str_equal(realm,
			    g->values.v[k].name)))
				continue;
			r->realm = (unsigned)at;
			r->realm_name = g->values.v[k].name;
			r->group = g->name;
			group_list(r, g->values.v[k].value);
		}
	}
}

static int
groups_check(const struct conf *conf, struct csn_str groups,
    struct csn_str *ret)
{
	struct csn_str one;

	while (groups.n > 0 && str_cut(&groups, ',', &one)) {
		size_t i = 0;

		while (i < conf->ngroups && !str_equal(conf->groups[i].name,
		    str_trim(one)))
			i++;
		if (i == conf->ngroups)
			return json_fail(ret, "`groups` has no group `%.*s`",
			    STR_FMT(str_trim(one)));
	}
	return conf->ngroups > 0 ? 0 : json_fail(ret, "the configuration has "
	    "no `groups`: write those that are to be reported");
}

static int
report_take(struct report *r, struct csn_str *ret)
{
	struct json_out j;

	json_close(&r->people, ']');
	json_close(&r->missing, ']');
	if (r->failed || buf_failed(&r->people.b))
		return json_fail(ret, "the store cannot be read, or there "
		    "are too many people for one report: name a group");
	json_init(&j);
	json_open(&j, NULL, '{');
	json_number(&j, "listed", r->nlisted);
	json_number(&j, "unenrolled", r->npeople);
	json_raw(&j, "people", buf_str(&r->people.b));
	json_raw(&j, "not_listed", buf_str(&r->missing.b));
	json_close(&j, '}');
	return json_take(&j, ret);
}

int
csn_report_unenrolled(struct csn_gate *g, struct csn_str factor,
    struct csn_str groups, struct csn_str realm, struct csn_str *ret)
{
	struct report r = { .gate = g, .gc = gate_hold(g), .factor = -1,
	    .now_ms = gate_now_ms(g) };
	int rc = 0;

	if (factor.n > 0) {
		r.factor = conf_factor_find(r.gc->conf, factor);
		if (r.factor < 0 ||
		    !bits_has(&r.gc->conf->second, (size_t)r.factor))
			rc = json_fail(ret, "`%.*s` is not a second factor",
			    STR_FMT(factor));
	}
	if (rc == 0)
		rc = groups_check(r.gc->conf, groups, ret);
	if (rc == 0) {
		json_init(&r.people);
		json_init(&r.missing);
		json_open(&r.people, NULL, '[');
		json_open(&r.missing, NULL, '[');
		groups_list(&r, groups, realm);
		rc = report_take(&r, ret);
		json_free(&r.people);
		json_free(&r.missing);
	}
	gate_drop(r.gc);
	return rc;
}
