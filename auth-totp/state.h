/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what travels sealed from round to round: a key that is not
 * confirmed yet, recovery codes that nobody has said they kept, a proof that
 * waits behind a page, or the trace of a clock that may be fast
 *
 * The host seals it, binds it to the exchange and drops it with the plugin's
 * state_version; still every field is checked as if it came from outside.
 */
#ifndef COUNTERSIGN_TOTP_STATE_H
#define COUNTERSIGN_TOTP_STATE_H

#include "record.h"

enum state_kind { STATE_NONE = 0, STATE_PENDING = 'P', STATE_HINT = 'H',
	STATE_CODES = 'C', STATE_LEFT = 'L' };

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

/* What the codes on a page come after, and what follows it. */
enum codes_after {
	AFTER_NOTHING = 1,	/* an op: nothing */
	AFTER_ENROL,		/* a device that was confirmed: it is stored */
	AFTER_CODE,		/* a code of a device: it is the proof */
	AFTER_RECOVERY		/* a recovery code: likewise */
};

struct state_codes {
	enum codes_after after;
	int64_t proved_ms;	/* of AFTER_CODE and AFTER_RECOVERY */
	int64_t before_ms;	/* when the set to replace was made, or 0 */
	struct recovery_codes codes;
	struct device device;	/* of AFTER_ENROL */
};

/* Bound to the account, as the next pair is. 0 or -1. */
int state_codes_read(const struct round *, struct state_codes *ret);
int state_codes_write(const struct round *, const struct state_codes *,
    struct csn_str *ret);

struct state_left {		/* a recovery code was used */
	int64_t proved_ms;
	uint32_t left;
};

int state_left_read(const struct round *, struct state_left *ret);
int state_left_write(const struct round *, const struct state_left *,
    struct csn_str *ret);

struct state_hint {
	int steps;		/* ahead; 0: no trace, and as long as one */
	uint64_t step;
	struct csn_str device;	/* borrowed from the state */
};

int state_hint_read(struct csn_str state, struct state_hint *ret);
int state_hint_write(const struct round *, const struct state_hint *,
    struct csn_str *ret);

#endif
