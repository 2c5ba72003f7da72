/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.c - SipHash-2-4, the keyed hash for tables
 *
 * It must never be used as a signature: 64 bits are for tables.
 */
#include "siphash.h"

#define ROTL(x, n)	((x) << (n) | (x) >> (64 - (n)))

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* n bytes, at most 8, little-endian. */
static inline uint64_t
sip_read(const char *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return word;
}

uint64_t
siphash(struct csn_str s, const uint64_t key[2])
{
	uint64_t v[4] = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t whole = s.n & ~(size_t)7;

	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, sip_read(s.p + i, 8));
	sip_word(v, (uint64_t)s.n << 56 |
	    (s.n == whole ? 0 : sip_read(s.p + whole, s.n - whole)));
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
