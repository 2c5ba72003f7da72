/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind.h - how a message travels: base64, deflate, the query of a redirect
 *
 * What comes in has a cap before it is unpacked, and on what it unpacks to.
 */
#ifndef AUTH_SAML_BIND_H
#define AUTH_SAML_BIND_H

#include "lib/buf.h"

#include "rules.h"

#define BIND_MESSAGE_MAX (256u << 10)	/* bytes of a message */
#define BIND_RELAY_MAX 80u		/* Bind 3.4.3, 3.5.3 */

/* SAMLResponse or SAMLRequest of a form (Bind 3.5.4): strict base64, line
 * breaks allowed. Appends; 0, or -1 and the rule. */
int bind_post_read(struct csn_str value, struct buf *ret, enum rule *why);
/* The same of a query, inflated besides (Bind 3.4.4.1). */
int bind_redirect_read(struct csn_str value, struct buf *ret,
    enum rule *why);
/* Any base64 text of an XML element: blanks and line breaks allowed. */
int bind_base64_read(struct csn_str text, size_t max, struct buf *ret);

/* A signed query, taken apart without decoding what was signed. */
struct bind_query {
	struct csn_str message, relay, sig_alg, signature;  /* as written */
	struct csn_str name;	/* "SAMLRequest" or "SAMLResponse" */
	bool signed_;
};

/* Slices of the raw query. A parameter of ours twice, both messages at once,
 * a ';', an encoding other than deflate: -1 and the rule. Others are passed
 * over. */
int bind_query_split(struct csn_str raw, struct bind_query *ret,
    enum rule *why);
/* The octets that are signed: Bind 3.4.4.1. */
void bind_query_octets(const struct bind_query *, struct buf *ret);
/* A value of the query, decoded: %XX and '+'. 0 or -1. */
int bind_query_value(struct csn_str raw, struct buf *ret);

/* SAMLRequest=...: deflated, base64, escaped; appended. 0 or -1. */
int bind_redirect_write(struct csn_str name, struct csn_str xml,
    struct buf *ret);

#endif
