/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.c - one growing buffer with a sticky error, and its reader
 *
 * What lies at and behind p[n] was never written or has been wiped, so that
 * wiping n bytes wipes all. It must never move memory without wiping the old
 * place, write past cap, or read past a reader's slice.
 */
#include "buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "secret.h"

#define BUF_MAX		((size_t)16 << 20)	/* if the caller names none */
#define BUF_FIRST	((size_t)256)		/* least memory to take */

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max == 0 ? BUF_MAX : max };
	if (b->max > SIZE_MAX / 4)	/* so that no sum below overflows */
		b->max = SIZE_MAX / 4;
}

void
buf_init_fixed(struct buf *b, void *memory, size_t n)
{
	*b = (struct buf){ .p = memory, .cap = n, .fixed = true };
	if (n > 0) {
		b->max = n - 1;
		b->p[0] = 0;
	}
}

void
buf_free(struct buf *b)
{
	buf_clear(b);
	if (b->fixed)
		return;
	free(b->p);
	b->p = NULL;
	b->cap = 0;
}

void
buf_clear(struct buf *b)
{
	secret_wipe(b->p, b->n);
	b->n = 0;
	b->failed = false;
}

bool
buf_failed(const struct buf *b)
{
	return b->failed;
}

struct csn_str
buf_str(const struct buf *b)
{
	if (b->failed || b->p == NULL)
		return str_of("", 0);
	return str_of(b->p, b->n);
}

void
buf_cut(struct buf *b, size_t n)
{
	if (n >= b->n)
		return;
	secret_wipe(b->p + n, b->n - n);
	b->n = n;
}

/* Memory for n bytes more and a NUL, by moving. The sum cannot overflow:
 * the caller has compared n with max. */
static int
buf_move(struct buf *b, size_t n)
{
	size_t need = b->n + n + 1, cap = BUF_FIRST;
	uint8_t *p;

	if (b->fixed)
		return -1;
	while (cap < need)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;
	p = malloc(cap);
	if (p == NULL)
		return -1;
	if (b->n > 0) {
		memcpy(p, b->p, b->n);
		secret_wipe(b->p, b->n);
	}
	free(b->p);
	b->p = p;
	b->cap = cap;
	return 0;
}

/* n counted bytes at the end, not yet written, and the NUL behind them. */
static inline uint8_t *
buf_room(struct buf *b, size_t n)
{
	uint8_t *at;

	if (b->failed)
		return NULL;
	if (n >= b->cap - b->n) {	/* >=: the NUL wants its place too */
		if (n > b->max - b->n || buf_move(b, n) != 0) {
			b->failed = true;
			return NULL;
		}
	}
	at = b->p + b->n;
	b->n += n;
	b->p[b->n] = 0;
	return at;
}

void
buf_reserve(struct buf *b, size_t n)
{
	if (!b->failed && n >= b->cap - b->n && (n > b->max - b->n ||
	    buf_move(b, n) != 0))
		b->failed = true;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
	uint8_t *at = buf_room(b, n);

	/* what the caller forgets to write must not be another's memory */
	if (at != NULL && n > 0)
		memset(at, 0, n);
	return at;
}

void
buf_put_slow(struct buf *b, const void *p, size_t n)
{
	uint8_t *at;

	if (n == 0)
		return;
	at = buf_room(b, n);
	if (at != NULL)
		memcpy(at, p, n);
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_str_put(struct buf *b, struct csn_str s)
{
	buf_put(b, s.p, s.n);
}

void
buf_char(struct buf *b, char c)
{
	buf_u8(b, (uint8_t)c);
}

void
buf_u8(struct buf *b, uint8_t v)
{
	uint8_t *at = buf_room(b, 1);

	if (at != NULL)
		at[0] = v;
}

/* The low n bytes of v, the highest of them first. */
static inline void
buf_number(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *at = buf_room(b, n);

	v = htobe64(v);
	if (at != NULL)
		memcpy(at, (const uint8_t *)&v + sizeof(v) - n, n);
}

void
buf_u16(struct buf *b, uint16_t v)
{
	buf_number(b, v, 2);
}

void
buf_u32(struct buf *b, uint32_t v)
{
	buf_number(b, v, 4);
}

void
buf_u64(struct buf *b, uint64_t v)
{
	buf_number(b, v, 8);
}

void
buf_lv16(struct buf *b, struct csn_str s)
{
	if (s.n > UINT16_MAX) {
		b->failed = true;
		return;
	}
	buf_u16(b, (uint16_t)s.n);
	buf_str_put(b, s);
}

void
buf_lv32(struct buf *b, struct csn_str s)
{
	if (s.n > UINT32_MAX) {
		b->failed = true;
		return;
	}
	buf_u32(b, (uint32_t)s.n);
	buf_str_put(b, s);
}

void
buf_decimal(struct buf *b, int64_t v)
{
	char digits[20];	/* "-9223372036854775808" */
	size_t at = sizeof(digits);
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u > 0);
	if (v < 0)
		digits[--at] = '-';
	buf_put(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t left = b->cap - b->n;
	uint8_t *at;
	va_list ap;
	int n;

	if (b->failed)
		return;
	va_start(ap, fmt);
	n = vsnprintf(left == 0 ? NULL : (char *)b->p + b->n, left, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < left) {
		b->n += (size_t)n;
		return;
	}
	if (left > 0)			/* the part that found room */
		secret_wipe(b->p + b->n, left);
	at = n < 0 ? NULL : buf_room(b, (size_t)n);
	if (at == NULL) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
	va_end(ap);
}

void
reader_init(struct reader *r, struct csn_str s)
{
	*r = (struct reader){ (const uint8_t *)(s.n == 0 ? "" : s.p), s.n,
	    false };
}

int
reader_end(const struct reader *r)
{
	return !r->failed && r->n == 0 ? 0 : -1;
}
