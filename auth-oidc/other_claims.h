/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * other_claims.h - aggregated and distributed claims: what the provider says
 * that others say (OIDC Core 5.6.2)
 *
 * A source is a signed token, at hand (aggregated) or to be fetched
 * (distributed). Fetching is the caller's: only from an origin that the
 * configuration names, with the source's own access token, never with ours.
 */
#ifndef AUTH_OIDC_OTHER_CLAIMS_H
#define AUTH_OIDC_OTHER_CLAIMS_H

#include "claims.h"

#define OTHER_SOURCES_MAX 8u
#define OTHER_CLAIMS_MAX 32u	/* of all sources */

struct other_source {
	struct csn_str name;		/* "src1" */
	struct csn_str jwt;		/* aggregated; p is NULL if it is
					 * distributed */
	struct csn_str endpoint;	/* distributed: begins with https:// */
	struct csn_str access_token;	/* p is NULL if none was given */
	struct csn_strs claims;		/* what it is named for */
};

struct other_sources {
	struct other_source v[OTHER_SOURCES_MAX];
	size_t n;
};

/* The sources that _claim_names names; none is good. REFUSAL_CLAIM_SOURCE if
 * one is missing, malformed, or both kinds at once. Slices are borrowed from
 * the claims, arrays lie in the arena. */
enum refusal other_claims_read(const json_t *claims, struct arena *,
    struct other_sources *ret);
/*
 * Adds to `all` what the source is named for and its token says. The token was
 * verified with the keys of rules->issuer, who signed it: iss is that one; sub
 * (of the ID token) is the person's if it is there; aud, exp, iat, nbf are
 * right if they are there. What `all` has already, and what a token says of
 * itself, is never changed.
 */
enum refusal other_claims_add(json_t *all, const struct other_source *,
    const struct token *, const struct claims_rules *, struct csn_str sub,
    struct arena *);

#endif
