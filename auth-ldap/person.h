/* SPDX-License-Identifier: Apache-2.0 */
/*
 * person.h - exactly one entry, and who that is
 */
#ifndef AUTH_LDAP_PERSON_H
#define AUTH_LDAP_PERSON_H

#include "search.h"

struct person {			/* call memory */
	struct csn_str dn;
	struct csn_str subject;		/* read from the entry, never typed */
	struct csn_str subject_id;	/* empty with id: none */
	struct csn_pairs attrs;		/* "name", "mail", and others */
	struct csn_strs memberof;
	bool memberof_cut;		/* there are more than those */
	struct csn_str primary_group;	/* its SID, of Active Directory; "" */
	bool disabled;			/* switched off, or past its end */
	int64_t password_end_s;		/* of Active Directory; 0: never, or
					 * not said */
};

enum person_result {
	PERSON_FAILED = 0,	/* the directory cannot be asked */
	PERSON_FOUND,
	PERSON_NONE,		/* none, several, or one that names nobody */
};

/* Who an entry is: 1; 0: it names nobody, as the log says; -1 when memory is
 * refused. What of it was not asked for stays empty. */
int person_entry(const struct job *, LDAP *, LDAPMessage *entry,
    struct person *ret);

/* What a person may type: full-width letters made narrow, blanks at the edges
 * taken off, 1 to 255 bytes of plain text. p is NULL if it is not. */
struct csn_str person_name(const struct job *, struct csn_str typed);

/* The part of such a name that is looked up, by name_pattern. p is NULL when it
 * is none of this directory's. */
struct csn_str person_part(const struct job *, struct csn_str name);

/* By a typed name: the login attributes, or the template's entry. */
enum person_result person_by_name(const struct job *, struct csn_str name,
    struct person *ret);
/* By the subject that an earlier factor, or an earlier day, found. */
enum person_result person_by_subject(const struct job *,
    struct csn_str subject, struct person *ret);
/* By the DN, on a connection on which that person is bound. */
enum person_result person_by_dn(const struct job *, struct conn *via,
    struct csn_str dn, struct person *ret);

/* The template's DN for a name. p is NULL when it cannot be one. */
struct csn_str person_template_dn(const struct job *, struct csn_str name);

#endif
