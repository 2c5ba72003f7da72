/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_keys.h - sessions found by what a factor calls them
 *
 * A GRANT names keys (an OpenID provider's sid, a SAML SessionIndex) by which a
 * later message ends the session. Scoped to the factor; a message that comes
 * before its session leaves a tombstone (security.md S8).
 */
#ifndef COUNTERSIGN_HOST_SESSION_KEYS_H
#define COUNTERSIGN_HOST_SESSION_KEYS_H

#include "session.h"
#include "store/store.h"

#define SESSION_TOMBSTONE_MS (15 * 60 * 1000)

/* The operation that makes a session findable under a key of a factor; the
 * store's key lies in the buffer. */
void session_keys_op(struct store_op *, struct buf *key,
    struct csn_str factor, struct csn_str session_key,
    const struct session *);

/* The same under its person, by people_account(): no factor's name has a
 * dot. */
#define SESSION_KEYS_PERSON STR(".")

/* After a session's record was committed: STORE_OK, or STORE_ABSENT if one of
 * its keys was ended since its exchange began (it must then be ended too), or
 * STORE_FAILED. What began after the message is not meant by it: a key may
 * name a person, who logs in again. */
int session_keys_check(struct store *, struct csn_str factor,
    struct csn_strs keys, int64_t begun_ms, int64_t now_ms);

/* Leaves a tombstone, then calls each() with every live session of the key. A
 * store result. */
int session_keys_end(struct store *, struct csn_str factor,
    struct csn_str session_key, int64_t now_ms,
    void (*each)(void *, const uint8_t id[SESSION_ID_LEN]), void *);
/* The same without the tombstone: what anybody may say must not cost the store
 * anything, nor does who only looks. */
int session_keys_end_known(struct store *, struct csn_str factor,
    struct csn_str session_key, int64_t now_ms,
    void (*each)(void *, const uint8_t id[SESSION_ID_LEN]), void *);

#endif
