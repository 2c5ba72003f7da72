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
	size_t used;		/* bytes handed out, rounded up to 16 each */
	size_t budget;		/* most bytes to hand out */
	bool tight;		/* small blocks: arena_init_tight() */
	bool over;		/* sticky: budget passed or memory refused */
};

/* A budget over SIZE_MAX / 2 is taken as that. */
void arena_init(struct arena *, size_t budget);
/* For what is kept for long and by the thousand: takes little more than it
 * hands out. */
void arena_init_tight(struct arena *, size_t budget);
/* Hands the caller's memory out first (aligned by the arena), so that small
 * uses allocate nothing. It is wiped, not freed; it must outlive the arena, and
 * serves first again after arena_free(). */
void arena_init_with(struct arena *, size_t budget, void *memory, size_t n);
/* Wipes all that was handed out and frees. The arena is empty and usable
 * afterwards; over is false. */
void arena_free(struct arena *);

/* Zeroed and aligned to 16. NULL past the budget, and from then on until
 * arena_free(), however small n is. n == 0 gives a pointer of its own. */
void *arena_alloc(struct arena *, size_t n);
/* The same, not zeroed: for who writes before it is read. */
void *arena_bytes(struct arena *, size_t n);
/* count * size bytes; a product that overflows is past the budget. */
void *arena_array(struct arena *, size_t count, size_t size);
/* Copies end in a NUL that is not counted. Failure: p is NULL, n is 0. */
struct csn_str arena_str(struct arena *, struct csn_str);
/* All of them, one behind the other. */
struct csn_str arena_join(struct arena *, const struct csn_str *, size_t n);
#define ARENA_JOIN(a, ...)	arena_join((a),				\
    (const struct csn_str[]){ __VA_ARGS__ },				\
    sizeof((const struct csn_str[]){ __VA_ARGS__ }) / sizeof(struct csn_str))
struct csn_str arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Deep copies; p of an empty slice is never NULL. 0 or -1. */
int arena_strs(struct arena *, struct csn_strs, struct csn_strs *ret);
int arena_pairs(struct arena *, struct csn_pairs, struct csn_pairs *ret);

#endif
