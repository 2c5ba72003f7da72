/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.c - slices: comparing, searching, cutting
 *
 * It must never look past n, rely on a NUL, or be used on a secret: its
 * comparisons stop at the first difference.
 */
#include "str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

int
str_compare(struct csn_str a, struct csn_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (r != 0)
		return r < 0 ? -1 : 1;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

/* Eight bytes at once: the high bit of each says whether it is A to Z. */
static uint64_t
ascii_lower8(const char *p)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t w, low, upper;

	memcpy(&w, p, sizeof(w));
	low = w & 0x7f * ones;		/* no byte carries into the next */
	upper = (low + (0x80 - 'A') * ones) & ~(low + (0x7f - 'Z') * ones) &
	    ~w & 0x80 * ones;
	return w | upper >> 2;		/* 0x80 / 4 is what 'a' has more */
}

bool
str_same_fold(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		if (ascii_lower8(a + i) != ascii_lower8(b + i))
			return false;
	/* the rest: once more the last eight, if there are so many */
	if (n >= 8)
		return ascii_lower8(a + n - 8) == ascii_lower8(b + n - 8);
	for (; n > 0; n--, a++, b++)
		if (ascii_lower((unsigned char)*a) !=
		    ascii_lower((unsigned char)*b))
			return false;
	return true;
}

bool
str_ends(struct csn_str s, struct csn_str suffix)
{
	return s.n >= suffix.n &&
	    str_equal(str_from_at(s, s.n - suffix.n), suffix);
}

ptrdiff_t
str_find(struct csn_str s, struct csn_str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (needle.n > s.n)
		return -1;
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at == NULL ? -1 : at - s.p;
}

/* Eight bytes at once: is one no printable ASCII, or `but`? Exact as to
 * whether, not where. */
static bool
word_printable(uint64_t w, unsigned char but)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t del = w ^ (ones * 0x7f), that = w ^ (ones * but);
	uint64_t low = (w - ones * 0x20) & ~w;

	return ((w | low | ((del - ones) & ~del) |
	    ((that - ones) & ~that)) & (ones * 0x80)) == 0;
}

static bool
printable8(const char *p, unsigned char but)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return word_printable(w, but);
}

static bool
printable16(const char *p, unsigned char but)
{
#ifdef __SSE2__
	__m128i c = _mm_loadu_si128((const void *)p);
	/* signed: those above 0x7f are below the blank as well */
	__m128i bad = _mm_cmplt_epi8(c, _mm_set1_epi8(' '));

	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f)));
	bad = _mm_or_si128(bad, _mm_cmpeq_epi8(c, _mm_set1_epi8((char)but)));
	return _mm_movemask_epi8(bad) == 0;
#else
	return printable8(p, but) && printable8(p + 8, but);
#endif
}

bool
str_printable(struct csn_str s, char but)
{
	unsigned char c = (unsigned char)but;
	size_t i;

	/* the rest: once more the last ones, if there are so many */
	if (s.n >= 16) {
		for (i = 0; i + 16 < s.n; i += 16)
			if (!printable16(s.p + i, c))
				return false;
		return printable16(s.p + s.n - 16, c);
	}
	if (s.n >= 8)
		return printable8(s.p, c) && printable8(s.p + s.n - 8, c);
	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] >= 0x7f || s.p[i] == but)
			return false;
	return true;
}

int
str_u64(struct csn_str s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return -1;
		if (v > max)
			return -1;
	}
	*ret = v;
	return 0;
}

uint64_t
str_hash(struct csn_str s, uint64_t seed)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (size_t i = 0; i < s.n; i++) {
		h ^= (unsigned char)s.p[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}

struct csn_str
pairs_get(struct csn_pairs pairs, struct csn_str name)
{
	for (size_t i = 0; i < pairs.n; i++) {
		struct csn_str value = pairs.v[i].value;

		if (!str_equal(pairs.v[i].name, name))
			continue;
		/* NULL would read as absent */
		return value.p == NULL ? str_of("", 0) : value;
	}
	return str_of(NULL, 0);
}

bool
str_among(struct csn_str list, char sep, struct csn_str word)
{
	struct csn_str one;

	while (word.n > 0 && str_cut(&list, sep, &one))
		if (str_equal(one, word))
			return true;
	return false;
}
