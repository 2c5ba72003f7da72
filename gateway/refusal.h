/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - which refused connections the log is told of
 */
#ifndef COUNTERSIGN_GATEWAY_REFUSAL_H
#define COUNTERSIGN_GATEWAY_REFUSAL_H

#include <stdatomic.h>

#include "http.h"

#define REFUSALS_PER_MINUTE	10u	/* lines of each kind */

/* Zeroed to begin with. */
struct refusals {
	struct {
		_Atomic int64_t minute;
		atomic_uint told, untold;
	} kinds[HTTP_FAULTS];
};

/* Appends what the log is to say of it; false: nothing. Any thread. The peer
 * may be NULL. */
bool refusal_line(struct refusals *, const char *listener,
    const struct http_peer *, enum http_fault, struct buf *);

#endif
