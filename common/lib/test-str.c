/* SPDX-License-Identifier: Apache-2.0 */
/* test-str.c - each sentence of str.h */
#include "testing.h"

#include "str.h"

static const struct csn_str nothing = { NULL, 0 };

static void
test_equal(void **state)
{
	(void)state;
	assert_true(str_equal(STR("a\0b"), STR("a\0b")));
	assert_false(str_equal(STR("a\0b"), STR("a\0c")));
	assert_false(str_equal(STR("a"), STR("ab")));
	assert_true(str_equal(nothing, STR("")));
	assert_true(str_is(STR("x"), "x"));
	assert_true(str_is(STR(""), NULL));
	assert_false(str_is(STR("X"), "x"));
	assert_non_null(str_from(NULL).p);
	assert_int_equal(str_from(NULL).n, 0);
	assert_int_equal(STR("a\0b").n, 3);
}

static void
test_compare(void **state)
{
	static const struct { struct csn_str a, b; int want; } rows[] = {
		{ STR_INIT(""), STR_INIT(""), 0 },
		{ STR_INIT("a"), STR_INIT("a"), 0 },
		{ STR_INIT("a"), STR_INIT("b"), -1 },
		{ STR_INIT("a"), STR_INIT("aa"), -1 },
		{ STR_INIT("b"), STR_INIT("aa"), 1 },
		{ STR_INIT(""), STR_INIT("\0"), -1 },
		{ STR_INIT("\x7f"), STR_INIT("\x80"), -1 },
		{ STR_INIT("a\0a"), STR_INIT("a\0b"), -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(str_compare(rows[i].a, rows[i].b),
		    rows[i].want);
		assert_int_equal(str_compare(rows[i].b, rows[i].a),
		    -rows[i].want);
	}
	assert_int_equal(str_compare(nothing, STR("")), 0);
}

/* By bytes and by eights: every pair of bytes, at every place of a word. */
static void
test_equal_fold_bytes(void **state)
{
	char a[19], b[19];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'X', sizeof(b));
	for (unsigned i = 0; i < 256 * 256; i++) {
		unsigned x = i >> 8, y = i & 255, at = i % sizeof(a);
		bool same = x == y || ((x ^ y) == 0x20 &&
		    (x | 0x20) >= 'a' && (x | 0x20) <= 'z');

		for (size_t k = at % 8; k < sizeof(a); k += 8) {
			a[k] = (char)x;
			b[k] = (char)y;
			assert_int_equal(str_equal_fold(str_of(a, sizeof(a)),
			    str_of(b, sizeof(b))), same);
			a[k] = 'x';
			b[k] = 'X';
		}
	}
}

static void
test_equal_fold(void **state)
{
	(void)state;
	assert_true(str_equal_fold(STR("Host-Az"), STR("hOST-aZ")));
	assert_false(str_equal_fold(STR("a"), STR("ab")));
	/* neighbours of the letters, which differ by 0x20 too */
	assert_false(str_equal_fold(STR("@"), STR("`")));
	assert_false(str_equal_fold(STR("["), STR("{")));
	assert_false(str_equal_fold(STR("\xc3\x84"), STR("\xc3\xa4")));
	assert_true(str_equal_fold(nothing, STR("")));
}

static void
test_starts_ends(void **state)
{
	(void)state;
	assert_true(str_starts(STR("/a/b"), STR("/a")));
	assert_true(str_starts(STR("/a"), STR("")));
	assert_true(str_starts(nothing, nothing));
	assert_false(str_starts(STR("/"), STR("/a")));
	assert_false(str_starts(STR("/b"), STR("/a")));
	assert_false(str_ends(STR("b.example"), STR("a.example")));
	assert_true(str_ends(STR("a.example"), STR(".example")));
	assert_true(str_ends(STR("a"), STR("")));
	assert_true(str_ends(nothing, nothing));
	assert_false(str_ends(STR("example"), STR(".example")));
}

static void
test_index_find(void **state)
{
	(void)state;
	assert_int_equal(str_index(STR("abcb"), 'b'), 1);
	assert_int_equal(str_index(STR("a\0b"), '\0'), 1);
	/* the NUL behind the slice is not of it */
	assert_int_equal(str_index(STR("ab"), '\0'), -1);
	assert_int_equal(str_index(str_of("abc", 2), 'c'), -1);
	assert_int_equal(str_index(nothing, 'a'), -1);
	assert_int_equal(str_find(STR("ababc"), STR("abc")), 2);
	assert_int_equal(str_find(STR("ab"), STR("abc")), -1);
	assert_int_equal(str_find(str_of("abc", 2), STR("bc")), -1);
	assert_int_equal(str_find(STR("x"), STR("")), 0);
	assert_int_equal(str_find(nothing, nothing), 0);
	assert_int_equal(str_find(nothing, STR("a")), -1);
}

static void
test_from_at(void **state)
{
	(void)state;
	assert_str(str_from_at(STR("abc"), 0), "abc");
	assert_str(str_from_at(STR("abc"), 2), "c");
	assert_str(str_from_at(STR("abc"), 3), "");
	assert_str(str_from_at(STR("abc"), 4), "");
	assert_str(str_from_at(STR("abc"), SIZE_MAX), "");
	assert_non_null(str_from_at(STR("abc"), 9).p);
	assert_int_equal(str_from_at(nothing, 5).n, 0);
}

static void
test_cut(void **state)
{
	struct csn_str rest = STR("a,,b,"), head;

	(void)state;
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, "a");
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, "");
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, "b");
	assert_non_null(rest.p);
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, "");
	assert_null(rest.p);
	assert_false(str_cut(&rest, ',', &head));
	assert_str(head, "");
	assert_non_null(head.p);

	rest = STR("");
	assert_true(str_cut(&rest, ',', &head));
	assert_str(head, "");
	assert_false(str_cut(&rest, ',', &head));
}

static void
test_trim(void **state)
{
	(void)state;
	assert_str(str_trim(STR(" \ta b\t ")), "a b");
	assert_str(str_trim(STR(" \t ")), "");
	assert_str(str_trim(STR("\na\r")), "\na\r");
	assert_int_equal(str_trim(nothing).n, 0);
}

static void
test_u64(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "a", "1a",
		"18446744073709551616", "18446744073709551620",
		"99999999999999999999", "100000000000000000000",
		"184467440737095516150", "/", ":", "\xd9\xa1",
	};
	uint64_t v = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(str_u64(str_from(bad[i]), UINT64_MAX, &v),
		    -1);
	assert_int_equal(str_u64(STR("1\0"), UINT64_MAX, &v), -1);
	assert_int_equal(str_u64(nothing, UINT64_MAX, &v), -1);
	assert_int_equal(str_u64(STR("101"), 100, &v), -1);
	assert_int_equal(str_u64(STR("1"), 0, &v), -1);
	assert_true(v == 7);		/* set only on success */
	assert_int_equal(str_u64(STR("100"), 100, &v), 0);
	assert_true(v == 100);
	assert_int_equal(str_u64(STR("000"), 0, &v), 0);
	assert_true(v == 0);
	assert_int_equal(str_u64(STR("18446744073709551615"), UINT64_MAX, &v),
	    0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_u64(str_of("12x", 2), 99, &v), 0);
	assert_true(v == 12);
}

static void
test_hash(void **state)
{
	(void)state;
	/* the published vectors of 64-bit FNV-1a */
	assert_true(str_hash(STR(""), 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(str_hash(STR("a"), 0) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(str_hash(STR("foobar"), 0) ==
	    UINT64_C(0x85944171f73967e8));
	assert_true(str_hash(STR("a"), 1) != str_hash(STR("a"), 0));
}

/* At each place of texts of each length: found where it is, and only then. */
static void
test_printable(void **state)
{
	char text[40];

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		memset(text, 'a', sizeof(text));
		assert_true(str_printable(str_of(text, n), '%'));
		for (size_t at = 0; at < n; at++) {
			for (unsigned c = 0; c < 256; c++) {
				text[at] = (char)c;
				assert_int_equal(str_printable(str_of(text, n),
				    '%'), c >= 0x20 && c < 0x7f && c != '%');
			}
			text[at] = ' ';
		}
	}
}

static void
test_pairs(void **state)
{
	const struct csn_pair v[] = {
		{ STR_INIT("a"), STR_INIT("1") },
		{ STR_INIT("b"), { NULL, 0 } },
		{ STR_INIT("a"), STR_INIT("2") },
	};
	const struct csn_pairs pairs = { v, COUNT(v) };

	(void)state;
	assert_str(pairs_get(pairs, STR("a")), "1");
	assert_non_null(pairs_get(pairs, STR("b")).p);
	assert_int_equal(pairs_get(pairs, STR("b")).n, 0);
	assert_null(pairs_get(pairs, STR("A")).p);
	assert_null(pairs_get(pairs, STR("")).p);
	assert_null(pairs_get((struct csn_pairs){ NULL, 0 }, STR("a")).p);
}

static void
test_among(void **state)
{
	(void)state;
	assert_true(str_among(STR("a,bc"), ',', STR("a")));
	assert_true(str_among(STR("a,bc"), ',', STR("bc")));
	assert_false(str_among(STR("a,bc"), ',', STR("b")));
	assert_false(str_among(STR("a,bc"), ',', STR("a,bc")));
	assert_false(str_among(STR("a,bc"), ',', STR("A")));
	/* no empty word, whatever the list */
	assert_false(str_among(STR("a,,bc"), ',', STR("")));
	assert_false(str_among(STR(""), ',', STR("")));
	assert_false(str_among(str_of(NULL, 0), ',', STR("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_equal_fold),
		cmocka_unit_test(test_equal_fold_bytes),
		cmocka_unit_test(test_starts_ends),
		cmocka_unit_test(test_index_find),
		cmocka_unit_test(test_from_at),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_among),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_pairs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
