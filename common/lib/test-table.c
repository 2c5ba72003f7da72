/* SPDX-License-Identifier: Apache-2.0 */
/* test-table.c - each sentence of table.h, and the hash below it */
#include "testing.h"

#include <stdio.h>

#include "siphash.h"
#include "table.h"

#define MANY	5000u

static char *
key_of(unsigned i, char out[16])
{
	(void)snprintf(out, 16, "key-%u", i);
	return out;
}

static void *
value_of(unsigned i)
{
	return (void *)(uintptr_t)(i + 1);
}

/* The vectors of the paper's reference code: key 00..0f, message 00.. */
static void
test_siphash(void **state)
{
	static const uint64_t key[2] = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908),
	};
	static const struct { size_t n; uint64_t want; } rows[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) },
		{ 63, UINT64_C(0x958a324ceb064572) },
	};
	char message[64];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (char)i;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(siphash(str_of(message, rows[i].n), key) ==
		    rows[i].want);
	assert_true(siphash(str_of(NULL, 0), key) == rows[0].want);
}

static void
test_set_get(void **state)
{
	struct table *t = table_new();
	char key[16];
	void *old = value_of(9);

	(void)state;
	assert_non_null(t);
	assert_int_equal(table_count(t), 0);
	assert_null(table_get(t, STR("a")));
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(table_set(t, str_from(key_of(i, key)),
		    value_of(i), &old), 0);
		assert_null(old);
		memset(key, 'x', sizeof(key));	/* the key was copied */
	}
	assert_int_equal(table_count(t), MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(table_get(t, str_from(key_of(i, key))),
		    value_of(i));
	assert_null(table_get(t, STR("key-")));
	assert_null(table_get(t, STR("")));
	assert_int_equal(table_set(t, STR("key-7"), value_of(70), &old), 0);
	assert_ptr_equal(old, value_of(7));
	assert_int_equal(table_set(t, STR("key-7"), value_of(71), NULL), 0);
	assert_ptr_equal(table_get(t, STR("key-7")), value_of(71));
	assert_int_equal(table_count(t), MANY);
	table_free(t, NULL);
	table_free(NULL, NULL);
	assert_int_equal(memory_out, 0);
}

static void
test_keys_are_bytes(void **state)
{
	struct table *t = table_new();

	(void)state;
	assert_int_equal(table_set(t, STR(""), value_of(1), NULL), 0);
	assert_int_equal(table_set(t, STR("\0"), value_of(2), NULL), 0);
	assert_int_equal(table_set(t, STR("\0\0"), value_of(3), NULL), 0);
	assert_int_equal(table_set(t, STR("a"), value_of(4), NULL), 0);
	assert_int_equal(table_set(t, STR("a\0"), value_of(5), NULL), 0);
	assert_int_equal(table_count(t), 5);
	assert_ptr_equal(table_get(t, str_of(NULL, 0)), value_of(1));
	assert_ptr_equal(table_get(t, STR("\0")), value_of(2));
	assert_ptr_equal(table_get(t, STR("a\0")), value_of(5));
	assert_ptr_equal(table_remove(t, STR("")), value_of(1));
	assert_null(table_get(t, STR("")));
	table_free(t, NULL);
	assert_int_equal(memory_out, 0);
}

static void
test_remove(void **state)
{
	struct table *t = table_new();
	char key[16];

	(void)state;
	assert_null(table_remove(t, STR("a")));
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(table_set(t, str_from(key_of(i, key)),
		    value_of(i), NULL), 0);
	for (unsigned i = 0; i < MANY; i += 2)
		assert_ptr_equal(table_remove(t, str_from(key_of(i, key))),
		    value_of(i));
	assert_int_equal(table_count(t), MANY / 2);
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(table_get(t, str_from(key_of(i, key))),
		    i % 2 == 0 ? NULL : value_of(i));
	assert_null(table_remove(t, STR("key-0")));
	assert_int_equal(table_set(t, STR("key-0"), value_of(5), NULL), 0);
	assert_ptr_equal(table_get(t, STR("key-0")), value_of(5));
	table_free(t, NULL);
	assert_int_equal(memory_out, 0);
}

/* Coming and going for long: neither full, nor ever larger. */
static void
test_churn(void **state)
{
	struct table *t = table_new();
	int most = 0;
	char key[16];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(table_set(t, str_from(key_of(i, key)),
		    value_of(i), NULL), 0);
		if (i >= 10)
			assert_ptr_equal(table_remove(t,
			    str_from(key_of(i - 10, key))), value_of(i - 10));
		if (memory_out > most)
			most = memory_out;
	}
	assert_int_equal(table_count(t), 10);
	assert_in_range(most, 12, 15);
	table_free(t, NULL);
	assert_int_equal(memory_out, 0);
}

/* Walking sees each key once, also when it removes what it was given. */
static void
test_next(void **state)
{
	struct table *t = table_new();
	static unsigned seen[MANY];
	struct csn_str k;
	size_t at = 0, n = 0;
	void *value;
	char key[16];

	(void)state;
	assert_false(table_next(t, &at, &k, &value));
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(table_set(t, str_from(key_of(i, key)),
		    value_of(i), NULL), 0);
	for (at = 0; table_next(t, &at, &k, &value); n++) {
		unsigned i = (unsigned)(uintptr_t)value - 1;

		assert_str(k, key_of(i, key));
		seen[i]++;
		if (i % 3 != 0)
			assert_ptr_equal(table_remove(t, k), value);
	}
	assert_int_equal(n, MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(table_count(t), (MANY + 2) / 3);
	for (at = 0, n = 0; table_next(t, &at, &k, &value); n++)
		assert_int_equal(((uintptr_t)value - 1) % 3, 0);
	assert_int_equal(n, (MANY + 2) / 3);
	assert_false(table_next(t, &at, &k, &value));
	table_free(t, NULL);
	assert_int_equal(memory_out, 0);
}

static int freed;

static void
value_free(void *value)
{
	freed++;
	free(value);
}

static void
test_free_value(void **state)
{
	struct table *t = table_new();

	(void)state;
	freed = 0;
	assert_int_equal(table_set(t, STR("a"), malloc(1), NULL), 0);
	assert_int_equal(table_set(t, STR("b"), malloc(1), NULL), 0);
	free(table_remove(t, STR("b")));
	table_free(t, value_free);
	assert_int_equal(freed, 1);
	assert_int_equal(memory_out, 0);
}

/* Two tables lay the same keys out differently: the seed is random. */
static void
test_seeded(void **state)
{
	struct table *a = table_new(), *b = table_new();
	size_t i = 0, j = 0, same = 0;
	struct csn_str p, q;
	void *value;
	char key[16];

	(void)state;
	for (unsigned k = 0; k < 300; k++) {
		key_of(k, key);
		assert_int_equal(table_set(a, str_from(key), a, NULL), 0);
		assert_int_equal(table_set(b, str_from(key), b, NULL), 0);
	}
	while (table_next(a, &i, &p, &value) && table_next(b, &j, &q, &value))
		same += str_equal(p, q);
	assert_in_range(same, 0, 30);
	table_free(a, NULL);
	table_free(b, NULL);
	assert_int_equal(memory_out, 0);
}

/* Wherever memory is refused, the table is as it was. */
static void
test_refused(void **state)
{
	struct table *t;
	void *old = value_of(3);
	unsigned added = 200;
	char key[16];

	(void)state;
	for (int left = 0; left < 2; left++) {
		memory_left = left;
		assert_null(table_new());
		memory_left = -1;
		assert_int_equal(memory_out, 0);
	}
	t = table_new();
	for (unsigned i = 0; i < 200; i++) {
		struct csn_str k = str_from(key_of(i, key));

		for (int left = 2; left >= 0; left--) {
			memory_left = left;
			if (table_set(t, k, value_of(i), &old) == 0)
				assert_ptr_equal(table_remove(t, k),
				    value_of(i));
			else
				assert_ptr_equal(old, value_of(3));
			memory_left = -1;
			assert_int_equal(table_count(t), i);
			assert_null(table_get(t, k));
			old = value_of(3);
		}
		assert_int_equal(table_set(t, k, value_of(i), NULL), 0);
	}
	/* a table that cannot grow takes no more, and never fills up */
	memory_no_calloc = true;
	for (unsigned i = 200; i < 2000; i++)
		added += table_set(t, str_from(key_of(i, key)), t, NULL) == 0;
	memory_no_calloc = false;
	assert_int_equal(table_count(t), added);
	assert_in_range(added, 200, 512 / 4 * 3);
	assert_null(table_get(t, STR("absent")));
	/* a value is replaced without memory */
	memory_left = 0;
	assert_int_equal(table_set(t, STR("key-1"), value_of(8), &old), 0);
	memory_left = -1;
	assert_ptr_equal(old, value_of(1));
	for (unsigned i = 2; i < 200; i++)
		assert_ptr_equal(table_get(t, str_from(key_of(i, key))),
		    value_of(i));
	table_free(t, NULL);
	assert_int_equal(memory_out, 0);
}

static void
test_wiped(void **state)
{
	struct table *t = table_new();

	(void)state;
	memory_marked = 0;
	assert_int_equal(table_set(t, STR(MEMORY_MARK), t, NULL), 0);
	assert_int_equal(table_set(t, STR("2" MEMORY_MARK), t, NULL), 0);
	assert_ptr_equal(table_remove(t, STR(MEMORY_MARK)), t);
	table_free(t, NULL);
	assert_int_equal(memory_marked, 0);
	assert_int_equal(memory_out, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_set_get),
		cmocka_unit_test(test_keys_are_bytes),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_free_value),
		cmocka_unit_test(test_seeded),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wiped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
