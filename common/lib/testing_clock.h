/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing_clock.h - a clock that stands still while the machine does
 *
 * What a test says must end in time is measured by it: a virtual machine that
 * is stopped for seconds stops its clocks no more than a server's patience, and
 * says nothing of what waits too long. It goes on while anything of this
 * process could run, so a wait that is not ended is as long by it as by any
 * other. What must take no less than some time is measured by
 * clock_mono_ms(). For tests only.
 */
#ifndef COUNTERSIGN_LIB_TESTING_CLOCK_H
#define COUNTERSIGN_LIB_TESTING_CLOCK_H

#include <stdint.h>

/* Milliseconds since its first call. */
int64_t clock_awake_ms(void);

#endif
