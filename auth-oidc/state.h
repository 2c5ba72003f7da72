/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * state.h - what travels sealed between the request and its answer
 *
 * The host binds it to the exchange and the browser, seals it, and drops it
 * with the plugin's state_version; still every field is checked as if it came
 * from outside. Nothing of it is ever in an address but derived from it.
 */
#ifndef AUTH_OIDC_STATE_H
#define AUTH_OIDC_STATE_H

#include "oidc.h"

#define STATE_RANDOM	32u

struct state {
	int64_t waiting_ms;		/* since when the provider is not known;
					 * 0: it is */
	uint8_t verifier[STATE_RANDOM];	/* of PKCE, before base64url */
	uint8_t nonce[STATE_RANDOM];
	bool has_dpop;
	uint8_t dpop[DPOP_KEY];		/* the login's own key, if it has one */
	int64_t begun_ms;		/* 0: no request was sent yet */
	int64_t max_age_s;		/* that was asked for; -1: none */
	struct csn_str sent;		/* as `state`; borrowed */
};

/* Fresh random values. */
void state_begin(const struct round *, struct state *ret);
int state_write(const struct round *, const struct state *,
    struct csn_str *ret);
/* Of req.state; an empty one is a state that has not begun. 0 or -1. */
int state_read(const struct round *, struct state *ret);

/* 43 characters, in the round's arena (RFC 7636 4.1, 4.2; OIDC Core 15.5.2).
 * p is NULL if that failed. */
struct csn_str state_verifier(const struct round *, const struct state *);
struct csn_str state_challenge(const struct round *, const struct state *);
struct csn_str state_nonce(const struct round *, const struct state *);

#endif
