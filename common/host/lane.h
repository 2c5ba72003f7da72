/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - which lane of several is the calling thread's
 *
 * Threads that write the same line of memory wait for each other. Where each
 * has a lane of its own they do not; more threads than lanes share them, so a
 * lane needs a lock all the same.
 */
#ifndef COUNTERSIGN_HOST_LANE_H
#define COUNTERSIGN_HOST_LANE_H

/* A thread's own variable, without a call of the dynamic linker's: for the
 * host's library, which is there from the start; not for plugins. */
#define LANE_LOCAL __thread __attribute__((tls_model("initial-exec")))

/* What has lanes. */
enum lane_of { LANE_OF_GATE, LANE_OF_KNOWN, LANE_OF_SEALER };

/* Below `lanes`, a power of two, in turn as threads come by first. */
unsigned lane_number(enum lane_of, unsigned lanes);

#endif
