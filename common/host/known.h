/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.h - the sessions this node has met: seen when, ended or not
 *
 * A check asks only this table. A session that is not in it is read from the
 * store once, by a worker; revocations from the feed mark what is in it.
 * known_epoch() closes the gap between reading a record and entering it: what
 * was revoked in between would otherwise live.
 */
#ifndef COUNTERSIGN_HOST_KNOWN_H
#define COUNTERSIGN_HOST_KNOWN_H

#include "session.h"

struct known;

enum known_state {
	KNOWN_NOT = 0,		/* ask the store */
	KNOWN_LIVE,
	KNOWN_ENDED,		/* revoked, or idle for too long */
	KNOWN_OLD		/* the cookie is older than a change of the
				 * person, or may be: what is enrolled the
				 * store says */
};

/* What a check learns besides. Groups are borrowed until known_leave(). */
struct known_facts {
	int64_t groups_ms;	/* 0: no newer groups than the cookie's */
	int64_t asked_ms;	/* when somebody was asked about the person, or
				 * would have been if anybody could be */
	struct csn_strs groups;
	const void *hold;
};

/* NULL without memory. Any thread. */
struct known *known_new(void);
void known_free(struct known *);

/* This session will be asked about in a moment: fetches its entry into the
 * cache. Among 10^5 of them that takes as long as all else in known_see(). */
void known_expect(const struct known *, const uint8_t id[SESSION_ID_LEN]);
/* Marks a session as seen now and says its state. idle_ms: how long since it
 * was last seen makes it idle; then it is KNOWN_NOT, so that the store is
 * asked again before it is called ended (security.md S9). */
enum known_state known_see(struct known *, const struct session *,
    int64_t now_ms, int64_t idle_ms, struct known_facts *ret);
void known_leave(struct known *, struct known_facts *);

/* Goes up with each revocation that was applied. */
uint64_t known_epoch(const struct known *);
/* Enters what the store said, unless the epoch moved on since: then -1, read
 * again. Cookies of before the session's `enrolled_ms` are old. */
int known_enter(struct known *, const struct session *, int64_t seen_ms,
    uint64_t epoch);

/* When this node last saw it, or 0. */
int64_t known_last_seen(struct known *, const uint8_t id[SESSION_ID_LEN]);

/* This one, if it is known; what is being read from the store at this moment
 * is read again. */
void known_end(struct known *, const uint8_t id[SESSION_ID_LEN]);
/* All of them, endings too: whoever comes is read from the store again. */
void known_forget(struct known *);
/* All of one person whose generation is lower. */
void known_end_person(struct known *, struct csn_str realm,
    struct csn_str subject, uint32_t generation);
/* Cookies of this person issued before now_ms are to be compared with the
 * store again (enrolment, new groups). */
void known_age_person(struct known *, struct csn_str realm,
    struct csn_str subject, int64_t now_ms);
/* Groups read anew, of one session. */
void known_regroup(struct known *, const uint8_t id[SESSION_ID_LEN],
    struct csn_strs groups, int64_t groups_ms);

/* Sessions seen since they were last written: id and time, at most max; marks
 * them as written. Returns how many. */
struct known_touch { uint8_t id[SESSION_ID_LEN]; int64_t seen_ms; };
size_t known_touched(struct known *, int64_t now_ms, int64_t least_ms,
    struct known_touch *ret, size_t max);
/* Somebody was asked about this session's person, whatever was answered. */
void known_asked(struct known *, const uint8_t id[SESSION_ID_LEN],
    int64_t now_ms);
/* Sessions seen in the last active_ms that were not asked about, and whose
 * groups were not read, for age_ms. */
size_t known_stale_groups(struct known *, int64_t now_ms, int64_t active_ms,
    int64_t age_ms, struct known_touch *ret, size_t max);
/* Drops what ended or was not seen for long. */
void known_sweep(struct known *, int64_t now_ms, int64_t unseen_ms);
size_t known_count(const struct known *);

#endif
