/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.c - reading one entry of a search
 *
 * Values carry their length: they may hold NUL. Who uses one as text judges
 * it first.
 */
#include "entry.h"

int
entry_dn(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str *ret)
{
	struct csn_str copy;
	char *dn = ldap_get_dn(ld, entry);

	if (dn == NULL)
		return -1;
	copy = job_str(job, str_from(dn));
	ldap_memfree(dn);
	if (copy.p == NULL || copy.n == 0)
		return -1;
	*ret = copy;
	return 0;
}

int
entry_values_up_to(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str attribute, size_t max, struct job_list *list)
{
	struct berval **v = NULL;
	int i, rc = 0;

	if (attribute.n > 0)
		v = ldap_get_values_len(ld, entry, attribute.p);
	if (v != NULL && (size_t)ldap_count_values_len(v) > max)
		rc = 1;
	for (i = 0; v != NULL && v[i] != NULL && rc == 0; i++)
		rc = job_list_add(job, list,
		    str_of(v[i]->bv_val, v[i]->bv_len));
	if (v != NULL)
		ldap_value_free_len(v);
	return rc;
}

int
entry_values(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str attribute, struct job_list *list)
{
	return entry_values_up_to(job, ld, entry, attribute, ENTRY_VALUES_MAX,
	    list);
}

static bool
is_range_of(struct csn_str name, struct csn_str attribute)
{
	struct csn_str bare;

	if (!str_cut(&name, ';', &bare) || name.p == NULL)
		return false;
	return str_equal_fold(bare, attribute) && name.n > 6 &&
	    str_equal_fold(str_of(name.p, 6), STR("range="));
}

bool
entry_ranged(LDAP *ld, LDAPMessage *entry, struct csn_str attribute)
{
	BerElement *ber = NULL;
	bool found = false;
	char *name;

	name = ldap_first_attribute(ld, entry, &ber);
	while (name != NULL) {
		if (is_range_of(str_from(name), attribute))
			found = true;
		ldap_memfree(name);
		name = ldap_next_attribute(ld, entry, ber);
	}
	if (ber != NULL)
		ber_free(ber, 0);
	return found;
}

int
entry_part(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str attribute, struct job_list *list, bool *ret_seen,
    bool *ret_last)
{
	BerElement *ber = NULL;
	int rc = 0;
	char *name;

	*ret_seen = *ret_last = false;
	name = ldap_first_attribute(ld, entry, &ber);
	while (name != NULL) {
		if (rc == 0 && !*ret_seen &&
		    is_range_of(str_from(name), attribute)) {
			*ret_seen = true;
			*ret_last = str_ends(str_from(name), STR("-*"));
			rc = entry_values(job, ld, entry, str_from(name),
			    list);
		}
		ldap_memfree(name);
		name = ldap_next_attribute(ld, entry, ber);
	}
	if (ber != NULL)
		ber_free(ber, 0);
	return rc;
}

struct csn_str
entry_guid(const struct job *job, struct csn_str bytes)
{
	const unsigned char *b = (const unsigned char *)bytes.p;

	if (bytes.n != 16)
		return (struct csn_str){ NULL, 0 };
	/* the first three numbers are little-endian ([MS-DTYP] 2.3.4) */
	return job_printf(job, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", b[3], b[2], b[1], b[0],
	    b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13],
	    b[14], b[15]);
}
