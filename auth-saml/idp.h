/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idp.h - identity providers as metadata describes them, and a set of them
 *
 * A set never changes once it is made: a refresh makes another one. Whoever
 * holds a reference may read it on any thread.
 */
#ifndef AUTH_SAML_IDP_H
#define AUTH_SAML_IDP_H

#include "keys.h"

#include "lib/arena.h"

#define IDP_ENTITY_MAX 1024u		/* Core 8.3.6 */
#define IDP_ARTIFACTS 4u
#define IDP_MARK 16u

struct idp {			/* slices live in the set's arena */
	struct csn_str entity_id, name, domains;	/* domains: "a b" */
	struct csn_str scopes;		/* shibmd:Scope, likewise */
	struct csn_str sso_redirect, sso_post;
	struct csn_str slo_redirect, slo_post, slo_soap;
	struct csn_str slo_redirect_back, slo_post_back; /* ResponseLocation */
	struct csn_str artifact[IDP_ARTIFACTS];		/* by index */
	struct csn_str certs[KEYS_MAX];			/* DER, signing */
	struct csn_str mark;		/* IDP_MARK digits that name it: of the
					 * SHA-256 of its entity ID; set by
					 * idp_set_add() */
	size_t ncerts;
	int64_t until_ms;		/* INT64_MAX: no end */
	bool want_signed;
};

/* Whether a domain is among `domains` or `scopes`, in whatever case. */
bool idp_has(struct csn_str words, struct csn_str domain);

struct idp_set;

/* An empty set of one reference; NULL when memory is refused. */
struct idp_set *idp_set_new(void);
struct idp_set *idp_set_ref(struct idp_set *);
void idp_set_unref(struct idp_set *);
/* Adds a copy, sorted in by idp_set_sort(), which fails on an entity ID that
 * is there twice. 0 or -1. */
int idp_set_add(struct idp_set *, const struct idp *);
/* One that its source describes and that cannot be used; what it may name
 * stays its own. 0 or -1. */
int idp_set_leave_out(struct idp_set *, struct csn_str scopes);
int idp_set_sort(struct idp_set *);
size_t idp_set_count(const struct idp_set *);
const struct idp *idp_set_at(const struct idp_set *, size_t);
/* Is there one, and no other that was left out? */
bool idp_set_alone(const struct idp_set *);
/* Is it a scope of any of them, of those that were left out too? */
bool idp_set_has_scope(const struct idp_set *, struct csn_str scope);
/* By entity ID, exactly. */
const struct idp *idp_set_find(const struct idp_set *, struct csn_str);
/* Its signing keys, for the caller to free with keys_free(). 0, or -1: there
 * is none that can be used, and so nobody to believe. */
int idp_keys(const struct idp *, struct keys *ret);

/* For the store. 0 or -1. */
int idp_set_pack(const struct idp_set *, struct buf *);
struct idp_set *idp_set_unpack(struct csn_str);

#endif
