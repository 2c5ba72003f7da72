/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_impl.h - the table of sessions from inside, between known.c (one
 * entry) and known_walk.c (all of them)
 *
 * A shard's lock is for whoever changes an entry or walks over them; a check
 * only holds its thread's lane, which no other thread writes. What a check
 * reads is changed with all lanes held besides.
 */
#ifndef COUNTERSIGN_HOST_KNOWN_IMPL_H
#define COUNTERSIGN_HOST_KNOWN_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "known.h"
#include "latch.h"

#define SHARDS	16u
#define LANES	32u

enum entry_state { ENTRY_FREE = 0, ENTRY_LIVE, ENTRY_OVER, ENTRY_GONE };

/* shared by the sessions that have the same groups */
struct group_set {
	_Atomic unsigned refs;
	size_t n;
	struct csn_str *v;		/* into text */
	char *text;
};

struct entry {
	uint8_t id[SESSION_ID_LEN];
	uint64_t person;
	_Atomic int64_t seen_ms;	/* moved by checks, in their lanes */
	struct group_set *groups;
	/* seconds; cookies issued before `changed` are outdated */
	uint32_t expires_s, written_s, groups_s, changed_s;
	_Atomic uint32_t asked_s;	/* moved without the lanes */
	uint32_t generation : 24, state : 8;
};

_Static_assert(sizeof(struct entry) == 64, "a cache line per session");

struct shard {
	pthread_mutex_t lock;
	/* changed with the lock held; known_expect() looks without */
	struct entry *_Atomic v;
	_Atomic size_t cap;
	size_t used;			/* counts ENTRY_GONE too */
};

struct lane {
	struct latch latch;
} __attribute__((aligned(64)));

struct known {
	struct shard shards[SHARDS];
	struct lane *lanes;
	_Atomic uint64_t epoch;
	_Atomic uint64_t count;
	uint64_t key[2];
};

/* Nobody looks while they are shut; for who has a shard's lock. */
void known_lanes_shut(struct known *);
void known_lanes_open(struct known *);
/* One holder less, and the last frees it; NULL may be given. */
void known_groups_drop(struct group_set *);
uint64_t known_person_hash(const struct known *, struct csn_str realm,
    struct csn_str subject);

static inline int64_t
entry_seen_ms(const struct entry *e)
{
	return atomic_load_explicit(&e->seen_ms, memory_order_relaxed);
}

static inline int64_t
entry_asked_ms(const struct entry *e)
{
	return (int64_t)atomic_load_explicit(&e->asked_s,
	    memory_order_relaxed) * 1000;
}

#endif
