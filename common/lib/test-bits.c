/* SPDX-License-Identifier: Apache-2.0 */
/* test-bits.c - each sentence of bits.h, at the edges of its words */
#include "testing.h"

#include "bits.h"

static const size_t edges[] = { 0, 1, 62, 63, 64, 65, 127, 128,
	BITS_MAX - 65, BITS_MAX - 64, BITS_MAX - 1 };

static void
one_number_is_in_it_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(edges); i++) {
		struct bits b = { { 0 } };

		bits_add(&b, edges[i]);
		assert_true(bits_any(&b) && bits_count(&b) == 1);
		for (size_t k = 0; k < BITS_MAX; k++)
			assert_int_equal(bits_has(&b, k), k == edges[i]);
		assert_int_equal(bits_next(&b, 0), edges[i]);
		assert_int_equal(bits_next(&b, (int)edges[i]), edges[i]);
		assert_int_equal(bits_next(&b, (int)edges[i] + 1), -1);
		bits_remove(&b, edges[i]);
		assert_false(bits_any(&b));
		assert_int_equal(bits_next(&b, 0), -1);
	}
}

static void
numbers_beyond_its_size_are_not_in_it(void **state)
{
	struct bits all, b = { { 0 } };

	(void)state;
	memset(&all, 0xff, sizeof(all));
	assert_int_equal(bits_count(&all), BITS_MAX);
	assert_false(bits_has(&all, BITS_MAX) || bits_has(&all, SIZE_MAX));
	bits_add(&b, BITS_MAX);
	bits_add(&b, SIZE_MAX);
	assert_false(bits_any(&b));
	bits_remove(&all, BITS_MAX);
	assert_int_equal(bits_count(&all), BITS_MAX);
	assert_int_equal(bits_next(&all, BITS_MAX), -1);
	assert_int_equal(bits_next(&all, -1), -1);
	assert_int_equal(bits_next(&all, BITS_MAX - 1), BITS_MAX - 1);
}

static void
walked_in_order(void **state)
{
	struct bits b = { { 0 } };
	size_t n = 0;

	(void)state;
	for (size_t i = COUNT(edges); i-- > 0;)
		bits_add(&b, edges[i]);
	for (int i = bits_next(&b, 0); i >= 0; i = bits_next(&b, i + 1))
		assert_int_equal(i, edges[n++]);
	assert_int_equal(n, COUNT(edges));
}

/* Two sets of every pair of edges. */
static void
two_sets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(edges) * COUNT(edges); i++) {
		size_t x = edges[i % COUNT(edges)], y = edges[i / COUNT(edges)];
		struct bits a = { { 0 } }, b = { { 0 } }, both;

		bits_add(&a, x);
		bits_add(&b, y);
		assert_int_equal(bits_meet(&a, &b), x == y);
		assert_int_equal(bits_within(&a, &b), x == y);
		both = a;
		bits_join(&both, &b);
		assert_int_equal(bits_count(&both), x == y ? 1 : 2);
		assert_true(bits_within(&a, &both) && bits_within(&b, &both));
		assert_int_equal(bits_within(&both, &a), x == y);
		bits_keep(&both, &b);
		assert_true(bits_count(&both) == 1 && bits_has(&both, y));
		bits_join(&both, &a);
		bits_drop(&both, &b);
		assert_int_equal(bits_count(&both), x == y ? 0 : 1);
		assert_int_equal(bits_has(&both, x), x != y);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_number_is_in_it_and_no_other),
		cmocka_unit_test(numbers_beyond_its_size_are_not_in_it),
		cmocka_unit_test(walked_in_order),
		cmocka_unit_test(two_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
