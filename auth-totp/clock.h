/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - whether this machine's clock is one that phones agree with
 */
#ifndef COUNTERSIGN_TOTP_CLOCK_H
#define COUNTERSIGN_TOTP_CLOCK_H

#include "totp.h"

/* Reports what is wrong with the clock. 0; or -1: no code will be accepted.
 * Live: also what the kernel says, and what the devices of up to 500 accounts
 * have shown. */
int clock_check(const struct totp *, struct csn_call *, bool live);

#endif
