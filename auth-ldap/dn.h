/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn.h - distinguished names, the only way a typed name gets into one
 */
#ifndef AUTH_LDAP_DN_H
#define AUTH_LDAP_DN_H

#include "lib/buf.h"

#define DN_MAX 4096u

/* A DN of at least one part (RFC 4514). */
bool dn_valid(struct csn_str);
/* A DN whose values hold {} exactly once in all. */
bool dn_template_valid(struct csn_str);
/* Appends the template with {} replaced by the name, which stays within its
 * value whatever it holds. A name of no bytes, or with a NUL, fails. 0 or
 * -1. */
int dn_expand(struct buf *, struct csn_str template, struct csn_str name);
/* Appends dc=corp,dc=example,dc=com for corp.example.com. 0 or -1. */
int dn_from_domain(struct buf *, struct csn_str domain);
/* Appends the DC= parts that a DN ends with: dc=example,dc=com of
 * ou=people,dc=example,dc=com. 0, or -1 if there are none. */
int dn_domain_part(struct buf *, struct csn_str dn);
/* The value of that attribute in the first part of the DN, by which an entry
 * with several values is named; appended. 0, or -1 if it is not there. */
int dn_leaf(struct buf *, struct csn_str dn, struct csn_str attribute);

#endif
