/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_walk.c - all entries of the table, one after another: those of a
 * person, those to write or to ask about, those whose time is over
 *
 * It must never forget an ending while the cookie could still be good: ended
 * entries stay until the sweep finds their absolute end behind.
 */
#include "known_impl.h"

void
known_forget(struct known *k)
{
	atomic_fetch_add(&k->epoch, 1);
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *sh = &k->shards[i];

		pthread_mutex_lock(&sh->lock);
		known_lanes_shut(k);
		for (size_t at = 0; at < sh->cap; at++) {
			struct entry *e = &sh->v[at];

			if (e->state == ENTRY_LIVE || e->state == ENTRY_OVER)
				atomic_fetch_sub(&k->count, 1);
			known_groups_drop(e->groups);
			memset(e, 0, sizeof(*e));
		}
		sh->used = 0;
		known_lanes_open(k);
		pthread_mutex_unlock(&sh->lock);
	}
}

typedef void entry_do(struct known *, struct entry *, const void *arg);

static void
each_of_person(struct known *k, struct csn_str realm, struct csn_str subject,
    entry_do *act, const void *arg)
{
	uint64_t person = known_person_hash(k, realm, subject);

	atomic_fetch_add(&k->epoch, 1);
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *sh = &k->shards[i];

		pthread_mutex_lock(&sh->lock);
		for (size_t e = 0; e < sh->cap; e++)
			if (sh->v[e].state == ENTRY_LIVE &&
			    sh->v[e].person == person) {
				known_lanes_shut(k);
				act(k, &sh->v[e], arg);
				known_lanes_open(k);
			}
		pthread_mutex_unlock(&sh->lock);
	}
}

static void
end_if_older(struct known *k, struct entry *e, const void *arg)
{
	const uint32_t *generation = arg;

	(void)k;
	if (e->generation < *generation)
		e->state = ENTRY_OVER;
}

void
known_end_person(struct known *k, struct csn_str realm,
    struct csn_str subject, uint32_t generation)
{
	each_of_person(k, realm, subject, end_if_older, &generation);
}

static void
mark_changed(struct known *k, struct entry *e, const void *arg)
{
	const int64_t *now_ms = arg;

	(void)k;
	/* rounded up, and beyond what our clock may be behind that of the node
	 * that sealed the cookie: one of just before is asked about too */
	e->changed_s = (uint32_t)(*now_ms / 1000 + 1 + SESSION_SKEW_MS / 1000);
}

void
known_age_person(struct known *k, struct csn_str realm,
    struct csn_str subject, int64_t now_ms)
{
	each_of_person(k, realm, subject, mark_changed, &now_ms);
}

size_t
known_touched(struct known *k, int64_t now_ms, int64_t least_ms,
    struct known_touch *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARDS && n < max; i++) {
		struct shard *sh = &k->shards[i];

		pthread_mutex_lock(&sh->lock);
		for (size_t at = 0; at < sh->cap && n < max; at++) {
			struct entry *e = &sh->v[at];
			int64_t written = (int64_t)e->written_s * 1000;
			int64_t seen_ms = entry_seen_ms(e);

			if (e->state != ENTRY_LIVE ||
			    seen_ms - written < 1000 ||
			    now_ms - written < least_ms)
				continue;
			memcpy(ret[n].id, e->id, sizeof(e->id));
			ret[n++].seen_ms = seen_ms;
			e->written_s = (uint32_t)(seen_ms / 1000);
		}
		pthread_mutex_unlock(&sh->lock);
	}
	return n;
}

size_t
known_stale_groups(struct known *k, int64_t now_ms, int64_t active_ms,
    int64_t age_ms, struct known_touch *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < SHARDS && n < max; i++) {
		struct shard *sh = &k->shards[i];

		pthread_mutex_lock(&sh->lock);
		for (size_t at = 0; at < sh->cap && n < max; at++) {
			struct entry *e = &sh->v[at];

			if (e->state != ENTRY_LIVE ||
			    now_ms - entry_seen_ms(e) > active_ms ||
			    now_ms - entry_asked_ms(e) < age_ms)
				continue;
			memcpy(ret[n].id, e->id, sizeof(e->id));
			ret[n++].seen_ms = entry_seen_ms(e);
		}
		pthread_mutex_unlock(&sh->lock);
	}
	return n;
}

void
known_sweep(struct known *k, int64_t now_ms, int64_t unseen_ms)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *sh = &k->shards[i];

		pthread_mutex_lock(&sh->lock);
		for (size_t at = 0; at < sh->cap; at++) {
			struct entry *e = &sh->v[at];

			if (e->state != ENTRY_LIVE && e->state != ENTRY_OVER)
				continue;
			if (e->expires_s > now_ms / 1000 &&
			    (e->state == ENTRY_OVER ||
			    now_ms - entry_seen_ms(e) < unseen_ms))
				continue;
			known_lanes_shut(k);
			known_groups_drop(e->groups);
			memset(e, 0, sizeof(*e));
			e->state = ENTRY_GONE;
			known_lanes_open(k);
			atomic_fetch_sub(&k->count, 1);
		}
		pthread_mutex_unlock(&sh->lock);
	}
}
