/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * person.h - whom an assertion names, with groups and attributes
 */
#ifndef AUTH_SAML_PERSON_H
#define AUTH_SAML_PERSON_H

#include "assertion.h"
#include "idp.h"
#include "job.h"

struct person {			/* slices are of the call's memory */
	struct csn_str subject, subject_id;
	struct csn_strs groups;
	struct csn_pairs attrs;
	bool has_groups;	/* they were told, be it that there is none */
};

/* Reads the attributes of an assertion that was judged (rule 23), of a provider
 * of the set: where there are several, it is bound to its scopes. 0, or -1 and
 * gate->why: SUBJECT, SCOPE or ATTRIBUTE. */
int person_read(const struct job *, struct gate *, const struct assertion *,
    const struct idp_set *, const struct idp *, struct person *ret);

#endif
