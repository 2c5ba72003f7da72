/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nesting.h - which group is inside which, remembered for a short while
 *
 * Facts about groups only. Who is in a group is asked at each login: the
 * instance keeps no fact about a person.
 */
#ifndef AUTH_LDAP_NESTING_H
#define AUTH_LDAP_NESTING_H

#include "job.h"

struct nesting;			/* for any thread */

struct nesting *nesting_new(void);
void nesting_free(struct nesting *);

/* What the group at dn is inside of, copied into the two lists, which go side
 * by side; false if that is not known, or has been known for too long. */
bool nesting_get(const struct job *, struct csn_str dn,
    struct job_list *ret_dns, struct job_list *ret_names);
/* The same however long ago: what may be so, and has to be asked. */
bool nesting_recall(const struct job *, struct csn_str dn,
    struct job_list *ret_dns, struct job_list *ret_names);
/* A directory in which no entry answers to its own DN: asked so again after a
 * while. */
bool nesting_blind(const struct job *);
void nesting_blinded(const struct job *);
void nesting_put(const struct job *, struct csn_str dn,
    const struct job_list *dns, const struct job_list *names);

#endif
