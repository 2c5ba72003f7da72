/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - a hash table from byte keys to pointers, keyed against flooding
 *
 * Linear probing over a power of two. A removed key leaves a mark, so that
 * walking may remove; marks go when the table is laid out anew. It must never
 * hash without its secret key, or be full.
 */
#include "table.h"

#include <stdlib.h>

#include "secret.h"
#include "siphash.h"

#define TABLE_FIRST	((size_t)16)

struct slot {
	char *key;		/* NULL: free; removed: see below */
	size_t n;
	uint64_t hash;
	void *value;
};

struct table {
	struct slot *slots;
	size_t size;		/* slots, a power of two */
	size_t count;		/* keys */
	size_t taken;		/* keys and marks, at most 3/4 of size */
	uint64_t seed[2];
};

static char removed[1];		/* its address marks a removed key */

static bool
slot_live(const struct slot *slot)
{
	return slot->key != NULL && slot->key != removed;
}

struct table *
table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->size = TABLE_FIRST;
	t->slots = calloc(t->size, sizeof(*t->slots));
	if (t->slots == NULL) {
		free(t);
		return NULL;
	}
	secret_random(t->seed, sizeof(t->seed));
	return t;
}

static void
key_free(struct slot *slot)
{
	secret_wipe(slot->key, slot->n);
	free(slot->key);
}

void
table_free(struct table *t, void (*free_value)(void *))
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->size; i++) {
		if (!slot_live(&t->slots[i]))
			continue;
		if (free_value != NULL)
			free_value(t->slots[i].value);
		key_free(&t->slots[i]);
	}
	free(t->slots);
	secret_wipe(t, sizeof(*t));
	free(t);
}

/* The slot of the key, or NULL. Ends, for a quarter of the slots is free. */
static struct slot *
table_find(const struct table *t, struct csn_str key, uint64_t hash)
{
	for (size_t i = hash;; i++) {
		struct slot *slot = &t->slots[i & (t->size - 1)];

		if (slot->key == NULL)
			return NULL;
		if (slot->key != removed && slot->hash == hash &&
		    str_equal(str_of(slot->key, slot->n), key))
			return slot;
	}
}

/* The first slot that takes a key which is not in the table. */
static struct slot *
slot_free_find(struct slot *slots, size_t size, uint64_t hash)
{
	size_t i = hash;

	while (slot_live(&slots[i & (size - 1)]))
		i++;
	return &slots[i & (size - 1)];
}

/* Room for one key more: lays the table out anew, at most half full, when it
 * would pass 3/4. */
static int
table_room(struct table *t)
{
	struct slot *slots;
	size_t size = TABLE_FIRST;

	if (t->taken + 1 <= t->size / 4 * 3)
		return 0;
	while (size < (t->count + 1) * 2)
		size *= 2;
	slots = calloc(size, sizeof(*slots));
	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < t->size; i++) {
		if (slot_live(&t->slots[i]))
			*slot_free_find(slots, size, t->slots[i].hash) =
			    t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->size = size;
	t->taken = t->count;
	return 0;
}

/* Not inlined: it is long, and asked from everywhere. */
__attribute__((noinline)) void *
table_get(const struct table *t, struct csn_str key)
{
	struct slot *slot = table_find(t, key, siphash(key, t->seed));

	return slot == NULL ? NULL : slot->value;
}

static int
table_add(struct table *t, struct csn_str key, uint64_t hash, void *value)
{
	struct slot *slot;
	char *copy;

	if (key.n == SIZE_MAX || table_room(t) != 0)
		return -1;
	copy = malloc(key.n + 1);
	if (copy == NULL)
		return -1;
	if (key.n > 0)
		memcpy(copy, key.p, key.n);
	copy[key.n] = '\0';
	slot = slot_free_find(t->slots, t->size, hash);
	t->taken += slot->key == NULL;
	t->count++;
	*slot = (struct slot){ copy, key.n, hash, value };
	return 0;
}

int
table_set(struct table *t, struct csn_str key, void *value, void **ret_old)
{
	uint64_t hash = siphash(key, t->seed);
	struct slot *slot = table_find(t, key, hash);
	void *old = NULL;

	if (slot != NULL) {
		old = slot->value;
		slot->value = value;
	} else if (table_add(t, key, hash, value) != 0) {
		return -1;
	}
	if (ret_old != NULL)
		*ret_old = old;
	return 0;
}

void *
table_remove(struct table *t, struct csn_str key)
{
	struct slot *slot = table_find(t, key, siphash(key, t->seed));
	void *value;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	key_free(slot);
	*slot = (struct slot){ .key = removed };
	t->count--;
	return value;
}

size_t
table_count(const struct table *t)
{
	return t->count;
}

bool
table_next(const struct table *t, size_t *at, struct csn_str *ret_key,
    void **ret_value)
{
	for (; *at < t->size; ++*at) {
		const struct slot *slot = &t->slots[*at];

		if (!slot_live(slot))
			continue;
		*ret_key = str_of(slot->key, slot->n);
		*ret_value = slot->value;
		++*at;
		return true;
	}
	return false;
}
