/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latch.c - waiting for a latch, by the kernel's futex
 *
 * Who waits says so in the latch each time before it sleeps, and takes it by
 * the same word: whoever gives it then wakes one more, for nothing at worst. It
 * must never sleep on a latch that is free.
 */
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "latch.h"

void __attribute__((noinline, cold))
latch_wait(struct latch *l)
{
	/* it fails where the word is another by now, or by a signal: then it
	 * is looked at once more */
	while (atomic_exchange_explicit(&l->state, LATCH_AWAITED,
	    memory_order_acquire) != LATCH_FREE)
		(void)syscall(SYS_futex, &l->state, FUTEX_WAIT_PRIVATE,
		    LATCH_AWAITED, NULL, NULL, 0);
}

void __attribute__((noinline, cold))
latch_wake(struct latch *l)
{
	(void)syscall(SYS_futex, &l->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
	    0);
}
