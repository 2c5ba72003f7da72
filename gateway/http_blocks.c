/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_blocks.c - the memory of requests and answers
 *
 * Blocks of one size and exchanges are kept by each loop for the next
 * request, newest first while it is warm in the cache. Larger blocks come
 * from malloc() and go back there. Passwords, cookies and codes pass through
 * here: nothing may be given back or moved without being wiped.
 */
#include "http_impl.h"

#include <stdlib.h>

#include "lib/secret.h"

#define BLOCK_FIRST	8192u		/* most heads and answers fit */
#define BLOCK_MAX	((size_t)64 << 20)
#define SPARES_MAX	64u		/* of each, kept by a loop */

static struct http_block *
block_new(struct http_pool *pool, size_t cap)
{
	struct http_block *b;

	if (cap <= BLOCK_FIRST - sizeof(*b)) {
		cap = BLOCK_FIRST - sizeof(*b);
		if (pool != NULL && pool->blocks != NULL) {
			b = pool->blocks;
			pool->blocks = b->next;
			pool->nblocks--;
			return b;
		}
	}
	b = malloc(sizeof(*b) + cap);
	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->cap = cap;
	b->n = 0;
	return b;
}

int
http_block_room(struct http_pool *pool, struct http_block **block, size_t more)
{
	struct http_block *old = *block, *b;
	size_t have = old == NULL ? 0 : old->n, cap;

	if (old != NULL && old->cap - have >= more)
		return 0;
	if (more > BLOCK_MAX - have)
		return -1;
	cap = have + more;
	if (old != NULL && cap < old->cap * 2)
		cap = old->cap * 2;
	b = block_new(pool, cap);
	if (b == NULL)
		return -1;
	if (old != NULL)
		memcpy(b->p, old->p, have);
	b->n = have;
	http_block_release(pool, old);
	*block = b;
	return 0;
}

void
http_block_release(struct http_pool *pool, struct http_block *b)
{
	if (b == NULL)
		return;
	secret_wipe(b->p, b->n);
	b->n = 0;
	if (pool == NULL || b->cap != BLOCK_FIRST - sizeof(*b) ||
	    pool->nblocks == SPARES_MAX) {
		free(b);
		return;
	}
	b->next = pool->blocks;
	pool->blocks = b;
	pool->nblocks++;
}

struct http_exchange *
http_exchange_take(struct http_pool *pool)
{
	struct http_exchange *x = pool->exchanges;

	if (x != NULL) {
		pool->exchanges = x->next;
		pool->nexchanges--;
	} else {
		x = malloc(sizeof(*x));
		if (x == NULL)
			return NULL;
	}
	memset(x, 0, offsetof(struct http_exchange, parse));
	return x;
}

void
http_exchange_release(struct http_pool *pool, struct http_exchange *x)
{
	if (x == NULL)
		return;
	http_block_release(pool, x->reply);
	x->reply = NULL;
	if (pool->nexchanges == SPARES_MAX) {
		free(x);
		return;
	}
	x->next = pool->exchanges;
	pool->exchanges = x;
	pool->nexchanges++;
}

void
http_blocks_free(struct http_pool *pool)
{
	struct http_exchange *x;
	struct http_block *b;

	while ((b = pool->blocks) != NULL) {
		pool->blocks = b->next;
		free(b);
	}
	while ((x = pool->exchanges) != NULL) {
		pool->exchanges = x->next;
		free(x);
	}
	pool->nblocks = pool->nexchanges = 0;
}
