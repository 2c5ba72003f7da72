/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-vals.c - values of another size than ours, lists and their limits
 */
#include "testing.h"
#include "vals.h"

#define N	3

/* As a host of a later minor has them. */
struct longer {
	struct csn_val val;
	uint64_t more[2];
};

static struct longer v[N];
static struct csn_conf conf;

static int
set_up(void **state)
{
	static const char *const key[N] = { "one", "two", "three" };
	static const char *const text[N] = { "eins", "zwei", "drei" };

	(void)state;
	memset(v, 0xff, sizeof(v));
	for (size_t i = 0; i < N; i++) {
		v[i].val = (struct csn_val){ .opt = (uint32_t)i };
		v[i].val.key = str_from(key[i]);
		v[i].val.text = str_from(text[i]);
	}
	conf = (struct csn_conf){ .v = &v[0].val, .n = N,
	    .val_size = sizeof(v[0]) };
	return 0;
}

static void
test_longer_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(vals_at(&conf, i)->opt, i);
		assert_ptr_equal(vals_at(&conf, i), &v[i].val);
	}
}

static void
test_lists(void **state)
{
	struct csn_strs list = { NULL, 0 };
	struct csn_pairs map = { NULL, 0 };
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	for (size_t i = 0; i < N; i++) {
		vals_add(&conf, &a, &list, vals_at(&conf, i)->text);
		vals_add_pair(&conf, &a, &map, vals_at(&conf, i));
	}
	assert_int_equal(list.n, N);
	assert_int_equal(map.n, N);
	assert_true(str_is(list.v[2], "drei"));
	assert_ptr_not_equal(list.v[2].p, v[2].val.text.p);
	assert_true(str_is(map.v[0].name, "one"));
	assert_true(str_is(map.v[0].value, "eins"));
	assert_false(a.over);
	arena_free(&a);
}

static void
test_no_memory(void **state)
{
	struct csn_strs list = { NULL, 0 };
	struct csn_pairs map = { NULL, 0 };
	struct arena a;

	(void)state;
	arena_init(&a, 1);
	vals_add(&conf, &a, &list, STR("x"));
	vals_add_pair(&conf, &a, &map, vals_at(&conf, 0));
	assert_int_equal(list.n, 0);
	assert_int_equal(map.n, 0);
	assert_true(a.over);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longer_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("vals", tests, set_up, NULL);
}
