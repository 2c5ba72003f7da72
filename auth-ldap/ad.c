/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ad.c - what only Active Directory has: names with a domain, groups by SID
 *
 * A name behind another domain's must never find somebody of this one; what
 * cannot be resolved is told as it is, and never left out.
 */
#include "ad.h"

#include <ldap.h>

#include "lib/text.h"

#include "dn.h"
#include "entry.h"
#include "filter.h"
#include "groups.h"
#include "sid.h"

#define SIDS_ASKED 40u		/* in one search */
#define RANGES_MAX 16u		/* parts of one attribute */

struct one {			/* one attribute of one entry */
	const char *attribute;
	struct job_list values;
	bool cut;
};

static int
one_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct one *o = arg;
	int rc;

	if (entry == NULL) {
		o->values = (struct job_list){ NULL, 0, 0 };
		o->cut = false;
		return 0;
	}
	rc = entry_values(job, ld, entry, str_from(o->attribute),
	    &o->values);

	o->cut = rc > 0 || entry_ranged(ld, entry, str_from(o->attribute));
	return rc < 0 ? -1 : 0;
}

static enum search_result
one_read(const struct job *job, struct conn *via, const char *base, int scope,
    const char *filter, struct one *o)
{
	struct search s = { .base = base, .scope = scope, .filter = filter,
	    .max_entries = 1 };

	search_want(&s, str_from(o->attribute));
	return search_by(job, via, &s, one_see, o);
}

/* ------------------------------------------------------------------ */
/* names */

/* The domain's own DN, as the directory says. */
static struct csn_str
root_attribute(const struct job *job, const char *attribute)
{
	struct one o = { .attribute = attribute };
	struct csn_str none = { NULL, 0 };

	if (one_read(job, NULL, "", LDAP_SCOPE_BASE, "(objectClass=*)", &o) !=
	    SEARCH_DONE || o.values.n != 1)
		return none;
	return o.values.v[0];
}

/* The DN of the domain of that short name, in this forest; n 0: there is
 * none. p NULL: it cannot be asked. */
static struct csn_str
short_name_dn(const struct job *job, struct csn_str name)
{
	struct csn_str conf = root_attribute(job,
	    "configurationNamingContext"), ret = { NULL, 0 }, base;
	struct one o = { .attribute = "nCName" };
	struct buf b;

	if (conf.p == NULL)
		return ret;
	base = job_printf(job, "CN=Partitions,%s", conf.p);
	buf_init(&b, FILTER_MAX);
	filter_equal(&b, STR("nETBIOSName"), name);
	if (base.p != NULL && !buf_failed(&b) && one_read(job, NULL, base.p,
	    LDAP_SCOPE_ONELEVEL, (const char *)b.p, &o) == SEARCH_DONE)
		ret = o.values.n == 1 ? o.values.v[0] : STR("");
	buf_free(&b);
	return ret;
}

enum person_result
ad_name_down(const struct job *job, struct csn_str typed,
    struct csn_str *ret_name)
{
	struct csn_str name = typed, domain, dn, own;

	if (!str_cut(&name, '\\', &domain) || domain.n == 0 ||
	    domain.n > 15 || name.p == NULL || name.n == 0 ||
	    str_index(name, '\\') >= 0)
		return PERSON_NONE;
	dn = short_name_dn(job, domain);
	own = root_attribute(job, "defaultNamingContext");
	if (dn.p == NULL || own.p == NULL)
		return PERSON_FAILED;
	if (dn.n == 0 || !str_equal_fold(dn, own))
		return PERSON_NONE;
	*ret_name = name;
	return PERSON_FOUND;
}

struct csn_str
ad_name_up(const struct job *job, struct csn_str typed)
{
	struct csn_str domain = job->inst->opt.domain, none = { NULL, 0 };
	ptrdiff_t at = str_index(typed, '@');

	if (at <= 0 || domain.n == 0 || !str_equal_fold(str_from_at(typed,
	    (size_t)at + 1), domain))
		return none;
	return job_str(job, str_of(typed.p, (size_t)at));
}

/* ------------------------------------------------------------------ */
/* groups */

static int
outcome(enum search_result result, bool cut)
{
	if (result == SEARCH_LOST)
		return -1;
	return result != SEARCH_DONE || cut;
}

int
ad_token_groups(const struct job *job, struct conn *via, struct csn_str dn,
    struct job_list *ret_sids)
{
	struct one o = { .attribute = "tokenGroups" };
	int rc = outcome(one_read(job, via, dn.p, LDAP_SCOPE_BASE,
	    "(objectClass=*)", &o), false);

	if (rc != 0)
		return rc;
	/* there is no account without a primary group */
	if (o.cut || o.values.n == 0 || o.values.n > GROUPS_MAX)
		return 1;
	for (size_t i = 0; i < o.values.n; i++) {
		char memory[SID_TEXT_MAX];
		struct buf b;

		buf_init_fixed(&b, memory, sizeof(memory));
		if (sid_put(&b, o.values.v[i], -1) != 0)
			return 1;
		if (job_list_add(job, ret_sids, buf_str(&b)) != 0)
			return -1;
	}
	return 0;
}

struct named {			/* answers of one search */
	struct job_list sids, dns;
};

static int
named_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct named *n = arg;
	struct job_list sid = { NULL, 0, 0 };
	char memory[SID_TEXT_MAX];
	struct csn_str dn;
	struct buf b;

	if (entry == NULL) {
		*n = (struct named){ .sids = { NULL, 0, 0 } };
		return 0;
	}
	buf_init_fixed(&b, memory, sizeof(memory));
	if (entry_dn(job, ld, entry, &dn) != 0 ||
	    entry_values(job, ld, entry, STR("objectSid"), &sid) != 0)
		return -1;
	if (sid.n != 1 || sid_put(&b, sid.v[0], -1) != 0)
		return 0;
	return job_list_add(job, &n->sids, buf_str(&b)) != 0 ||
	    job_list_add(job, &n->dns, dn) != 0 ? -1 : 0;
}

static enum search_result
named_search(const struct job *job, struct conn *via, struct csn_str root,
    const struct job_list *sids, size_t from, size_t to, struct named *n)
{
	struct search s = { .base = root.p, .scope = LDAP_SCOPE_SUBTREE,
	    .max_entries = SIDS_ASKED + 1 };
	enum search_result result = SEARCH_REFUSED;
	struct buf b;

	search_want(&s, STR("objectSid"));
	buf_init(&b, FILTER_MAX);
	buf_puts(&b, "(|");
	for (size_t i = from; i < to; i++)
		filter_equal(&b, STR("objectSid"), sids->v[i]);
	buf_puts(&b, ")");
	if (!buf_failed(&b)) {
		s.filter = (const char *)b.p;
		result = search_by(job, via, &s, named_see, n);
	}
	buf_free(&b);
	return result;
}

static struct csn_str
named_get(const struct named *n, struct csn_str sid)
{
	for (size_t i = 0; i < n->sids.n; i++)
		if (str_equal(n->sids.v[i], sid))
			return n->dns.v[i];
	return STR("");
}

/* Where all groups of the domain are, wherever people are searched. */
static struct csn_str
domain_root(const struct job *job)
{
	struct csn_str root = { NULL, 0 };
	struct buf b;

	buf_init(&b, DN_MAX);
	if (dn_domain_part(&b, job->inst->opt.base) == 0)
		root = job_str(job, buf_str(&b));
	buf_free(&b);
	return root.p != NULL ? root :
	    root_attribute(job, "defaultNamingContext");
}

int
ad_groups_named(const struct job *job, struct conn *via,
    const struct job_list *sids, struct job_list *ret_dns)
{
	struct csn_str root = domain_root(job);

	if (root.p == NULL)
		return -1;
	for (size_t from = 0; from < sids->n; from += SIDS_ASKED) {
		size_t to = sids->n - from > SIDS_ASKED ? from + SIDS_ASKED :
		    sids->n;
		struct named n;
		int rc = outcome(named_search(job, via, root, sids, from, to,
		    &n), false);

		if (rc != 0)
			return rc;
		for (size_t i = from; i < to; i++)
			if (job_list_add(job, ret_dns, named_get(&n,
			    sids->v[i])) != 0)
				return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* an attribute in parts ([MS-ADTS] 3.1.1.3.1.3.3) */

struct part { struct job_list *all; size_t before; bool last, seen; };

static int
part_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct part *p = arg;

	if (entry == NULL) {
		p->all->n = p->before;
		p->seen = p->last = false;
		return 0;
	}
	return entry_part(job, ld, entry, STR("memberOf"), p->all, &p->seen,
	    &p->last);
}

int
ad_memberof_rest(const struct job *job, struct conn *via, struct csn_str dn,
    struct job_list *values)
{
	for (unsigned i = 0; i < RANGES_MAX; i++) {
		struct search s = { .base = dn.p, .scope = LDAP_SCOPE_BASE,
		    .filter = "(objectClass=*)", .max_entries = 1 };
		struct part p = { .all = values, .before = values->n };
		struct csn_str name = job_printf(job, "memberOf;range=%zu-*",
		    values->n);
		int rc;

		if (name.p == NULL)
			return -1;
		search_want(&s, name);
		rc = outcome(search_by(job, via, &s, part_see, &p), false);
		if (rc != 0)
			return rc;
		if (!p.seen || values->n == p.before ||
		    values->n > GROUPS_MAX)
			return 1;
		if (p.last)
			return 0;
	}
	return 1;
}
