/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leave.h - a logout on its way through the providers, as it waits in the store
 * while the browser is away (visit_leave.c)
 */
#ifndef COUNTERSIGN_HOST_LEAVE_H
#define COUNTERSIGN_HOST_LEAVE_H

#include "exchange.h"

/* One factor to leave, and what it kept. */
struct leave_leg { uint64_t fingerprint; struct csn_str keep; };

struct leave {
	struct csn_str realm, subject;
	bool everywhere;
	size_t n, at;			/* legs, and which one is under way */
	struct leave_leg legs[PROOFS_MAX];	/* those before `at` are not
						 * kept */
	uint64_t unconfirmed;		/* fingerprint of the last, or 0 */
	uint8_t token[EXCHANGE_TOKEN_LEN];	/* that the browser brings */
	uint32_t endpoint, methods;	/* where, as in an exchange */
	unsigned rounds;
	struct csn_str state;		/* the plugin's; bytes */
};

void leave_pack(struct buf *, const struct leave *);
/* Strings are borrowed from what is read. 0, or -1: a leg is under way in
 * what can be read. */
int leave_unpack(struct csn_str, struct leave *ret);

#endif
