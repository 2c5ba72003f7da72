/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sig.h - enveloped signatures of received documents, and those of queries
 */
#ifndef AUTH_SAML_SIG_H
#define AUTH_SAML_SIG_H

#include "keys.h"
#include "rules.h"
#include "xml.h"

/*
 * The signature of an element's own (its child ds:Signature), in the profile
 * of SAML (Core 5.4), with one of the keys. `doc` passed shape_check(). On
 * success the bytes that were signed are appended to ret: from then on only
 * they are to be read. sha1: RSA with SHA-1 is accepted as well. 0, or -1 and
 * the rule.
 */
int sig_verify(const xmlNode *parent, const struct keys *, bool sha1,
    struct buf *ret, enum rule *why);
/* A query's: octets and signature as bytes (Bind 3.4.4.1). */
int sig_query_verify(const struct keys *, struct csn_str octets,
    struct csn_str alg, struct csn_str signature, bool sha1, enum rule *why);

/* Of ours: "RS256" and the like to the algorithm's URI; NULL if it has none
 * here. */
const char *sig_uri(struct csn_str jose);
/* The exclusive canonical form of a document without comments; appended. */
int sig_canonical(xmlDoc *, struct buf *ret);

#endif
