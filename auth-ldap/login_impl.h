/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login_impl.h - one submitted form, between login.c and change.c
 */
#ifndef AUTH_LDAP_LOGIN_IMPL_H
#define AUTH_LDAP_LOGIN_IMPL_H

#include "bind.h"
#include "person.h"

struct login {			/* one submitted form */
	const struct job *job;
	const struct csn_req *req;
	struct csn_reply *reply;
	struct csn_str typed;	/* as it goes back into the form */
	struct csn_str password;
	struct person person;
	int64_t proved_ms;	/* when the password was typed; 0: now */
};

/* The form for name and password, with a message or NULL. */
uint32_t login_form(const struct login *, struct csn_str name,
    const char *message);
/* The same bytes whatever was wrong. */
uint32_t login_wrong(const struct login *, struct csn_str subject);
uint32_t login_unreachable(const struct login *);
/* Counts the try. CSN_OK, or the verdict is *ret. */
int32_t login_reserve(const struct login *, struct csn_str subject,
    bool known, uint32_t *ret);
/* A bind on a connection of the bind kind. The connection comes back in
 * *ret_conn, if that is not NULL, when somebody is bound on it. */
enum bind_result login_bind(const struct job *, struct csn_str dn,
    struct csn_str password, struct bind_notes *, struct conn **ret_conn);
/* The answer to a bind that did not prove the password, or proved that the
 * account cannot be used. */
uint32_t login_refused(const struct login *, enum bind_result);
/* The password was right, and it is `person`: the only GRANT. */
uint32_t login_grant(const struct login *, struct conn *via);

#endif
