/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sid.h - security identifiers of Active Directory
 */
#ifndef AUTH_LDAP_SID_H
#define AUTH_LDAP_SID_H

#include "lib/buf.h"

#define SID_TEXT_MAX 192u

/* "S-1-5-21-..." of the bytes of objectSid or tokenGroups ([MS-DTYP] 2.4.2.1
 * and 2.4.2.2), appended; last, unless negative, in place of its last number.
 * 0, or -1: they are no SID. */
int sid_put(struct buf *, struct csn_str bytes, int64_t last);

#endif
