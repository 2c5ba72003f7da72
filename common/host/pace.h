/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - long work that leaves the processor to others
 *
 * Where no processor is idle, whoever waits for one waits until the thread
 * that has it is through with its share, some milliseconds: a reload would
 * delay a check by a hundred times what the check takes. So a thread that has
 * begun to pace itself rests again and again between two pieces of its work.
 * It keeps its priority: a thread of a lower one might be kept from running
 * with a lock in its hand.
 */
#ifndef COUNTERSIGN_HOST_PACE_H
#define COUNTERSIGN_HOST_PACE_H

#define PACE_WORK_US	60	/* between two rests, as far as pieces allow */
#define PACE_REST_US	50	/* at least; the kernel's timers add as much */

/* The calling thread, until it ends it. */
void pace_begin(void);
void pace_end(void);
/* Between two pieces of work, with no lock held: rests if it is time. In a
 * thread that has begun nothing it does nothing. */
void pace(void);

#endif
