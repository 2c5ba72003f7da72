/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn.c - distinguished names, the only way a typed name gets into one
 *
 * A name is put into a parsed DN and written by libldap (RFC 4514 2.4); it
 * must never be pasted into the text of one.
 */
#include "dn.h"

#include <ldap.h>

static int
dn_parse(struct csn_str s, LDAPDN *ret)
{
	struct berval bv;
	LDAPDN dn = NULL;

	if (s.n == 0 || s.n > DN_MAX || memchr(s.p, '\0', s.n) != NULL)
		return -1;
	bv.bv_val = (char *)(uintptr_t)s.p;
	bv.bv_len = s.n;
	if (ldap_bv2dn(&bv, &dn, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS)
		return -1;
	if (dn == NULL)
		return -1;
	if (dn[0] == NULL) {
		ldap_dnfree(dn);
		return -1;
	}
	*ret = dn;
	return 0;
}

/* The one value that holds {}, its place in *at; NULL if none or two do. */
static LDAPAVA *
dn_slot(LDAPDN dn, size_t *at)
{
	LDAPAVA *found = NULL;
	struct csn_str value, after;
	ptrdiff_t i;
	int r, a;

	for (r = 0; dn[r] != NULL; r++) {
		for (a = 0; dn[r][a] != NULL; a++) {
			value = str_of(dn[r][a]->la_value.bv_val,
			    dn[r][a]->la_value.bv_len);
			i = str_find(value, STR("{}"));
			if (i < 0)
				continue;
			after = str_from_at(value, (size_t)i + 2);
			if (found != NULL || str_find(after, STR("{}")) >= 0)
				return NULL;
			found = dn[r][a];
			*at = (size_t)i;
		}
	}
	return found;
}

bool
dn_valid(struct csn_str s)
{
	LDAPDN dn;

	if (dn_parse(s, &dn) != 0)
		return false;
	ldap_dnfree(dn);
	return true;
}

bool
dn_template_valid(struct csn_str s)
{
	LDAPDN dn;
	size_t at;
	bool ok;

	if (dn_parse(s, &dn) != 0)
		return false;
	ok = dn_slot(dn, &at) != NULL;
	ldap_dnfree(dn);
	return ok;
}

/* Appends the text of a DN. */
static int
dn_put(struct buf *b, LDAPDN dn)
{
	struct berval out = { 0, NULL };

	if (ldap_dn2bv(dn, &out, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS ||
	    out.bv_val == NULL || out.bv_len == 0)
		b->failed = true;
	else
		buf_put(b, out.bv_val, out.bv_len);
	if (out.bv_val != NULL)
		ber_memfree(out.bv_val);
	return buf_failed(b) ? -1 : 0;
}

int
dn_expand(struct buf *b, struct csn_str template, struct csn_str name)
{
	struct berval before;
	struct csn_str old;
	struct buf value;
	LDAPDN dn;
	LDAPAVA *ava;
	size_t at;
	int rc = -1;

	if (name.n == 0 || memchr(name.p, '\0', name.n) != NULL ||
	    dn_parse(template, &dn) != 0)
		return -1;
	buf_init(&value, DN_MAX);
	ava = dn_slot(dn, &at);
	if (ava == NULL)
		goto out;
	before = ava->la_value;
	old = str_of(before.bv_val, before.bv_len);
	buf_put(&value, old.p, at);
	buf_str_put(&value, name);
	buf_str_put(&value, str_from_at(old, at + 2));
	if (buf_failed(&value))
		goto out;
	/* lent for the writing only: the DN frees what it had */
	ava->la_value.bv_val = (char *)value.p;
	ava->la_value.bv_len = value.n;
	rc = dn_put(b, dn);
	ava->la_value = before;
out:
	buf_free(&value);
	ldap_dnfree(dn);
	return rc;
}

int
dn_from_domain(struct buf *b, struct csn_str domain)
{
	struct csn_str label;
	bool first = true;

	while (str_cut(&domain, '.', &label)) {
		if (label.n == 0)
			return -1;
		buf_puts(b, first ? "DC=" : ",DC=");
		buf_str_put(b, label);
		first = false;
	}
	return first || buf_failed(b) ? -1 : 0;
}

static bool
rdn_is_domain(LDAPRDN rdn)
{
	return rdn[0] != NULL && rdn[1] == NULL && str_equal_fold(
	    str_of(rdn[0]->la_attr.bv_val, rdn[0]->la_attr.bv_len),
	    STR("dc"));
}

int
dn_domain_part(struct buf *b, struct csn_str dn_text)
{
	LDAPDN dn;
	int from = 0, i, rc = -1;

	if (dn_parse(dn_text, &dn) != 0)
		return -1;
	for (i = 0; dn[i] != NULL; i++)
		if (!rdn_is_domain(dn[i]))
			from = i + 1;
	if (dn[from] != NULL)
		rc = dn_put(b, &dn[from]);
	ldap_dnfree(dn);
	return rc;
}

int
dn_leaf(struct buf *b, struct csn_str dn_text, struct csn_str attribute)
{
	struct csn_str name;
	LDAPDN dn;
	int a, rc = -1;

	if (dn_parse(dn_text, &dn) != 0)
		return -1;
	for (a = 0; dn[0][a] != NULL; a++) {
		name = str_of(dn[0][a]->la_attr.bv_val,
		    dn[0][a]->la_attr.bv_len);
		if (!str_equal_fold(name, attribute))
			continue;
		buf_put(b, dn[0][a]->la_value.bv_val,
		    dn[0][a]->la_value.bv_len);
		rc = buf_failed(b) ? -1 : 0;
		break;
	}
	ldap_dnfree(dn);
	return rc;
}
