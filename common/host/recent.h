/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recent.h - what happened to somebody's account lately, for their own eyes
 *
 * One sealed record per event, found by the person, newest first; each ends by
 * itself. The audit log is the proof, this is a courtesy: what cannot be kept
 * stops nothing. It must never be read by who has not proved to be that person.
 */
#ifndef COUNTERSIGN_HOST_RECENT_H
#define COUNTERSIGN_HOST_RECENT_H

#include "people.h"

#define RECENT_KEEP_MS	(30LL * 86400 * 1000)
/* of failures the last one in each such span is kept: a stranger who guesses
 * must not fill the store */
#define RECENT_SPAN_MS	(15LL * 60 * 1000)

struct recent {
	int64_t time_ms;
	struct csn_str event;		/* as the audit log calls it */
	struct csn_str factor, detail;	/* detail: a device's name */
	struct csn_str client, user_agent;
};

/* The operation that keeps one; key and value lie in the buffers. 0 or -1. */
int recent_op(struct sealer *, struct csn_str realm, struct csn_str subject,
    const struct recent *, bool failure, struct store_op *, struct buf *key,
    struct buf *value);

/* The newest ones, at most max, in the arena. A store result. */
int recent_list(struct store *, struct sealer *, struct arena *,
    struct csn_str realm, struct csn_str subject, int64_t now_ms,
    struct recent *ret, size_t max, size_t *ret_n);

#endif
