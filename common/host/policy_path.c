/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_path.c - the original URL taken apart, its path in one spelling
 *
 * A path that could be read in two ways has no canonical form. It is not
 * repaired: a rule that looks at paths then refuses the request.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/base64url.h"
#include "lib/text.h"
#include "lib/url.h"
#include "policy.h"

static const char *
byte_fault(unsigned char c)
{
	switch (c) {
	case '/':
		return "the path has %2F";
	case '\\':
		return "the path has a backslash";
	case ';':
		return "the path has ';'";
	case '#':
		return "the path has '#'";
	case '%':
		return "the path is encoded twice";
	case 0x7f:
		return "the path has a control character";
	default:
		return c < 0x20 ? "the path has a control character" : NULL;
	}
}

/* No browser encodes a letter or digit: who does wants two readers to see two
 * paths, one that decodes and one that compares what was sent. */
static const char *
encoded_fault(unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z'))
		return "the path has a letter or digit written as %XX";
	return byte_fault(c);
}

/* Decodes once into b; a reason, or NULL. */
static const char *
path_decode(struct csn_str raw, struct buf *b)
{
	const char *why = NULL;

	for (size_t i = 0; i < raw.n && why == NULL; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c == '%') {
			int hi = i + 2 < raw.n ? hex_digit(raw.p[i + 1]) : -1;
			int lo = i + 2 < raw.n ? hex_digit(raw.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return "the path has a malformed %XX";
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
			why = encoded_fault(c);
		} else if (c != '/') {
			why = byte_fault(c);
		}
		buf_u8(b, c);
	}
	return why;
}

static const char *
segments_fault(struct csn_str path)
{
	struct csn_str rest = str_from_at(path, 1), seg;

	while (str_cut(&rest, '/', &seg)) {
		if (seg.n == 0 && rest.p != NULL)
			return "the path has two slashes in a row";
		if (str_is(seg, ".") || str_is(seg, ".."))
			return "the path has a dot segment";
	}
	return NULL;
}

/* What a byte is to a path; those of no kind stand for themselves. */
#define ODD	1u		/* not plain: the long way decides */
#define SLASH	2u
#define DOT	4u
#define NAME	8u		/* of a host's name, in lower case */
#define ROW(v)	v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v

static const uint8_t kind[256] = {
	ROW(ODD), ROW(ODD), [' '] = ODD, ['#'] = ODD, ['%'] = ODD,
	['-'] = NAME, ['.'] = DOT, ['/'] = SLASH,
	['0'] = NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME,
	[';'] = ODD, ['\\'] = ODD,
	['a'] = ROW(NAME), NAME, NAME, NAME, NAME, NAME, NAME, NAME, NAME,
	NAME, NAME, [0x7f] = ODD,
	ROW(ODD), ROW(ODD), ROW(ODD), ROW(ODD), ROW(ODD), ROW(ODD), ROW(ODD),
	ROW(ODD),
};

#ifdef __SSE2__
/* The same of 16 bytes at once: 0, or where one is odd, or a slash or a dot
 * behind a slash. */
static int
odd16(const char *p)
{
	__m128i c = _mm_loadu_si128((const void *)p);
	__m128i before = _mm_loadu_si128((const void *)(p - 1));
	__m128i slash = _mm_set1_epi8('/');
	__m128i pair = _mm_and_si128(_mm_cmpeq_epi8(before, slash),
	    _mm_or_si128(_mm_cmpeq_epi8(c, slash),
	    _mm_cmpeq_epi8(c, _mm_set1_epi8('.'))));
	/* signed: those above 0x7f are below the blank as well */
	__m128i odd = _mm_cmplt_epi8(c, _mm_set1_epi8(' ' + 1));

	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(c, _mm_set1_epi8('#')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(c, _mm_set1_epi8('%')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(c, _mm_set1_epi8(';')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(c, _mm_set1_epi8('\\')));
	odd = _mm_or_si128(odd, _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f)));
	return _mm_movemask_epi8(_mm_or_si128(odd, pair));
}

/* 17 bytes or more. */
static bool
long_is_plain(struct csn_str raw)
{
	int odd = odd16(raw.p + raw.n - 16);

	for (size_t i = 1; i + 16 < raw.n; i += 16)
		odd |= odd16(raw.p + i);
	return odd == 0 && raw.p[0] == '/';
}
#else
static bool
long_is_plain(struct csn_str raw)
{
	(void)raw;
	return false;
}
#endif

/* Most paths are canonical as they come: nothing to decode, nothing to find
 * fault with, no slash before a slash or a dot. What is not sure goes the
 * long way. */
static bool
path_is_plain(struct csn_str raw)
{
	unsigned all = 0, pairs = 0, before = 0;

	if (raw.n > 16 && long_is_plain(raw))
		return true;
	for (size_t i = 0; i < raw.n; i++) {
		unsigned k = kind[(unsigned char)raw.p[i]];

		all |= k;
		pairs |= before / SLASH * k;
		before = k & SLASH;
	}
	return (all & ODD) == 0 && (pairs & (SLASH | DOT)) == 0 &&
	    raw.n > 0 && raw.p[0] == '/';
}

int
path_canonical(struct arena *a, struct csn_str raw, struct csn_str *ret,
    const char **ret_why)
{
	struct csn_str path;
	struct buf b;
	char *memory;

	*ret_why = NULL;
	if (path_is_plain(raw)) {
		*ret = raw;
		return 0;
	}
	memory = arena_alloc(a, raw.n + 1);
	*ret_why = "out of memory";
	if (memory == NULL)
		return -1;
	*ret_why = "the path does not begin with a slash";
	if (raw.n == 0 || raw.p[0] != '/')
		return -1;
	buf_init_fixed(&b, memory, raw.n + 1);
	*ret_why = path_decode(raw, &b);
	if (*ret_why != NULL)
		return -1;
	path = buf_str(&b);
	*ret_why = "the path is not UTF-8";
	if (buf_failed(&b) || !text_utf8(path))
		return -1;
	*ret_why = segments_fault(path);
	if (*ret_why != NULL)
		return -1;
	*ret = path;
	return 0;
}

/* Most hosts are plain as well: lower case, no port, labels of a length, the
 * last one begun by a letter. How many bytes the host has that ends before a
 * slash, or 0. */
static size_t
host_plain(struct csn_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, label = 0;	/* label: where it begins */

	for (; i < s.n; i++) {
		if (kind[p[i]] == NAME)
			continue;
		if (i == label || i - label > 63)
			return 0;
		if (kind[p[i]] != DOT)
			break;
		label = i + 1;
	}
	return i < s.n && p[i] == '/' && i <= 253 && p[label] >= 'a' ? i : 0;
}

static int
host_read(struct arena *a, struct csn_str text, struct policy_request *rq)
{
	ptrdiff_t colon;
	struct csn_str host = text;
	uint64_t port = 443;
	char *lower;

	colon = str_index(text, ':');
	if (colon >= 0) {
		host = str_of(text.p, (size_t)colon);
		if (str_u64(str_from_at(text, (size_t)colon + 1), 65535,
		    &port) < 0 || port == 0)
			return -1;
	}
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	/* an address in brackets has no policy; letters, digits, hyphen and
	 * dot only (R3) */
	if (!url_host_valid(host) || host.p[0] == '[')
		return -1;
	lower = arena_alloc(a, host.n);
	if (lower == NULL)
		return -1;
	for (size_t i = 0; i < host.n; i++)
		lower[i] = host.p[i] >= 'A' && host.p[i] <= 'Z' ?
		    (char)(host.p[i] + 32) : host.p[i];
	rq->host = str_of(lower, host.n);
	rq->port = (uint16_t)port;
	return 0;
}

/* No request target has a blank or a control character (RFC 9112 3.2): two
 * header lines that a hop joined to one have. */
static bool
url_plain(struct csn_str url)
{
	bool bad = false;

	for (size_t i = 0; i < url.n; i++)
		bad |= (unsigned char)url.p[i] <= 0x20 || url.p[i] == 0x7f;
	return !bad;
}

/* The long way: the URL as a whole, then the authority. *rest becomes what
 * follows it. */
static int
authority_read(struct arena *a, struct csn_str url, struct csn_str *rest,
    struct policy_request *rq)
{
	size_t end = 0;

	if (!url_plain(url))
		return -1;
	while (end < rest->n && rest->p[end] != '/' && rest->p[end] != '?')
		end++;
	if (host_read(a, str_of(rest->p, end), rq) < 0)
		return -1;
	*rest = str_from_at(*rest, end);
	return 0;
}

/* The short way, where nothing has to be repaired, decoded or refused. */
static bool
request_plain(struct csn_str rest, struct policy_request *rq)
{
	size_t n = host_plain(rest);
	struct csn_str path = str_from_at(rest, n);
	ptrdiff_t query = str_index(path, '?');

	if (n == 0)
		return false;
	if (query >= 0) {
		if (!url_plain(str_from_at(path, (size_t)query)))
			return false;
		path.n = (size_t)query;
	}
	if (!path_is_plain(path))
		return false;
	rq->host = str_of(rest.p, n);
	rq->port = 443;
	rq->raw_path = rq->path = path;
	return true;
}

int
policy_request_read(struct arena *a, struct csn_str url,
    struct policy_request *ret)
{
	struct csn_str rest;
	ptrdiff_t query;

	memset(ret, 0, sizeof(*ret));
	if (url.n > POLICY_URL_MAX || !str_starts(url, STR("https://")))
		return -1;
	rest = str_from_at(url, 8);
	ret->path_fault = "the path cannot be read";
	if (request_plain(rest, ret))
		return 0;
	if (authority_read(a, url, &rest, ret) < 0 || rest.n == 0 ||
	    rest.p[0] != '/')
		return -1;
	query = str_index(rest, '?');
	ret->raw_path = query < 0 ? rest : str_of(rest.p, (size_t)query);
	if (path_canonical(a, ret->raw_path, &ret->path,
	    &ret->path_fault) < 0)
		ret->path = str_of(NULL, 0);
	return 0;
}
