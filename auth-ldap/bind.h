/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.h - asking a server whether a password is right
 */
#ifndef AUTH_LDAP_BIND_H
#define AUTH_LDAP_BIND_H

#include "connect.h"

/* Zero is no result: it is never success. */
enum bind_result {
	BIND_UNKNOWN = 0,	/* no answer, or one that says nothing */
	BIND_PROVED = 0x35a6,	/* rc 0, and no policy error */
	BIND_WRONG,		/* name or password, or a lock that an attacker
				 * could have caused */
	BIND_DISABLED,		/* the password is right, but */
	BIND_EXPIRED,		/* (the account, not the password) */
	BIND_LOCKED,
	BIND_PASSWORD_EXPIRED,
	BIND_MUST_CHANGE,	/* somebody else chose the password */
};

/* What the directory says besides, with BIND_PROVED; -1: nothing. */
struct bind_notes {
	int64_t expires_s;	/* the password, from now on */
	int grace;		/* it has expired, and so many binds are left */
};

/* Binds with a password that has passed password_acceptable(). One bind at a
 * time on a connection, which is the caller's alone. After BIND_UNKNOWN it is
 * broken. Never retried here: a second try would count twice towards the
 * directory's lock-out. */
enum bind_result bind_person(const struct job *, struct conn *,
    struct csn_str dn, struct csn_str password, int64_t limit_ms,
    struct bind_notes *ret_notes);
/* Binds as the service account, by SASL EXTERNAL, or not at all (anonymous),
 * as configured. 0, or -1 with the reason in the log. */
int bind_service(const struct job *, struct conn *, int64_t limit_ms);

/* 1 to 1,024 bytes without NUL or other control characters. The empty one
 * would be an anonymous bind that "succeeds" (RFC 4513 5.1.2, 6.3.1). */
bool password_acceptable(struct csn_str);

/* What Active Directory's "..., data 533, v4563" says, or 0. */
unsigned bind_subcode(const char *diagnostic);

#endif
