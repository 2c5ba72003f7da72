/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h - a connected TCP socket to a configured place, within a deadline
 *
 * It must never connect to a place that is not in the list, and never block
 * past the deadline. What the socket speaks, and TLS, are the caller's.
 */
#ifndef COUNTERSIGN_HOST_DIAL_H
#define COUNTERSIGN_HOST_DIAL_H

#include "lib/str.h"

#define DIAL_STAGGER_MS	250	/* before the next address is tried too */
#define DIAL_SILENT_MS	10000	/* unacknowledged bytes end a connection */

/* Splits "host:port", "[v6]:port": a host that url_host_valid() takes (with
 * brackets), a port of 1 to 65535 in decimal without leading zeros. 0 or
 * -1. */
int dial_parse(struct csn_str host_port, struct csn_str *ret_host,
    uint16_t *ret_port);
/* Whether two such texts name the same place: case does not matter. */
bool dial_same(struct csn_str, struct csn_str);

/*
 * Connects to host_port if it is one of `allowed`. Addresses are tried in the
 * resolver's order, families in turn, the next one after DIAL_STAGGER_MS or
 * at once if one fails (RFC 8305 5); the first that connects is taken. The
 * socket blocks, is closed on exec, and has TCP_NODELAY, keep-alive (30 s) and
 * TCP_USER_TIMEOUT set; the caller closes it. Any thread.
 *
 * CSN_OK; CSN_E_INVALID: no host:port, or not allowed; CSN_E_ABSENT: no such
 * name; CSN_E_DEADLINE; CSN_E_BACKEND: refused or unreachable.
 */
int32_t dial_connect(struct csn_str host_port, struct csn_strs allowed,
    int64_t deadline_ms, int *ret_fd);

#endif
