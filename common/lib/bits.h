/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bits.h - a set of small numbers: of factors, of realms
 *
 * Of a fixed size, so that it is copied, compared and kept on the stack like
 * a number. It must never say that a number beyond its size is in it.
 */
#ifndef COUNTERSIGN_LIB_BITS_H
#define COUNTERSIGN_LIB_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITS_WORDS	16u
#define BITS_MAX	(BITS_WORDS * 64u)	/* numbers are below */

struct bits { uint64_t w[BITS_WORDS]; };

static inline void
bits_add(struct bits *b, size_t i)
{
	if (i < BITS_MAX)
		b->w[i / 64] |= (uint64_t)1 << i % 64;
}

static inline void
bits_remove(struct bits *b, size_t i)
{
	if (i < BITS_MAX)
		b->w[i / 64] &= ~((uint64_t)1 << i % 64);
}

static inline bool
bits_has(const struct bits *b, size_t i)
{
	return i < BITS_MAX && (b->w[i / 64] >> i % 64 & 1) != 0;
}

static inline bool
bits_any(const struct bits *b)
{
	uint64_t all = 0;

	for (size_t i = 0; i < BITS_WORDS; i++)
		all |= b->w[i];
	return all != 0;
}

/* Whether both have one of their numbers in common. */
static inline bool
bits_meet(const struct bits *a, const struct bits *b)
{
	for (size_t i = 0; i < BITS_WORDS; i++)
		if ((a->w[i] & b->w[i]) != 0)
			return true;
	return false;
}

/* Whether each number of a is one of b. */
static inline bool
bits_within(const struct bits *a, const struct bits *b)
{
	uint64_t all = 0;

	for (size_t i = 0; i < BITS_WORDS; i++)
		all |= a->w[i] & ~b->w[i];
	return all == 0;
}

/* Adds the other's numbers; leaves those that are the other's too; takes the
 * other's out. */
static inline void
bits_join(struct bits *b, const struct bits *other)
{
	for (size_t i = 0; i < BITS_WORDS; i++)
		b->w[i] |= other->w[i];
}

static inline void
bits_keep(struct bits *b, const struct bits *other)
{
	for (size_t i = 0; i < BITS_WORDS; i++)
		b->w[i] &= other->w[i];
}

static inline void
bits_drop(struct bits *b, const struct bits *other)
{
	for (size_t i = 0; i < BITS_WORDS; i++)
		b->w[i] &= ~other->w[i];
}

static inline unsigned
bits_count(const struct bits *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < BITS_WORDS; i++)
		n += (unsigned)__builtin_popcountll(b->w[i]);
	return n;
}

/* The first number from one on, or -1: for (i = bits_next(b, 0); i >= 0;
 * i = bits_next(b, i + 1)). */
static inline int
bits_next(const struct bits *b, int from)
{
	size_t word = (size_t)from / 64;
	uint64_t left;

	if ((unsigned)from >= BITS_MAX)
		return -1;
	left = b->w[word] >> from % 64 << from % 64;
	while (left == 0 && ++word < BITS_WORDS)
		left = b->w[word];
	return left == 0 ? -1 : (int)(word * 64) + __builtin_ctzll(left);
}

#endif
