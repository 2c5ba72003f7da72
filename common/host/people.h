/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people.h - what the host keeps of a person: which id bound the name, which
 * second factors are confirmed, how often all was revoked
 *
 * One durable record per (realm, subject), changed by compare-and-swap
 * (security.md E1, E3, E4, E8, S8).
 */
#ifndef COUNTERSIGN_HOST_PEOPLE_H
#define COUNTERSIGN_HOST_PEOPLE_H

#include "proof.h"
#include "seal.h"
#include "store/store.h"

#define PEOPLE_SOURCES_MAX 8u
#define PEOPLE_ACCOUNT_LEN 43u	/* base64url of 32 bytes */

struct people_source { uint64_t factor; struct csn_str id; };
struct people_enrolment {
	uint64_t fingerprint;		/* of the second factor: its id */
	enum proof_enrolment how;
	int64_t confirmed_ms;
};

struct people_record {
	uint32_t generation;
	uint32_t cuts;			/* how often logins under way were
					 * ended, and a session goes on */
	bool link_required;		/* after a reset (E3) */
	size_t nsources;
	struct people_source sources[PEOPLE_SOURCES_MAX];
	size_t nenrolments;
	struct people_enrolment enrolments[PROOFS_MAX];
};

/* Reads; an absent record is an empty one and STORE_OK. `raw` gets the bytes
 * as read, for people_swap(); strings point into it. Anything unreadable is
 * STORE_FAILED: never an empty record. */
int people_read(struct store *, struct csn_str realm, struct csn_str subject,
    int64_t now_ms, struct buf *raw, struct people_record *ret);
/* The same as an operation of a batch. `raw` is what people_read() gives only
 * if people_was_read(): an empty value is no absent record (E1). What its bytes
 * mean: 0 or -1. */
void people_read_op(struct store_op *, struct buf *key, struct csn_str realm,
    struct csn_str subject, struct buf *raw);
bool people_was_read(const struct store_op *);
int people_unpack(struct csn_str raw, struct people_record *ret);
/* An operation that refuses unless the record is still what was read. */
void people_expect_op(struct store_op *, struct buf *key,
    struct csn_str realm, struct csn_str subject, struct csn_str raw);
/* Writes if the record is still `before` (empty: absent): STORE_OK, STALE or
 * FAILED. */
int people_swap(struct store *, struct csn_str realm, struct csn_str subject,
    struct csn_str before, const struct people_record *, int64_t now_ms);
/* The same as an operation for a batch; key and value in the buffer. */
void people_op(struct store_op *, struct buf *key, struct buf *value,
    struct csn_str realm, struct csn_str subject, struct csn_str before,
    const struct people_record *);

#define PEOPLE_SAME	0
#define PEOPLE_OTHER	(-10)	/* another id from the same source: DENY (E8) */
#define PEOPLE_RENAMED	(-11)	/* this id had another name, and second factors
				 * under it: DENY until an operator decides */

/* Binds the id that a source (its factor_id()) gave at the first login,
 * compares it later. PEOPLE_SAME, PEOPLE_OTHER, PEOPLE_RENAMED or STORE_FAILED.
 * An empty id binds nothing, but is another one where an id was bound. `old`
 * (may be NULL) gets the name that the id had until now, if another: who has
 * nothing enrolled under it goes on by the new one; else nothing has changed,
 * for by a new name a second factor would be left behind. `have`: raw is the
 * record, read a moment ago. */
int people_bind(struct store *, struct csn_str realm, struct csn_str subject,
    uint64_t source, struct csn_str id, int64_t now_ms,
    struct people_record *ret, struct buf *raw, bool have,
    struct buf *old);

/* The store's key of the name that an id goes by. */
void people_name_key(struct buf *, struct csn_str realm, uint64_t source,
    struct csn_str id);

/* Adds a confirmed enrolment as the only one: EXISTS if there is any already
 * (E4), or if a first login may not enrol since a reset (E3). For later
 * devices of the same factor nothing changes: OK. */
int people_enrolled(struct store *, struct csn_str realm,
    struct csn_str subject, uint64_t factor, enum proof_enrolment how,
    bool must_be_first, int64_t now_ms);
/* After a reset: forgets the factor's enrolment, demands a link, and bumps
 * the generation; with the feed's entry in one commit. */
int people_reset(struct store *, struct csn_str realm, struct csn_str subject,
    uint64_t factor, int64_t now_ms);
/* "Log out everywhere": bumps the generation with the feed's entry. */
int people_revoke(struct store *, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, uint32_t *ret_generation);
/* "This was not me", "log out all others": logins of this person that are under
 * way end (S8), whatever the clocks of nodes say. */
int people_cut(struct store *, struct csn_str realm, struct csn_str subject,
    int64_t now_ms);

/* Those of today's factors that something is enrolled with. */
struct bits people_factors(const struct people_record *,
    const struct conf *);

/* An opaque, stable key for plugins to store things under: HMAC of realm and
 * subject. 43 characters and a NUL. 0 or -1. */
int people_account(struct sealer *, struct csn_str realm,
    struct csn_str subject, char ret[PEOPLE_ACCOUNT_LEN + 1]);

/* Enrolment links (E3): 128 bits, stored hashed, bound. */
struct people_link {
	struct csn_str realm, subject, factor;
	unsigned uses;			/* left */
	int64_t until_ms;
};
void people_link_pack(struct buf *, const struct people_link *);
/* Its texts are borrowed from what is read. */
void people_link_unpack(struct reader *, struct people_link *ret);
/* Makes one; the ticket's text (22 characters) goes to ret. */
int people_link_new(struct store *, const struct people_link *,
    int64_t now_ms, struct buf *ret);
/* The hash under which a ticket is kept; -1 if it is not well formed. */
int people_link_hash(struct csn_str ticket, uint8_t ret[32]);
/* Reads a link; STORE_ABSENT if unknown, used up or expired. */
int people_link_read(struct store *, const uint8_t hash[32], int64_t now_ms,
    struct buf *raw, struct people_link *ret);
/* Uses it once; STORE_OK, ABSENT, STALE or FAILED. */
int people_link_use(struct store *, const uint8_t hash[32], int64_t now_ms);
/* Both in one commit: the link used up and the enrolment as the only one (E3,
 * E4). STORE_OK, EXISTS, ABSENT (the link: gone, or another person's), STALE
 * or FAILED; but for STORE_OK nothing has changed. */
int people_enrolled_by_link(struct store *, struct csn_str realm,
    struct csn_str subject, uint64_t factor, const uint8_t hash[32],
    int64_t now_ms);
/* The link's use as an operation for a batch; key and value in the buffers,
 * `raw` has the record as it was read. A store result. */
int people_link_op(struct store *, const uint8_t hash[32], int64_t now_ms,
    struct store_op *, struct buf *key, struct buf *value, struct buf *raw,
    struct people_link *ret);

#endif
