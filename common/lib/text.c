/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - UTF-8 judged, and text made safe to show
 *
 * It must never let a byte through that ends a line, a string or a tag, or
 * turns what is shown around.
 */
#include "text.h"
#include "wide.h"

#define REPLACEMENT	0xfffdu

/* Length of the character at s, 1 to 4, and its value; 0 if it is malformed
 * (RFC 3629 section 4). s is not empty. */
static size_t
text_decode(struct csn_str s, uint32_t *ret)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t c = p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	    c < 0xf5 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/* The characters that text_plain() refuses. */
static bool
text_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c ||
	    c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

/* Printable ASCII that a log line, JSON and HTML write as it is: all but the
 * quotes, the ampersand, angle brackets and the backslash. */
static const bool as_it_is[256] = { [0x20] =
	/* space to / */ 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
	/* 0 to ?     */ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1,
	/* @ to O     */ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	/* P to _     */ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1,
	/* ` to o     */ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	/* p to ~     */ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
};

/* Sixteen bytes at once: is one of them not so? */
static bool
wide_odd(const char *p)
{
	wide v = wide_load(p);

	/* '&' and '\'' are neighbours, '<' and '>' differ in one bit */
	return wide_any((wide)((v < 0x20) | (v >= 0x7f) | (v == '"') |
	    ((v | 1) == '\'') | ((v | 2) == '>') | (v == '\\')));
}

/* Length of the text from an index on that needs no decoding. */
static size_t
text_run(struct csn_str s, size_t at)
{
	size_t i = at;

	while (s.n - i >= WIDE && !wide_odd(s.p + i))
		i += WIDE;
	/* the end, once more with some of what comes before it */
	if (i > at && s.n - i < WIDE && !wide_odd(s.p + s.n - WIDE))
		return s.n - at;
	while (i < s.n && as_it_is[(unsigned char)s.p[i]])
		i++;
	return i - at;
}

bool
text_bare(struct csn_str s)
{
	return text_run(s, 0) == s.n;
}

#define BYTES(b)	(UINT64_C(0x0101010101010101) * (b))

/* Eight bytes from the blank to the tilde, as nearly all of a text is. */
static bool
word_ascii(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	/* no byte borrows from its neighbour, or carries into it */
	return (w & BYTES(0x80)) == 0 &&
	    (((w | BYTES(0x80)) - BYTES(' ')) & BYTES(0x80)) == BYTES(0x80) &&
	    ((w + BYTES(1)) & BYTES(0x80)) == 0;
}

static bool
wide_ascii(const char *p)
{
	wide v = wide_load(p);

	return !wide_any((wide)((v < 0x20) | (v >= 0x7f)));
}

/* Walks s; with plain, refuses controls too. */
static bool
text_valid(struct csn_str s, bool plain)
{
	uint32_t c = 0;
	size_t n;

	for (size_t i = 0; i < s.n; i += n) {
		n = WIDE;
		if (s.n - i >= n && wide_ascii(s.p + i))
			continue;
		n = sizeof(uint64_t);
		if (s.n - i >= n && word_ascii(s.p + i))
			continue;
		n = 1;
		if (s.p[i] >= ' ' && s.p[i] < 0x7f)
			continue;
		n = text_decode(str_of(s.p + i, s.n - i), &c);
		if (n == 0 || (plain && text_control(c)))
			return false;
	}
	return true;
}

bool
text_utf8(struct csn_str s)
{
	return text_valid(s, false);
}

bool
text_plain(struct csn_str s)
{
	return text_valid(s, true);
}

struct csn_str
text_without_bom(struct csn_str s)
{
	return str_starts(s, STR("\xef\xbb\xbf")) ? str_from_at(s, 3) : s;
}

bool
text_name(struct csn_str s, size_t max)
{
	if (s.n == 0 || s.n > max || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return true;
}

uint32_t
text_next(struct csn_str s, size_t *at)
{
	uint32_t c = REPLACEMENT;
	size_t n;

	if (*at >= s.n)
		return 0;
	n = text_decode(str_from_at(s, *at), &c);
	*at += n == 0 ? 1 : n;
	return c;
}

void
text_put(struct buf *b, uint32_t c)
{
	uint8_t u[4];

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = REPLACEMENT;
	if (c < 0x80) {
		buf_u8(b, (uint8_t)c);
		return;
	}
	u[3] = (uint8_t)(0x80 | (c & 0x3f));
	u[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	u[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	if (c < 0x800) {
		u[2] = (uint8_t)(0xc0 | c >> 6);
		buf_put(b, u + 2, 2);
	} else if (c < 0x10000) {
		u[1] = (uint8_t)(0xe0 | c >> 12);
		buf_put(b, u + 1, 3);
	} else {
		u[0] = (uint8_t)(0xf0 | c >> 18);
		buf_put(b, u, 4);
	}
}

/* One character of s as it is shown in a log line: at most 16 bytes in out.
 * Gives the bytes of s it takes, and of out it fills. */
static size_t
escape_one(struct csn_str s, char out[16], size_t *filled)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t c = 0;
	size_t n = text_decode(s, &c), taken = n == 0 ? 1 : n;

	if (n > 0 && !text_control(c)) {
		memcpy(out, s.p, n);
		if (c == '\\')
			out[n++] = '\\';
		*filled = n;
		return taken;
	}
	for (size_t i = 0; i < taken; i++) {
		unsigned char byte = (unsigned char)s.p[i];

		out[4 * i] = '\\';
		out[4 * i + 1] = 'x';
		out[4 * i + 2] = digits[byte >> 4];
		out[4 * i + 3] = digits[byte & 15];
	}
	*filled = 4 * taken;
	return taken;
}

void
text_escape(struct buf *b, struct csn_str s, size_t max)
{
	char out[16];
	size_t dots = max < 3 ? max : 3, before = b->n;
	size_t n = 0;		/* bytes written here */
	size_t cut = 0;		/* most of them that leave room for dots */

	while (s.n > 0 && !b->failed) {
		size_t taken = text_run(s, 0), filled = taken;
		const char *from = s.p;

		if (taken > max - n)
			taken = filled = max - n;
		if (taken == 0) {
			taken = escape_one(s, out, &filled);
			from = out;
		}
		if (filled > max - n) {
			buf_cut(b, before + cut);
			buf_put(b, "...", dots);
			return;
		}
		buf_put(b, from, filled);
		if (n + filled <= max - dots)
			cut = n + filled;
		else if (from == s.p && n <= max - dots)
			cut = max - dots;	/* within a run, anywhere */
		n += filled;
		s = str_from_at(s, taken);
	}
}

static void
json_one(struct buf *b, uint32_t c)
{
	switch (c) {
	case '"':
		buf_puts(b, "\\\"");
		break;
	case '\\':
		buf_puts(b, "\\\\");
		break;
	case '\n':
		buf_puts(b, "\\n");
		break;
	case '\r':
		buf_puts(b, "\\r");
		break;
	case '\t':
		buf_puts(b, "\\t");
		break;
	default:
		if (text_control(c))
			buf_printf(b, "\\u%04x", (unsigned)c);
		else
			text_put(b, c);
	}
}

void
text_json(struct buf *b, struct csn_str s)
{
	size_t at = 0;

	buf_char(b, '"');
	while (at < s.n) {
		size_t run = text_run(s, at);

		buf_put(b, s.p + at, run);
		at += run;
		if (at < s.n)
			json_one(b, text_next(s, &at));
	}
	buf_char(b, '"');
}

/* How c is written in HTML, or NULL for as it is. */
static const char *
html_name(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
text_html(struct buf *b, struct csn_str s)
{
	size_t at = 0;

	while (at < s.n) {
		size_t run = text_run(s, at);
		const char *name;
		uint32_t c;

		buf_put(b, s.p + at, run);
		at += run;
		if (at == s.n)
			break;
		c = text_next(s, &at);
		name = html_name(c);
		if (name != NULL)
			buf_puts(b, name);
		else
			text_put(b, c);
	}
}

void
text_narrow(struct buf *b, struct csn_str s)
{
	size_t at = 0;

	while (at < s.n) {
		size_t from = at;
		uint32_t c = text_next(s, &at);

		if (c >= 0xff01 && c <= 0xff5e)
			buf_char(b, (char)(c - 0xff01 + '!'));
		else if (c == 0x3000)
			buf_char(b, ' ');
		else
			buf_put(b, s.p + from, at - from);
	}
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, three rows at a time. */
unsigned
text_distance(struct csn_str a, struct csn_str b, unsigned max)
{
	unsigned rows[3][65];
	unsigned *two = rows[0], *one = rows[1], *now = rows[2], *free_row;

	if (a.n > 64 || b.n > 64)
		return max + 1;
	for (unsigned j = 0; j <= b.n; j++)
		one[j] = two[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned other = a.p[i - 1] != b.p[j - 1];

			now[j] = least(least(one[j], now[j - 1]) + 1,
			    one[j - 1] + other);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], two[j - 2] + 1);
		}
		free_row = two;
		two = one;
		one = now;
		now = free_row;
	}
	return one[b.n] > max ? max + 1 : one[b.n];
}
