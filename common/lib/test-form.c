/* SPDX-License-Identifier: Apache-2.0 */
/* test-form.c - percent encoding and forms */
#include "testing.h"

#include <stdio.h>

#include "url.h"

static void
test_escape(void **state)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~";
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (int c = 0; c < 256; c++) {
		char byte = (char)c, want[4] = { byte, 0 };

		if (c == 0 || strchr(plain, c) == NULL)
			(void)snprintf(want, sizeof(want), "%%%02X",
			    (unsigned)c);
		url_escape(&b, str_of(&byte, 1));
		assert_str(buf_str(&b), want);
		buf_clear(&b);
	}
	url_escape(&b, STR("a b/\xc3\xa4+~"));
	assert_str(buf_str(&b), "a%20b%2F%C3%A4%2B~");
	buf_clear(&b);
	url_escape(&b, str_of(NULL, 0));
	assert_str(buf_str(&b), "");
	buf_free(&b);
}

static void
test_unescape(void **state)
{
	static const struct csn_str refused[] = {
		STR_INIT("%"), STR_INIT("a%"), STR_INIT("%4"),
		STR_INIT("a%4"), STR_INIT("%4g"), STR_INIT("%g4"),
		STR_INIT("%%41"), STR_INIT("%u0041"), STR_INIT("% 41"),
		STR_INIT("%4\0"), STR_INIT("ok%zz"), STR_INIT("%-1"),
		STR_INIT("%0x41"),
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_puts(&b, "<");
	assert_int_equal(url_unescape(&b, STR("a+%2b%2B%41%25%34%31")), 0);
	assert_str(buf_str(&b), "<a+++A%41");	/* once, not twice */
	buf_cut(&b, 1);
	assert_int_equal(url_unescape(&b, STR("%00%ff")), 0);
	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "<\0\xff", 4);
	buf_cut(&b, 1);
	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_int_equal(url_unescape(&b, refused[i]), -1);
		assert_str(buf_str(&b), "<");
	}
	/* the escape would end behind the slice */
	assert_int_equal(url_unescape(&b, str_of("%41", 2)), -1);
	assert_int_equal(url_unescape(&b, str_of(NULL, 0)), 0);
	assert_str(buf_str(&b), "<");
	buf_free(&b);

	/* what is decoded must fit, not what was written */
	buf_init(&b, 2);
	assert_int_equal(url_unescape(&b, STR("%41%42")), 0);
	assert_str(buf_str(&b), "AB");
	assert_int_equal(url_unescape(&b, STR("a")), -1);
	assert_true(buf_failed(&b));
	buf_free(&b);
}

static void
test_parse(void **state)
{
	struct csn_pairs pairs;
	struct arena a;

	(void)state;
	arena_init(&a, 65536);
	assert_int_equal(form_parse(&a,
	    STR("b=1+2&a=%C3%A4%3d%26&c&d=&e==x&%66=%2B&B=1"), 7, &pairs), 0);
	assert_int_equal(pairs.n, 7);
	assert_str(pairs.v[0].name, "b");	/* in the order written */
	assert_str(pairs.v[0].value, "1 2");
	assert_str(pairs_get(pairs, STR("a")), "\xc3\xa4=&");
	assert_str(pairs_get(pairs, STR("c")), "");
	assert_non_null(pairs_get(pairs, STR("c")).p);
	assert_non_null(pairs_get(pairs, STR("d")).p);
	assert_str(pairs_get(pairs, STR("e")), "=x");
	assert_str(pairs_get(pairs, STR("f")), "+");
	assert_str(pairs_get(pairs, STR("B")), "1");
	assert_int_equal(pairs.v[0].value.p[pairs.v[0].value.n], 0);
	assert_int_equal(form_parse(&a, STR(""), 0, &pairs), 0);
	assert_int_equal(pairs.n, 0);
	assert_int_equal(form_parse(&a, str_of(NULL, 0), 0, &pairs), 0);
	assert_int_equal(form_parse(&a, STR("a=1&b"), 2, &pairs), 0);
	/* each ends in a NUL, whatever its length */
	assert_int_equal(form_parse(&a,
	    STR("0123456789abcdef=0123456789abcdef&b=x"), 2, &pairs), 0);
	assert_string_equal(pairs.v[0].name.p, "0123456789abcdef");
	assert_string_equal(pairs.v[0].value.p, "0123456789abcdef");
	/* a well-formed value may hold a line's end; it is judged elsewhere */
	assert_int_equal(form_parse(&a, STR("a=%0d%0a"), 1, &pairs), 0);
	assert_str(pairs_get(pairs, STR("a")), "\r\n");
	arena_free(&a);
}

static void
test_parse_refused(void **state)
{
	static const struct csn_str refused[] = {
		STR_INIT("a=1&a=2"), STR_INIT("a&a"), STR_INIT("a=&%61="),
		STR_INIT("a+b=1&a%20b=2"), STR_INIT("a=1&b=2&a=1"),
		STR_INIT("=1"), STR_INIT("="), STR_INIT("&"),
		STR_INIT("a=1&"), STR_INIT("&a=1"), STR_INIT("a=1&&b=2"),
		STR_INIT("a=1&=2"), STR_INIT("a=%"), STR_INIT("a=%4"),
		STR_INIT("a=%zz"), STR_INIT("%=1"), STR_INIT("a=1%"),
		STR_INIT("a=%00"), STR_INIT("%00=1"), STR_INIT("a=b\0"),
		STR_INIT("a\0=1"), STR_INIT("a=%80"), STR_INIT("a=\x80"),
		STR_INIT("a=%c3"), STR_INIT("%c3=%a4"), STR_INIT("a=%c0%80"),
		STR_INIT("a=%ed%a0%80"), STR_INIT("a=%f4%90%80%80"),
		STR_INIT("a=%u0041"), STR_INIT("a=1&b=2&c=3&d=4&e=5"),
	};
	struct csn_pairs pairs = { NULL, 9 };
	struct arena a;

	(void)state;
	arena_init(&a, 65536);
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (form_parse(&a, refused[i], 4, &pairs) != -1)
			fail_msg("accepted %.*s", STR_FMT(refused[i]));
		assert_int_equal(pairs.n, 9);
	}
	assert_false(a.over);
	arena_free(&a);
}

/* Whatever the budget: all pairs or none. And a flood of & costs nothing. */
static void
test_parse_budget(void **state)
{
	struct csn_pairs pairs;
	static char flood[100000];
	struct arena a;

	(void)state;
	for (size_t budget = 0; budget < 300; budget++) {
		arena_init(&a, budget);
		pairs.n = 9;
		if (form_parse(&a, STR("a=1&b=2&c"), 3, &pairs) == 0)
			assert_int_equal(pairs.n, 3);
		else
			assert_int_equal(pairs.n, 9);
		assert_int_equal(a.over, pairs.n == 9);
		arena_free(&a);
	}
	memset(flood, '&', sizeof(flood));
	arena_init(&a, 65536);
	assert_int_equal(form_parse(&a, str_of(flood, sizeof(flood)), 100,
	    &pairs), -1);
	assert_int_equal(a.used, 0);
	assert_int_equal(form_parse(&a, str_of(flood, sizeof(flood)),
	    SIZE_MAX, &pairs), -1);
	arena_free(&a);
	arena_init(&a, 4096);
	memset(flood, 'a', sizeof(flood));
	assert_int_equal(form_parse(&a, str_of(flood, sizeof(flood)), 1,
	    &pairs), -1);
	assert_true(a.over);
	arena_free(&a);
}

static void
test_add(void **state)
{
	struct csn_pairs pairs;
	struct arena a;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	form_add(&b, STR("a b"), STR("1&2=3"));
	assert_str(buf_str(&b), "a%20b=1%262%3D3");
	form_add(&b, STR("c"), STR(""));
	assert_str(buf_str(&b), "a%20b=1%262%3D3&c=");
	arena_init(&a, 4096);
	assert_int_equal(form_parse(&a, buf_str(&b), 9, &pairs), 0);
	assert_str(pairs_get(pairs, STR("a b")), "1&2=3");
	arena_free(&a);
	buf_clear(&b);
	buf_puts(&b, "https://a/?");
	form_add(&b, STR("x"), STR("y"));
	form_add(&b, STR("z"), STR("?"));
	assert_str(buf_str(&b), "https://a/?x=y&z=%3F");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_parse_budget),
		cmocka_unit_test(test_add),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
