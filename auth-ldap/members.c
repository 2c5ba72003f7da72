/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members.c - who is in a group, for an operator's report
 *
 * The other way round than at a login, and slower: a login never comes here.
 * It must never give a list that was cut for a whole one: whoever is missing
 * from a report is missed.
 */
#include "members.h"

#include "lib/table.h"

#include "account.h"
#include "entry.h"
#include "filter.h"
#include "groups.h"
#include "person.h"

#define MEMBERS_MAX	20000
#define TITLE_MAX	512u	/* of an item */
#define LEVEL_GROUPS	200u	/* groups within the group */
#define IN_CHAIN	"1.2.840.113556.1.4.1941"	/* [MS-ADTS] */

const struct csn_op members_ops[MEMBERS_OPS] = {
	{ .name = "members", .help = "Lists the people in a group of the "
	    "directory.", .params = "group",
	    .flags = CSN_OP_OPERATOR | CSN_OP_PEOPLE },
};

struct members {
	const struct job *job;
	struct table *seen;		/* subjects */
	struct csn_item *items;
	size_t n, cap;
	struct job_list groups;		/* DNs to look into */
	bool cut;
};

static uint32_t
not_whole(const struct members *m, struct csn_str group)
{
	job_log(m->job, CSN_FAIL, "the members of %.*s cannot all be listed: "
	    "there are more than %d, or more than %u groups in it, or the "
	    "directory refuses", STR_FMT(group), MEMBERS_MAX, LEVEL_GROUPS);
	return CSN_DENY;
}

/* ------------------------------------------------------------------ */

static int
items_grow(struct members *m)
{
	size_t cap = m->cap == 0 ? 64 : 2 * m->cap;
	struct csn_item *bigger = job_alloc(m->job, cap * sizeof(*bigger));

	if (bigger == NULL)
		return -1;
	if (m->n > 0)
		memcpy(bigger, m->items, m->n * sizeof(*bigger));
	m->items = bigger;
	m->cap = cap;
	return 0;
}

/* Who is switched off cannot log in, and needs nothing. */
static int
member_add(struct members *m, const struct person *p)
{
	static char there;

	if (p->disabled || table_get(m->seen, p->subject) != NULL)
		return 0;
	if (m->n >= MEMBERS_MAX) {
		m->cut = true;
		return 0;
	}
	if ((m->n == m->cap && items_grow(m) != 0) ||
	    table_set(m->seen, p->subject, &there, NULL) != 0)
		return -1;
	m->items[m->n] = (struct csn_item){ .id = p->subject,
	    .title = pairs_get(p->attrs, STR("name")),
	    .detail = pairs_get(p->attrs, STR("mail")) };
	if (m->items[m->n].title.n > TITLE_MAX)
		m->items[m->n].title = STR("");
	m->n++;
	return 0;
}

static int
member_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct members *m = arg;
	struct person p = { .disabled = false };
	int rc;

	if (entry == NULL)
		return 0;	/* what is seen again is known by name */
	rc = person_entry(job, ld, entry, &p);
	return rc <= 0 ? rc : member_add(m, &p);
}

static enum search_result
members_search(struct members *m, struct csn_str filter)
{
	const struct options *o = &m->job->inst->opt;
	struct search s = { .base = o->base.p,
	    .scope = LDAP_SCOPE_SUBTREE, .filter = filter.p,
	    .max_entries = MEMBERS_MAX, .paged = true };

	search_want(&s, o->subject);
	search_want(&s, o->display_name);
	search_want(&s, o->mail);
	account_want(o, &s);
	return search_by(m->job, NULL, &s, member_see, m);
}

/* ------------------------------------------------------------------ */
/* groups */

struct values {			/* of one attribute of one entry, or DNs */
	struct csn_str attribute;	/* "": the entries' DNs */
	struct job_list list;
	bool cut;
};

static int
values_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct values *v = arg;
	struct csn_str dn;
	int rc;

	if (entry == NULL) {
		v->list = (struct job_list){ NULL, 0, 0 };
		return 0;
	}
	if (v->attribute.n == 0)
		return entry_dn(job, ld, entry, &dn) != 0 ? -1 :
		    job_list_add(job, &v->list, dn);
	rc = entry_values_up_to(job, ld, entry, v->attribute, MEMBERS_MAX,
	    &v->list);
	v->cut |= rc > 0 || entry_ranged(ld, entry, v->attribute);
	return rc < 0 ? -1 : 0;
}

static struct csn_str
filter_taken(const struct job *job, struct buf *b)
{
	struct csn_str ret = { NULL, 0 };

	if (!buf_failed(b))
		ret = job_str(job, buf_str(b));
	buf_free(b);
	return ret;
}

/* Groups with that value: below group_base, by the operator's own filter. */
static enum search_result
groups_with(const struct job *job, struct csn_str attribute,
    struct csn_str value, struct values *ret)
{
	const struct options *o = &job->inst->opt;
	struct search s = { .base = o->group_base.p,
	    .scope = LDAP_SCOPE_SUBTREE, .max_entries = (int)LEVEL_GROUPS };
	struct csn_str filter;
	struct buf b;

	ret->attribute = STR("");
	search_want(&s, STR("1.1"));
	buf_init(&b, FILTER_MAX);
	/* people have a memberOf as well */
	filter_any(&b, (struct csn_strs){ &attribute, 1 }, value,
	    job_printf(job, "%.*s(%.*s=*)", STR_FMT(o->group_filter),
	    STR_FMT(o->group_member)));
	filter = filter_taken(job, &b);
	s.filter = filter.p;
	return filter.p == NULL ? SEARCH_REFUSED :
	    search_by(job, NULL, &s, values_see, ret);
}

static enum search_result
group_values(const struct job *job, struct csn_str dn,
    struct csn_str attribute, struct values *ret)
{
	struct search s = { .base = dn.p, .scope = LDAP_SCOPE_BASE,
	    .filter = "(objectClass=*)", .max_entries = 1 };

	ret->attribute = attribute;
	search_want(&s, attribute.n > 0 ? attribute : STR("1.1"));
	return search_by(job, NULL, &s, values_see, ret);
}

/* What the configuration calls the group, as a DN. 1: there is none, or
 * several. */
static int
group_dn(const struct job *job, struct csn_str group, struct csn_str *ret)
{
	const struct options *o = &job->inst->opt;
	struct values found = { .cut = false };
	struct csn_str dn = job_str(job, group);
	enum search_result result = dn.p == NULL ? SEARCH_LOST :
	    o->group_name.n == 0 ? group_values(job, dn, STR(""), &found) :
	    groups_with(job, o->group_name, group, &found);

	switch (result) {
	case SEARCH_DONE:
	case SEARCH_CUT:
		break;
	case SEARCH_LOST:
	case SEARCH_REFUSED:
		return -1;
	}
	if (found.list.n != 1)
		return 1;
	*ret = found.list.v[0];
	return 0;
}

static int
group_queue(struct members *m, struct csn_str dn)
{
	for (size_t i = 0; i < m->groups.n; i++)
		if (str_equal_fold(m->groups.v[i], dn))
			return 0;
	if (m->groups.n == LEVEL_GROUPS) {
		m->cut = true;
		return 0;
	}
	return job_list_add(m->job, &m->groups, dn);
}

/* ------------------------------------------------------------------ */

/* memberOf leaves the primary group out: its members name the last number of
 * its SID. */
static int
filter_primary(struct members *m, struct csn_str dn, struct buf *b)
{
	struct values sid = { .cut = false };
	const uint8_t *last;
	enum search_result result;

	if (!m->job->inst->opt.ad)
		return 0;
	result = group_values(m->job, dn, STR("objectSid"), &sid);
	if (result != SEARCH_DONE)
		return result == SEARCH_LOST ? -1 : 0;
	if (sid.list.n != 1 || sid.list.v[0].n < 12)
		return 0;
	last = (const uint8_t *)sid.list.v[0].p + sid.list.v[0].n - 4;
	buf_printf(b, "(primaryGroupID=%lu)", (unsigned long)last[3] << 24 |
	    (unsigned long)last[2] << 16 | (unsigned long)last[1] << 8 |
	    last[0]);
	return 0;
}

static int
by_memberof(struct members *m, struct csn_str dn)
{
	const struct options *o = &m->job->inst->opt;
	bool chain = o->ad && (o->nested_groups ||
	    o->group_mode == GROUPS_TOKEN);
	struct csn_str filter;
	struct buf b;
	int rc;

	buf_init(&b, FILTER_MAX);
	buf_puts(&b, "(&(|");
	if (chain)
		filter_rule(&b, STR("memberOf"), IN_CHAIN, dn);
	else
		filter_equal(&b, STR("memberOf"), dn);
	rc = filter_primary(m, dn, &b);
	buf_char(&b, ')');
	/* groups have one as well */
	buf_printf(&b, "%.*s(%.*s=*))", STR_FMT(o->user_filter),
	    STR_FMT(o->subject));
	filter = filter_taken(m->job, &b);
	if (rc < 0 || filter.p == NULL)
		return -1;
	switch (members_search(m, filter)) {
	case SEARCH_DONE:
		return 0;
	case SEARCH_CUT:
	case SEARCH_REFUSED:
		m->cut = true;
		return 0;
	case SEARCH_LOST:
		break;
	}
	return -1;
}

/* The groups in this one, for the next level. */
static int
groups_below(struct members *m, struct csn_str dn)
{
	struct values found = { .cut = false };
	enum search_result result = groups_with(m->job, STR("memberOf"), dn,
	    &found);

	if (result == SEARCH_LOST)
		return -1;
	m->cut |= result != SEARCH_DONE;
	for (size_t i = 0; i < found.list.n; i++)
		if (group_queue(m, found.list.v[i]) != 0)
			return -1;
	return 0;
}

/* One value of a group's member: somebody, or a group. */
static int
by_value(struct members *m, struct csn_str value)
{
	const struct options *o = &m->job->inst->opt;
	struct person p = { .disabled = false };
	enum person_result found = o->group_mode == GROUPS_MEMBERUID ?
	    person_by_subject(m->job, value, &p) :
	    person_by_dn(m->job, NULL, value, &p);

	switch (found) {
	case PERSON_FOUND:
		return member_add(m, &p);
	case PERSON_NONE:
		return o->nested_groups && o->group_mode == GROUPS_MEMBER ?
		    group_queue(m, value) : 0;
	case PERSON_FAILED:
		break;
	}
	return -1;
}

static int
by_values(struct members *m, struct csn_str dn)
{
	struct values v = { .cut = false };
	enum search_result result = group_values(m->job, dn,
	    m->job->inst->opt.group_member, &v);

	if (result == SEARCH_LOST)
		return -1;
	m->cut |= result != SEARCH_DONE || v.cut ||
	    v.list.n > MEMBERS_MAX;
	for (size_t i = 0; i < v.list.n && !m->cut; i++)
		if (by_value(m, v.list.v[i]) != 0)
			return -1;
	return 0;
}

static int
group_walk(struct members *m, struct csn_str dn)
{
	const struct options *o = &m->job->inst->opt;

	switch (o->group_mode) {
	case GROUPS_NONE:
		m->cut = true;
		return 0;
	case GROUPS_MEMBER:
	case GROUPS_MEMBERUID:
		return by_values(m, dn);
	case GROUPS_MEMBEROF:
		if (o->nested_groups && !o->ad && groups_below(m, dn) != 0)
			return -1;
		return by_memberof(m, dn);
	case GROUPS_TOKEN:
		return by_memberof(m, dn);
	}
	return -1;
}

static uint32_t
members_list(struct members *m, struct csn_str group, struct csn_reply *reply)
{
	struct csn_str dn = { NULL, 0 };
	int rc = group_dn(m->job, group, &dn);

	if (rc > 0) {
		job_log(m->job, CSN_FAIL, "there is no group %.*s, or there "
		    "are several", STR_FMT(group));
		return CSN_DENY;
	}
	if (rc == 0)
		rc = group_queue(m, dn);
	for (size_t i = 0; rc == 0 && i < m->groups.n && !m->cut; i++)
		rc = group_walk(m, m->groups.v[i]);
	if (rc != 0)
		return CSN_ERROR;
	if (m->cut)
		return not_whole(m, group);
	reply->items = m->items;
	reply->nitems = m->n;
	reply->item_size = sizeof(*m->items);
	return CSN_DONE;
}

uint32_t
members_manage(struct job *job, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct members m = { .job = job };
	uint32_t verdict = CSN_ERROR;

	/* an operator waits longer than a login */
	job->end_ms = job_clock_ms() + job->host->left_ms(job->call);
	if (!options_can_search(&job->inst->opt) ||
	    job->inst->opt.base.n == 0 ||
	    job->inst->opt.group_mode == GROUPS_NONE) {
		job_log(job, CSN_FAIL, "this directory lists nobody: it needs "
		    "base, a service account, and groups");
		return CSN_DENY;
	}
	m.seen = table_new();
	if (m.seen != NULL && req->op == 0)
		verdict = members_list(&m, pairs_get(req->params,
		    STR("group")), reply);
	table_free(m.seen, NULL);
	if (verdict == CSN_ERROR)
		reply->reason = CSN_R_BACKEND;
	return verdict;
}
