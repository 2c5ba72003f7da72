/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-text.c - whatever comes in, what is shown is plain
 *
 * The outputs for logs, JSON and HTML are well-formed and hold nothing that
 * ends a line, a string or a tag; and the ways to walk a text agree.
 */
#include "fuzzing.h"

#include "text.h"

/* Walks by text_next(); is the text what text_utf8() says? */
static void
check_walk(struct csn_str s)
{
	bool replaced = false;
	struct buf b;
	size_t at = 0;

	buf_init(&b, 0);
	while (at < s.n) {
		size_t from = at;
		uint32_t c = text_next(s, &at);

		MUST(at > from && at <= from + 4 && at <= s.n);
		replaced |= c == 0xfffd && at == from + 1;
		text_put(&b, c);
	}
	MUST(text_utf8(buf_str(&b)));
	MUST(text_utf8(s) == !replaced);
	if (!replaced)
		MUST(str_equal(buf_str(&b), s));
	buf_free(&b);
}

static void
check_escape(struct csn_str s, size_t max)
{
	struct buf b;

	buf_init(&b, max);
	text_escape(&b, s, max);
	MUST(!buf_failed(&b));
	MUST(b.n <= max);
	MUST(text_plain(buf_str(&b)));
	if (text_plain(s) && s.n <= max && str_index(s, '\\') < 0)
		MUST(str_equal(buf_str(&b), s));
	buf_free(&b);
}

static void
check_json(struct csn_str s)
{
	struct csn_str out;
	struct buf b;

	buf_init(&b, 0);
	text_json(&b, s);
	out = buf_str(&b);
	MUST(out.n >= 2 && out.p[0] == '"' && out.p[out.n - 1] == '"');
	MUST(text_plain(out));
	for (size_t i = 1; i < out.n - 1; i++) {
		MUST(out.p[i] != '"');
		if (out.p[i] == '\\') {
			i++;		/* not the closing mark, either */
			MUST(i < out.n - 1);
		}
	}
	buf_free(&b);
}

static void
check_html(struct csn_str s)
{
	struct buf b;

	buf_init(&b, 0);
	text_html(&b, s);
	MUST(text_utf8(buf_str(&b)));
	for (size_t i = 0; i < b.n; i++)
		MUST(strchr("<>\"'", b.p[i]) == NULL || b.p[i] == 0);
	buf_free(&b);
}

static void
check_narrow(struct csn_str s)
{
	struct buf once, twice;

	buf_init(&once, 0);
	buf_init(&twice, 0);
	text_narrow(&once, s);
	MUST(once.n <= s.n);
	MUST(!text_utf8(s) || text_utf8(buf_str(&once)));
	text_narrow(&twice, buf_str(&once));
	MUST(!text_utf8(s) || str_equal(buf_str(&once), buf_str(&twice)));
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n), half = str_of(data, n / 2);

	MUST(!text_plain(s) || text_utf8(s));
	check_walk(s);
	check_escape(s, n == 0 ? 1 : data[0] + 1u);
	check_escape(s, 4 * n + 1);
	check_json(s);
	check_html(s);
	check_narrow(s);
	MUST(text_distance(s, half, 9) == text_distance(half, s, 9));
	MUST(text_distance(s, s, 0) == (n > 64 ? 1 : 0));
	return 0;
}
