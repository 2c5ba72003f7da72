/* SPDX-License-Identifier: Apache-2.0 */
/*
 * temporary.h - a code that the help desk gives to who forgot their phone
 *
 * One an account, for some hours and some uses, kept as a hash beside the
 * record. It stands in for a device only where the host says that it counts
 * (CSN_RQ_MAY_TEMPORARY), and never makes one.
 */
#ifndef COUNTERSIGN_TOTP_TEMPORARY_H
#define COUNTERSIGN_TOTP_TEMPORARY_H

#include "recovery.h"

/* Makes one, in place of another there may be: params hours, uses. DONE with
 * the code as an item's detail. */
enum outcome temporary_make(const struct round *);
/* Uses it once: 1; 0: it is not this one, or none is good; -1. */
int temporary_take(const struct round *, const struct recovery_code *);
/* Forgets it. 0 or -1. */
int temporary_forget(const struct round *);

#endif
