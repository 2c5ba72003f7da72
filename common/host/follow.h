/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.h - the revocation feed: written by whoever ends something, read by
 * every node at most half a second later
 *
 * Entries are applied in commit order to the table of known sessions. A gap
 * in the numbers, a number lower than one seen before, or a store that cannot
 * be read stops acceptance: a node that has not read the revocations yet
 * accepts nobody, one that lost the store keeps what it knows for a bounded
 * time (security.md S8, S9, O2).
 */
#ifndef COUNTERSIGN_HOST_FOLLOW_H
#define COUNTERSIGN_HOST_FOLLOW_H

#include "known.h"
#include "store/store.h"

#define FOLLOW_EVERY_MS	250
#define FOLLOW_LOST_MS	60000
#define FOLLOW_KEEP_MS	86400000	/* entries are kept for at least so
					 * long: a node that slept longer has
					 * a gap, and accepts nobody until it
					 * is started again */
#define FOLLOW_RESTORED_MS 600000	/* no logins after the store was put
					 * back: codes and assertions whose use
					 * is forgotten are over then */

struct follow;

/* Starts a thread that follows. The mark file keeps the highest number seen
 * outside the store ("" keeps none). NULL on failure. */
struct follow *follow_new(struct store *, struct known *,
    const char *mark_file, int64_t (*now_ms)(void *), void *now_arg);
void follow_free(struct follow *);

/* Reads once, now, on this thread: for start and tests. 0 or -1. */
int follow_once(struct follow *);
/* Whether this node may accept sessions now. Cheap, any thread. */
bool follow_current(const struct follow *);
/* Why not, as a sentence; NULL if it may. */
const char *follow_trouble(const struct follow *);

/* When the store was put back from a copy, as the operator said
 * (security.md O2); 0: never. What began before it counts for nothing. */
int64_t follow_restored_ms(const struct follow *);
/* Everything before this counts for nothing: two operations. The entry has the
 * number `at`, above all that any node has seen. */
void follow_ops_restored(struct store_op ops[2], struct buf *,
    int64_t now_ms, uint64_t at);

/* Drops what every node has read long since; called now and then, by any node.
 * A store result. */
int follow_trim(struct store *, int64_t now_ms);

/* Operations to put into the batch that ends something, so that the entry
 * and the act are one commit. The memory of value is the buffer's. */
void follow_op_session(struct store_op *, struct buf *,
    const uint8_t id[SESSION_ID_LEN]);
void follow_op_person(struct store_op *, struct buf *, struct csn_str realm,
    struct csn_str subject, uint32_t generation);
void follow_op_changed(struct store_op *, struct buf *, struct csn_str realm,
    struct csn_str subject);

#endif
