/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that is given up in one stroke, wiped
 *
 * A list of blocks, the first of which serves. It must never free a block
 * unwiped, free the caller's, or hand out more than the budget.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "secret.h"

#define ARENA_ALIGN	((size_t)16)
#define ARENA_BLOCK	((size_t)8192)	/* with its head */
#define ARENA_TIGHT	((size_t)1024)

struct arena_block {
	struct arena_block *next;
	size_t used, size;	/* of data; used is a multiple of 16 */
	bool own;		/* from malloc() */
	_Alignas(16) unsigned char data[];
};

_Static_assert(sizeof(struct arena_block) % 16 == 0, "data is aligned");
_Static_assert(_Alignof(max_align_t) <= 16, "16 is enough for anything");

void
arena_init(struct arena *a, size_t budget)
{
	/* capped so that rounding up to 16 cannot overflow */
	*a = (struct arena){
		.budget = budget > SIZE_MAX / 2 ? SIZE_MAX / 2 : budget,
	};
}

void
arena_init_tight(struct arena *a, size_t budget)
{
	arena_init(a, budget);
	a->tight = true;
}

void
arena_init_with(struct arena *a, size_t budget, void *memory, size_t n)
{
	size_t skip = (ARENA_ALIGN - (uintptr_t)memory % ARENA_ALIGN) %
	    ARENA_ALIGN;
	struct arena_block *block;

	arena_init(a, budget);
	if (memory == NULL || n < skip + sizeof(*block) + ARENA_ALIGN)
		return;
	block = (struct arena_block *)(void *)((unsigned char *)memory + skip);
	*block = (struct arena_block){
		.size = (n - skip - sizeof(*block)) & ~(ARENA_ALIGN - 1),
	};
	a->blocks = block;
}

void
arena_free(struct arena *a)
{
	struct arena_block *block = a->blocks, *next, *lent = NULL;

	for (; block != NULL; block = next) {
		next = block->next;
		secret_wipe(block->data, block->used);
		block->used = 0;
		if (block->own) {
			free(block);
		} else {
			block->next = NULL;
			lent = block;
		}
	}
	a->blocks = lent;
	a->used = 0;
	a->over = false;
}

/* A block of our own with room for need bytes. A large one goes behind the
 * first, whose room is not lost so. */
static struct arena_block *
arena_block_new(struct arena *a, size_t need)
{
	size_t least = (a->tight ? ARENA_TIGHT : ARENA_BLOCK) -
	    sizeof(struct arena_block);
	size_t size = need > least ? need : least;
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	*block = (struct arena_block){ .size = size, .own = true };
	if (need > least / 2 && a->blocks != NULL) {
		block->next = a->blocks->next;
		a->blocks->next = block;
	} else {
		block->next = a->blocks;
		a->blocks = block;
	}
	return block;
}

static inline size_t
arena_size(size_t n)
{
	return n == 0 ? ARENA_ALIGN :
	    (n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
}

static void *
arena_take(struct arena *a, struct arena_block *block, size_t need)
{
	void *p = block->data + block->used;

	block->used += need;
	a->used += need;
	return p;
}

/* Where a block is full, or the budget is spent. Apart: what is handed out
 * most of the time needs no registers saved. */
static void * __attribute__((noinline, cold))
arena_take_slow(struct arena *a, size_t n, bool fits)
{
	struct arena_block *block = fits ? arena_block_new(a, arena_size(n)) :
	    NULL;

	if (block == NULL) {
		a->over = true;
		return NULL;
	}
	return arena_take(a, block, arena_size(n));
}

void *
arena_bytes(struct arena *a, size_t n)
{
	struct arena_block *block = a->blocks;
	/* n as asked for: the rounding up of a huge one overflows */
	bool fits = !a->over && n <= a->budget && a->used <= a->budget - n;

	if (!fits || block == NULL ||
	    arena_size(n) > block->size - block->used)
		return arena_take_slow(a, n, fits);
	return arena_take(a, block, arena_size(n));
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_bytes(a, n);

	return p == NULL ? NULL : memset(p, 0, arena_size(n));
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		n = SIZE_MAX;
	return arena_alloc(a, n);
}

struct csn_str
arena_str(struct arena *a, struct csn_str s)
{
	char *p;

	if (s.n == 0)
		return a->over ? str_of(NULL, 0) : STR("");
	p = arena_bytes(a, s.n == SIZE_MAX ? s.n : s.n + 1);
	if (p == NULL)
		return str_of(NULL, 0);
	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_of(p, s.n);
}

struct csn_str
arena_join(struct arena *a, const struct csn_str *parts, size_t n)
{
	size_t room = 1, at = 0;
	char *p;

	for (size_t i = 0; i < n && room != SIZE_MAX; i++)
		if (__builtin_add_overflow(room, parts[i].n, &room))
			room = SIZE_MAX;	/* past any budget */
	p = arena_bytes(a, room);
	if (p == NULL)
		return str_of(NULL, 0);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n > 0)
			memcpy(p + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	p[at] = '\0';
	return str_of(p, at);
}

struct csn_str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(a, n < 0 ? SIZE_MAX : (size_t)n + 1);
	if (p == NULL)
		return str_of(NULL, 0);
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_of(p, (size_t)n);
}

int
arena_strs(struct arena *a, struct csn_strs from, struct csn_strs *ret)
{
	struct csn_str *v = arena_array(a, from.n, sizeof(*v));

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < from.n; i++) {
		v[i] = arena_str(a, from.v[i]);
		if (v[i].p == NULL)
			return -1;
	}
	*ret = (struct csn_strs){ v, from.n };
	return 0;
}

int
arena_pairs(struct arena *a, struct csn_pairs from, struct csn_pairs *ret)
{
	struct csn_pair *v = arena_array(a, from.n, sizeof(*v));

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < from.n; i++) {
		v[i].name = arena_str(a, from.v[i].name);
		v[i].value = arena_str(a, from.v[i].value);
		if (v[i].name.p == NULL || v[i].value.p == NULL)
			return -1;
	}
	*ret = (struct csn_pairs){ v, from.n };
	return 0;
}
