/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup.c - writes literals, and all else escaped
 *
 * It must never offer a way to write a variable text as it is.
 */
#include "lib/text.h"
#include "markup.h"

void
markup_literal(struct markup *m, const char *s, size_t n)
{
	buf_put(m->buf, s, n);
}

/* The bytes of s before the first character that is not plain. */
static size_t
plain_run(struct csn_str s)
{
	size_t at = 0, from = 0;

	while (at < s.n) {
		from = at;
		(void)text_next(s, &at);
		if (!text_plain(str_of(s.p + from, at - from)))
			return from;
	}
	return s.n;
}

void
markup_text(struct markup *m, struct csn_str s)
{
	if (text_bare(s)) {
		buf_str_put(m->buf, s);
		return;
	}
	while (!text_plain(s)) {
		size_t at = plain_run(s);
		uint32_t c;

		text_html(m->buf, str_of(s.p, at));
		c = text_next(s, &at);
		if (c == '\n')
			buf_char(m->buf, ' ');
		else if (c == 0xfffd)		/* malformed */
			text_put(m->buf, c);
		s = str_from_at(s, at);
	}
	text_html(m->buf, s);
}

/* An HTML parser turns CR LF into LF, also inside an attribute, but leaves
 * references as they are (HTML 13.2.3.5). */
void
markup_value(struct markup *m, struct csn_str s)
{
	size_t from = 0;

	if (text_bare(s)) {
		buf_str_put(m->buf, s);
		return;
	}
	if (str_index(s, '\r') < 0 && str_index(s, '\n') < 0) {
		text_html(m->buf, s);
		return;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\r' && s.p[i] != '\n')
			continue;
		text_html(m->buf, str_of(s.p + from, i - from));
		buf_puts(m->buf, s.p[i] == '\r' ? "&#13;" : "&#10;");
		from = i + 1;
	}
	text_html(m->buf, str_from_at(s, from));
}

void
markup_number(struct markup *m, int64_t n)
{
	buf_decimal(m->buf, n);
}

void
markup_two(struct markup *m, int n)
{
	buf_char(m->buf, (char)('0' + n / 10 % 10));
	buf_char(m->buf, (char)('0' + n % 10));
}
