/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_clock.h - how far the clock of who answered a request is from ours
 *
 * Assertions and tokens end by the clocks of two machines. A provider's is told
 * by the Date of its answers (RFC 9110 6.6.1), to the second.
 */
#ifndef COUNTERSIGN_HOST_PEER_CLOCK_H
#define COUNTERSIGN_HOST_PEER_CLOCK_H

#include "lib/buf.h"

/* Worth a warning: past this, answers are refused by whoever allows little. */
#define PEER_CLOCK_OFF_MS 5000

struct peer_clock {			/* zeroed: nobody told */
	bool known;
	int64_t ahead_ms;		/* of ours; the worst that was told */
};

/* Reads the Date of an answer that was asked for at from_ms and was there at
 * to_ms, both by our clock. What is none is not told. */
void peer_clock_read(struct peer_clock *, struct csn_pairs headers,
    int64_t from_ms, int64_t to_ms);
/* A sentence for the operator; nothing if nobody told. true: it is off. */
bool peer_clock_words(const struct peer_clock *, struct buf *);

#endif
