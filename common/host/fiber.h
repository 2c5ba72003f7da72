/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fiber.h - a job on a stack of its own, which can be left and entered again
 *
 * What waits for a peer needs its stack, and no thread. One thread enters a
 * fiber at a time, not always the same one: what is kept for a thread (errno,
 * OpenSSL's queue of errors) does not outlast a leave.
 */
#ifndef COUNTERSIGN_HOST_FIBER_H
#define COUNTERSIGN_HOST_FIBER_H

#include <stdbool.h>

struct fiber;

/* NULL when memory is refused. */
struct fiber *fiber_new(void);
/* One that has ended, or was never begun. */
void fiber_free(struct fiber *);

/* What the next fiber_enter() runs, from its beginning. */
void fiber_begin(struct fiber *, void (*run)(void *), void *arg);
/* Runs it on this thread until it leaves or ends; true: it has ended, and may
 * begin anew. */
bool fiber_enter(struct fiber *);
/* The one that this code runs on, or NULL. */
struct fiber *fiber_here(void);
/* On a fiber: back to who entered it, until it is entered again. */
void fiber_leave(void);

#endif
