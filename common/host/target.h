/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.h - where a login leads: a return URL, sealed, and nowhere else
 *
 * A target is sealed only after its host and port were found in a policy
 * that names them (security.md S11). It travels in the URL as `to=`.
 */
#ifndef COUNTERSIGN_HOST_TARGET_H
#define COUNTERSIGN_HOST_TARGET_H

#include "policy.h"
#include "seal.h"

#define TARGET_URL_MAX	4096u
#define TARGET_TEXT_MAX	8192u
#define TARGET_AWAY_MAX	1800u	/* sealed, in the cookie of an exchange whose
				 * browser is at a provider */
#define TARGET_LIFE_MS	(12LL * 3600 * 1000)

/* Why a person has to log in (again): for the page's words only. */
enum target_reason {
	TARGET_FIRST = 0,
	TARGET_ENDED,			/* revoked or idle */
	TARGET_TWO_SESSIONS
};

struct target {
	struct csn_str url, host;
	uint16_t port;
	enum target_reason reason;
	int64_t made_ms;
	bool has_nonce;			/* from `start`: hand-over may follow */
	uint8_t nonce[32];		/* SHA-256 of the nonce cookie's
					 * value */
	bool has_client;		/* where the check saw the client */
	struct ip client;
	int64_t handed_ms;		/* 0, or: the check had a session that
					 * was handed over then, just before */
};

/* What is sealed of one; strings as views of the bytes. 0 or -1. */
void target_pack(struct buf *, const struct target *);
int target_unpack(struct csn_str packed, struct target *ret);
/* base64url of the sealed target. Failures stick to the buffer. */
void target_seal(struct buf *, struct sealer *, const struct conf *,
    const struct target *);
/* Strings in the arena. -1 if it is not one of ours, or too old. */
int target_open(struct arena *, struct sealer *, const struct conf *,
    struct csn_str text, int64_t now_ms, struct target *ret);

/* The URL that a browser without session is sent to: `start` on the
 * application's host, or /login where the origin is shared. */
void target_start_url(struct buf *, struct sealer *, const struct conf *,
    const struct target *);

/* An address that somebody gave in the open: https, a known host (wildcards
 * do not count), at most TARGET_URL_MAX. 0 or -1. */
int target_judge(struct arena *, const struct policy_index *,
    struct csn_str url, struct target *ret);

/* The applications that ask for a login, in the order of the file: where one
 * without a target may lead. All in the arena. 0 or -1: out of memory. */
int target_homes(struct arena *, const struct conf *,
    const struct policy_index *, struct target **ret, size_t *ret_n);

/* "host" or "host:port" as cookies are sealed for. */
struct csn_str target_host(struct arena *, const struct target *);

#endif
