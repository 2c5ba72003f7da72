/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hint.h - "your clock is off": words about a code of another time
 *
 * They never change access, and a wrong code is counted before they are said.
 * That a code was right some minutes ago tells a guesser nothing of use. That
 * it will be right some minutes from now would: so a fast clock is spoken of
 * only after two codes of different steps with the same offset, kept in the
 * sealed state in between, which is as long where there is nothing to keep.
 */
#ifndef COUNTERSIGN_TOTP_HINT_H
#define COUNTERSIGN_TOTP_HINT_H

#include "form.h"
#include "otp.h"
#include "record.h"

/* After a wrong code: perhaps another message, and the state for the next
 * round. 0, or -1: ERROR. */
int hint_clock(const struct round *, const struct record *,
    const struct otp_code *, struct form *);
/* Where no guess can profit, as the person has just been shown the key. */
int hint_clock_shown(const struct round *, const struct device *,
    const struct otp_code *, struct form *);

#endif
