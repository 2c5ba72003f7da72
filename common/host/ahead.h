/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.h - what a factor keeps of a person, read before its step asks for it
 *
 * A second factor's step mostly begins by reading one value, whose key ends
 * with the person's account. The commit that is waited for before the step
 * reads it along, for a tenth of what a reading of its own costs. Which key it
 * is the factor's own kv_get() has shown.
 */
#ifndef COUNTERSIGN_HOST_AHEAD_H
#define COUNTERSIGN_HOST_AHEAD_H

#include "lib/arena.h"
#include "seal.h"
#include "store/store.h"

#define AHEAD_PREFIX_MAX 32u	/* of a key, before the account */

struct csn_call;
struct factor;

/* A value as the store has it, and when it was asked for (monotonic): what
 * waits for the commit goes on whenever there is a thread for it. */
struct ahead {
	struct csn_str key, value;	/* no key: nothing was read */
	int64_t read_ms;
};

/* The read as an operation of a batch; its key is in the arena, `value` gets
 * the bytes. false: this factor has not shown yet what it reads. */
bool ahead_op(struct factor *, struct arena *, struct csn_str account,
    struct store_op *, struct buf *value);
/* What the operation read, borrowed from it; nothing if there was nothing. */
void ahead_was_read(const struct store_op *, int64_t asked_ms,
    struct ahead *ret);
/* The same in an arena. */
void ahead_keep(struct arena *, struct ahead *);

/* kv_get() of a call with an account; `key` as the plugin named it. */
void ahead_learn(struct csn_call *, struct csn_str key);
/* Once, if it is what was read ahead, and not long ago. */
bool ahead_take(struct csn_call *, struct csn_str full, struct buf *ret);

#endif
