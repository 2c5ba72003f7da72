/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - search filters, the only way a value gets into one
 *
 * Every value is escaped (RFC 4515 3); attribute names and the operator's own
 * filters were checked when the configuration was read.
 */
#ifndef AUTH_LDAP_FILTER_H
#define AUTH_LDAP_FILTER_H

#include "lib/buf.h"

#define FILTER_MAX 65536u	/* bytes of a filter of ours */

/* A descriptor as RFC 4512 1.4 has it (letter, then letters, digits,
 * hyphens) or a numeric OID; no options. */
bool filter_attribute_valid(struct csn_str);
/* Is the operator's filter well-formed (RFC 4515 3), without the blanks and
 * missing brackets that some libraries take as well? */
bool filter_valid(struct csn_str);

/* Appends "(attribute=VALUE)" with the value escaped; an empty value fails
 * the buffer. */
void filter_equal(struct buf *, struct csn_str attribute,
    struct csn_str value);
/* The same with a matching rule: "(attribute:RULE:=VALUE)". */
void filter_rule(struct buf *, struct csn_str attribute, const char *rule,
    struct csn_str value);
/* Appends "(|(a=VALUE)(b=VALUE))" and ANDs the operator's filter, which may
 * be empty. */
void filter_any(struct buf *, struct csn_strs attributes,
    struct csn_str value, struct csn_str besides);

#endif
