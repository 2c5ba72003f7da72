/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - one growing buffer with a sticky error, and its reader
 *
 * A writer writes without looking; whoever uses the result asks buf_failed()
 * once. Numbers are big-endian. The memory is wiped whenever it is given up,
 * because what a buffer held may have been a secret. A reader never leaves
 * its slice, and a parser ends with reader_end(): nothing is left over.
 * Neither is for two threads at once.
 */
#ifndef COUNTERSIGN_LIB_BUF_H
#define COUNTERSIGN_LIB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct buf {
	uint8_t *p;		/* p[n] == 0 unless failed or empty */
	size_t n, cap, max;
	bool failed;		/* sticky: memory refused or max passed */
	bool fixed;		/* p is the caller's, never moved nor freed */
};

/* An empty buffer of at most max bytes (0: 16 MiB). Takes no memory yet. */
void buf_init(struct buf *, size_t max);
/* Takes memory for n bytes more at once, so that they need not be moved. */
void buf_reserve(struct buf *, size_t n);
/* Over the caller's memory of n bytes (one is kept for a NUL); never
 * allocates. */
void buf_init_fixed(struct buf *, void *memory, size_t n);
/* Wipes and frees (the caller's memory it only wipes); the buffer may be used
 * again, a failure is forgotten. */
void buf_free(struct buf *);
/* Empties and wipes, keeps the memory; a failure is forgotten. */
void buf_clear(struct buf *);
/* Wipes all behind the first n bytes; nothing if there are no more. A failure
 * stays. */
void buf_cut(struct buf *, size_t n);
bool buf_failed(const struct buf *);
/* What was written, with a NUL behind it; empty if the buffer has failed, so
 * that half a text is never used. Borrowed: good until the next write, which
 * must not take its bytes from here. */
struct csn_str buf_str(const struct buf *);

void buf_put_slow(struct buf *, const void *, size_t);

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
	/* where there is room, the NUL's included, and no failure */
	if (n == 0 || n >= b->cap - b->n || b->failed) {
		buf_put_slow(b, p, n);
		return;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = 0;
}

void buf_puts(struct buf *, const char *);
void buf_str_put(struct buf *, struct csn_str);
void buf_char(struct buf *, char);
void buf_u8(struct buf *, uint8_t);
void buf_u16(struct buf *, uint16_t);
void buf_u32(struct buf *, uint32_t);
void buf_u64(struct buf *, uint64_t);
/* Length (2 or 4 bytes), then the bytes; too long fails the buffer. */
void buf_lv16(struct buf *, struct csn_str);
void buf_lv32(struct buf *, struct csn_str);
void buf_decimal(struct buf *, int64_t);
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* n bytes more at the end, zeroed, for the caller to write; or NULL (failed).
 * Good until the next write. */
uint8_t *buf_grow(struct buf *, size_t n);

struct reader {
	const uint8_t *p;
	size_t n;
	bool failed;		/* sticky; every read then gives 0 or empty */
};

void reader_init(struct reader *, struct csn_str);

/* Nothing is left for whoever reads on. */
static inline const uint8_t *
reader_fail(struct reader *r)
{
	r->failed = true;
	r->n = 0;
	return NULL;
}

/* Steps over n bytes; NULL if there are fewer. */
static inline const uint8_t *
reader_take(struct reader *r, size_t n)
{
	const uint8_t *at = r->p;

	if (__builtin_expect(n > r->n, 0))
		return reader_fail(r);
	r->p = at + n;
	r->n -= n;
	return at;
}

/* Each written out: the compiler makes one load of it. */
static inline uint8_t
reader_u8(struct reader *r)
{
	const uint8_t *at = reader_take(r, 1);

	return at == NULL ? 0 : at[0];
}

static inline uint16_t
reader_u16(struct reader *r)
{
	const uint8_t *at = reader_take(r, 2);

	return at == NULL ? 0 : (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t
reader_u32(struct reader *r)
{
	const uint8_t *at = reader_take(r, 4);

	return at == NULL ? 0 : (uint32_t)at[0] << 24 |
	    (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t
reader_u64(struct reader *r)
{
	const uint8_t *at = reader_take(r, 8);

	return at == NULL ? 0 : (uint64_t)at[0] << 56 |
	    (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
	    (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 |
	    (uint64_t)at[5] << 16 | (uint64_t)at[6] << 8 | at[7];
}

/* Borrowed from the slice that is read. */
static inline struct csn_str
reader_bytes(struct reader *r, size_t n)
{
	const uint8_t *at = reader_take(r, n);

	return at == NULL ? str_of("", 0) : str_of(at, n);
}

static inline struct csn_str
reader_lv16(struct reader *r)
{
	return reader_bytes(r, reader_u16(r));
}

static inline struct csn_str
reader_lv32(struct reader *r)
{
	return reader_bytes(r, reader_u32(r));
}

/* 0 if nothing failed and nothing is left over, else -1. */
int reader_end(const struct reader *);

#endif
