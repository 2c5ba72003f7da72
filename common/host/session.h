/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - what a login yields: a person, proofs, and an end
 *
 * The record in the store is the session; a cookie is a sealed copy for one
 * host of what a check needs. What a session opens is decided at each check
 * by proof.h, under today's configuration.
 */
#ifndef COUNTERSIGN_HOST_SESSION_H
#define COUNTERSIGN_HOST_SESSION_H

#include "exchange.h"
#include "seal.h"

#define SESSION_ID_LEN	16u
#define SESSION_COOKIE_MAX 3800u	/* value, under the 4096 of browsers */
#define SESSION_SKEW_MS	60000		/* seals from further ahead are
					 * refused */
#define SESSION_KEYS_MAX 16u

struct session {
	uint8_t id[SESSION_ID_LEN];
	struct person person;
	struct proofs proofs;
	int64_t created_ms, expires_ms;	/* the absolute end */
	int64_t issued_ms;		/* when this seal was made */
	bool enrolled_known;
	size_t nenrolled;		/* second factors, as fingerprints */
	uint64_t enrolled[PROOFS_MAX];
	int64_t enrolled_ms;		/* when the last of them was confirmed,
					 * as the person's record says; else
					 * 0 */
	/* of the record only */
	size_t nextras;
	struct grant_extra extras[PROOFS_MAX];
	struct csn_str client, user_agent;
	int64_t seen_ms;		/* written in batches */
	struct csn_str stored;		/* the record as it was read, sealed;
					 * empty: there is none yet */
};

/* The record, without and with what only the store holds. Here and in
 * session_open() a session that was not read is none: it is half written. */
void session_pack(struct buf *, const struct session *, bool record);
int session_unpack(struct arena *, struct csn_str, bool record,
    struct session *ret);

/* A cookie's value for one host: base64url of the sealed session. -1 if it
 * would be too long or sealing failed. */
int session_seal(struct sealer *, struct csn_str host, const struct session *,
    int64_t now_ms, struct buf *ret);
/* The reverse, without what only the record knows of the person (subject_id,
 * source); proofs and realm resolved by the configuration. Old, forged,
 * cut, foreign, from the future or past its end: -1, all alike. The session's
 * strings lie in the arena. */
int session_open(struct arena *, struct sealer *, const struct conf *,
    struct csn_str host, struct csn_str value, int64_t now_ms,
    struct session *ret);

/* The same in two steps: the packed session, decrypted, with its id; and what
 * it says. For who can use the time in between. */
int session_unseal(struct arena *, struct sealer *, struct csn_str host,
    struct csn_str value, struct csn_str *ret_packed, const uint8_t **ret_id);
int session_take(struct arena *, const struct conf *, struct csn_str packed,
    int64_t now_ms, struct session *ret);

/* The facts that guards look at. groups_max_age makes old groups unknown. */
void session_facts(const struct session *, const struct conf *,
    int64_t now_ms, struct guard_facts *ret);

/* Finds realm and proofs in today's configuration; -1 if the realm is gone. */
int session_resolve(struct session *, const struct conf *);

/* Store key of a record: "s/" + id in hex. The buffer is fixed by the
 * caller. */
#define SESSION_KEY_LEN (2 + 2 * SESSION_ID_LEN)
void session_key(const uint8_t id[SESSION_ID_LEN],
    char ret[SESSION_KEY_LEN + 1]);

#endif
