/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.h - one operation of a factor, done for somebody
 */
#ifndef COUNTERSIGN_HOST_MANAGE_H
#define COUNTERSIGN_HOST_MANAGE_H

#include "gate.h"
#include "verdict.h"

/* The index of an operation that has all of these CSN_OP_ flags, or -1. */
int manage_find(const struct csn_plugin *, struct csn_str name,
    uint32_t flags);
/* Who may do it is the caller's to have decided, and to have recorded. Texts
 * of the verdict lie in the arena. 0, or -1: the keys cannot be used. */
int manage_run(struct csn_gate *, struct factor *, struct arena *, int op,
    const struct person *, struct csn_str item, struct csn_pairs params,
    struct verdict *ret);
/* After a `reset` that was done: the host's own record of the person follows
 * the plugin's. Who has no device left there needs a link from now on (E3). A
 * store result. */
int manage_after_reset(struct csn_gate *, const struct factor *,
    const struct person *);

#endif
