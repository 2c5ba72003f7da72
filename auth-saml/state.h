/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - what a login in progress and a session remember, packed
 */
#ifndef AUTH_SAML_STATE_H
#define AUTH_SAML_STATE_H

#include "assertion.h"

struct state {			/* between AuthnRequest and Response */
	struct csn_str request_id, idp;
	int64_t asked_ms;
	bool force;
};

struct keep {			/* as long as the session */
	struct csn_str idp, session_index;
	struct name_id name_id;
};

struct leaving {		/* between LogoutRequest and LogoutResponse */
	struct csn_str request_id, idp;
};

void state_pack(const struct state *, struct buf *);
int state_unpack(struct csn_str, struct state *ret);
void keep_pack(const struct keep *, struct buf *);
int keep_unpack(struct csn_str, struct keep *ret);
void leaving_pack(const struct leaving *, struct buf *);
int leaving_unpack(struct csn_str, struct leaving *ret);

#endif
