/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assertion.h - an assertion that the gate let in, judged and read
 */
#ifndef AUTH_SAML_ASSERTION_H
#define AUTH_SAML_ASSERTION_H

#include "gate.h"

#define NAMEID "urn:oasis:names:tc:SAML:"
#define NAMEID_TRANSIENT NAMEID "2.0:nameid-format:transient"
#define NAMEID_PERSISTENT NAMEID "2.0:nameid-format:persistent"
#define NAMEID_ENTITY NAMEID "2.0:nameid-format:entity"
#define NAMEID_UNSPECIFIED NAMEID "1.1:nameid-format:unspecified"
#define NAMEID_EMAIL NAMEID "1.1:nameid-format:emailAddress"

struct name_id {
	struct csn_str value, format, name_qualifier, sp_name_qualifier;
	bool padded;		/* with blanks, which value is without */
};

/* What we asked for, and of whom. */
struct expected {
	struct csn_str idp, sp;		/* entity IDs */
	struct csn_str acs;		/* our URL, as configured */
	struct csn_str request_id;	/* empty: nobody asked */
	struct csn_strs classes;	/* authentication contexts that will
					 * do; none: each */
	int64_t now_ms, skew_ms;
	int64_t fresh_since_ms;		/* earliest authentication, or 0 */
};

struct assertion {			/* slices are the gate's */
	struct csn_str id, issuer, session_index, class_ref;
	struct name_id name_id;
	bool has_name_id;
	const xmlNode *node;
	int64_t auth_ms;		/* 0: not told */
	int64_t session_end_ms;		/* 0: not told */
	int64_t not_after_ms;		/* of conditions and confirmation, the
					 * last moment it could be used */
};

/* Rules 14 to 21 on a gate that let a Response in. 0, or -1 and gate->why. */
int assertion_judge(struct gate *, const struct expected *,
    struct assertion *ret);
/* One element NameID. */
void name_id_read(struct gate *, const xmlNode *, struct name_id *ret);
/* An issuer that is as expected: Format absent or entity. */
bool issuer_is(struct gate *, const xmlNode *message, struct csn_str want);

#endif
