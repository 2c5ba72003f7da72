/* SPDX-License-Identifier: Apache-2.0 */
/*
 * servers.h - which server to ask, and which one was down a moment ago
 */
#ifndef AUTH_LDAP_SERVERS_H
#define AUTH_LDAP_SERVERS_H

#include "job.h"

#define SERVERS_MAX 16u		/* more of a domain's are left out */

struct servers;			/* one instance's; for any thread */

struct servers *servers_new(void);
void servers_free(struct servers *);

/* The servers in the order to try them, those that failed lately last. Their
 * number; 0, with the reason in the log, when DNS gives none. */
size_t servers_order(const struct job *, struct address *ret, size_t max);
/* It did not answer: others are tried first until it does again; it is looked
 * at after a while, longer each time. */
void servers_failed(const struct job *, const struct address *);
/* How many did not answer; ret has room for SERVERS_MAX and gets those that it
 * is time to look at. */
size_t servers_away(struct servers *, struct address *ret,
    size_t *ret_due);
void servers_answered(struct servers *, const struct address *);

#endif
