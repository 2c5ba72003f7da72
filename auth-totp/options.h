/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - what a configuration may say of this factor
 */
#ifndef COUNTERSIGN_TOTP_OPTIONS_H
#define COUNTERSIGN_TOTP_OPTIONS_H

#include "totp.h"

#define OPTIONS_COUNT 7u

extern const struct csn_opt options_table[OPTIONS_COUNT];

/* Into a zeroed instance; strings are the instance's own. 0, or -1 with a
 * report of each fault. */
int options_read(const struct csn_host *, struct csn_call *,
    const struct csn_conf *, struct totp *);

#endif
