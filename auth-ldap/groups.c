/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups.c - the groups of a person, all of them or none
 *
 * It must never take a list that could not be read, or not to its end, for a
 * list: a rule "not in group X" would then be true for the wrong people.
 */
#include "groups_impl.h"

#include "lib/text.h"

#include "ad.h"
#include "entry.h"
#include "filter.h"
#include "nesting.h"

#define NAME_MAX_BYTES 1024u	/* of a group's name or DN */

/* Active Directory walks the tree itself ([MS-ADTS] 3.1.1.3.4.4.3). Nobody
 * else knows the rule. */
#define IN_CHAIN "1.2.840.113556.1.4.1941"

static int
group_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct csn_str name_of = job->inst->opt.group_name, dn;
	struct job_list values = { NULL, 0, 0 };
	struct found *f = arg;

	if (entry == NULL) {
		*f = (struct found){ .bad = false };
		return 0;
	}
	if (entry_dn(job, ld, entry, &dn) != 0 ||
	    entry_values(job, ld, entry, name_of, &values) != 0)
		return -1;
	if (name_of.n > 0 && values.n != 1) {
		job_log(job, CSN_WARN, "group %s has %zu values of %s, and "
		    "one is wanted", dn.p, values.n, name_of.p);
		f->bad = true;
		return 0;
	}
	if (job_list_add(job, &f->dns, dn) != 0 ||
	    job_list_add(job, &f->names, name_of.n > 0 ? values.v[0] :
	    dn) != 0)
		return -1;
	return 0;
}

enum search_result
groups_search(const struct gathering *g, struct buf *filter,
    struct found *ret)
{
	const struct options *o = &g->job->inst->opt;
	struct search s = { .base = o->group_base.p,
	    .scope = LDAP_SCOPE_SUBTREE, .max_entries = GROUPS_MAX,
	    .paged = true };
	enum search_result result = SEARCH_REFUSED;
	struct buf b;

	search_want(&s, o->group_name.n > 0 ? o->group_name : STR("1.1"));
	buf_init(&b, 2 * FILTER_MAX);
	if (o->group_filter.n > 0)
		buf_puts(&b, "(&");
	buf_str_put(&b, buf_str(filter));
	if (o->group_filter.n > 0) {
		buf_str_put(&b, o->group_filter);
		buf_char(&b, ')');
	}
	if (!buf_failed(filter) && !buf_failed(&b)) {
		s.filter = (const char *)b.p;
		result = search_by(g->job, g->via, &s, group_see, ret);
	}
	buf_free(filter);
	buf_free(&b);
	return result;
}

static enum search_result
search_member(const struct gathering *g, const char *rule,
    struct csn_str member, struct found *f)
{
	struct csn_str attribute = g->job->inst->opt.group_member;
	struct buf b;

	buf_init(&b, FILTER_MAX);
	if (rule != NULL)
		filter_rule(&b, attribute, rule, member);
	else
		filter_equal(&b, attribute, member);
	return groups_search(g, &b, f);
}

static bool
is_known(const struct gathering *g, struct csn_str dn)
{
	size_t i;

	for (i = 0; i < g->dns.n; i++) {
		if (str_equal_fold(g->dns.v[i], dn))
			return true;
	}
	return false;
}

int
groups_gather(struct gathering *g, struct csn_str dn, struct csn_str name)
{
	if (is_known(g, dn))
		return 0;
	if (g->dns.n >= GROUPS_MAX || name.n == 0 || name.n > NAME_MAX_BYTES ||
	    !text_plain(name)) {
		g->cut = true;
		return 0;
	}
	if (job_list_add(g->job, &g->dns, dn) != 0)
		return -1;
	return job_list_add(g->job, &g->names, name);
}

/* Groups that hold `member` go into the list. */
static int
gather_search(struct gathering *g, const char *rule, struct csn_str member,
    struct found *f)
{
	enum search_result result = search_member(g, rule, member, f);
	size_t i;

	if (result == SEARCH_LOST)
		return -1;
	if (result != SEARCH_DONE || f->bad)
		g->cut = true;
	for (i = 0; i < f->dns.n && !g->cut; i++) {
		if (groups_gather(g, f->dns.v[i], f->names.v[i]) != 0)
			return -1;
	}
	return 0;
}

/* What the group at dn is inside of: remembered, or asked. */
static int
gather_parents(struct gathering *g, struct csn_str dn)
{
	struct found f = { .bad = false };
	size_t i;

	if (nesting_get(g->job, dn, &f.dns, &f.names)) {
		for (i = 0; i < f.dns.n; i++) {
			if (groups_gather(g, f.dns.v[i], f.names.v[i]) != 0)
				return -1;
		}
		return 0;
	}
	if (gather_search(g, NULL, dn, &f) != 0)
		return -1;
	if (!g->cut)
		nesting_put(g->job, dn, &f.dns, &f.names);
	return 0;
}

static int
gather_levels(struct gathering *g)
{
	size_t from = 0, to, level;
	bool done;

	if (foresee_groups(g, &done) != 0)
		return -1;
	for (level = 0; !done && from < g->dns.n && !g->cut; level++) {
		if (level == GROUPS_DEPTH) {
			g->cut = true;
			break;
		}
		to = g->dns.n;
		for (; from < to && !g->cut; from++) {
			if (gather_parents(g, g->dns.v[from]) != 0)
				return -1;
		}
	}
	return 0;
}

/* What Active Directory gave as SIDs becomes DNs; one of another domain stays
 * a SID, for a list without it would not be whole. */
static int
gather_named(struct gathering *g, const struct job_list *sids)
{
	struct job_list dns = { NULL, 0, 0 };
	int rc = ad_groups_named(g->job, g->via, sids, &dns);
	size_t i;

	if (rc != 0) {
		g->cut = true;
		return rc < 0 ? -1 : 0;
	}
	for (i = 0; i < sids->n; i++) {
		struct csn_str dn = dns.v[i].n > 0 ? dns.v[i] : sids->v[i];
		struct job_list one = { &dn, 1, 1 };

		if (dns.v[i].n > 0)
			nesting_put(g->job, sids->v[i], &one, &one);
		if (groups_gather(g, dn, dn) != 0)
			return -1;
	}
	return 0;
}

static int
gather_sids(struct gathering *g, const struct job_list *sids)
{
	struct job_list asked = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < sids->n && !g->cut; i++) {
		struct job_list dns = { NULL, 0, 0 }, names = { NULL, 0, 0 };

		if (nesting_get(g->job, sids->v[i], &dns, &names) &&
		    dns.n == 1) {
			if (groups_gather(g, dns.v[0], names.v[0]) != 0)
				return -1;
		} else if (job_list_add(g->job, &asked, sids->v[i]) != 0) {
			return -1;
		}
	}
	return asked.n == 0 || g->cut ? 0 : gather_named(g, &asked);
}

static int
gather_token(struct gathering *g, const struct person *p)
{
	struct job_list sids = { NULL, 0, 0 };
	int rc = ad_token_groups(g->job, g->via, p->dn, &sids);

	if (rc != 0) {
		g->cut = true;
		return rc < 0 ? -1 : 0;
	}
	return gather_sids(g, &sids);
}

static int
gather_primary(struct gathering *g, const struct person *p)
{
	struct csn_str sid = p->primary_group;
	struct job_list one = { &sid, 1, 1 };

	if (sid.n == 0) {
		g->cut = true;
		return 0;
	}
	return gather_sids(g, &one);
}

static int
gather_memberof(struct gathering *g, const struct person *p)
{
	struct job_list all = { NULL, 0, 0 };
	size_t i;
	int rc;

	for (i = 0; i < p->memberof.n; i++) {
		if (job_list_add(g->job, &all, p->memberof.v[i]) != 0)
			return -1;
	}
	g->cut = p->memberof_cut;
	if (g->cut && g->job->inst->opt.ad) {
		rc = ad_memberof_rest(g->job, g->via, p->dn, &all);
		if (rc < 0)
			return -1;
		g->cut = rc != 0;
	}
	for (i = 0; i < all.n && !g->cut; i++) {
		if (groups_gather(g, all.v[i], all.v[i]) != 0)
			return -1;
	}
	return g->job->inst->opt.ad && !g->cut ? gather_primary(g, p) : 0;
}

static int
gather_direct(struct gathering *g, const struct person *p)
{
	const struct options *o = &g->job->inst->opt;
	const char *rule = o->ad && o->nested_groups ? IN_CHAIN : NULL;
	struct found f = { .bad = false };

	switch (o->group_mode) {
	case GROUPS_NONE:
		g->cut = true;
		return 0;
	case GROUPS_MEMBEROF:
		if (rule == NULL)
			return gather_memberof(g, p);
		/* the rule leaves the primary group out as memberOf does */
		if (gather_search(g, rule, p->dn, &f) != 0)
			return -1;
		return g->cut ? 0 : gather_primary(g, p);
	case GROUPS_MEMBER:
		return gather_search(g, rule, p->dn, &f);
	case GROUPS_MEMBERUID:
		return gather_search(g, NULL, p->subject, &f);
	case GROUPS_TOKEN:
		return gather_token(g, p);
	}
	return -1;
}

int
groups_read(const struct job *job, struct conn *via,
    const struct person *p, struct groups *ret)
{
	const struct options *o = &job->inst->opt;
	struct gathering g = { .job = job, .via = via };

	if (gather_direct(&g, p) != 0)
		return -1;
	if (o->nested_groups && !o->ad && gather_levels(&g) != 0)
		return -1;
	if (g.cut && o->group_mode != GROUPS_NONE)
		job_log(job, CSN_WARN, "the groups of %s cannot all be read "
		    "(more than %u, or deeper than %u levels, or refused): "
		    "none are given", p->dn.p, GROUPS_MAX, GROUPS_DEPTH);
	*ret = (struct groups){ .whole = !g.cut };
	if (!g.cut)
		ret->names = (struct csn_strs){ g.names.v, g.names.n };
	return 0;
}
