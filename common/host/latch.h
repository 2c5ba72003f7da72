/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latch.h - a lock that is taken in line, for lanes
 *
 * A check takes three, each nearly always free. pthread's cost it six calls
 * into the C library, whose code it finds cold. It must never be taken twice by
 * one thread, nor be given by another than took it.
 */
#ifndef COUNTERSIGN_HOST_LATCH_H
#define COUNTERSIGN_HOST_LATCH_H

#include <stdatomic.h>

enum { LATCH_FREE, LATCH_TAKEN, LATCH_AWAITED };

/* All zero is free; there is nothing to give up at its end. */
struct latch {
	atomic_uint state;
};

/* Where somebody else has it. */
void latch_wait(struct latch *);
void latch_wake(struct latch *);

static inline void
latch_take(struct latch *l)
{
	unsigned was = LATCH_FREE;

	if (!atomic_compare_exchange_strong_explicit(&l->state, &was,
	    LATCH_TAKEN, memory_order_acquire, memory_order_relaxed))
		latch_wait(l);
}

static inline void
latch_give(struct latch *l)
{
	if (atomic_exchange_explicit(&l->state, LATCH_FREE,
	    memory_order_release) == LATCH_AWAITED)
		latch_wake(l);
}

#endif
