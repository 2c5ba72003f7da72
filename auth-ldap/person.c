/* SPDX-License-Identifier: Apache-2.0 */
/*
 * person.c - exactly one entry, and who that is
 *
 * It must never take the first of several, and never take what was typed for
 * who somebody is: " Admin" and "admin" find one entry, and only the entry's
 * own value goes on to other factors, counters and the log.
 */
#include "person.h"

#include "lib/text.h"

#include "account.h"
#include "ad.h"
#include "dn.h"
#include "entry.h"
#include "filter.h"
#include "sid.h"

#define SUBJECT_MAX 255u
#define VALUE_MAX 1024u		/* bytes of an attribute passed on */
#define VALUES_MAX 256u		/* of all of them together */

struct seeing {			/* what a search has shown so far */
	struct person person;
	int entries;
	bool names_somebody;
};

static bool
is_text(struct csn_str s, size_t max)
{
	return s.n > 0 && s.n <= max && text_plain(s);
}

/* The one value; of several the one in the entry's own name. */
static struct csn_str
subject_choose(const struct job *job, struct csn_str dn,
    const struct job_list *values)
{
	struct csn_str none = { NULL, 0 };
	struct buf leaf;

	if (values->n == 1)
		return values->v[0];
	if (values->n == 0)
		return none;
	buf_init(&leaf, DN_MAX);
	if (dn_leaf(&leaf, dn, job->inst->opt.subject) == 0)
		none = job_str(job, buf_str(&leaf));
	buf_free(&leaf);
	return none;
}

static int
subject_read(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *p)
{
	const struct options *o = &job->inst->opt;
	struct job_list values = { NULL, 0, 0 };
	struct csn_str s;

	if (entry_values(job, ld, entry, o->subject, &values) < 0)
		return -1;
	s = subject_choose(job, p->dn, &values);
	if (!is_text(s, SUBJECT_MAX)) {
		job_log(job, CSN_WARN, "%s names nobody: it has %zu values "
		    "of %s, and one of plain text is wanted", p->dn.p,
		    values.n, o->subject.p);
		return -1;
	}
	p->subject = s;
	return 0;
}

/* Ids in bytes are written as the directory's own tools write them. */
static struct csn_str
id_text(const struct job *job, struct csn_str attribute, struct csn_str value)
{
	struct csn_str none = { NULL, 0 };
	char memory[SID_TEXT_MAX];
	struct buf b;

	if (str_equal_fold(attribute, STR("objectGUID")))
		return entry_guid(job, value);
	if (!str_equal_fold(attribute, STR("objectSid")))
		return value;
	buf_init_fixed(&b, memory, sizeof(memory));
	return sid_put(&b, value, -1) == 0 ? job_str(job, buf_str(&b)) : none;
}

static int
id_read(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *p)
{
	const struct options *o = &job->inst->opt;
	struct job_list values = { NULL, 0, 0 };
	struct csn_str s = { NULL, 0 };

	if (o->id.n == 0) {
		p->subject_id = STR("");
		return 0;
	}
	if (entry_values(job, ld, entry, o->id, &values) < 0)
		return -1;
	if (values.n == 1)
		s = id_text(job, o->id, values.v[0]);
	if (!is_text(s, SUBJECT_MAX)) {
		job_log(job, CSN_FAIL, "%s has no %s that can be read as "
		    "text: let the service account read it, or set id",
		    p->dn.p, o->id.p);
		return -1;
	}
	p->subject_id = s;
	return 0;
}

struct passing {
	struct csn_pair *v;
	size_t n, cap;
};

/* Values of one attribute, under the name that others know it by. */
static int
attribute_pass(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str attribute, struct csn_str name, struct passing *out)
{
	struct job_list values = { NULL, 0, 0 };
	struct csn_pair *bigger;
	size_t i;
	int rc = entry_values(job, ld, entry, attribute, &values);

	if (rc < 0)
		return -1;
	if (rc > 0 || out->n + values.n > VALUES_MAX) {
		job_log(job, CSN_WARN, "somebody has too many values of %s: "
		    "none is passed on (%u of all attributes are)",
		    attribute.p, VALUES_MAX);
		return 0;
	}
	if (values.n == 0)
		return 0;
	bigger = job_alloc(job, (out->n + values.n) * sizeof(*bigger));
	if (bigger == NULL)
		return -1;
	if (out->n > 0)
		memcpy(bigger, out->v, out->n * sizeof(*bigger));
	out->v = bigger;
	for (i = 0; i < values.n; i++) {
		if (is_text(values.v[i], VALUE_MAX))
			out->v[out->n++] = (struct csn_pair){ name,
			    values.v[i] };
		else
			job_log(job, CSN_DEBUG, "a value of %s is binary or "
			    "too long, and not passed on", attribute.p);
	}
	return 0;
}

static int
attributes_read(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *p)
{
	const struct options *o = &job->inst->opt;
	struct passing out = { NULL, 0, 0 };
	size_t i;

	if (attribute_pass(job, ld, entry, o->display_name, STR("name"),
	    &out) != 0 ||
	    attribute_pass(job, ld, entry, o->mail, STR("mail"), &out) != 0)
		return -1;
	for (i = 0; i < o->attributes.n; i++) {
		if (attribute_pass(job, ld, entry, o->attributes.v[i],
		    o->attributes.v[i], &out) != 0)
			return -1;
	}
	p->attrs = (struct csn_pairs){ out.v, out.n };
	return 0;
}

/* memberOf leaves it out: the account's own SID with another last number. An
 * account without one is none whose groups are known. */
static int
primary_read(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *p)
{
	struct job_list sid = { NULL, 0, 0 }, rid = { NULL, 0, 0 };
	char memory[SID_TEXT_MAX];
	uint64_t last;
	struct buf b;

	if (entry_values(job, ld, entry, STR("objectSid"), &sid) != 0 ||
	    entry_values(job, ld, entry, STR("primaryGroupID"), &rid) != 0)
		return -1;
	buf_init_fixed(&b, memory, sizeof(memory));
	if (sid.n != 1 || rid.n != 1 ||
	    str_u64(rid.v[0], UINT32_MAX, &last) != 0 ||
	    sid_put(&b, sid.v[0], (int64_t)last) != 0)
		return 0;
	p->primary_group = job_str(job, buf_str(&b));
	return p->primary_group.p == NULL ? -1 : 0;
}

static int
memberof_read(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *p)
{
	struct job_list values = { NULL, 0, 0 };
	bool seen, last;

	if (job->inst->opt.group_mode != GROUPS_MEMBEROF)
		return 0;
	switch (entry_values(job, ld, entry, STR("memberOf"), &values)) {
	case 0:
		break;
	case 1:
		p->memberof_cut = true;
		return 0;
	default:
		return -1;
	}
	p->memberof_cut = entry_ranged(ld, entry, STR("memberOf"));
	if (p->memberof_cut && job->inst->opt.ad &&
	    entry_part(job, ld, entry, STR("memberOf"), &values, &seen,
	    &last) != 0)
		return -1;
	p->memberof = (struct csn_strs){ values.v, values.n };
	return job->inst->opt.ad ? primary_read(job, ld, entry, p) : 0;
}

int
person_entry(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct person *ret)
{
	if (entry_dn(job, ld, entry, &ret->dn) != 0)
		return -1;
	if (subject_read(job, ld, entry, ret) != 0)
		return 0;
	if (attributes_read(job, ld, entry, ret) != 0 ||
	    account_disabled(job, ld, entry, &ret->disabled) != 0)
		return -1;
	return 1;
}

static int
person_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct seeing *s = arg;
	struct person *p = &s->person;

	if (entry == NULL) {
		*s = (struct seeing){ .entries = 0 };
		return 0;
	}
	if (s->entries++ > 0)
		return 0;	/* a second one: counted, not looked at */
	switch (person_entry(job, ld, entry, p)) {
	case 1:
		break;
	case 0:
		return 0;
	default:
		return -1;
	}
	if (id_read(job, ld, entry, p) != 0)
		return 0;
	if (memberof_read(job, ld, entry, p) != 0 ||
	    account_password_end(job, ld, entry, &p->password_end_s) != 0)
		return -1;
	s->names_somebody = true;
	return 0;
}

static void
want_all(const struct options *o, struct search *s)
{
	size_t i;

	search_want(s, o->subject);
	search_want(s, o->id);
	search_want(s, o->display_name);
	search_want(s, o->mail);
	for (i = 0; i < o->attributes.n; i++)
		search_want(s, o->attributes.v[i]);
	if (o->group_mode == GROUPS_MEMBEROF)
		search_want(s, STR("memberOf"));
	if (o->ad && o->group_mode == GROUPS_MEMBEROF) {
		search_want(s, STR("objectSid"));
		search_want(s, STR("primaryGroupID"));
	}
	account_want(o, s);
}

static enum person_result
person_search(const struct job *job, struct conn *via, struct csn_str base,
    int scope, struct csn_str filter, struct person *ret)
{
	struct search s = { .base = base.p, .scope = scope,
	    .filter = filter.p, .max_entries = 2 };
	struct seeing seen;
	enum search_result result;

	want_all(&job->inst->opt, &s);
	result = search_by(job, via, &s, person_see, &seen);
	if (result != SEARCH_DONE && result != SEARCH_CUT)
		return PERSON_FAILED;
	if (result == SEARCH_CUT || seen.entries > 1) {
		job_log(job, CSN_WARN, "more than one entry answers to a "
		    "name (one is %s): refused", seen.entries > 0 &&
		    seen.person.dn.p != NULL ? seen.person.dn.p : "?");
		return PERSON_NONE;
	}
	if (seen.entries == 0 || !seen.names_somebody)
		return PERSON_NONE;
	*ret = seen.person;
	return PERSON_FOUND;
}

struct csn_str
person_name(const struct job *job, struct csn_str typed)
{
	struct csn_str none = { NULL, 0 }, s;
	struct buf b;

	if (typed.n == 0 || typed.n > 3 * SUBJECT_MAX || !text_plain(typed))
		return none;
	buf_init(&b, 4 * SUBJECT_MAX);
	text_narrow(&b, typed);
	s = str_trim(buf_str(&b));
	s = is_text(s, SUBJECT_MAX) ? job_str(job, s) : none;
	buf_free(&b);
	return s;
}

/* Case counts in what stands around the name as little as in domains. */
static bool
pattern_fits(struct csn_str pattern, struct csn_str name,
    struct csn_str *ret_part)
{
	size_t at = (size_t)str_find(pattern, STR("{}"));
	struct csn_str before = str_of(pattern.p, at),
	    after = str_from_at(pattern, at + 2);

	if (name.n <= before.n + after.n ||
	    !str_equal_fold(str_of(name.p, before.n), before) ||
	    !str_equal_fold(str_from_at(name, name.n - after.n), after))
		return false;
	*ret_part = str_trim(str_of(name.p + before.n,
	    name.n - before.n - after.n));
	return ret_part->n > 0;
}

struct csn_str
person_part(const struct job *job, struct csn_str name)
{
	const struct csn_strs *patterns = &job->inst->opt.name_pattern;
	struct csn_str part = { NULL, 0 };

	if (patterns->n == 0)
		return name;
	for (size_t i = 0; i < patterns->n; i++)
		if (pattern_fits(patterns->v[i], name, &part))
			return job_str(job, part);
	return (struct csn_str){ NULL, 0 };
}

struct csn_str
person_template_dn(const struct job *job, struct csn_str name)
{
	struct csn_str dn = { NULL, 0 };
	struct buf b;

	buf_init(&b, DN_MAX);
	if (dn_expand(&b, job->inst->opt.dn_template, name) == 0)
		dn = job_str(job, buf_str(&b));
	buf_free(&b);
	return dn;
}

static struct csn_str
base_filter(const struct options *o)
{
	return o->user_filter.n > 0 ? o->user_filter :
	    STR("(objectClass=*)");
}

enum person_result
person_by_dn(const struct job *job, struct conn *via, struct csn_str dn,
    struct person *ret)
{
	return person_search(job, via, dn, LDAP_SCOPE_BASE,
	    base_filter(&job->inst->opt), ret);
}

static enum person_result
by_attributes(const struct job *job, struct csn_strs attributes,
    struct csn_str value, struct person *ret)
{
	const struct options *o = &job->inst->opt;
	struct csn_str filter = { NULL, 0 };
	struct buf b;

	buf_init(&b, FILTER_MAX);
	filter_any(&b, attributes, value, o->user_filter);
	if (!buf_failed(&b))
		filter = job_str(job, buf_str(&b));
	buf_free(&b);
	if (filter.p == NULL)
		return PERSON_FAILED;
	return person_search(job, NULL, o->base, LDAP_SCOPE_SUBTREE, filter,
	    ret);
}

static bool
logs_in_by_account_name(const struct options *o)
{
	for (size_t i = 0; i < o->login.n; i++)
		if (str_equal_fold(o->login.v[i], STR("sAMAccountName")))
			return true;
	return false;
}

/* DOMAIN\name and name@domain name an account whatever its own
 * userPrincipalName is ([MS-ADTS] 5.1.1.1.1). */
static enum person_result
by_ad_name(const struct job *job, struct csn_str name, struct person *ret)
{
	static const struct csn_str account = STR_INIT("sAMAccountName");
	const struct csn_strs by_account = { &account, 1 };
	const struct options *o = &job->inst->opt;
	enum person_result result;
	struct csn_str local;

	if (str_index(name, '\\') >= 0) {
		result = ad_name_down(job, name, &local);
		return result != PERSON_FOUND ? result :
		    by_attributes(job, by_account, local, ret);
	}
	result = by_attributes(job, o->login, name, ret);
	local = ad_name_up(job, name);
	if (result != PERSON_NONE || local.p == NULL)
		return result;
	return by_attributes(job, by_account, local, ret);
}

static enum person_result
by_template(const struct job *job, struct csn_str name, struct person *ret)
{
	struct csn_str dn = person_template_dn(job, name);

	return dn.p == NULL ? PERSON_NONE : person_by_dn(job, NULL, dn, ret);
}

enum person_result
person_by_name(const struct job *job, struct csn_str name,
    struct person *ret)
{
	const struct options *o = &job->inst->opt;

	if (o->dn_template.n > 0)
		return by_template(job, name, ret);
	if (o->ad && logs_in_by_account_name(o))
		return by_ad_name(job, name, ret);
	return by_attributes(job, o->login, name, ret);
}

enum person_result
person_by_subject(const struct job *job, struct csn_str subject,
    struct person *ret)
{
	const struct options *o = &job->inst->opt;

	if (!is_text(subject, SUBJECT_MAX))
		return PERSON_NONE;
	if (o->base.n == 0)
		return by_template(job, subject, ret);
	return by_attributes(job, (struct csn_strs){ &o->subject, 1 },
	    subject, ret);
}
