/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - a code of somebody who has a device
 */
#ifndef COUNTERSIGN_TOTP_VERIFY_H
#define COUNTERSIGN_TOTP_VERIFY_H

#include "otp.h"
#include "record.h"

/* The first form, or DENY if every device is disabled. */
enum outcome verify_ask(const struct round *, const struct record *);
/* The form's answer. The record is read again when another was quicker; then
 * *record is that. */
enum outcome verify_code(const struct round *, struct record **record);

/* The offsets at which a device's code is accepted. */
void verify_range(const struct device *, int window, int *ret_from,
    int *ret_to);
/* After a code of this step: nothing older is accepted, the drift is learnt. */
void verify_consume(struct device *, uint64_t step, int offset,
    int64_t now_ms);

#endif
