/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * keep.h - what stays with a session, sealed by the host: for renewal, for the
 * provider's logout, for revocation
 */
#ifndef AUTH_OIDC_KEEP_H
#define AUTH_OIDC_KEEP_H

#include "person.h"

struct keep {			/* slices borrowed from what was read */
	struct csn_str id_token;	/* the hint of a logout; may be empty */
	struct csn_str access_token, refresh_token;	/* may be empty */
	struct csn_str dpop;	/* the key that the tokens are bound to; or
				 * empty */
	struct csn_str sub, nonce;	/* of the first ID token */
	int64_t iat, auth_time;		/* likewise; -1: not told */
};

/* keep, session_keys and CSN_RP_RENEW of the reply. AGAIN, or ERROR. */
enum outcome keep_fill(const struct round *, const struct person_source *);
/* In the call's memory. 0 or -1: it does not fit, memory is refused. */
int keep_write(const struct round *, const struct keep *,
    struct csn_str *ret);
/* Of req.keep. 0 or -1. */
int keep_read(const struct round *, struct keep *ret);

/* The names by which a session is found again (back-channel and front-channel
 * logout): a hash of issuer and sid or sub. kind is "sid" or "sub". In the
 * call's memory; p is NULL if that is refused. */
struct csn_str keep_session_key(const struct round *, const char *kind,
    struct csn_str value);

#endif
