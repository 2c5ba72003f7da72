/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what travels sealed from round to round: a key that is not
 * confirmed yet, or the trace of a clock that may be fast
 *
 * The host seals it, binds it to the exchange and drops it with the plugin's
 * state_version; still every field is checked as if it came from outside.
 */
#ifndef COUNTERSIGN_TOTP_STATE_H
#define COUNTERSIGN_TOTP_STATE_H

#include "record.h"

enum state_kind { STATE_NONE = 0, STATE_PENDING = 'P', STATE_HINT = 'H' };

/* What the state begins with; -1: something else. */
int state_kind(struct csn_str state, enum state_kind *ret);

struct state_pending {
	struct device device;	/* id, parameters, secret; not confirmed */
	uint32_t tries;		/* wrong codes so far */
};

/* Bound to the account: another's state is refused. 0 or -1. */
int state_pending_read(const struct round *, struct state_pending *ret);
int state_pending_write(const struct round *, const struct state_pending *,
    struct csn_str *ret);

struct state_hint {
	int steps;		/* ahead; 0: no trace */
	uint64_t step;
	struct csn_str device;	/* borrowed from the state */
};

int state_hint_read(struct csn_str state, struct state_hint *ret);
int state_hint_write(const struct round *, const struct state_hint *,
    struct csn_str *ret);

#endif
