/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * provider.h - what is known of the provider: its endpoints and keys
 *
 * A snapshot never changes; a newer one takes its place as a whole. It is
 * fetched in the background, kept in the store, and good for keys_lifetime
 * while the provider does not answer.
 */
#ifndef AUTH_OIDC_PROVIDER_H
#define AUTH_OIDC_PROVIDER_H

#include <stdatomic.h>

#include "oidc.h"

struct jwks;

struct provider {		/* a snapshot; slices are its own */
	_Atomic unsigned holds;
	struct arena arena;
	struct csn_str authorization, token, userinfo, jwks_uri,
	    end_session, revocation, par;
	bool iss_in_answer;		/* RFC 9207 3 */
	bool par_required;		/* RFC 9126 5 */
	struct csn_str metadata, keyset;	/* JSON: what we use of it */
	struct jwks *keys;		/* never NULL */
	int64_t keys_ms;		/* when they were fetched */
	uint64_t turn;			/* of all fetches, in order */
};

struct provider_cell *provider_cell_new(void);
void provider_cell_free(struct provider_cell *);

/* The snapshot in force, read from the store if this process has none yet.
 * NULL: nothing is known, or the keys are too old. For provider_drop(). */
const struct provider *provider_hold(const struct round *);
void provider_drop(const struct provider *);

/* Fetches metadata and keys. CSN_OK, or another code; what is in force stays
 * then. In both cases *ret_next_s says when to come again. What was fetched
 * within the last seconds is not fetched again: several logins that wait ask
 * for it one after the other. */
int32_t provider_refresh(const struct round *, uint32_t *ret_next_s);
/* The same in any case. */
int32_t provider_fetch(const struct round *);

/* A token names a key that r->p does not have: fetches the keys, at most once
 * a minute, and never twice at a time; who comes second waits for the first.
 * true: r->p is another snapshot now, look again. `foreign` is a message that
 * anybody may send: it has a minute of its own. */
bool provider_refetch_keys(struct round *, bool foreign);

#endif
