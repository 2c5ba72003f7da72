/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.h - searches, with a limit on everything
 */
#ifndef AUTH_LDAP_SEARCH_H
#define AUTH_LDAP_SEARCH_H

#include "connect.h"

#define SEARCH_ATTRIBUTES 32u

struct search {			/* all borrowed, NUL-terminated */
	const char *base;
	int scope;		/* LDAP_SCOPE_... */
	const char *filter;
	const char *attributes[SEARCH_ATTRIBUTES + 1];	/* up to a NULL */
	int max_entries;	/* asked for, and enforced */
	bool paged;		/* in pages, where the server has them (RFC
				 * 2696): its limit for one answer then counts
				 * for a page */
};

enum search_result {
	SEARCH_LOST = 0,	/* the server is gone, or mute */
	SEARCH_DONE,		/* all that matches was seen */
	SEARCH_CUT,		/* there is more than was seen */
	SEARCH_REFUSED,		/* an error, in the log */
};

/* Sees each entry, which it borrows; with entry NULL it is told that what it
 * saw is void, for the search begins (again). Non-zero ends it, as LOST. */
typedef int search_see(void *arg, const struct job *, LDAP *,
    LDAPMessage *entry);

/* Adds an attribute to those asked for, unless it is there or empty. */
void search_want(struct search *, struct csn_str attribute);

/* On one connection; broken afterwards if the result is LOST. A base that
 * does not exist is no match. References to other servers are passed over. */
enum search_result search_on(const struct job *, struct conn *,
    const struct search *, int64_t limit_ms, search_see *, void *arg);
/* The same on `via`, or, if that is NULL, by the service account: then once
 * more on a new connection if the first one fails, for a connection that lay
 * idle may be dead. */
enum search_result search_by(const struct job *, struct conn *via,
    const struct search *, search_see *, void *arg);

#endif
