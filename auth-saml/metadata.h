/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata.h - identity providers out of SAML metadata
 */
#ifndef AUTH_SAML_METADATA_H
#define AUTH_SAML_METADATA_H

#include "idp.h"
#include "rules.h"

#define METADATA_MAX (128u << 20)	/* bytes of a file */

struct metadata_want {
	const struct keys *signers;	/* NULL: it need not be signed */
	struct csn_str entity_id;	/* only this one; empty: all */
	int64_t now_ms, skew_ms;
};

struct metadata {
	struct idp_set *set;		/* the caller's to unref */
	int64_t until_ms;		/* INT64_MAX: no end */
	int64_t cache_s;		/* 0: not told */
	enum rule rule;			/* that it broke; RULE_NONE if taken */
};

/*
 * An EntityDescriptor, or an EntitiesDescriptor with any number of them, read
 * as a stream. Taken are entities with an IDPSSODescriptor for SAML 2.0 that
 * have a signing key and an address to sign in at; a single one that lacks
 * them is a fault. What has expired is refused (Meta 2.3.2). 0, or -1, a
 * sentence and ret->rule.
 */
int metadata_read(struct csn_str xml, const struct metadata_want *,
    struct metadata *ret, const char **why);
/* xs:duration in seconds, months as 30 days; 0 or -1. */
int metadata_duration(struct csn_str, int64_t *ret_s);

#endif
