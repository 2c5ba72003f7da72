/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.h - one connection to one server, encrypted unless told otherwise
 */
#ifndef AUTH_LDAP_CONNECT_H
#define AUTH_LDAP_CONNECT_H

#include <ldap.h>
#include <openssl/ssl.h>

#include "wait.h"

struct conn {			/* belongs to one thread at a time */
	LDAP *ld;		/* owns the socket and the TLS below it */
	int fd;			/* borrowed from ld, to look at */
	SSL *ssl;		/* likewise; NULL without TLS */
	struct address address;
	int heard;		/* the last request that had an answer */
	bool reused;		/* it lay idle before this use */
	bool broken;		/* sticky: no answer, or not one we can use */
	int64_t idle_since_ms;	/* job_clock_ms() */
	struct conn *next;	/* the pool's */
};

/* Dials, encrypts (ldaps, or StartTLS on ldap:// unless clear_text is
 * accepted; a unix socket needs neither), and makes a handle that never
 * follows a referral and never connects by itself. NULL, with the reason in
 * the log, when that fails within limit_ms. Nobody is bound yet. */
struct conn *connect_open(const struct job *, const struct address *,
    int64_t limit_ms);
/* Takes it. NULL is nothing. */
void connect_close(struct conn *);

/* The next answer to a request: its LDAP_RES_ type, and *ret to be freed by
 * ldap_msgfree(). -1 when none comes in time or the server is gone: the
 * connection is then broken. */
int connect_answer(struct conn *, const struct wait *, int msgid,
    LDAPMessage **ret);

#endif
