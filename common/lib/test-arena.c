/* SPDX-License-Identifier: Apache-2.0 */
/* test-arena.c - each sentence of arena.h, with memory refused and watched */
#include "testing.h"

#include "arena.h"

#define BIG	((size_t)1 << 20)

static void
assert_block(const unsigned char *p, size_t n)
{
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 16, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

static void
test_alloc(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, BIG);
	assert_int_equal(memory_out, 0);
	for (size_t n = 0; n < 600; n++) {
		unsigned char *p = arena_alloc(&a, n);

		assert_block(p, n);
		memset(p, 0xee, n);	/* overlaps would show as not zero */
	}
	assert_block(arena_alloc(&a, 100000), 100000);
	assert_block(arena_alloc(&a, 1), 1);
	assert_ptr_not_equal(arena_alloc(&a, 0), arena_alloc(&a, 0));
	assert_false(a.over);
	arena_free(&a);
	assert_int_equal(memory_out, 0);
	assert_int_equal(a.used, 0);
	assert_block(arena_alloc(&a, 10), 10);
	assert_int_equal((uintptr_t)arena_bytes(&a, 3) % 16, 0);
	assert_int_equal(a.used, 32);
	assert_str(ARENA_JOIN(&a, STR("ab"), STR(""), str_of(NULL, 0),
	    STR("c")), "abc");
	assert_str(arena_join(&a, NULL, 0), "");
	assert_null(ARENA_JOIN(&a, str_of("", SIZE_MAX), STR("a")).p);
	assert_true(a.over);
	arena_free(&a);
	assert_null(arena_bytes(&a, BIG + 1));
	assert_true(a.over);
	arena_free(&a);
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

static void
test_budget(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 100);
	assert_non_null(arena_alloc(&a, 100));
	assert_null(arena_alloc(&a, 0));
	assert_true(a.over);
	arena_free(&a);
	assert_false(a.over);
	assert_null(arena_alloc(&a, 101));
	/* sticky: what would have fitted does no longer */
	assert_null(arena_alloc(&a, 1));
	arena_free(&a);
	assert_non_null(arena_alloc(&a, 1));
	arena_free(&a);

	/* empty pieces are not for nothing */
	arena_init(&a, 1024);
	for (int i = 0; i < 64; i++)
		assert_non_null(arena_alloc(&a, 0));
	assert_null(arena_alloc(&a, 1));
	arena_free(&a);

	arena_init(&a, 0);
	assert_non_null(arena_alloc(&a, 0));
	assert_null(arena_alloc(&a, 1));
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

static void
test_huge(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_free(&a);
	assert_null(arena_alloc(&a, SIZE_MAX - 15));
	arena_free(&a);
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_true(a.over);
	arena_free(&a);
	assert_null(arena_array(&a, SIZE_MAX / 8 + 1, 8));
	arena_free(&a);
	assert_null(arena_str(&a, str_of("", SIZE_MAX)).p);
	arena_free(&a);
	assert_block(arena_array(&a, 3, 7), 21);
	assert_non_null(arena_array(&a, 0, 8));
	assert_non_null(arena_array(&a, 8, 0));
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

static void
test_lent(void **state)
{
	_Alignas(16) unsigned char memory[1024];
	struct arena a;

	(void)state;
	/* from an odd place on, and filled: still aligned and zeroed */
	memset(memory, 0xa5, sizeof(memory));
	arena_init_with(&a, BIG, memory + 3, sizeof(memory) - 4);
	for (int i = 0; i < 50; i++) {
		unsigned char *p = arena_alloc(&a, 16);

		assert_block(p, 16);
		assert_true(p > memory + 3 && p + 16 < memory + 1023);
		memset(p, 'x', 16);
	}
	assert_int_equal(memory_out, 0);
	/* a large one goes elsewhere and leaves the rest to small ones */
	memset(arena_alloc(&a, 10000), 'x', 10000);
	assert_int_equal(memory_out, 1);
	assert_block(arena_alloc(&a, 16), 16);
	assert_int_equal(memory_out, 1);
	for (int i = 0; i < 50; i++)
		memset(arena_alloc(&a, 16), 'x', 16);
	assert_int_equal(memory_out, 2);
	assert_int_equal(memory[0], 0xa5);
	assert_int_equal(memory[1023], 0xa5);
	arena_free(&a);
	assert_int_equal(memory_out, 0);
	assert_null(memchr(memory, 'x', sizeof(memory)));
	assert_block(arena_alloc(&a, 16), 16);	/* it serves again */
	assert_int_equal(memory_out, 0);
	arena_free(&a);
}

/* Memory too small to be of use is left alone. */
static void
test_lent_small(void **state)
{
	_Alignas(16) unsigned char memory[128];
	struct arena a;

	(void)state;
	for (size_t n = 0; n < sizeof(memory); n++) {
		memset(memory, 0xa5, sizeof(memory));
		arena_init_with(&a, BIG, memory + 1, n);
		assert_block(arena_alloc(&a, 16), 16);
		assert_block(arena_alloc(&a, 40), 40);
		arena_free(&a);
		for (size_t i = n + 1; i < sizeof(memory); i++)
			assert_int_equal(memory[i], 0xa5);
	}
	arena_init_with(&a, BIG, NULL, 0);
	assert_block(arena_alloc(&a, 16), 16);
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

static void
test_str(void **state)
{
	struct arena a;
	struct csn_str s;

	(void)state;
	arena_init(&a, BIG);
	s = arena_str(&a, STR("a\0b"));
	assert_int_equal(s.n, 3);
	assert_memory_equal(s.p, "a\0b", 4);
	s = arena_str(&a, str_of("abc", 2));
	assert_memory_equal(s.p, "ab", 3);
	s = arena_str(&a, str_of(NULL, 0));
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.p[0], 0);
	s = arena_printf(&a, "%s-%d", "x", 7);
	assert_str(s, "x-7");
	assert_int_equal(s.p[s.n], 0);
	s = arena_printf(&a, "%05000d", 1);
	assert_int_equal(s.n, 5000);
	arena_free(&a);

	/* no text at all: this is no character of the C locale */
	s = arena_printf(&a, "%ls", L"\x263a");
	assert_null(s.p);
	assert_int_equal(s.n, 0);
	assert_true(a.over);
	arena_free(&a);

	arena_init(&a, 16);
	s = arena_str(&a, STR("0123456789abcdef"));	/* 17 with the NUL */
	assert_null(s.p);
	assert_int_equal(s.n, 0);
	arena_free(&a);
	s = arena_printf(&a, "%016d", 1);
	assert_null(s.p);
	assert_int_equal(s.n, 0);
	arena_free(&a);
	assert_str(arena_str(&a, STR("0123456789abcde")), "0123456789abcde");
	arena_free(&a);
}

static void
test_deep(void **state)
{
	const struct csn_str v[] = {
		STR_INIT("a"), { NULL, 0 }, STR_INIT("c"),
	};
	const struct csn_pair w[] = { { STR_INIT("n"), STR_INIT("v") } };
	struct csn_strs strs = { NULL, 9 };
	struct csn_pairs pairs = { NULL, 9 };
	struct arena a;

	(void)state;
	arena_init(&a, BIG);
	assert_int_equal(arena_strs(&a, (struct csn_strs){ v, 3 }, &strs), 0);
	assert_int_equal(strs.n, 3);
	assert_str(strs.v[0], "a");
	assert_ptr_not_equal(strs.v[0].p, v[0].p);
	assert_non_null(strs.v[1].p);
	assert_str(strs.v[2], "c");
	assert_int_equal(arena_pairs(&a, (struct csn_pairs){ w, 1 }, &pairs),
	    0);
	assert_str(pairs_get(pairs, STR("n")), "v");
	assert_ptr_not_equal(pairs.v[0].name.p, w[0].name.p);
	assert_int_equal(arena_strs(&a, (struct csn_strs){ NULL, 0 }, &strs),
	    0);
	assert_int_equal(strs.n, 0);
	assert_int_equal(arena_pairs(&a, (struct csn_pairs){ NULL, 0 },
	    &pairs), 0);
	assert_int_equal(pairs.n, 0);
	arena_free(&a);
}

/* Whatever the budget, a copy is whole or not there. */
static void
test_deep_over(void **state)
{
	const struct csn_str v[] = { STR_INIT("a"), STR_INIT("b") };
	const struct csn_pair w[] = {
		{ STR_INIT("a"), STR_INIT("b") },
		{ STR_INIT("c"), STR_INIT("d") },
	};
	struct arena a;

	(void)state;
	for (size_t budget = 0; budget < 200; budget++) {
		struct csn_strs strs = { NULL, 9 };
		struct csn_pairs pairs = { NULL, 9 };
		int r;

		arena_init(&a, budget);
		r = arena_strs(&a, (struct csn_strs){ v, 2 }, &strs);
		assert_int_equal(strs.n, r == 0 ? 2 : 9);
		assert_int_equal(a.over, r != 0);
		arena_free(&a);
		r = arena_pairs(&a, (struct csn_pairs){ w, 2 }, &pairs);
		assert_int_equal(pairs.n, r == 0 ? 2 : 9);
		assert_int_equal(a.over, r != 0);
		arena_free(&a);
	}
	arena_init(&a, BIG);
	assert_int_equal(arena_strs(&a, (struct csn_strs){ v, SIZE_MAX / 4 },
	    &(struct csn_strs){ 0 }), -1);
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

static void
test_wiped(void **state)
{
	struct arena a;

	(void)state;
	memory_marked = 0;
	arena_init(&a, BIG);
	for (int i = 0; i < 2000; i++)
		assert_non_null(arena_str(&a, STR(MEMORY_MARK)).p);
	assert_non_null(arena_printf(&a, "%09000d" MEMORY_MARK, 1).p);
	arena_free(&a);
	assert_int_equal(memory_marked, 0);
	assert_int_equal(memory_out, 0);
}

static void
test_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, BIG);
	memory_left = 0;
	assert_null(arena_alloc(&a, 1));
	memory_left = -1;
	assert_true(a.over);
	assert_null(arena_alloc(&a, 1));
	arena_free(&a);
	memory_left = 1;
	assert_non_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, 9000));
	memory_left = -1;
	arena_free(&a);
	assert_int_equal(memory_out, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_lent),
		cmocka_unit_test(test_lent_small),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_deep_over),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
