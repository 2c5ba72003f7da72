/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.h - what the store keeps of a hand-over, until it is taken
 */
#ifndef COUNTERSIGN_HOST_TICKET_H
#define COUNTERSIGN_HOST_TICKET_H

#include "lib/buf.h"
#include "session.h"

struct ticket {
	uint8_t session[SESSION_ID_LEN];
	uint8_t nonce[32];		/* SHA-256 of the nonce cookie's */
	struct csn_str host, url;
};

void ticket_pack(struct buf *, const struct ticket *);
/* Strings as views of the bytes. 0 or -1. */
int ticket_unpack(struct csn_str, struct ticket *ret);

#endif
