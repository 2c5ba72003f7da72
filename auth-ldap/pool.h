/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - idle connections of one directory
 *
 * Two kinds that never mix: those bound as the service account, to search
 * with, and those on which people's passwords are tried, one at a time.
 */
#ifndef AUTH_LDAP_POOL_H
#define AUTH_LDAP_POOL_H

#include "connect.h"

enum pool_kind { POOL_SEARCH, POOL_BIND };
#define POOL_KINDS 2

struct pool;			/* for any thread */

struct pool *pool_new(void);
void pool_free(struct pool *);

/* An idle connection that is still open, or (also if only_new) one to the
 * first server that can be reached within limit_ms; for POOL_SEARCH it is
 * bound. The caller's alone until pool_give(). NULL when there is none. */
struct conn *pool_take(const struct job *, enum pool_kind, bool only_new,
    int64_t limit_ms);
/* Takes it: kept, or closed if it is broken or enough are kept. */
void pool_give(const struct job *, enum pool_kind, struct conn *);
/* Closes what lies idle to a server that did not answer. */
void pool_forget(struct pool *, const struct address *);
/* Closes what has lain idle for too long. */
void pool_reap(struct pool *);

/* Looks, in the background, whether a server that did not answer does so now:
 * a connection is made and the service account bound. */
void pool_probe(const struct job *, const struct address *,
    int64_t limit_ms);

#endif
