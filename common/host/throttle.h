/* SPDX-License-Identifier: Apache-2.0 */
/*
 * throttle.h - how often somebody may fail
 *
 * Per person and factor in the store, so that all nodes count together; per
 * source in memory, in front of everything (security.md P3, P4). A try is
 * reserved before it is looked at: a reservation that fails is an ERROR
 * without a step.
 */
#ifndef COUNTERSIGN_HOST_THROTTLE_H
#define COUNTERSIGN_HOST_THROTTLE_H

#include "conf.h"
#include "store/store.h"

struct throttle;		/* the sources of this node */

/* NULL without memory. Any thread; what takes one waits for no store. */
struct throttle *throttle_new(void);
void throttle_free(struct throttle *);

#define THROTTLE_OK	0
#define THROTTLE_LIMIT	(-1)
#define THROTTLE_FAILED	(-2)	/* the store: ERROR */

/* Whom a try counts against: factor name, realm, canonical subject; and, of
 * somebody who is where they have logged in before, the place. */
struct throttle_key {
	struct csn_str factor, realm, subject;
	const char *place;	/* NULL: anywhere */
};

/* Reserves a try; *ret_until_ms when THROTTLE_LIMIT. A limited try does not
 * lengthen the wait; who comes back to the limit soon after one waits longer,
 * up to an hour. */
int throttle_reserve(struct store *, const struct conf *,
    const struct throttle_key *, int64_t now_ms, int64_t *ret_until_ms);
/* After THROTTLE_LIMIT, for who is where they have logged in before: a browser
 * and a network have counts of their own, which no stranger can use up. `where`
 * is familiar_here()'s; key->place says what was reserved. */
#define THROTTLE_BROWSER	1u
#define THROTTLE_NETWORK	2u
int throttle_reserve_familiar(struct store *, const struct conf *,
    struct throttle_key *, unsigned where, int64_t now_ms,
    int64_t *ret_until_ms);
/* The same as throttle_reserve() within a batch: the operation, and what its
 * result means. The key lies in the buffer. */
void throttle_op(struct store_op *, struct buf *key, const struct conf *,
    const struct throttle_key *, int64_t now_ms);
int throttle_judge(struct store *, const struct conf *,
    const struct store_op *, int64_t now_ms, int64_t *ret_until_ms);
/* After a GRANT: the count starts anew. */
void throttle_clear_op(struct store_op *, struct buf *key,
    const struct throttle_key *);
/* Every count of theirs, wherever they are, and how long they would wait. */
int throttle_clear(struct store *, const struct throttle_key *,
    int64_t now_ms);
/* After an ERROR, or a round that was no try: gives one back. */
int throttle_refund(struct store *, const struct throttle_key *,
    int64_t now_ms);
/* The wait that is in force, or 0; for pages before a try. */
int64_t throttle_until(struct store *, const struct conf *,
    const struct throttle_key *, int64_t now_ms);

/* Sources: IPv4 /32, IPv6 /64 with a cap per /48 of four times as many. Only
 * failures count. Memory is bounded: when full, the oldest go. */
bool throttle_source_over(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms, int64_t *ret_until_ms);
void throttle_source_failed(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);

/* A browser that somebody logged in with has an account beside that of its
 * source, which others use as well: one for each person. */
bool throttle_browser_over(struct throttle *, const struct conf *,
    struct csn_str account, int64_t now_ms, int64_t *ret_until_ms);
void throttle_browser_failed(struct throttle *, const struct conf *,
    struct csn_str account, int64_t now_ms);

/* The same for bad messages of peers that are no browsers (security.md S10):
 * an account of its own, so that neither takes from the other. */
bool throttle_budget_over(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms, int64_t *ret_until_ms);
void throttle_budget_spend(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);

/* And for forms of nobody known that were no tries, as a search for one's
 * provider: each leaves a row or two in the store; and for logins that begin
 * with a question to a peer. Fifty times as many. */
bool throttle_forms_over(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms, int64_t *ret_until_ms);
void throttle_forms_spend(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);

/* Of one that came to a login in the end. */
void throttle_forms_refund(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);

/* And for lines of the audit log that anybody may cause, by nothing that is
 * counted otherwise. Counts when it says yes. */
bool throttle_may_tell(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);
/* The same, and counts nothing. */
bool throttle_told_enough(struct throttle *, const struct conf *,
    const struct ip *, int64_t now_ms);

/* For the operator: each counter in the store as (factor, realm, subject,
 * count, until); `key` is what throttle_lift() takes. */
int throttle_list(struct store *, const struct conf *, int64_t now_ms,
    int (*each)(void *, struct csn_str key, const struct throttle_key *,
	int64_t count, int64_t until_ms), void *);
int throttle_lift(struct store *, struct csn_str key, int64_t now_ms);
/* Whether a key that begins so is a count of tries, and not of waits. */
bool throttle_counts(struct csn_str key);

#endif
