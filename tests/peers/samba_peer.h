/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samba_peer.h - Samba's Active Directory for one test program
 *
 * Its ports cannot be chosen, so the program moves to a network of its own
 * first, where that is allowed; it needs to be root. For tests only.
 */
#ifndef COUNTERSIGN_TESTS_SAMBA_PEER_H
#define COUNTERSIGN_TESTS_SAMBA_PEER_H

#include "ldap_peer.h"

#define AD_BASE		"DC=ad,DC=example,DC=com"
#define AD_PEOPLE	"CN=Users," AD_BASE

/* NULL if it can be started here, else why not: the reason of a skip. */
const char *samba_missing(void);
/* On 127.0.0.2. Each ends the test when it fails. */
void samba_start(struct peer *);
void samba_stop(struct peer *);		/* and removes the folder */

/* The five lines of a first configuration, and what the test's host needs to
 * find the server by; then "name", "value", ..., NULL. Opened. */
struct harness *samba_open_with(const struct peer *, ...)
    __attribute__((sentinel));

/* The same with the service account by Kerberos instead of a password: its
 * keytab is samba.sh's. Options first, so that they can say otherwise. */
struct harness *samba_open_by_ticket(const struct peer *, ...)
    __attribute__((sentinel));

#endif
