/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srv_ask.h - a question put to the configured DNS servers, in turn
 *
 * It must never wait longer than the deadline, whatever resolv.conf says.
 */
#ifndef COUNTERSIGN_HOST_SRV_ASK_H
#define COUNTERSIGN_HOST_SRV_ASK_H

#include <sys/socket.h>

#include "srv.h"

#define SRV_ASK_SERVERS	3u
#define SRV_ASK_ROUNDS	2u
#define SRV_ASK_TRY_MS	3000	/* for one server, at most */

struct srv_servers {
	size_t n;
	struct sockaddr_storage v[SRV_ASK_SERVERS];
};

/* Those of resolv.conf. 0, or -1 if there is none. */
int srv_ask_servers(struct srv_servers *);
/* UDP, then TCP where the answer is cut. As srv_lookup(). */
int32_t srv_ask(const struct srv_servers *, struct csn_str name,
    int64_t deadline_ms, struct srv_record ret[static SRV_RECORDS_MAX],
    size_t *ret_n);

#endif
