/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.h - devices shown, added, removed: by their owner or an operator
 *
 * Who may do what, and after which proof, is the host's to say (security.md
 * E5). Nothing here is a proof.
 */
#ifndef COUNTERSIGN_TOTP_MANAGE_H
#define COUNTERSIGN_TOTP_MANAGE_H

#include "totp.h"

#define MANAGE_OPS 11u

extern const struct csn_op manage_ops[MANAGE_OPS];

/* One round of an op; an unknown one is ERROR. */
enum outcome manage_op(const struct round *);

#endif
