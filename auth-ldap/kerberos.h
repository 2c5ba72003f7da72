/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kerberos.h - a ticket for one directory server, by a keytab
 */
#ifndef AUTH_LDAP_KERBEROS_H
#define AUTH_LDAP_KERBEROS_H

#include <krb5.h>

#include "wait.h"

struct ticket {
	krb5_context ctx;
	krb5_ccache cache;	/* in memory, of this process alone */
	krb5_principal client, server;
};

/* Asks the realm's KDC, over our own socket and within limit_ms, for a ticket
 * for ldap/HOST as `principal` with `keytab`. 0, or -1 with the reason in the
 * log; ret needs ticket_free() either way. */
int ticket_get(const struct job *, const char *host, int64_t limit_ms,
    struct ticket *ret);
void ticket_free(struct ticket *);

/* "ldap/HOST@REALM", the realm being the principal's; call memory, p NULL
 * when the host refuses. */
struct csn_str ticket_server_name(const struct job *, const char *host);

#endif
