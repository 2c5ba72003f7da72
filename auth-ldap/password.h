/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password.h - giving somebody another password
 */
#ifndef AUTH_LDAP_PASSWORD_H
#define AUTH_LDAP_PASSWORD_H

#include "lib/buf.h"

#include "person.h"

enum password_result {
	PASSWORD_UNKNOWN = 0,	/* no answer: it may have been changed */
	PASSWORD_CHANGED,
	PASSWORD_REFUSED,	/* why is in *ret_why */
};

/* From old, which the caller has seen proved, to a new one that has passed
 * password_acceptable(). By the person on `via`, who is bound there; with
 * `via` NULL, or in Active Directory, by the service account. *ret_why is one
 * of texts.h, or what the directory said, at most 200 bytes. Never tried
 * twice. */
enum password_result password_change(const struct job *, struct conn *via,
    struct csn_str dn, struct csn_str old, struct csn_str wanted,
    struct csn_str *ret_why);

/* What the directory asks of a new one, as far as it can be read; 0: not
 * known. */
struct password_rules { uint64_t length, history; bool kinds; };
void password_rules_read(const struct job *, struct password_rules *ret);

/* A value of unicodePwd ([MS-ADTS] 3.1.1.3.1.5): in quotation marks, UTF-16,
 * little-endian. 0, or -1: not UTF-8. For tests. */
int password_utf16(struct buf *, struct csn_str);

#endif
