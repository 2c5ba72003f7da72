/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reseal.h - records of factors under the key that seals now
 *
 * After a rotation what was sealed before opens as long as its key is kept;
 * sealed anew, the old key can be retired.
 */
#ifndef COUNTERSIGN_HOST_RESEAL_H
#define COUNTERSIGN_HOST_RESEAL_H

#include "seal.h"
#include "store/store.h"

struct reseal {			/* zeroed at first */
	uint64_t epoch;		/* of the keys that this pass is for */
	bool started, over;
	char after[STORE_KEY_MAX];	/* where the last step ended */
	size_t after_n;
};

/* One step of a pass over all records, which begins anew when the keys have
 * changed: looks at no more than max of them. A record that somebody else has
 * changed meanwhile is left to them. Returns how many were sealed anew, or -1:
 * the store or a key failed, and the step is tried again next time. */
int reseal_step(struct reseal *, struct store *, struct sealer *,
    size_t max, int64_t now_ms);

#endif
