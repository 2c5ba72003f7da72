/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - the URL of a directory server, read strictly
 *
 * It must never guess a port, a scheme or an encryption: what is not plainly
 * ldap://HOST[:PORT], ldaps://HOST[:PORT] or ldapi://%2Fpath is refused.
 */
#ifndef AUTH_LDAP_ADDRESS_H
#define AUTH_LDAP_ADDRESS_H

#include "lib/str.h"

#define ADDRESS_MAX 264u	/* "host:port" */

struct address {
	char name[ADDRESS_MAX];	/* "host:port", as dial() wants it; or the
				 * path of a unix socket */
	char host[ADDRESS_MAX];	/* without port and brackets: the name that
				 * the certificate must carry */
	bool ldaps;		/* TLS from the first byte */
	bool local;		/* a unix socket: no network, no TLS */
};

/* 0, or -1 with what is wrong in *ret_why (static). */
int address_parse(struct csn_str url, struct address *ret,
    const char **ret_why);
/* From a "host:port" of DNS SRV: the host, and always ldaps on 636. The host
 * must lie under the domain (security.md O4). 0 or -1. */
int address_from_srv(struct csn_str host_port, struct csn_str domain,
    struct address *ret);

#endif
