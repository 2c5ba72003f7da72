/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that is given up in one stroke, wiped
 *
 * For what lives as long as one call, one request or one configuration. Not
 * for use by two threads at once.
 */
#ifndef COUNTERSIGN_LIB_ARENA_H
#define COUNTERSIGN_LIB_ARENA_H

#include <stddef.h>

#include "str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used;		/* bytes handed out */
	size_t budget;		/* most bytes to hand out */
	bool over;		/* sticky: the budget was passed, or memory refused */
};

void arena_init(struct arena *, size_t budget);
/* Hands the caller's memory out first (aligned by the arena), so that small
 * uses allocate nothing. It is wiped, not freed. */
void arena_init_with(struct arena *, size_t budget, void *memory, size_t n);
/* Wipes all and frees. The arena is empty and usable afterwards. */
void arena_free(struct arena *);

/* Zeroed and aligned for anything; NULL past the budget. n == 0 gives a
 * valid pointer. */
void *arena_alloc(struct arena *, size_t n);
/* count * size, overflow checked. */
void *arena_array(struct arena *, size_t count, size_t size);
/* Copies end in a NUL that is not counted. Failure: p is NULL, n is 0. */
struct csn_str arena_str(struct arena *, struct csn_str);
struct csn_str arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Deep copies. 0 or -1. */
int arena_strs(struct arena *, struct csn_strs, struct csn_strs *ret);
int arena_pairs(struct arena *, struct csn_pairs, struct csn_pairs *ret);

#endif
