/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64url.c - RFC 4648 sections 4, 5 and 8: base64, base64url, hex
 *
 * Table-driven. A decoder must never give two spellings one value, or leave
 * half a value behind.
 */
#include <endian.h>

#include "base64url.h"
#include "secret.h"

#if defined(__x86_64__) && defined(__SSE2__)
#include <immintrin.h>
#endif

/* of characters whose number is not 1 mod 4 */
#define DECODED(n) ((n) / 4 * 3 + ((n) % 4 == 0 ? 0 : (n) % 4 - 1))

#define BAD 0xff		/* not of the alphabet; 0xc0 marks it */

static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char alphabet_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The alphabets inverted, in rows of eight or along their letters. */
#define ROW8(v)	(v), (v) + 1, (v) + 2, (v) + 3, (v) + 4, (v) + 5, (v) + 6, \
		(v) + 7
#define BAD8	BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD
#define BAD128	BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, BAD8, \
		BAD8, BAD8, BAD8, BAD8, BAD8, BAD8
#define DIGITS	ROW8(52), 60, 61
#define UPPER	ROW8(0), ROW8(8), ROW8(16), 24, 25
#define LOWER	ROW8(26), ROW8(34), ROW8(42), 50, 51

static const uint8_t value_url[256] = {
	BAD8, BAD8, BAD8, BAD8,
	BAD8, BAD, BAD, BAD, BAD, BAD, 62, BAD, BAD,		/* - */
	DIGITS, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, UPPER, BAD, BAD, BAD, BAD, 63,			/* _ */
	BAD, LOWER, BAD, BAD, BAD, BAD, BAD, BAD128,
};
static const uint8_t value_std[256] = {
	BAD8, BAD8, BAD8, BAD8,
	BAD8, BAD, BAD, BAD, 62, BAD, BAD, BAD, 63,		/* + / */
	DIGITS, BAD, BAD, BAD, BAD, BAD, BAD,
	BAD, UPPER, BAD, BAD, BAD, BAD, BAD,
	BAD, LOWER, BAD, BAD, BAD, BAD, BAD, BAD128,
};

#if defined(__x86_64__) && defined(__SSE2__)
/* 12 bytes to 16 characters; reads 16. What is added to a number of 6 bits
 * hangs on the range that it is in (Mula, Lemire: Faster Base64 Encoding). */
__attribute__((target("ssse3"), always_inline)) static inline void
encode_12(uint8_t *out, const uint8_t *p, __m128i add)
{
	const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8,
	    7, 10, 9, 11, 10);
	__m128i in = _mm_shuffle_epi8(_mm_loadu_si128((const void *)p), order);
	__m128i v = _mm_or_si128(
	    _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0fc0fc00)),
	    _mm_set1_epi32(0x04000040)),
	    _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003f03f0)),
	    _mm_set1_epi32(0x01000010)));
	/* 0: small letters; 1 to 10: digits; 11, 12: the last two; 13 */
	__m128i range = _mm_or_si128(_mm_subs_epu8(v, _mm_set1_epi8(51)),
	    _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), v),
	    _mm_set1_epi8(13)));

	_mm_storeu_si128((void *)out,
	    _mm_add_epi8(v, _mm_shuffle_epi8(add, range)));
}

/* How many bytes were encoded; fewer than 16 are left. */
__attribute__((target("ssse3"))) static size_t
encode_wide(const char *alphabet, const uint8_t *p, size_t n, uint8_t *out)
{
	const __m128i add = _mm_setr_epi8('a' - 26, -4, -4, -4, -4, -4, -4,
	    -4, -4, -4, -4, (char)(alphabet[62] - 62),
	    (char)(alphabet[63] - 63), 'A', 0, 0);
	size_t at = 0;

	for (; n - at >= 16; at += 12)
		encode_12(out + at / 3 * 4, p + at, add);
	return at;
}

static size_t
encode_fast(const char *alphabet, const uint8_t *p, size_t n, uint8_t *out)
{
	return __builtin_cpu_supports("ssse3") ?
	    encode_wide(alphabet, p, n, out) : 0;
}
#else
static size_t
encode_fast(const char *alphabet, const uint8_t *p, size_t n, uint8_t *out)
{
	(void)alphabet;
	(void)p;
	(void)n;
	(void)out;
	return 0;
}
#endif

/* Writes BASE64URL_LEN(n) characters. */
static void
encode(const char *alphabet, const uint8_t *p, size_t n, uint8_t *out)
{
	size_t done = encode_fast(alphabet, p, n, out);

	p += done;
	n -= done;
	out += done / 3 * 4;
	for (; n >= 3; n -= 3, p += 3) {
		*out++ = (uint8_t)alphabet[p[0] >> 2];
		*out++ = (uint8_t)alphabet[(p[0] << 4 | p[1] >> 4) & 63];
		*out++ = (uint8_t)alphabet[(p[1] << 2 | p[2] >> 6) & 63];
		*out++ = (uint8_t)alphabet[p[2] & 63];
	}
	if (n == 0)
		return;
	*out++ = (uint8_t)alphabet[p[0] >> 2];
	if (n == 1) {
		*out = (uint8_t)alphabet[p[0] << 4 & 63];
		return;
	}
	*out++ = (uint8_t)alphabet[(p[0] << 4 | p[1] >> 4) & 63];
	*out = (uint8_t)alphabet[p[1] << 2 & 63];
}

/* The last 2 or 3 characters. The bits that no byte takes must be zero. */
static int
decode_tail(const uint8_t value[256], const uint8_t *p, size_t n, uint8_t *out)
{
	unsigned a = value[p[0]], b = value[p[1]], c = n == 3 ? value[p[2]] : 0;

	if (((a | b | c) & 0xc0) != 0)
		return -1;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	if (n == 2)
		return (b & 15) == 0 ? 0 : -1;
	out[1] = (uint8_t)(b << 4 | c >> 2);
	return (c & 3) == 0 ? 0 : -1;
}

#if defined(__x86_64__) && defined(__SSE2__)
/* An alphabet by the halves of a character: what a row (the high half) adds to
 * it, and which rows have a character in a column (the low half). Twice each:
 * for both lanes. */
struct alphabet32 {
	int8_t add[32];
	uint8_t row[32], column[32];
	int8_t last[32];	/* alone in its row with another distance */
	int8_t last_adds[32];
};

#define TWICE(...)	{ __VA_ARGS__, __VA_ARGS__ }
#define FOUR(v)		(v), (v), (v), (v)
#define ALL32(v)	TWICE(FOUR(v), FOUR(v), FOUR(v), FOUR(v))
#define ADD(v)		TWICE(0, 0, (v), 4, -65, -65, -71, -71, 0, 0, 0, 0, \
			0, 0, 0, 0)
#define ROWS		TWICE(0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0)
#define COLUMNS(...)	TWICE(42, 62, 62, 62, 62, 62, 62, 62, 62, 62, 60, \
			__VA_ARGS__)

static const struct alphabet32 url32 = {
	ADD(62 - '-'), ROWS, COLUMNS(20, 20, 21, 20, 28), ALL32('_'),
	ALL32(63 - ('_' - 65))
};
static const struct alphabet32 std32 = {
	ADD(62 - '+'), ROWS, COLUMNS(21, 20, 20, 20, 21), ALL32('/'),
	ALL32(63 - ('/' + 62 - '+'))
};

/* 32 characters to 24 bytes; *bad gains a byte for each that is not of the
 * alphabet. */
__attribute__((target("avx2"), always_inline)) static inline void
decode_32(uint8_t *out, const struct alphabet32 *a, const uint8_t *p,
    __m256i *bad)
{
	const __m256i half = _mm256_set1_epi8(15);
	const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14,
	    13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12,
	    -1, -1, -1, -1);
	const __m256i whole = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
	__m256i c = _mm256_loadu_si256((const void *)p);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(c, 4), half);
	__m256i known = _mm256_and_si256(
	    _mm256_shuffle_epi8(*(const __m256i_u *)a->row, high),
	    _mm256_shuffle_epi8(*(const __m256i_u *)a->column,
	    _mm256_and_si256(c, half)));
	__m256i v = _mm256_add_epi8(c,
	    _mm256_shuffle_epi8(*(const __m256i_u *)a->add, high));

	*bad = _mm256_or_si256(*bad, _mm256_cmpeq_epi8(known,
	    _mm256_setzero_si256()));
	v = _mm256_add_epi8(v, _mm256_and_si256(_mm256_cmpeq_epi8(c,
	    *(const __m256i_u *)a->last),
	    *(const __m256i_u *)a->last_adds));
	/* pairs of 6 bits to 12, pairs of those to 24 */
	v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
	v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
	v = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, order), whole);
	_mm_storeu_si128((void *)out, _mm256_castsi256_si128(v));
	_mm_storel_epi64((void *)(out + 16), _mm256_extracti128_si256(v, 1));
}

/* 32 characters or more, a multiple of 4. What is left at the end is decoded
 * once more with those before it. */
__attribute__((target("avx2"))) static bool
decode_wide(uint8_t *out, const struct alphabet32 *a, const uint8_t *p,
    size_t n)
{
	__m256i bad = _mm256_setzero_si256();
	size_t at;

	for (at = 0; n - at >= 32; at += 32)
		decode_32(out + at / 4 * 3, a, p + at, &bad);
	if (at < n)
		decode_32(out + (n - 32) / 4 * 3, a, p + n - 32, &bad);
	return _mm256_testz_si256(bad, bad) != 0;
}

/* How many characters were decoded, as far as the processor can; *ret_bad:
 * one was not of the alphabet. */
static size_t
decode_fast(uint8_t *out, const uint8_t value[256], struct csn_str s,
    bool *ret_bad)
{
	size_t n = s.n & ~(size_t)3;

	*ret_bad = false;
	if (n < 32 || !__builtin_cpu_supports("avx2"))
		return 0;
	*ret_bad = !decode_wide(out, value == value_url ? &url32 : &std32,
	    (const uint8_t *)s.p, n);
	return n;
}
#else
static size_t
decode_fast(uint8_t *out, const uint8_t value[256], struct csn_str s,
    bool *ret_bad)
{
	(void)out;
	(void)value;
	(void)s;
	*ret_bad = false;
	return 0;
}
#endif

/* Unpadded characters to DECODED(s.n) bytes; 0 or -1. */
static int
decode(uint8_t *out, const uint8_t value[256], struct csn_str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	unsigned seen = 0;
	bool bad;
	size_t done = decode_fast(out, value, s, &bad), n = s.n - done;

	p += done;
	out += done / 4 * 3;
	/* a word at a time while its fourth byte is still ours to write */
	for (; n >= 8; n -= 4, p += 4, out += 3) {
		uint32_t v0 = value[p[0]], v1 = value[p[1]];
		uint32_t v2 = value[p[2]], v3 = value[p[3]];
		uint32_t word = v0 << 26 | v1 << 20 | v2 << 14 | v3 << 8;

		seen |= v0 | v1 | v2 | v3;
		word = htobe32(word);
		memcpy(out, &word, sizeof(word));
	}
	for (; n >= 4; n -= 4, p += 4, out += 3) {
		unsigned v0 = value[p[0]], v1 = value[p[1]];
		unsigned v2 = value[p[2]], v3 = value[p[3]];

		seen |= v0 | v1 | v2 | v3;
		out[0] = (uint8_t)(v0 << 2 | v1 >> 4);
		out[1] = (uint8_t)(v1 << 4 | v2 >> 2);
		out[2] = (uint8_t)(v2 << 6 | v3);
	}
	if (bad || (seen & 0xc0) != 0)
		return -1;
	return n == 0 ? 0 : decode_tail(value, p, n, out);
}

static int
decode_append(struct buf *b, const uint8_t value[256], struct csn_str s)
{
	size_t before = b->n;
	uint8_t *out;

	if (s.n % 4 == 1)
		return -1;
	out = buf_grow(b, DECODED(s.n));
	if (out == NULL)
		return -1;
	if (decode(out, value, s) != 0) {
		buf_cut(b, before);
		return -1;
	}
	return 0;
}

ptrdiff_t
base64url_read(uint8_t *ret, size_t room, struct csn_str s)
{
	size_t n = DECODED(s.n);

	if (s.n % 4 == 1 || n > room)
		return -1;
	if (decode(ret, value_url, s) != 0) {
		secret_wipe(ret, n);
		return -1;
	}
	return (ptrdiff_t)n;
}

void
base64url_encode(struct buf *b, struct csn_str s)
{
	uint8_t *out;

	if (s.n > SIZE_MAX / 8) {	/* the length would overflow */
		b->failed = true;
		return;
	}
	out = buf_grow(b, BASE64URL_LEN(s.n));
	if (out != NULL)
		encode(alphabet_url, (const uint8_t *)s.p, s.n, out);
}

int
base64url_decode(struct buf *b, struct csn_str s)
{
	return decode_append(b, value_url, s);
}

void
base64_encode(struct buf *b, struct csn_str s)
{
	size_t n = BASE64URL_LEN(s.n), padded = (n + 3) / 4 * 4;
	uint8_t *out;

	if (s.n > SIZE_MAX / 8) {
		b->failed = true;
		return;
	}
	out = buf_grow(b, padded);
	if (out == NULL)
		return;
	encode(alphabet_std, (const uint8_t *)s.p, s.n, out);
	if (padded > n)
		memset(out + n, '=', padded - n);
}

int
base64_decode(struct buf *b, struct csn_str s)
{
	if (s.n % 4 != 0)
		return -1;
	/* one or two at the end; a third is not of the alphabet */
	for (int i = 0; i < 2 && s.n > 0 && s.p[s.n - 1] == '='; i++)
		s.n--;
	return decode_append(b, value_std, s);
}

void
hex_encode(struct buf *b, struct csn_str s)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *out;

	if (s.n > SIZE_MAX / 8) {
		b->failed = true;
		return;
	}
	out = buf_grow(b, s.n * 2);
	for (size_t i = 0; out != NULL && i < s.n; i++) {
		out[2 * i] = (uint8_t)digits[(uint8_t)s.p[i] >> 4];
		out[2 * i + 1] = (uint8_t)digits[s.p[i] & 15];
	}
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(struct buf *b, struct csn_str s)
{
	size_t before = b->n;
	uint8_t *out;

	if (s.n % 2 != 0)
		return -1;
	out = buf_grow(b, s.n / 2);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < s.n; i += 2) {
		int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);

		if (high < 0 || low < 0) {
			buf_cut(b, before);
			return -1;
		}
		*out++ = (uint8_t)(high << 4 | low);
	}
	return 0;
}
