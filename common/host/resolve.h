/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h - host names to addresses, within a deadline
 *
 * getaddrinfo() has no time limit that a program could set. So a few threads
 * call it, whoever asks waits only as long as it may, and what comes late
 * still goes to a small cache. It must never block past the deadline.
 */
#ifndef COUNTERSIGN_HOST_RESOLVE_H
#define COUNTERSIGN_HOST_RESOLVE_H

#include <sys/socket.h>

#include "lib/str.h"

#define RESOLVE_ADDRS_MAX	8u
#define RESOLVE_THREADS		4u
#define RESOLVE_CACHE		256u	/* names */
#define RESOLVE_KEEP_MS		30000	/* an answer; the resolver tells no
					 * TTL */
#define RESOLVE_KEEP_NO_MS	3000	/* "there is no such name" */

struct resolve_addrs {
	size_t n;
	struct sockaddr_storage v[RESOLVE_ADDRS_MAX];	/* with the port */
};

/*
 * Addresses of a host (a name, an IPv4 address, or IPv6 with or without
 * brackets), families in turn, the resolver's preference first (RFC 8305 4).
 * Addresses as text ask nobody. Any thread.
 *
 * CSN_OK; CSN_E_INVALID: no such form of a host; CSN_E_ABSENT: there is no
 * such name, or it has no address; CSN_E_DEADLINE; CSN_E_BACKEND: the
 * resolver failed, or too many questions wait already.
 */
int32_t resolve_host(struct csn_str host, uint16_t port, int64_t deadline_ms,
    struct resolve_addrs *ret);

/* Forgets all answers, for tests and after SIGHUP. */
void resolve_forget(void);
/* Ends the threads that have nothing to do and waits for them, so that nothing
 * of theirs is left at the end of the process; one that hangs in a question
 * stays. A later question starts them anew. */
void resolve_rest(void);

#endif
