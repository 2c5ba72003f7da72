/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "lib/testing.h"
#include "reference.h"

static void
references_have_their_form(void **state)
{
	unsigned seen[256] = { 0 };
	char read[REFERENCE_LEN + 1];
	struct csn_str r;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (int i = 0; i < 3000; i++) {
		r = reference_new(&a);
		assert_int_equal(r.n, REFERENCE_LEN);
		for (size_t k = 0; k < r.n; k++)
			seen[(unsigned char)r.p[k]]++;
		assert_int_equal(r.p[4], '-');
		assert_int_equal(reference_read(r, read), 0);
		assert_string_equal(read, r.p);
	}
	for (int c = 0; c < 256; c++) {
		bool used = isdigit(c) || (isupper(c) &&
		    strchr("AEIOUL", c) == NULL);

		if (c == '-')
			assert_int_equal(seen[c], 3000);
		else if (used)		/* 800 expected, deviation 28 */
			assert_in_range(seen[c], 600, 1000);
		else
			assert_int_equal(seen[c], 0);
	}
	arena_free(&a);
}

static void
a_full_arena_gives_none(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(reference_new(&a).n, 0);
	arena_free(&a);
}

static const struct {
	const char *typed, *read;
} typed[] = {
	{ "7KQ4-M2XD", "7KQ4-M2XD" },
	{ "7kq4m2xd", "7KQ4-M2XD" },
	{ " 7kq4 m2xd ", "7KQ4-M2XD" },
	{ "7-K-Q-4-M-2-X-D", "7KQ4-M2XD" },
	{ "７ＫＱ４－Ｍ２ＸＤ", "7KQ4-M2XD" },
	{ "oil0-o1IL", "0110-0111" },
	{ "", NULL },
	{ "7KQ4", NULL },
	{ "7KQ4-M2X", NULL },
	{ "7KQ4-M2XDD", NULL },
	{ "7KQ4-M2XA", NULL },
	{ "7KQ4-M2X\"", NULL },
	{ "7KQ4_M2XD", NULL },
	{ "7KQ4-M2X\n", NULL },
	{ "                              "
	    "                              7KQ4M2XD", NULL },
};

static void
typed_references_are_read(void **state)
{
	char got[REFERENCE_LEN + 1] = "untouched";

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++) {
		memcpy(got, "untouched", sizeof(got));
		if (reference_read(str_from(typed[i].typed), got) !=
		    (typed[i].read == NULL ? -1 : 0))
			fail_msg("\"%s\"", typed[i].typed);
		assert_string_equal(got, typed[i].read == NULL ? "untouched" :
		    typed[i].read);
	}
	assert_int_equal(reference_read(str_of("7KQ4-M2X\0", 9), got), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_have_their_form),
		cmocka_unit_test(a_full_arena_gives_none),
		cmocka_unit_test(typed_references_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
