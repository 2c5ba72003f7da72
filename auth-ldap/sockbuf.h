/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockbuf.h - libldap speaks through our TLS
 */
#ifndef AUTH_LDAP_SOCKBUF_H
#define AUTH_LDAP_SOCKBUF_H

#include <ldap.h>
#include <openssl/ssl.h>

/* Puts the TLS connection below the handle, which takes it: ldap_unbind_ext
 * and ldap_destroy free it. 0; on -1 it stays the caller's. */
int sockbuf_push_tls(LDAP *, SSL *);
/* Something is there to be read: libldap need not ask the kernel once more. */
void sockbuf_came(SSL *);
/* For a connection in clear: only wipes what was sent. 0 or -1. */
int sockbuf_push_plain(LDAP *);
/* The greatest message that is taken from the server, in bytes. 0 or -1. */
int sockbuf_limit(LDAP *, ber_len_t);

#endif
