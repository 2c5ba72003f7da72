/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * person.c - whom an assertion names, with groups and attributes
 *
 * An attribute is known by its Name alone, never by FriendlyName. Several
 * Attribute elements of one name are one attribute. It must never take a part
 * of a text, skip a value that it cannot read, put a changing name in place of
 * a lasting one, or take silence for an empty list of groups.
 */
#include "person.h"

#include "lib/text.h"

#include "provider.h"

#define ATTRS_MAX 250u		/* the host takes 256, name and mail among */
#define VALUE_MAX 4096u
#define SUBJECT_MAX 255u
#define OVERAGE "http://schemas.microsoft.com/claims/groups.link"

struct reading {
	const struct job *job;
	struct gate *gate;
	const struct assertion *a;
	const struct idp_set *set;
	const struct idp *one;		/* of several in it, or NULL */
	struct csn_pair *all;		/* every value, by Name */
	size_t nall;
	bool groups_told;
};

static int
refuse(struct gate *g, enum rule why)
{
	g->why = why;
	return -1;
}

/* ------------------------------------------------------------------ */
/* values */

/* By such a value people are told apart, or what they may do: blanks around it
 * would make two of them one (Core 1.3.1). */
static bool
is_name(const struct options *o, struct csn_str attribute)
{
	return str_equal(attribute, o->subject) ||
	    str_equal(attribute, o->subject_id) ||
	    str_equal(attribute, o->group_attribute);
}

/* Text, or one NameID (eduPersonTargetedID); xsi:nil and empty are empty. */
static struct csn_str
value_text(struct reading *r, const xmlNode *value, bool *ret_padded)
{
	const xmlNode *inner = xml_first(value);
	const xmlNode *name = inner;

	if (inner != NULL && xml_is(inner, NS_SAML, "EncryptedID"))
		name = gate_decrypt(r->gate, inner, "a:NameID");
	if (inner != NULL && !xml_is(name, NS_SAML, "NameID"))
		return str_of(NULL, 0);
	*ret_padded = xml_padded(inner != NULL ? name : value);
	return xml_text(inner != NULL ? name : value, &r->gate->arena);
}

static int
value_add(struct reading *r, struct csn_str name, const xmlNode *node)
{
	bool padded = false;
	struct csn_str value = value_text(r, node, &padded);

	if (value.p == NULL || value.n > VALUE_MAX || !text_utf8(value))
		return refuse(r->gate, RULE_ATTRIBUTE);
	if (value.n == 0)
		return 0;
	if (padded && is_name(r->job->opt, name))
		return refuse(r->gate, RULE_ATTRIBUTE);
	if (r->nall == ATTRS_MAX)
		return refuse(r->gate, RULE_ATTRIBUTE);
	r->all[r->nall].name = name;
	r->all[r->nall++].value = job_str(r->job, value);
	return 0;
}

static int
attribute_read(struct reading *r, const xmlNode *attribute)
{
	struct csn_str name = xml_attr(attribute, "Name");
	const xmlNode *v = xml_child(attribute, NS_SAML, "AttributeValue");

	if (name.p == NULL || name.n == 0 || name.n > 255 ||
	    !text_plain(name))
		return refuse(r->gate, RULE_ATTRIBUTE);
	name = job_str(r->job, name);
	r->groups_told |= str_equal(name, r->job->opt->group_attribute);
	for (; v != NULL; v = xml_same(v, NS_SAML, "AttributeValue"))
		if (value_add(r, name, v) < 0)
			return -1;
	return 0;
}

static int
statement_read(struct reading *r, const xmlNode *statement)
{
	for (const xmlNode *n = xml_first(statement); n != NULL;
	    n = xml_next(n)) {
		const xmlNode *attribute = n;

		if (xml_is(n, NS_SAML, "EncryptedAttribute"))
			attribute = gate_decrypt(r->gate, n, "a:Attribute");
		if (attribute == NULL)
			return -1;
		if (attribute_read(r, attribute) < 0)
			return -1;
	}
	return 0;
}

static int
attributes_read(struct reading *r)
{
	const xmlNode *s = xml_child(r->a->node, NS_SAML,
	    "AttributeStatement");

	r->all = job_array(r->job, ATTRS_MAX, sizeof(*r->all));
	if (r->all == NULL)
		return refuse(r->gate, RULE_MEMORY);
	for (; s != NULL; s = xml_same(s, NS_SAML, "AttributeStatement"))
		if (statement_read(r, s) < 0)
			return -1;
	return 0;
}

/* The only value of that name; several are none. */
static struct csn_str
only_value(const struct reading *r, struct csn_str name)
{
	struct csn_str found = STR("");

	for (size_t i = 0; name.n > 0 && i < r->nall; i++) {
		if (!str_equal(r->all[i].name, name))
			continue;
		if (found.n > 0)
			return STR("");
		found = r->all[i].value;
	}
	return found;
}

static struct csn_str
first_value(const struct reading *r, struct csn_str name)
{
	for (size_t i = 0; name.n > 0 && i < r->nall; i++)
		if (str_equal(r->all[i].name, name))
			return r->all[i].value;
	return STR("");
}

/* ------------------------------------------------------------------ */
/* the subject */

static bool
domain_strip(struct csn_str domain, struct csn_str *s)
{
	ptrdiff_t at = str_index(*s, '\\');

	if (at >= 0) {
		if (!str_equal_fold(str_of(s->p, (size_t)at), domain))
			return false;
		*s = str_from_at(*s, (size_t)at + 1);
	} else {
		for (at = (ptrdiff_t)s->n - 1; at >= 0 && s->p[at] != '@';)
			at--;
		if (at < 0 || !str_equal_fold(str_from_at(*s,
		    (size_t)at + 1), domain))
			return false;
		s->n = (size_t)at;
	}
	/* nothing of another domain may be left */
	return s->n > 0 && str_index(*s, '\\') < 0 && str_index(*s, '@') < 0;
}

static struct csn_str
subject_source(const struct reading *r)
{
	const struct options *o = r->job->opt;
	const struct name_id *n = &r->a->name_id;

	if (!str_is(o->subject, "name_id"))
		return only_value(r, o->subject);
	if (!r->a->has_name_id || n->padded || (!o->transient &&
	    str_is(n->format, NAMEID_TRANSIENT)))
		return STR("");
	return n->value;
}

/* Whose the configuration says that it is, whatever the metadata says. */
static const struct csn_str *
configured(const struct reading *r, struct csn_str scope)
{
	const struct csn_pairs *d = &r->job->opt->domains;

	for (size_t i = 0; i < d->n; i++)
		if (str_equal_fold(d->v[i].name, scope))
			return &d->v[i].value;
	return NULL;
}

static bool
is_own(const struct reading *r, struct csn_str scope)
{
	const struct csn_str *id = configured(r, scope);

	return id != NULL ? str_equal(*id, r->one->entity_id) :
	    idp_has(r->one->scopes, scope);
}

/* "somebody@scope", where the scope is this provider's: by the metadata, which
 * the federation vouches for, or by the configuration's `domains`. */
static bool
scope_fits(const struct reading *r, struct csn_str s)
{
	ptrdiff_t at = str_index(s, '@');
	struct csn_str scope;

	if (at <= 0)
		return false;
	scope = str_from_at(s, (size_t)at + 1);
	return scope.n > 0 && str_index(scope, '@') < 0 && is_own(r, scope);
}

/* "member@scope", where the scope is another provider's. A group may have any
 * name else, and an @ in it. */
static bool
scope_of_another(const struct reading *r, struct csn_str s)
{
	struct csn_str scope, part;

	if (str_index(s, '@') < 0)
		return false;
	for (scope = s; str_index(scope, '@') >= 0;)
		(void)str_cut(&scope, '@', &part);
	if (scope.n == 0 || is_own(r, scope))
		return false;
	return idp_set_has_scope(r->set, scope) ||
	    configured(r, scope) != NULL;
}

/* What never changes for a person; one that cannot be told from another
 * provider's is none. */
static int
subject_id_read(struct reading *r, struct person *p)
{
	const struct options *o = r->job->opt;
	struct csn_str s = STR("");

	if (!str_is(o->subject_id, "name_id"))
		s = only_value(r, o->subject_id);
	else if (str_is(r->a->name_id.format, NAMEID_PERSISTENT))
		s = r->a->name_id.value;
	if (s.p == r->a->name_id.value.p && r->a->name_id.padded)
		return refuse(r->gate, RULE_SUBJECT);
	if (s.n > 0 && r->one != NULL && !scope_fits(r, s)) {
		if (str_index(s, '@') >= 0)
			return refuse(r->gate, RULE_SCOPE);
		s = STR("");
	}
	if (s.n <= 512 && text_plain(s))
		p->subject_id = job_str(r->job, s);
	return 0;
}

static int
subject_read(struct reading *r, struct person *p)
{
	const struct options *o = r->job->opt;
	struct csn_str s = subject_source(r);

	if (s.n > 0 && r->one != NULL && !scope_fits(r, s))
		return refuse(r->gate, RULE_SCOPE);
	if (o->strip_domain.n > 0 && !domain_strip(o->strip_domain, &s))
		return refuse(r->gate, RULE_SUBJECT);
	if (s.n == 0 || s.n > SUBJECT_MAX || !text_plain(s))
		return refuse(r->gate, RULE_SUBJECT);
	p->subject = job_str(r->job, s);
	return subject_id_read(r, p);
}

/* ------------------------------------------------------------------ */
/* groups and attributes */

/* The first value of a DN (RFC 4514 2): "CN=a\,b,OU=c" is "a,b". What is no DN
 * stays as it is. */
static struct csn_str
leaf(const struct job *j, struct csn_str dn)
{
	ptrdiff_t eq = str_index(dn, '=');
	struct csn_str ret = dn;
	struct buf b;

	if (eq <= 0)
		return dn;
	buf_init(&b, VALUE_MAX + 1);
	for (size_t i = (size_t)eq + 1; i < dn.n; i++) {
		if (dn.p[i] == ',' || dn.p[i] == '+')
			break;
		if (dn.p[i] == '\\' && i + 1 < dn.n)
			i++;
		buf_char(&b, dn.p[i]);
	}
	if (!buf_failed(&b) && b.n > 0)
		ret = job_str(j, buf_str(&b));
	buf_free(&b);
	return ret;
}

static int
groups_read(struct reading *r, struct person *p)
{
	const struct options *o = r->job->opt;
	struct csn_str *v = job_array(r->job, r->nall + 1, sizeof(*v));
	size_t n = 0;

	if (o->group_attribute.n == 0)
		return 0;
	if (v == NULL)
		return refuse(r->gate, RULE_MEMORY);
	/* Entra ID puts a link there when there are too many: that is not "no
	 * groups" */
	if (first_value(r, STR(OVERAGE)).n > 0) {
		job_say(r->job, CSN_WARN, "the identity provider sent a link "
		    "in place of the groups (more than 150): let it send "
		    "groups of this application only");
		return refuse(r->gate, RULE_ATTRIBUTE);
	}
	for (size_t i = 0; i < r->nall; i++)
		if (str_equal(r->all[i].name, o->group_attribute)) {
			v[n] = o->group_leaf ? leaf(r->job,
			    r->all[i].value) : r->all[i].value;
			if (v[n].n > 1024)
				return refuse(r->gate, RULE_ATTRIBUTE);
			if (r->one != NULL && scope_of_another(r, v[n]))
				return refuse(r->gate, RULE_SCOPE);
			n++;
		}
	/* not told is not none, where nobody wrote that (design.md 3: what
	 * cannot be read never holds) */
	p->has_groups = r->groups_told || o->missing_none;
	p->groups = (struct csn_strs){ v, n };
	return 0;
}

static bool
passed_on(const struct options *o, struct csn_str name)
{
	for (size_t i = 0; i < o->attributes.n; i++)
		if (str_equal(o->attributes.v[i], name))
			return true;
	return o->attributes.n == 0;
}

static struct csn_str
short_name(const struct options *o, struct csn_str name)
{
	for (size_t i = 0; i < o->attribute_names.n; i++)
		if (str_equal(o->attribute_names.v[i].value, name))
			return o->attribute_names.v[i].name;
	return name;
}

static void
pair_put(struct csn_pair *v, size_t *n, const char *name,
    struct csn_str value)
{
	if (value.n == 0)
		return;
	v[*n].name = str_from(name);
	v[(*n)++].value = value;
}

static int
attrs_make(struct reading *r, struct person *p)
{
	const struct options *o = r->job->opt;
	struct csn_pair *v = job_array(r->job, r->nall + 2, sizeof(*v));
	struct csn_str name;
	size_t n = 0;

	if (v == NULL)
		return refuse(r->gate, RULE_MEMORY);
	pair_put(v, &n, "name", first_value(r, o->display_name));
	pair_put(v, &n, "mail", first_value(r, o->mail));
	for (size_t i = 0; i < r->nall; i++) {
		if (!passed_on(o, r->all[i].name))
			continue;
		name = short_name(o, r->all[i].name);
		/* an attribute must not pass for what is mapped */
		if ((str_is(name, "name") && o->display_name.n > 0) ||
		    (str_is(name, "mail") && o->mail.n > 0))
			continue;
		v[n].name = job_str(r->job, name);
		v[n++].value = r->all[i].value;
	}
	p->attrs = (struct csn_pairs){ v, n };
	return 0;
}

int
person_read(const struct job *j, struct gate *g, const struct assertion *a,
    const struct idp_set *set, const struct idp *idp, struct person *ret)
{
	struct reading r = { .job = j, .gate = g, .a = a, .set = set,
	    .one = provider_bound(j, set, idp) };
	struct person p = { .has_groups = false };

	if (attributes_read(&r) < 0 || subject_read(&r, &p) < 0 ||
	    groups_read(&r, &p) < 0 || attrs_make(&r, &p) < 0)
		return -1;
	*ret = p;
	return 0;
}
