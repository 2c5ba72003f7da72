/* SPDX-License-Identifier: Apache-2.0 */
#include "peer_clock.h"

#include "lib/testing.h"

#define DATE "Mon, 30 Nov 2026 19:00:00 GMT"
#define LONG DATE ", and much more than that, on and on and on and on"
#define AT INT64_C(1796065200000)

static void
told(struct peer_clock *p, const char *date, int64_t from, int64_t to)
{
	struct csn_pair v = { STR("date"), str_from(date) };

	peer_clock_read(p, (struct csn_pairs){ &v, 1 }, from, to);
}

static void
distance_is_what_the_answer_cannot_explain(void **state)
{
	static const struct { int64_t from, to, ahead; } cases[] = {
		{ AT, AT + 50, 0 }, { AT + 900, AT + 999, 0 },
		{ AT - 3000, AT + 40, 0 },	/* a slow answer */
		{ AT - 10000, AT - 8000, 8000 },
		{ AT + 61000, AT + 61100, -60001 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct peer_clock p = { false, 0 };

		told(&p, DATE, cases[i].from, cases[i].to);
		assert_true(p.known);
		assert_int_equal(p.ahead_ms, cases[i].ahead);
	}
}

static void
the_worst_of_several_is_kept(void **state)
{
	struct peer_clock p = { false, 0 };

	(void)state;
	told(&p, DATE, AT - 9000, AT - 9000);
	told(&p, DATE, AT, AT);
	told(&p, DATE, AT + 3000, AT + 3000);
	assert_int_equal(p.ahead_ms, 9000);
}

static void
what_is_no_date_tells_nothing(void **state)
{
	static const char *const bad[] = { "", "soon", "99999999999",
		"Monday, the 30th of November 2026, at 19:00:00 GMT or so, ...",
		LONG };
	struct peer_clock p = { false, 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		told(&p, bad[i], AT, AT);
	peer_clock_read(&p, (struct csn_pairs){ NULL, 0 }, AT, AT);
	assert_false(p.known);
	assert_false(peer_clock_words(&p, &b));
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void
words_say_which_way(void **state)
{
	static const struct { int64_t ahead; bool off; const char *has; }
	cases[] = {
		{ 0, false, "agree" }, { 5000, false, "agree" },
		{ -5000, false, "agree" }, { 5001, true, "5 seconds ahead" },
		{ -86400000, true, "86400 seconds behind" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct peer_clock p = { true, cases[i].ahead };
		struct buf b;

		buf_init(&b, 0);
		assert_int_equal(peer_clock_words(&p, &b), cases[i].off);
		assert_true(str_find(buf_str(&b), str_from(cases[i].has)) >=
		    0);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_is_what_the_answer_cannot_explain),
		cmocka_unit_test(the_worst_of_several_is_kept),
		cmocka_unit_test(what_is_no_date_tells_nothing),
		cmocka_unit_test(words_say_which_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
