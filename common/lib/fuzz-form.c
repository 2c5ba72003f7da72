/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-form.c - a form that is read, written and read again is the same
 *
 * And escaping any bytes is undone by unescaping them.
 */
#include "fuzzing.h"

#include "text.h"
#include "url.h"

static void
check_again(struct arena *a, struct csn_pairs pairs)
{
	struct csn_pairs again;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < pairs.n; i++)
		form_add(&b, pairs.v[i].name, pairs.v[i].value);
	MUST(!buf_failed(&b));
	MUST(form_parse(a, buf_str(&b), pairs.n, &again) == 0);
	MUST(again.n == pairs.n);
	for (size_t i = 0; i < pairs.n; i++) {
		const struct csn_pair *was = &pairs.v[i];

		MUST(str_equal(again.v[i].name, was->name));
		MUST(str_equal(again.v[i].value, was->value));
		MUST(was->name.n > 0 && text_utf8(was->name));
		MUST(text_utf8(was->value));
		MUST(was->value.p[was->value.n] == '\0');
		MUST(strlen(was->value.p) == was->value.n);
		/* no name twice: the first of the name is this one */
		MUST(pairs_get(pairs, was->name).p == was->value.p);
	}
	buf_free(&b);
}

static void
check_escape(struct csn_str s)
{
	struct buf there, back;

	buf_init(&there, 0);
	buf_init(&back, 0);
	url_escape(&there, s);
	MUST(url_unescape(&back, buf_str(&there)) == 0);
	MUST(str_equal(buf_str(&back), s));
	buf_clear(&back);
	if (url_unescape(&back, s) == 0)
		MUST(back.n <= s.n);
	else
		MUST(back.n == 0);
	buf_free(&there);
	buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n);
	struct csn_pairs pairs;
	struct arena a;

	if (n > 65536)
		return 0;
	arena_init(&a, (size_t)16 << 20);
	if (form_parse(&a, s, 64, &pairs) == 0) {
		MUST(pairs.n <= 64);
		check_again(&a, pairs);
	}
	arena_free(&a);
	check_escape(s);
	return 0;
}
