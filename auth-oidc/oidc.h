/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * oidc.h - an instance of the plugin, a round of it, and how a round ends
 *
 * Between two calls nothing about a person is kept here: what a login is at
 * stands in the sealed state, what a session needs in its keep.
 */
#ifndef AUTH_OIDC_OIDC_H
#define AUTH_OIDC_OIDC_H

#include <stdatomic.h>

#include "lib/arena.h"
#include "lib/buf.h"

#include "dpop_key.h"
#include "options.h"
#include "refusal.h"

struct provider;
struct provider_cell;
struct nonces;

struct oidc {			/* an instance */
	const struct csn_host *host;
	struct options opt;
	struct provider_cell *cell;	/* what is known of the provider */
	struct nonces *nonces;		/* with DPoP, else NULL; bound.h */
	atomic_bool silence_told;	/* person.c */
};

/* How a round ends. Zero is no proof; GRANT is said in one place only. */
enum outcome {
	OUTCOME_ERROR = 0,
	OUTCOME_DENY,
	OUTCOME_AGAIN,		/* CONTINUE, whatever the action */
	OUTCOME_DONE,		/* of serve() */
	OUTCOME_PROVED
};

struct round {			/* one call; all but the arena borrowed; not to
				 * be copied */
	struct arena own, *arena; /* what a round needs for itself; wiped */
	const struct oidc *o;
	struct csn_call *call;
	const struct csn_req *req;
	struct csn_reply *reply;
	int64_t now_ms;
	const struct provider *p;	/* held for the call, or NULL */
	EVP_PKEY *dpop_key;	/* of this login, or NULL; bound.h */
	uint8_t dpop[DPOP_KEY];		/* its secret */
};

void round_begin(struct round *, const struct oidc *, struct csn_call *,
    const struct csn_req *, struct csn_reply *);
void round_end(struct round *);

/* For replies: zeroed memory of the call, wiped by the host; NULL taints the
 * call. */
void *round_alloc(const struct round *, size_t);
/* Copies in the call's memory. p is NULL if it was refused. */
struct csn_str round_copy(const struct round *, struct csn_str);
struct csn_str round_printf(const struct round *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A buffer over n bytes of the call's memory; it has failed if that was
 * refused. Needs no buf_free(). */
void round_buf(const struct round *, struct buf *, size_t n);
void round_log(const struct round *, uint32_t severity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Every refusal has a reason of its own, one word with hyphens, in the audit
 * log. `detail` may be words of the other side, or empty. */
enum outcome round_refuse(const struct round *, uint32_t reason,
    const char *why, struct csn_str detail);
/* The same for a message that failed a check of ours. */
enum outcome round_refuse_for(const struct round *, enum refusal,
    const char *where);
/* The same where we cannot tell: ERROR. */
enum outcome round_trouble(const struct round *, const char *why,
    struct csn_str detail);

#endif
