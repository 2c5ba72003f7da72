/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the state that outlives a process, and that nodes share
 *
 * One interface, a backend per file. A store keeps bytes under keys; it does
 * not know what they mean, and what is secret reaches it sealed. Every call
 * may block (disk, network): never from an event loop. All functions may be
 * called from any thread.
 *
 * Times are the caller's: now_ms is the wall clock of the host, so that all
 * nodes judge expiry alike and a test can move it. A write is acknowledged
 * (STORE_OK) only when it is durable.
 */
#ifndef COUNTERSIGN_STORE_STORE_H
#define COUNTERSIGN_STORE_STORE_H

#include "lib/buf.h"

#define STORE_OK	0
#define STORE_ABSENT	(-1)	/* no such key, or expired */
#define STORE_EXISTS	(-2)	/* put_new: there already */
#define STORE_FAILED	(-3)	/* unknown outcome: disk, lock, corruption */
#define STORE_STALE	(-4)	/* swap: another value by now */
#define STORE_INVALID	(-5)	/* key or value outside the limits */

#define STORE_KEY_MAX	512u
#define STORE_VALUE_MAX	(256u * 1024)

struct store;

/* One operation of a batch. expires_ms 0 is never. */
enum store_op_kind {
	STORE_PUT = 1,		/* set, whatever is there */
	STORE_PUT_NEW,		/* only if absent or expired, else EXISTS */
	STORE_SWAP,		/* only if the value equals before, else STALE
				 * (ABSENT if there is none); the expiry stays
				 * unless expires_ms is not 0 */
	STORE_DELETE,		/* ABSENT is no failure of a batch */
	STORE_COUNT,		/* add delta to a counter; a new or expired one
				 * starts at 0 with expires_ms, and so does one
				 * that is at 0; ret_count. Kept
				 * as decimal digits, which store_get() gives;
				 * INVALID on other values and on overflow */
	STORE_TOUCH,		/* set the expiry of a live key forward only
				 * (an earlier one is OK and changes nothing),
				 * else ABSENT */
	STORE_REVOKE,		/* append value to the feed; ret_count: its
				 * number: the next one, or `delta` if that is
				 * not 0 and above all before */
	STORE_CLEAR,		/* set a counter to 0 where it is; ABSENT is no
				 * failure of a batch */
	STORE_EXPECT,		/* change nothing: STALE unless the value is
				 * `before`, ABSENT if there is none */
	STORE_EXPECT_NONE,	/* change nothing: EXISTS if the key lives */
	STORE_READ		/* put the value into ret_value; ABSENT is no
				 * failure of a batch */
};

struct store_op {
	enum store_op_kind kind;
	struct csn_str key, value, before;	/* borrowed for the call */
	int64_t expires_ms;
	int64_t delta;
	int64_t ret_count;	/* COUNT, REVOKE */
	struct buf *ret_value;	/* READ: the caller's; empty */
	int ret;		/* this operation's own result */
};

/* Whether such an operation can be the one that undoes a batch. Undoing is
 * expensive where another one has changed something before. */
bool store_op_refuses(enum store_op_kind);
/* Whether such an operation writes anything at all. */
bool store_op_changes(enum store_op_kind);

/* Reads one value, appended to ret. */
int store_get(struct store *, struct csn_str key, int64_t now_ms,
    struct buf *ret);

/* The same with the expiry (0: never). */
int store_get_until(struct store *, struct csn_str key, int64_t now_ms,
    struct buf *ret, int64_t *ret_expires_ms);

/* All or none, in one durable commit: the first operation that does not
 * give STORE_OK undoes all, and its result is returned. The `ret` of those
 * behind it, and of all when the commit failed, is STORE_FAILED; ret_count is
 * 0 unless the batch is STORE_OK. An operation sees what those before it in
 * the batch did. Nothing to do is STORE_OK. */
int store_batch(struct store *, struct store_op *, size_t n, int64_t now_ms);

/* The same without waiting. done() is told the result once it is there: on a
 * thread of the store's, or at once on this one. Until then operations and
 * what they borrow must stay. done() must be quick and must not wait for the
 * store's writes. store_close() comes after all were told. */
typedef void store_done(void *arg, int rc);
void store_batch_later(struct store *, struct store_op *, size_t n,
    int64_t now_ms, store_done *done, void *arg);

/* Single operations: a batch of one. So deleting what is not there is
 * STORE_OK. */
int store_put(struct store *, struct csn_str key, struct csn_str value,
    int64_t expires_ms, int64_t now_ms);
int store_put_new(struct store *, struct csn_str key, struct csn_str value,
    int64_t expires_ms, int64_t now_ms);
int store_swap(struct store *, struct csn_str key, struct csn_str before,
    struct csn_str after, int64_t now_ms);
int store_delete(struct store *, struct csn_str key, int64_t now_ms);
int store_count(struct store *, struct csn_str key, int64_t delta,
    int64_t expires_ms, int64_t now_ms, int64_t *ret);

/* Live keys that begin with prefix, after `after` ("" is from the start), in
 * byte order, at most max. The callback returns 0 to go on; stopping is
 * STORE_OK too. The slices are good during the callback only, which may not
 * call the store. After STORE_FAILED some may have been shown. */
int store_list(struct store *, struct csn_str prefix, struct csn_str after,
    size_t max, int64_t now_ms,
    int (*each)(void *, struct csn_str key, struct csn_str value,
	int64_t expires_ms), void *);

/* How many live keys begin with prefix. */
int store_keys(struct store *, struct csn_str prefix, int64_t now_ms,
    size_t *ret);

/* The feed: numbers are given in commit order, from 1, without a gap. Reads
 * entries with a number above `after`, at most max. */
int store_feed_read(struct store *, uint64_t after, size_t max,
    int (*each)(void *, uint64_t number, struct csn_str value), void *);
/* The highest number given so far (0: none), and the lowest still kept
 * (high + 1: none). Cheap enough to ask several times a second. */
int store_feed_range(struct store *, uint64_t *ret_low, uint64_t *ret_high);
/* Drops entries up to and with this number. */
int store_feed_trim(struct store *, uint64_t through);

/* Drops what has expired, at most max (0: nothing); called in the background.
 * It goes through the keys a part at a time, 64 times max in a call, and goes
 * on in the next call where it stopped. Nobody sees an expired key in any
 * case: this gives back room. *ret_n: how many went, also of a call that
 * failed; max of them: there may be more. */
int store_sweep(struct store *, int64_t now_ms, size_t max, size_t *ret_n);

/* Whether a write would succeed now: for readiness. Durable no-op. */
int store_ping(struct store *, int64_t now_ms);

/* Frees it. No call may be under way, and all of store_batch_later() told. */
void store_close(struct store *);

/* SQLite, one file, WAL, synchronous=FULL, one writer thread with group
 * commit; safe with several processes on the file, but not to be carried over
 * a fork(). `create` makes a new file of mode 0600 (and refuses an existing
 * one); without it the file must exist with a schema of this version, and
 * nobody but its owner may read it. A lock held by another process is waited
 * for up to 5 s, then STORE_FAILED. A file that was moved away or replaced
 * under the store fails every call. The error is a sentence for people. 0 or
 * -1. */
int store_sqlite_open(const char *path, bool create, struct store **ret,
    struct buf *error);

/* A consistent copy of a store, in use or not, into a new file of mode 0600.
 * 0, or -1 with a sentence; then there is no file. */
int store_sqlite_copy(const char *from, const char *to, struct buf *error);

/* Whether the file of a store, in use or not, is whole. Reads all of it. 0, or
 * -1 with a sentence. */
int store_sqlite_whole(const char *path, struct buf *error);

/* Why a call failed last, as a sentence for the log; nothing if none did. */
void store_trouble(struct store *, struct buf *ret);

/* How often the backend was asked, for tests that count ("a check asks the
 * store nothing"). Monotonic. */
uint64_t store_calls(const struct store *);

#endif
