/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - a hash table from byte keys to pointers, keyed against flooding
 *
 * Open addressing; the key is copied. Not for two threads at once.
 */
#ifndef COUNTERSIGN_LIB_TABLE_H
#define COUNTERSIGN_LIB_TABLE_H

#include "str.h"

struct table;

/* Seeded at random, so that keys chosen by an attacker do not collide. NULL
 * when memory is refused. */
struct table *table_new(void);
/* Frees the table and keys; free_value may be NULL. */
void table_free(struct table *, void (*free_value)(void *));
/* The value, or NULL; so a NULL set as a value looks absent here. */
void *table_get(const struct table *, struct csn_str key);
/* Sets; returns 0, or -1 when memory is refused, and nothing has changed.
 * ret_old gets the value that was there, or NULL; it may be NULL. */
int table_set(struct table *, struct csn_str key, void *value,
    void **ret_old);
/* Takes the key out and returns its value, or NULL. */
void *table_remove(struct table *, struct csn_str key);
size_t table_count(const struct table *);
/* Walks: *at starts at 0; false at the end. No change while walking but
 * removing the key just returned. */
bool table_next(const struct table *, size_t *at, struct csn_str *ret_key,
    void **ret_value);

#endif
