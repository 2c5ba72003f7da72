/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gssapi.h - the service account by SASL GSSAPI (RFC 4752)
 */
#ifndef AUTH_LDAP_GSSAPI_H
#define AUTH_LDAP_GSSAPI_H

#include "connect.h"

/* Binds a fresh connection that is encrypted. Without a security layer of its
 * own: TLS is one, and the bind is tied to its certificate. 0 with the
 * server's last code in *ret_code, or -1 with the reason in the log. */
int gssapi_bind(const struct job *, struct conn *, int64_t limit_ms,
    int *ret_code);

#endif
