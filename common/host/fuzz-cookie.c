/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-cookie.c - no Cookie lines leave one of ours behind, and what is left
 * is stripped of nothing more
 *
 * Lines are parted at line feeds.
 */
#include "cookie.h"
#include "lib/fuzzing.h"

static size_t
pieces(struct csn_strs lines, bool ours_too)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value, prefix = STR(COOKIE_PREFIX);
	size_t n = 0;

	while (cookie_next(lines, &at, &name, &value)) {
		bool ours = name.n >= prefix.n && str_equal_fold(
		    str_of(name.p, prefix.n), prefix);

		n += ours_too || !ours;
	}
	return n;
}

/* In one pass or in two: the same values, the same rest. */
static void
split_agrees(struct arena *a, struct csn_strs lines, struct csn_str rest)
{
	struct csn_str v[COOKIE_VALUES_MAX];
	struct cookie_found f;
	size_t n = cookie_values(lines, STR(COOKIE_SESSION), v,
	    COOKIE_VALUES_MAX);

	MUST(cookie_split(a, lines, STR(COOKIE_SESSION), &f) == 0);
	MUST(f.n == n && str_equal(f.others, rest));
	for (size_t i = 0; i < n && i < COOKIE_VALUES_MAX; i++)
		MUST(str_equal(v[i], f.v[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str rest = str_of(data, n), line[16], got, again;
	struct csn_strs lines = { line, 0 }, one = { &got, 1 };
	struct arena a;

	if (n > 65536)
		return 0;
	while (lines.n < 16 && str_cut(&rest, '\n', &line[lines.n]))
		lines.n++;
	arena_init(&a, 1u << 20);
	got = cookie_strip(&a, lines);
	MUST(got.p != NULL);
	/* all of the others, none of ours, in one line */
	MUST(pieces(one, false) == pieces(one, true));
	MUST(pieces(one, true) == pieces(lines, false));
	again = cookie_strip(&a, one);
	MUST(str_equal(got, again));
	split_agrees(&a, lines, got);
	arena_free(&a);
	return 0;
}
