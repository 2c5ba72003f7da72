/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h - our own TLS towards a directory: trust, and the handshake
 *
 * libldap's TLS is never used: on Debian it is GnuTLS, which waits for ever
 * on a server that goes mute in the handshake, and whose settings are the
 * process's, not the instance's.
 */
#ifndef AUTH_LDAP_TLS_H
#define AUTH_LDAP_TLS_H

#include <openssl/ssl.h>

#include "job.h"

struct tls;		/* trust of one instance; for any thread */

/* Reads the authorities, our certificate and its key. Faults are reported.
 * NULL after at least one FAIL report. */
struct tls *tls_new(const struct csn_host *, struct csn_call *,
    const struct options *);
void tls_free(struct tls *);

/* The handshake on a non-blocking socket, which stays the caller's, within
 * limit_ms; the certificate must chain to our authorities and name `host`, a
 * DNS name or an address. Returns the connection for SSL_free(), or NULL with
 * the reason, for the log, in why[n]. */
SSL *tls_connect(const struct job *, int fd, const char *host,
    int64_t limit_ms, char *why, size_t n);

/* What ties a bind to the server's certificate: "tls-server-end-point:" and
 * its digest (RFC 5929 4), in call memory; empty where there is none. */
struct csn_str tls_end_point(const struct job *, SSL *);

/* When the server's certificate ends, as a date, and in how many days. 0 or
 * -1. */
int tls_until(SSL *, char *ret, size_t n, int64_t *ret_days);

#endif
