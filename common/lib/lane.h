/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - which lane of several is the calling thread's
 *
 * Threads that write the same line of memory wait for each other. Where each
 * has a lane of its own they do not; more threads than lanes share them, so a
 * lane needs a lock all the same.
 */
#ifndef COUNTERSIGN_LIB_LANE_H
#define COUNTERSIGN_LIB_LANE_H

#include <stdatomic.h>

/* A thread's own variable, without a call of the dynamic linker's: for the
 * host's library, which is there from the start; not for plugins. */
#define LANE_LOCAL __thread __attribute__((tls_model("initial-exec")))

/* Below `lanes`, in turn as threads come by first. *mine is LANE_LOCAL, and 0
 * to begin with; *threads counts those that came. */
static inline unsigned
lane_number(unsigned *mine, atomic_uint *threads, unsigned lanes)
{
	if (*mine == 0)
		*mine = 1 + atomic_fetch_add(threads, 1) % lanes;
	return *mine - 1;
}

#endif
