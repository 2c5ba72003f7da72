/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_impl.h - a record changed together with something else, between
 * people.c and people_bind.c
 */
#ifndef COUNTERSIGN_HOST_PEOPLE_IMPL_H
#define COUNTERSIGN_HOST_PEOPLE_IMPL_H

#include "people.h"

#define PEOPLE_TRIES	16		/* others may be quicker so often */
#define PEOPLE_SWAP_MORE 2u		/* operations besides */

/* people_swap(), and what belongs to it (the feed's entry, a link's use, a
 * name's; at most PEOPLE_SWAP_MORE): one commit. STORE_OK, STALE or FAILED. */
int people_swap_with(struct store *, struct csn_str realm,
    struct csn_str subject, struct csn_str before,
    const struct people_record *, const struct store_op *more, size_t n,
    int64_t now_ms);

#endif
