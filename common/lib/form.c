/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.c - percent encoding, and forms (declared in url.h)
 *
 * It must never decode twice, guess at a malformed escape, or let a name
 * stand for two values.
 */
#include "base64url.h"
#include "text.h"
#include "url.h"

static bool
unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

void
url_escape(struct buf *b, struct csn_str s)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t done = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };

		if (unreserved(c))
			continue;
		buf_put(b, s.p + done, i - done);
		buf_put(b, escape, sizeof(escape));
		done = i + 1;
	}
	if (done < s.n)
		buf_put(b, s.p + done, s.n - done);
}

/* Counts the bytes that s decodes to. -1 on a malformed escape. */
static int
unescaped_length(struct csn_str s, size_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++, n++) {
		if (s.p[i] != '%')
			continue;
		if (s.n - i < 3 || hex_digit(s.p[i + 1]) < 0 ||
		    hex_digit(s.p[i + 2]) < 0)
			return -1;
		i += 2;
	}
	*ret = n;
	return 0;
}

/* Decodes what unescaped_length() has judged; blank is what '+' becomes. */
static void
unescape(struct csn_str s, char blank, char *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%') {
			*out++ = (char)(hex_digit(s.p[i + 1]) << 4 |
			    hex_digit(s.p[i + 2]));
			i += 2;
		} else {
			*out++ = s.p[i] == '+' ? blank : s.p[i];
		}
	}
}

int
url_unescape(struct buf *b, struct csn_str s)
{
	uint8_t *out;
	size_t n;

	if (unescaped_length(s, &n) != 0)
		return -1;
	out = buf_grow(b, n);
	if (out == NULL)
		return -1;
	unescape(s, '+', (char *)out);
	return 0;
}

/* A name or value, decoded and judged. */
static int
form_text(struct arena *a, struct csn_str s, struct csn_str *ret)
{
	struct csn_str text;
	char *out;
	size_t n;

	/* as most of them are */
	if (str_index(s, '%') < 0 && str_index(s, '+') < 0) {
		text = arena_str(a, s);
	} else {
		if (unescaped_length(s, &n) != 0)
			return -1;
		out = arena_alloc(a, n + 1);	/* zeroed: a NUL ends it */
		if (out == NULL)
			return -1;
		unescape(s, ' ', out);
		text = str_of(out, n);
	}
	if (text.p == NULL)
		return -1;
	if (!text_utf8(text) || str_index(text, '\0') >= 0)
		return -1;
	*ret = text;
	return 0;
}

static int
form_pair(struct arena *a, struct csn_str piece, struct csn_pair *ret)
{
	struct csn_str name, rest = piece;

	if (!str_cut(&rest, '=', &name) || name.n == 0)
		return -1;
	if (rest.p == NULL)
		rest = str_of("", 0);	/* "name" is "name=" */
	if (form_text(a, name, &ret->name) != 0)
		return -1;
	return form_text(a, rest, &ret->value);
}

int
form_parse(struct arena *a, struct csn_str s, size_t max_pairs,
    struct csn_pairs *ret)
{
	struct csn_str piece, rest = s;
	struct csn_pair *v;
	size_t count = s.n == 0 ? 0 : 1, n = 0;

	for (piece = s; str_index(piece, '&') >= 0; count++)
		piece = str_from_at(piece, (size_t)str_index(piece, '&') + 1);
	if (count > max_pairs)
		return -1;
	v = arena_array(a, count, sizeof(*v));
	if (v == NULL)
		return -1;
	while (n < count && str_cut(&rest, '&', &piece)) {
		if (form_pair(a, piece, &v[n]) != 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (str_equal(v[i].name, v[n].name))
				return -1;
		}
		n++;
	}
	*ret = (struct csn_pairs){ v, n };
	return 0;
}

void
form_add(struct buf *b, struct csn_str name, struct csn_str value)
{
	if (b->n > 0 && b->p[b->n - 1] != '?')
		buf_char(b, '&');
	url_escape(b, name);
	buf_char(b, '=');
	url_escape(b, value);
}
