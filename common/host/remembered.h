/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remembered.h - a browser that stands in for a second factor, for a while
 *
 * A record per browser, person and factor; the browser's cookie is sealed for
 * this purpose and names it. It is good only while the record is there, the
 * person's generation and the factor's enrolment are what they were
 * (security.md S8), and the policy takes it at its age (E6). It is never fresh,
 * enrols nothing, and confirms no change.
 */
#ifndef COUNTERSIGN_HOST_REMEMBERED_H
#define COUNTERSIGN_HOST_REMEMBERED_H

#include "gate.h"

#define REMEMBERED_ID_LEN	16u
#define REMEMBERED_MAX		20u	/* of one person and factor */

struct remembered {
	uint8_t id[REMEMBERED_ID_LEN];
	uint64_t fingerprint;		/* of the factor */
	uint32_t generation;		/* of the person, when it was made */
	int64_t confirmed_ms;		/* of the factor's enrolment */
	int64_t made_ms, until_ms, used_ms;
	struct csn_str client, user_agent;
	struct csn_str stored;		/* as read, sealed */
};

/* What of the person it depends on. -1: the factor is not enrolled. */
int remembered_bind(const struct people_record *, uint64_t fingerprint,
    struct remembered *);
/* Whether it still depends on what it did. */
bool remembered_stands(const struct remembered *,
    const struct people_record *, int64_t now_ms);

/* The cookie's name for a person and factor, and its value; in the arena, p
 * NULL: it cannot be made. */
struct csn_str remembered_name(struct arena *, struct csn_str account,
    uint64_t fingerprint);
struct csn_str remembered_seal(struct arena *, struct sealer *,
    struct csn_str login_host, struct csn_str account,
    const struct remembered *);
/* The id that a value names for this person and factor; -1: none. */
int remembered_open(struct sealer *, struct csn_str login_host,
    struct csn_str account, uint64_t fingerprint, struct csn_str value,
    uint8_t ret[REMEMBERED_ID_LEN]);

/* The operation that writes it: new, or in place of what was read. Key and
 * value lie in the buffers. 0 or -1. */
int remembered_op(struct sealer *, struct csn_str account,
    const struct remembered *, struct store_op *, struct buf *key,
    struct buf *value);
/* A store result. */
int remembered_read(struct csn_gate *, struct arena *, struct csn_str account,
    const uint8_t id[REMEMBERED_ID_LEN], struct remembered *ret);
/* Those of one person that still stand, newest first; a store result. */
int remembered_list(struct csn_gate *, struct arena *,
    const struct person *, struct remembered *ret, size_t max,
    size_t *ret_n);

/* Forgets one (id NULL: all of this factor; 0 for all factors), and ends the
 * sessions that rest on it but `keep`, which may be NULL. A store result;
 * ABSENT: there is none such. */
int remembered_forget(struct csn_gate *, const struct conf *, struct arena *,
    const struct person *, uint64_t fingerprint, const uint8_t *id,
    const uint8_t *keep);

#endif
