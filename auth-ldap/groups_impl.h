/* SPDX-License-Identifier: Apache-2.0 */
/*
 * groups_impl.h - how groups are gathered, between groups.c and foresee.c
 */
#ifndef AUTH_LDAP_GROUPS_IMPL_H
#define AUTH_LDAP_GROUPS_IMPL_H

#include "groups.h"
#include "lib/buf.h"
#include "search.h"

struct gathering {		/* a person's groups, level by level */
	const struct job *job;
	struct conn *via;
	struct job_list dns, names;	/* side by side */
	bool cut;
};

struct found {			/* what one search has shown */
	struct job_list dns, names;
	bool bad;
};

/* The groups below group_base that pass group_filter and this filter, whose
 * bytes it takes. */
enum search_result groups_search(const struct gathering *, struct buf *filter,
    struct found *ret);
/* One more, unless it is there; 0 or -1. */
int groups_gather(struct gathering *, struct csn_str dn,
    struct csn_str name);

/* All that the groups gathered so far are inside of, in a few searches where
 * it was seen before. 0: gathered, or not, and then nothing is changed but
 * *ret_done; -1 when the directory cannot be asked. */
int foresee_groups(struct gathering *, bool *ret_done);

#endif
