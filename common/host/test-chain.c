/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-chain.c - ways read, ways refused, words listed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chain.h"

/* a, b and c identify; d, e and f are second factors */
static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
#define NAMES	(sizeof(names) / sizeof(names[0]))
static const struct bits identify = { { 7 } };	/* a, b and c */

static int
resolve(const void *unused, struct csn_str name)
{
	(void)unused;
	for (size_t i = 0; i < NAMES; i++)
		if (str_is(name, names[i]))
			return (int)i;
	/* factor-06 and so on, for the limits */
	if (name.n == 9 && str_starts(name, STR("factor-")))
		return (name.p[7] - '0') * 10 + name.p[8] - '0';
	return -1;
}

static int
put_word(void *arg, const unsigned *factors, size_t n)
{
	struct buf *b = arg;

	if (b->n > 0)
		buf_char(b, ' ');
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%u", factors[i]);
	return 0;
}

struct good_row { const char *text, *words; size_t nguards; };

static const struct good_row good_table[] = {
	{ "a", "0", 0 },
	{ "  a  then  d ", "03", 0 },
	{ "a|b", "0 1", 0 },
	{ "a | b then d|e", "03 04 13 14", 0 },
	{ "a then d then e then f", "0345", 0 },
	{ "b | a then d", "03 13", 0 },
	{ "a where group robots", "0", 1 },
	{ "a then d where not group corp/Domain-Users", "03", 1 },
	{ "a where user corp/taro and not acr c1", "0", 2 },
	{ "a where unenrolled d until 2027-02-01", "0", 1 },
	{ "a where group x and unenrolled d until 2027-02-01", "0", 2 },
	{ "a where group x and group y and group z and group w", "0", 4 },
	{ "a where group not", "0", 1 },
	{ "a where network office", "0", 1 },
	{ "a then d where not network office and group x", "03", 2 },
	{ "factor-63", "63", 0 },
	{ "factor-10|factor-11|factor-12|factor-13|factor-14|factor-15|"
	    "factor-16|factor-17", "10 11 12 13 14 15 16 17", 0 },
};

static void
good_ways_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_table) / sizeof(good_table[0]);
	    i++) {
		const struct good_row *row = &good_table[i];
		struct chain_fault fault;
		struct arena a;
		struct way way;
		struct buf b;

		arena_init(&a, 65536);
		buf_init(&b, 0);
		assert_int_equal(way_parse(&a, str_from(row->text), resolve,
		    NULL, &way, &fault), 0);
		assert_int_equal(way_words(&way, put_word, &b), 0);
		assert_string_equal(buf_str(&b).p, row->words);
		assert_int_equal(way.nguards, row->nguards);
		assert_true(str_is(way.text, row->text));
		buf_free(&b);
		arena_free(&a);
	}
}

static void
guards_keep_what_was_written(void **state)
{
	struct chain_fault fault;
	struct arena a;
	struct way way;

	(void)state;
	arena_init(&a, 65536);
	assert_int_equal(way_parse(&a, STR("a where not group g1 and user "
	    "corp/taro and acr c1 and unenrolled e until "
	    "1970-01-02T00:00:00Z"), resolve, NULL, &way, &fault), 0);
	assert_int_equal(way.nguards, 4);
	assert_int_equal(way.guards[0].kind, GUARD_GROUP);
	assert_true(way.guards[0].negated);
	assert_true(str_is(way.guards[0].arg, "g1"));
	assert_int_equal(way.guards[1].kind, GUARD_USER);
	assert_false(way.guards[1].negated);
	assert_true(str_is(way.guards[1].arg, "corp/taro"));
	assert_int_equal(way.guards[2].kind, GUARD_ACR);
	assert_true(str_is(way.guards[2].arg, "c1"));
	assert_int_equal(way.guards[3].kind, GUARD_UNENROLLED);
	assert_int_equal(way.guards[3].factor, 4);
	assert_int_equal(way.guards[3].until_ms, 86400000);
	assert_int_equal(way_parse(&a, STR("a where not network office"),
	    resolve, NULL, &way, &fault), 0);
	assert_int_equal(way.guards[0].kind, GUARD_NETWORK);
	assert_true(way.guards[0].negated);
	assert_true(str_is(way.guards[0].arg, "office"));
	arena_free(&a);
}

struct bad_row { const char *text; size_t column; const char *says; };

static const struct bad_row bad_table[] = {
	{ "", 0, "the name of a factor is missing at the end" },
	{ "   ", 3, "the name of a factor is missing at the end" },
	{ "a then", 6, "the name of a factor is missing at the end" },
	{ "a |", 3, "the name of a factor is missing at the end" },
	{ "| a", 0, "`|` stands where the name of a factor belongs" },
	{ "a || d", 3, "`|` stands where the name of a factor belongs" },
	{ "then a", 0, "`then` stands where the name of a factor belongs" },
	{ "a then then d", 7,
	    "`then` stands where the name of a factor belongs" },
	{ "a d", 2, "`d` stands where `|`, `then` or `where` belongs" },
	{ "a then x", 7, "there is no factor `x`" },
	{ "A", 0, "`A` stands where the name of a factor belongs" },
	{ "a then a", 7, "`a` stands in this way twice; each factor is "
	    "proved once" },
	{ "a|a", 2, "`a` stands in this way twice; each factor is proved "
	    "once" },
	{ "a or b", 2, "`or` is written | between factors, or as a further "
	    "line" },
	{ "a and d", 2, "factors one after the other are joined by `then`" },
	{ "a + d", 2, "factors one after the other are joined by `then`" },
	{ "(a | b) then d", 0, "there are no brackets; write a way per "
	    "line" },
	{ "a then d if group x", 9, "conditions begin with `where`" },
	{ "use people", 0, "`use NAME` stands alone on its line" },
	{ "a then d then e then f then b", 28,
	    "a way has at most 4 steps" },
	{ "factor-10|factor-11|factor-12|factor-13|factor-14|factor-15|"
	    "factor-16|factor-17|a", 80,
	    "a step has at most 8 factors to choose from" },
	{ "a where", 7, "a condition (group, user, network, acr, "
	    "unenrolled) is missing at the end" },
	{ "a where robots", 8, "`robots` stands where a condition (group, "
	    "user, network, acr, unenrolled) belongs" },
	{ "a where group", 13, "a name is missing at the end" },
	{ "a where group x or group y", 16, "conditions are joined by `and`; "
	    "write another line for `or`" },
	{ "a where group x group y", 16, "`group` stands where `and` or the "
	    "end belongs" },
	{ "a where group x and", 19, "a condition (group, user, network, "
	    "acr, unenrolled) is missing at the end" },
	{ "a where not not group x", 12, "`not` stands where a condition "
	    "(group, user, network, acr, unenrolled) belongs" },
	{ "a where network", 15, "a name is missing at the end" },
	{ "a where group \"All Staff\"", 14, "names have no quotation marks "
	    "here; give a long one a short name under `groups`" },
	{ "a where unenrolled x until 2027-02-01", 19,
	    "there is no factor `x`" },
	{ "a where unenrolled d", 20, "`until` and a date is missing at the "
	    "end" },
	{ "a where unenrolled d until", 26, "a date is missing at the end" },
	{ "a where unenrolled d until 2027-02-30", 27,
	    "`2027-02-30` is no date; write 2027-02-01" },
	{ "a where group v and group w and group x and group y and group z",
	    56, "a way has at most 4 conditions" },
	{ "a\x01", 0, "a character that is not shown" },
	{ "a\tthen d", 0, "a character that is not shown" },
	{ "a then \xff", 0, "a character that is not shown" },
};

static void
bad_ways_are_refused_at_their_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_table) / sizeof(bad_table[0]);
	    i++) {
		const struct bad_row *row = &bad_table[i];
		struct way way = { .nsteps = 99 };
		struct chain_fault fault;
		struct arena a;

		arena_init(&a, 65536);
		assert_int_equal(way_parse(&a, str_from(row->text), resolve,
		    NULL, &way, &fault), -1);
		assert_string_equal(fault.message.p, row->says);
		assert_int_equal(fault.column, row->column);
		assert_int_equal(way.nsteps, 99);
		arena_free(&a);
	}
}

static void
an_unknown_name_is_handed_out(void **state)
{
	struct chain_fault fault;
	struct arena a;
	struct way way;

	(void)state;
	arena_init(&a, 65536);
	assert_int_equal(way_parse(&a, STR("a then phone"), resolve, NULL,
	    &way, &fault), -1);
	assert_true(str_is(fault.unknown, "phone"));
	assert_int_equal(way_parse(&a, STR("a then"), resolve, NULL, &way,
	    &fault), -1);
	assert_int_equal(fault.unknown.n, 0);
	arena_free(&a);
}

static void
a_text_too_long_is_refused(void **state)
{
	char text[CHAIN_TEXT_MAX + 2];
	struct chain_fault fault;
	struct arena a;
	struct way way;

	(void)state;
	arena_init(&a, 65536);
	memset(text, ' ', sizeof(text));
	text[0] = 'a';
	assert_int_equal(way_parse(&a, str_of(text, CHAIN_TEXT_MAX), resolve,
	    NULL, &way, &fault), 0);
	assert_int_equal(way_parse(&a, str_of(text, CHAIN_TEXT_MAX + 1),
	    resolve, NULL, &way, &fault), -1);
	arena_free(&a);
}

static void
memory_refused_is_a_fault(void **state)
{
	struct chain_fault fault;
	struct arena a;
	struct way way;

	(void)state;
	arena_init(&a, 8);
	assert_int_equal(way_parse(&a, STR("a where group robots"), resolve,
	    NULL, &way, &fault), -1);
	assert_int_equal(way_parse(&a, STR("nobody"), resolve, NULL, &way,
	    &fault), -1);
	assert_string_equal(fault.message.p, "out of memory");
	arena_free(&a);
}

struct check_row { const char *ways[5], *says; size_t at; };

static const struct check_row check_table[] = {
	{ { "a" }, NULL, 0 },
	{ { "a then d", "b then d" }, NULL, 0 },
	{ { "a then d", "a then e" }, NULL, 0 },
	{ { "a where group x", "a then d" }, NULL, 0 },
	{ { "a then d", "a where group x" }, NULL, 0 },
	{ { "a where group x", "a where group y" }, NULL, 0 },
	{ { "a where group x", "a where not group x" }, NULL, 0 },
	{ { "a where group x and group y", "a then d where group x" },
	    NULL, 0 },
	{ { "a where acr c1", "a then d", "b then d", "c then d",
	    "c where group l and unenrolled d until 2027-02-01" }, NULL, 0 },
	{ { NULL }, "no way is written; write at least one", 0 },
	{ { "d" }, "the first step has a factor that does not say who "
	    "somebody is; begin with one that does", 0 },
	{ { "a", "b | d then e" }, "the first step has a factor that does "
	    "not say who somebody is; begin with one that does", 1 },
	{ { "a", "a then d" }, "line 2 can never be needed: line 1 is "
	    "satisfied first; take one of them out", 1 },
	{ { "a then d", "a" }, "line 1 can never be needed: line 2 is "
	    "satisfied first; take one of them out", 0 },
	{ { "a", "b", "a" }, "line 3 can never be needed: line 1 is "
	    "satisfied first; take one of them out", 2 },
	{ { "a", "a where group x" }, "line 2 can never be needed: line 1 is "
	    "satisfied first; take one of them out", 1 },
	{ { "a where group x", "a" }, "line 1 can never be needed: line 2 is "
	    "satisfied first; take one of them out", 0 },
	{ { "a then d | e", "a then e" }, "line 2 can never be needed: "
	    "line 1 is satisfied first; take one of them out", 1 },
	{ { "a then e", "a then d | e" }, "part of line 2 can never be "
	    "needed: line 1 is satisfied first; take one of them out", 1 },
	{ { "a", "a | b then d" }, "part of line 2 can never be needed: "
	    "line 1 is satisfied first; take one of them out", 1 },
	{ { "a where group x", "a then d where group x" }, "line 2 can never "
	    "be needed: line 1 is satisfied first; take one of them out", 1 },
	{ { "a then d where group x and user u", "a where user u" }, "line 1 "
	    "can never be needed: line 2 is satisfied first; take one "
	    "of them out",
	    0 },
	{ { "a where group x and group x" }, "a condition stands here "
	    "twice", 0 },
	{ { "a where group x and not group x" }, "a condition and its "
	    "opposite; this way can never hold", 0 },
	{ { "a then d where unenrolled d until 2027-02-01" }, "asks for a "
	    "factor of those who do not have it; leave it out of the steps",
	    0 },
};

static void
read_chain(struct arena *a, const char *const *ways, struct chain *ret)
{
	struct chain_fault fault;

	*ret = (struct chain){ 0 };
	for (; ret->nways < 5 && ways[ret->nways] != NULL; ret->nways++) {
		assert_int_equal(way_parse(a, str_from(ways[ret->nways]),
		    resolve, NULL, &ret->ways[ret->nways], &fault), 0);
		ret->ways[ret->nways].line = (unsigned)ret->nways + 1;
	}
}

static void
chains_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(check_table) / sizeof(check_table[0]);
	    i++) {
		const struct check_row *row = &check_table[i];
		struct csn_str message;
		struct chain chain;
		struct arena a;
		size_t at;
		int r;

		arena_init(&a, 65536);
		read_chain(&a, row->ways, &chain);
		r = chain_check(&a, &chain, &identify, &at, &message);
		assert_int_equal(r, row->says == NULL ? 0 : -1);
		if (row->says != NULL) {
			assert_string_equal(message.p, row->says);
			assert_int_equal(at, row->at);
		}
		arena_free(&a);
	}
}

/* All the words of a chain without guards, as text. */
static bool
words_collide(const struct way *w, const struct way *other)
{
	unsigned x[CHAIN_STEPS_MAX];
	size_t n = other->nsteps;

	if (n > w->nsteps)
		return false;
	/* every sequence of n factors of three */
	for (unsigned code = 0; code < 27; code++) {
		x[0] = code % 3;
		x[1] = code / 3 % 3;
		x[2] = code / 9;
		if (way_is_word(other, x, n) && way_is_prefix(w, x, n))
			return true;
	}
	return false;
}

static bool
way_next(struct way *w, unsigned code)
{
	uint64_t seen = 0;

	*w = (struct way){ .text = STR("") };
	for (; code > 0; code /= 8) {
		uint64_t step = code % 8;

		if (step == 0 || (seen & step) != 0 || w->nsteps == 3)
			return false;
		seen |= step;
		w->steps[w->nsteps++] = (struct bits){ { step } };
	}
	return w->nsteps > 0;
}

/* All pairs of ways over three factors: refused if and only if a word of one
 * begins a word of the other. */
static void
pairs_of_ways_exhaustively(void **state)
{
	struct chain chain = { .nways = 2 };
	unsigned accepted = 0, refused = 0;
	struct csn_str message;
	struct arena a;
	bool collide;
	size_t at;

	(void)state;
	arena_init(&a, (size_t)1 << 26);
	for (unsigned i = 1; i < 512; i++)
		for (unsigned k = 1; k < 512; k++) {
			if (!way_next(&chain.ways[0], i) ||
			    !way_next(&chain.ways[1], k))
				continue;
			collide = words_collide(&chain.ways[0],
			    &chain.ways[1]) || words_collide(&chain.ways[1],
			    &chain.ways[0]);
			assert_int_equal(chain_check(&a, &chain, &identify, &at,
			    &message), collide ? -1 : 0);
			accepted += !collide;
			refused += collide;
		}
	assert_false(a.over);
	assert_true(accepted > 100 && refused > 100);
	arena_free(&a);
}

static int
stop_at_two(void *arg, const unsigned *factors, size_t n)
{
	(void)factors;
	(void)n;
	return ++*(int *)arg == 2 ? 7 : 0;
}

static void
words_prefixes_and_masks(void **state)
{
	const char *const ways[5] = { "a | b then d", "c" };
	struct bits all;
	struct chain chain;
	struct arena a;
	int calls = 0;

	(void)state;
	arena_init(&a, 65536);
	read_chain(&a, ways, &chain);
	all = chain_factors(&chain);
	assert_int_equal(bits_count(&all), 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(bits_has(&all, i));
	assert_int_equal(way_words(&chain.ways[0], stop_at_two, &calls), 7);
	assert_int_equal(calls, 2);
	assert_true(way_is_word(&chain.ways[0], (unsigned[]){ 1, 3 }, 2));
	assert_false(way_is_word(&chain.ways[0], (unsigned[]){ 1 }, 1));
	assert_false(way_is_word(&chain.ways[0], (unsigned[]){ 3, 1 }, 2));
	assert_false(way_is_word(&chain.ways[0], (unsigned[]){ 1, 3, 3 }, 3));
	assert_false(way_is_word(&chain.ways[0], (unsigned[]){ 64, 3 }, 2));
	assert_false(way_is_word(&chain.ways[0],
	    (unsigned[]){ CHAIN_FACTORS_MAX, 3 }, 2));
	assert_false(way_is_word(&chain.ways[0], NULL, 0));
	assert_true(way_is_prefix(&chain.ways[0], (unsigned[]){ 0 }, 1));
	assert_true(way_is_prefix(&chain.ways[0], NULL, 0));
	assert_false(way_is_prefix(&chain.ways[0], (unsigned[]){ 2 }, 1));
	assert_false(way_is_word(&(struct way){ 0 }, NULL, 0));
	assert_int_equal(way_words(&(struct way){ 0 }, stop_at_two, &calls),
	    0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ways_are_read),
		cmocka_unit_test(guards_keep_what_was_written),
		cmocka_unit_test(bad_ways_are_refused_at_their_column),
		cmocka_unit_test(an_unknown_name_is_handed_out),
		cmocka_unit_test(a_text_too_long_is_refused),
		cmocka_unit_test(memory_refused_is_a_fault),
		cmocka_unit_test(chains_are_judged),
		cmocka_unit_test(pairs_of_ways_exhaustively),
		cmocka_unit_test(words_prefixes_and_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
