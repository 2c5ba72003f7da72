/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk.h - a provider's published keys (RFC 7517 5), prepared for checking
 *
 * A set is read once and never changes; any number of threads may verify with
 * it. Keys that the client's algorithms cannot use are kept by name with the
 * reason, so that a token that names one is refused with that reason. A set
 * with a private or a symmetric key, or with one kid for two keys that fit
 * the same algorithm, is refused as a whole: whoever publishes that has lost
 * control of it.
 */
#ifndef AUTH_OIDC_JWK_H
#define AUTH_OIDC_JWK_H

#include "jws.h"

#define JWKS_KEYS_MAX	100u

/* Reads the text of a set (json_document_caps) for a client that is pinned to
 * these algorithms. Returns it for the caller to jwks_unref(). */
enum refusal jwks_read(struct csn_str text, uint32_t algs, struct jwks **ret);
/* One more holder, of any thread; returns its argument. NULL is nothing. */
struct jwks *jwks_ref(struct jwks *);
void jwks_unref(struct jwks *);
/* How many keys can check a signature of a pinned algorithm. */
size_t jwks_usable(const struct jwks *);
/* How many there are; and for selftest, of key i: its kid ("" if none), and
 * REFUSAL_NONE or why it is not usable. Borrowed from the set. */
size_t jwks_count(const struct jwks *);
enum refusal jwks_key(const struct jwks *, size_t i, struct csn_str *ret_kid);

#endif
