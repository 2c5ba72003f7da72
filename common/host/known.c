/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.c - one session looked up, entered, ended: shards of open addressing,
 * a lock each, and lanes to look through
 *
 * It must never call a session live that it was told has ended.
 */
#include <stdlib.h>

#include "known_impl.h"
#include "lane.h"
#include "lib/secret.h"
#include "lib/siphash.h"

#define GROUPS_MAX_BYTES 8192u

struct known *
known_new(void)
{
	struct known *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->lanes = aligned_alloc(_Alignof(struct lane),
	    LANES * sizeof(*k->lanes));
	if (k->lanes == NULL) {
		free(k);
		return NULL;
	}
	memset(k->lanes, 0, LANES * sizeof(*k->lanes));
	secret_random(k->key, sizeof(k->key));
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_init(&k->shards[i].lock, NULL);
	return k;
}

/* The calling thread's. */
static struct lane *
lane_enter(struct known *k)
{
	struct lane *lane = &k->lanes[lane_number(LANE_OF_KNOWN, LANES)];

	latch_take(&lane->latch);
	return lane;
}

void
known_lanes_shut(struct known *k)
{
	for (size_t i = 0; i < LANES; i++)
		latch_take(&k->lanes[i].latch);
}

void
known_lanes_open(struct known *k)
{
	for (size_t i = 0; i < LANES; i++)
		latch_give(&k->lanes[i].latch);
}

void
known_groups_drop(struct group_set *g)
{
	if (g == NULL || atomic_fetch_sub(&g->refs, 1) != 1)
		return;
	free(g->v);
	free(g->text);
	free(g);
}

void
known_free(struct known *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		for (size_t e = 0; e < k->shards[i].cap; e++)
			known_groups_drop(k->shards[i].v[e].groups);
		free(k->shards[i].v);
		pthread_mutex_destroy(&k->shards[i].lock);
	}
	free(k->lanes);
	free(k);
}

/* Where an id's search begins. Ids are random of ours and reach us sealed:
 * their own bytes are the hash, spread over any number of entries. */
static size_t
id_place(const uint8_t *id, size_t cap)
{
	uint32_t h;

	memcpy(&h, id, sizeof(h));
	return (size_t)((uint64_t)h * cap >> 32);
}

static struct shard *
shard_of(struct known *k, const uint8_t *id)
{
	return &k->shards[id[15] % SHARDS];
}

uint64_t
known_person_hash(const struct known *k, struct csn_str realm,
    struct csn_str subject)
{
	return siphash(realm, k->key) * 31 + siphash(subject, k->key);
}

static struct entry *
entry_find(struct shard *s, const uint8_t *id)
{
	struct entry *v = s->v;
	size_t cap = s->cap, i;

	if (cap == 0)
		return NULL;
	for (i = id_place(id, cap); v[i].state != ENTRY_FREE;
	    i = i + 1 == cap ? 0 : i + 1)
		if (v[i].state != ENTRY_GONE &&
		    memcmp(v[i].id, id, SESSION_ID_LEN) == 0)
			return &v[i];
	return NULL;
}

/* The first free entry for an id; there is one. */
static struct entry *
entry_slot(struct entry *v, size_t cap, const uint8_t *id)
{
	size_t i = id_place(id, cap);

	while (v[i].state != ENTRY_FREE)
		i = i + 1 == cap ? 0 : i + 1;
	return &v[i];
}

static size_t
entries_kept(const struct shard *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->cap; i++)
		n += s->v[i].state == ENTRY_LIVE || s->v[i].state == ENTRY_OVER;
	return n;
}

/* With the lanes shut. Room for one more; drops the tombstones on the way.
 * From half full to two thirds, so that a session takes 96 to 128 bytes of
 * the table. */
static int
shard_room(struct shard *s)
{
	size_t kept, cap;
	struct entry *v;

	if (s->cap > 0 && s->used * 3 < s->cap * 2)
		return 0;
	kept = entries_kept(s);
	cap = kept < 32 ? 64 : (kept + 1) * 2;
	/* no entry lies across two lines of the cache */
	v = aligned_alloc(sizeof(*v), cap * sizeof(*v));
	if (v == NULL)
		return -1;
	memset(v, 0, cap * sizeof(*v));
	for (size_t i = 0; i < s->cap; i++)
		if (s->v[i].state == ENTRY_LIVE || s->v[i].state == ENTRY_OVER)
			*entry_slot(v, cap, s->v[i].id) = s->v[i];
	free(s->v);
	s->v = v;
	s->cap = cap;
	s->used = kept;
	return 0;
}

static void
facts_of(struct entry *e, struct known_facts *ret)
{
	ret->groups_ms = 0;
	ret->asked_ms = entry_asked_ms(e);
	ret->hold = NULL;
	if (e->groups == NULL)
		return;
	atomic_fetch_add(&e->groups->refs, 1);
	ret->groups_ms = (int64_t)e->groups_s * 1000;
	ret->groups = (struct csn_strs){ e->groups->v, e->groups->n };
	ret->hold = e->groups;
}

/* Another lane may do the same; it only moves forward. */
static void
entry_touch(struct entry *e, int64_t now_ms)
{
	int64_t seen_ms = entry_seen_ms(e);

	while (now_ms > seen_ms &&
	    !atomic_compare_exchange_weak_explicit(&e->seen_ms, &seen_ms,
	    now_ms, memory_order_relaxed, memory_order_relaxed))
		continue;
}

static enum known_state
entry_see(struct entry *e, const struct session *s, int64_t now_ms,
    int64_t idle_ms, struct known_facts *ret)
{
	if (e->state != ENTRY_LIVE || s->person.generation < e->generation)
		return KNOWN_ENDED;
	/* the record may end before a cookie that was sealed earlier does */
	if (e->expires_s <= now_ms / 1000)
		return KNOWN_ENDED;
	/* the store may know of a later touch by another node (S9) */
	if (now_ms - entry_seen_ms(e) > idle_ms)
		return KNOWN_NOT;
	entry_touch(e, now_ms);
	facts_of(e, ret);
	return s->issued_ms < (int64_t)e->changed_s * 1000 ? KNOWN_OLD :
	    KNOWN_LIVE;
}

void
known_expect(const struct known *k, const uint8_t id[SESSION_ID_LEN])
{
	const struct shard *sh = &k->shards[id[15] % SHARDS];
	size_t cap = atomic_load_explicit(&sh->cap, memory_order_relaxed);
	uintptr_t at = (uintptr_t)atomic_load_explicit(&sh->v,
	    memory_order_relaxed);

	/* a hint only: the table may be another by then */
	__builtin_prefetch((const void *)(at + id_place(id, cap) *
	    sizeof(struct entry)), 1);
}

enum known_state
known_see(struct known *k, const struct session *s, int64_t now_ms,
    int64_t idle_ms, struct known_facts *ret)
{
	enum known_state state = KNOWN_NOT;
	struct lane *lane;
	struct entry *e;

	memset(ret, 0, sizeof(*ret));
	lane = lane_enter(k);
	e = entry_find(shard_of(k, s->id), s->id);
	if (e != NULL)
		state = entry_see(e, s, now_ms, idle_ms, ret);
	latch_give(&lane->latch);
	return state;
}

void
known_leave(struct known *k, struct known_facts *facts)
{
	(void)k;
	/* taken as const by those who only read */
	known_groups_drop((struct group_set *)(uintptr_t)facts->hold);
	facts->hold = NULL;
}

uint64_t
known_epoch(const struct known *k)
{
	return atomic_load(&k->epoch);
}

/* From when on cookies say what is enrolled: rounded up, and beyond what
 * another node's clock may be behind. Who meets a session late was not told of
 * changes that came before. */
static uint32_t
enrolled_s(const struct session *s)
{
	return s->enrolled_ms <= 0 ? 0 : (uint32_t)(s->enrolled_ms / 1000 + 1 +
	    SESSION_SKEW_MS / 1000);
}

static void
entry_set(struct known *k, struct entry *e, const struct session *s,
    int64_t seen_ms)
{
	struct group_set *groups = e->groups;
	uint32_t groups_s = e->groups_s, changed_s = e->changed_s;
	uint32_t asked_s = e->asked_s;
	uint32_t written_s = e->state == ENTRY_LIVE ? e->written_s :
	    (uint32_t)(s->seen_ms / 1000);

	/* touches move forward only, and what the store does not have yet is
	 * still to be written (S9) */
	if (entry_seen_ms(e) > seen_ms)
		seen_ms = entry_seen_ms(e);
	memset(e, 0, sizeof(*e));
	memcpy(e->id, s->id, sizeof(e->id));
	e->person = known_person_hash(k, s->person.realm_name,
	    s->person.subject);
	e->seen_ms = seen_ms;
	e->written_s = written_s;
	e->expires_s = (uint32_t)(s->expires_ms / 1000);
	e->generation = s->person.generation & 0xffffff;
	e->groups = groups;
	e->groups_s = groups != NULL ? groups_s :
	    (uint32_t)(s->person.groups_ms / 1000);
	e->asked_s = asked_s > e->groups_s ? asked_s : e->groups_s;
	e->changed_s = changed_s > enrolled_s(s) ? changed_s : enrolled_s(s);
	e->state = ENTRY_LIVE;
}

int
known_enter(struct known *k, const struct session *s, int64_t seen_ms,
    uint64_t epoch)
{
	struct shard *sh = shard_of(k, s->id);
	struct entry *e;
	int rc = -1;

	pthread_mutex_lock(&sh->lock);
	known_lanes_shut(k);
	/* the feed's thread moves the epoch before it takes the locks */
	if (atomic_load(&k->epoch) != epoch)
		goto out;
	e = entry_find(sh, s->id);
	if (e == NULL) {
		if (shard_room(sh) < 0)
			goto out;
		e = entry_slot(sh->v, sh->cap, s->id);
		sh->used++;
		atomic_fetch_add(&k->count, 1);
	} else if (e->state != ENTRY_LIVE) {
		goto out;
	}
	entry_set(k, e, s, seen_ms);
	rc = 0;
out:
	known_lanes_open(k);
	pthread_mutex_unlock(&sh->lock);
	return rc;
}

void
known_asked(struct known *k, const uint8_t id[SESSION_ID_LEN],
    int64_t now_ms)
{
	struct shard *sh = shard_of(k, id);
	struct entry *e;

	pthread_mutex_lock(&sh->lock);
	e = entry_find(sh, id);
	if (e != NULL)
		e->asked_s = (uint32_t)(now_ms / 1000);
	pthread_mutex_unlock(&sh->lock);
}

int64_t
known_last_seen(struct known *k, const uint8_t id[SESSION_ID_LEN])
{
	struct shard *sh = shard_of(k, id);
	struct entry *e;
	int64_t ret = 0;

	pthread_mutex_lock(&sh->lock);
	e = entry_find(sh, id);
	if (e != NULL && e->state == ENTRY_LIVE)
		ret = entry_seen_ms(e);
	pthread_mutex_unlock(&sh->lock);
	return ret;
}

void
known_end(struct known *k, const uint8_t id[SESSION_ID_LEN])
{
	struct shard *sh = shard_of(k, id);
	struct entry *e;

	atomic_fetch_add(&k->epoch, 1);
	pthread_mutex_lock(&sh->lock);
	e = entry_find(sh, id);
	known_lanes_shut(k);
	if (e != NULL)
		e->state = ENTRY_OVER;
	known_lanes_open(k);
	pthread_mutex_unlock(&sh->lock);
}

static struct group_set *
group_set_new(struct csn_strs groups)
{
	struct group_set *g = calloc(1, sizeof(*g));
	size_t bytes = 1, at = 0;

	for (size_t i = 0; i < groups.n; i++)
		bytes += groups.v[i].n;
	if (g == NULL)
		return NULL;
	g->v = calloc(groups.n + 1, sizeof(*g->v));
	g->text = malloc(bytes);
	atomic_store(&g->refs, 1);
	if (g->v == NULL || g->text == NULL || bytes > GROUPS_MAX_BYTES) {
		known_groups_drop(g);
		return NULL;
	}
	for (; g->n < groups.n; g->n++) {
		memcpy(g->text + at, groups.v[g->n].p, groups.v[g->n].n);
		g->v[g->n] = str_of(g->text + at, groups.v[g->n].n);
		at += groups.v[g->n].n;
	}
	return g;
}

void
known_regroup(struct known *k, const uint8_t id[SESSION_ID_LEN],
    struct csn_strs groups, int64_t groups_ms)
{
	struct group_set *g = group_set_new(groups), *old = NULL;
	struct shard *sh = shard_of(k, id);
	struct entry *e;

	if (g == NULL)
		return;
	pthread_mutex_lock(&sh->lock);
	e = entry_find(sh, id);
	if (e != NULL && e->state == ENTRY_LIVE) {
		old = e->groups;
		known_lanes_shut(k);
		e->groups = g;
		e->groups_s = (uint32_t)(groups_ms / 1000);
		known_lanes_open(k);
		if (e->asked_s < e->groups_s)
			e->asked_s = e->groups_s;
		g = NULL;
	}
	pthread_mutex_unlock(&sh->lock);
	known_groups_drop(old);
	known_groups_drop(g);
}

size_t
known_count(const struct known *k)
{
	return (size_t)atomic_load(&k->count);
}
