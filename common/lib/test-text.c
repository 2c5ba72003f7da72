/* SPDX-License-Identifier: Apache-2.0 */
/* test-text.c - each sentence of text.h */
#include "testing.h"

#include "text.h"

/* One character as UTF-8, without the judgement of text_put(). */
static struct csn_str
raw_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return str_of(out, 1);
	}
	out[0] = (char)(0xc0 | c >> 6);
	out[1] = (char)(0x80 | (c & 63));
	if (c < 0x800)
		return str_of(out, 2);
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 63));
	out[2] = (char)(0x80 | (c & 63));
	if (c < 0x10000)
		return str_of(out, 3);
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return str_of(out, 4);
}

/* The list in the header, written out once more. */
static bool
refused_by_header(uint32_t c)
{
	return c < 0x20 || c == 0x7f || (c >= 0x80 && c <= 0x9f) ||
	    c == 0x2028 || c == 0x2029 || c == 0x061c || c == 0x200e ||
	    c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}

/* All characters there are, and all there are not. */
static void
test_all_characters(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (uint32_t c = 0; c < 0x112000; c++) {
		char out[4];
		struct csn_str s = raw_utf8(c, out);
		bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
		size_t at = 0;

		assert_true(text_utf8(s) == good);
		assert_true(text_plain(s) == (good && !refused_by_header(c)));
		assert_true(text_next(s, &at) == (good ? c : 0xfffd));
		assert_true(at == (good ? s.n : 1));
		text_put(&b, c);
		if (!str_equal(buf_str(&b), good ? s : STR("\xef\xbf\xbd")))
			fail_msg("text_put: U+%04X", (unsigned)c);
		buf_clear(&b);
	}
	text_put(&b, UINT32_MAX);
	assert_str(buf_str(&b), "\xef\xbf\xbd");
	buf_free(&b);
}

/* Every pair of bytes; then the ways to be malformed. */
static void
test_malformed(void **state)
{
	static const struct csn_str bad[] = {
		STR_INIT("\x80"), STR_INIT("\xbf"), STR_INIT("\xc0\x80"),
		STR_INIT("\xc1\xbf"), STR_INIT("\xc3"), STR_INIT("a\xc3"),
		STR_INIT("\xc3("), STR_INIT("\xe0\x80\x80"),
		STR_INIT("\xe0\x9f\xbf"), STR_INIT("\xe2\x82"),
		STR_INIT("\xe2(\xa1"), STR_INIT("\xe2\x82("),
		STR_INIT("\xed\xa0\x80"), STR_INIT("\xed\xbf\xbf"),
		STR_INIT("\xf0\x80\x80\x80"), STR_INIT("\xf0\x8f\xbf\xbf"),
		STR_INIT("\xf0\x9f\x92"), STR_INIT("\xf0\x9f"),
		STR_INIT("\xf4\x90\x80\x80"), STR_INIT("\xf5\x80\x80\x80"),
		STR_INIT("\xf8\x88\x80\x80\x80"), STR_INIT("\xfe"),
		STR_INIT("\xff"), STR_INIT("ok\xf0\x9f\x92\xa9\x80"),
		STR_INIT("\xed\xa0\xbd\xed\xb2\xa9"),
	};

	(void)state;
	for (int i = 0; i < 0x10000; i++) {
		char two[] = { (char)(i >> 8), (char)i };
		int a = i >> 8, b = i & 0xff;

		assert_true(text_utf8(str_of(two, 2)) ==
		    ((a < 0x80 && b < 0x80) ||
		    (a >= 0xc2 && a < 0xe0 && b >= 0x80 && b < 0xc0)));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(text_utf8(bad[i]));
		assert_false(text_plain(bad[i]));
	}
	/* the rest of the character lies behind the slice */
	assert_false(text_utf8(str_of("\xc3\xa4", 1)));
	assert_false(text_utf8(str_of("\xf0\x9f\x92\xa9", 3)));
	assert_true(text_utf8(STR("")));
	assert_true(text_utf8(str_of(NULL, 0)));
	assert_true(text_plain(str_of(NULL, 0)));
	assert_true(text_plain(STR("z\xc3\xbcrich \xf0\x9f\x92\xa9")));
	assert_true(text_utf8(STR("a\0b\n")));
	assert_false(text_plain(STR("a\0b")));
	assert_false(text_plain(STR("a\nb")));
}

/* Each byte at each place of a longer text is judged as it is alone. */
static void
test_places(void **state)
{
	char text[] = "0123 ~~~~ abc \"&<xyz";
	size_t n = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < 256; c++) {
			char was = text[i], one = (char)c;

			text[i] = one;
			assert_true(text_utf8(str_of(text, n)) ==
			    text_utf8(str_of(&one, 1)));
			assert_true(text_plain(str_of(text, n)) ==
			    text_plain(str_of(&one, 1)));
			text[i] = was;
		}
}

static void
test_next(void **state)
{
	struct csn_str s = STR("a\xc3\xc3\xa4\xe2\x82");
	size_t at = 0;

	(void)state;
	assert_int_equal(text_next(s, &at), 'a');
	assert_int_equal(text_next(s, &at), 0xfffd);
	assert_int_equal(at, 2);
	assert_int_equal(text_next(s, &at), 0xe4);
	assert_int_equal(text_next(s, &at), 0xfffd);
	assert_int_equal(text_next(s, &at), 0xfffd);
	assert_int_equal(at, 6);
	assert_int_equal(text_next(s, &at), 0);
	assert_int_equal(at, 6);
	at = SIZE_MAX;
	assert_int_equal(text_next(s, &at), 0);
}

static void
test_escape(void **state)
{
	static const struct { struct csn_str in; size_t max; const char *want; }
	rows[] = {
		{ STR_INIT(""), 10, "" },
		{ STR_INIT("plain \xc3\xa4"), 99, "plain \xc3\xa4" },
		{ STR_INIT("a\\b"), 99, "a\\\\b" },
		{ STR_INIT("a\r\nb\0\x7f\x1b[0m"), 99,
		    "a\\x0d\\x0ab\\x00\\x7f\\x1b[0m" },
		{ STR_INIT("\xc2\x85"), 99, "\\xc2\\x85" },
		{ STR_INIT("\xe2\x80\xae" "x"), 99, "\\xe2\\x80\\xaex" },
		{ STR_INIT("\xe2\x80\xa8"), 99, "\\xe2\\x80\\xa8" },
		{ STR_INIT("\xff\xc3(\xed\xa0\x80"), 99,
		    "\\xff\\xc3(\\xed\\xa0\\x80" },
		{ STR_INIT("0123456789"), 10, "0123456789" },
		{ STR_INIT("0123456789a"), 10, "0123456..." },
		/* characters and escapes are never cut in two */
		{ STR_INIT("\xc3\xa4\xc3\xa4\xc3\xa4"), 6,
		    "\xc3\xa4\xc3\xa4\xc3\xa4" },
		{ STR_INIT("\xc3\xa4\xc3\xa4\xc3\xa4"), 5, "\xc3\xa4..." },
		{ STR_INIT("\xc3\xa4\xc3\xa4\xc3\xa4"), 4, "..." },
		{ STR_INIT("\n\n"), 8, "\\x0a\\x0a" },
		{ STR_INIT("\n\n"), 7, "\\x0a..." },
		{ STR_INIT("\n\n"), 6, "..." },
		{ STR_INIT("\\\\"), 4, "\\\\\\\\" },
		{ STR_INIT("ab\\"), 3, "..." },
		{ STR_INIT("abc"), 3, "abc" },
		{ STR_INIT("abcd"), 3, "..." },
		{ STR_INIT("abcd"), 2, ".." },
		{ STR_INIT("ab"), 2, "ab" },
		{ STR_INIT("abcd"), 0, "" },
		{ STR_INIT("abcd"), SIZE_MAX, "abcd" },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_init(&b, 0);
		buf_puts(&b, "<");
		text_escape(&b, rows[i].in, rows[i].max);
		assert_str(str_from_at(buf_str(&b), 1), rows[i].want);
		buf_free(&b);
	}
}

/* Whatever the length: within max, plain, and whole units. */
static void
test_escape_cut(void **state)
{
	struct csn_str s =
	    STR("a\\b\n\xc3\xa4\xe2\x80\xae\xff\xf0\x9f\x92\xa9");
	struct buf whole, b;

	(void)state;
	buf_init(&whole, 0);
	text_escape(&whole, s, SIZE_MAX);
	for (size_t max = 0; max <= whole.n; max++) {
		struct csn_str got;

		/* exactly as much room as is promised to suffice */
		buf_init(&b, max);
		text_escape(&b, s, max);
		assert_false(buf_failed(&b));
		got = buf_str(&b);
		assert_true(got.n <= max);
		assert_true(text_plain(got));
		if (max == whole.n) {
			assert_true(str_equal(got, buf_str(&whole)));
		} else if (max >= 3) {
			assert_true(str_ends(got, STR("...")));
			assert_true(str_starts(buf_str(&whole),
			    str_of(got.p, got.n - 3)));
		}
		buf_free(&b);
	}
	buf_free(&whole);
	/* a buffer that fails ends it */
	buf_init(&b, 3);
	text_escape(&b, STR("abcdef"), 100);
	assert_true(buf_failed(&b));
	buf_free(&b);
}

static void
test_json(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	text_json(&b, STR("a\"b\\c/\n\r\t\0\x1f\x7f<\xc3\xa4"
	    "\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xff\xf0\x9f\x92\xa9"));
	assert_str(buf_str(&b), "\"a\\\"b\\\\c/\\n\\r\\t\\u0000\\u001f\\u007f<"
	    "\xc3\xa4\\u0085\\u2028\\u202e\xef\xbf\xbd\xf0\x9f\x92\xa9\"");
	buf_clear(&b);
	text_json(&b, str_of(NULL, 0));
	assert_str(buf_str(&b), "\"\"");
	buf_clear(&b);
	text_json(&b, STR("plain"));
	assert_str(buf_str(&b), "\"plain\"");
	buf_free(&b);
}

static void
test_html(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	text_html(&b, STR("<a href=\"x\" b='y'>&amp;\xc3\xa4\xc3<"));
	assert_str(buf_str(&b), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;"
	    "&amp;amp;\xc3\xa4\xef\xbf\xbd&lt;");
	buf_clear(&b);
	text_html(&b, str_of(NULL, 0));
	assert_str(buf_str(&b), "");
	buf_free(&b);
}

/* Each byte at each place of texts of many lengths: as its parts are. */
static void
test_html_places(void **state)
{
	char text[56];
	struct buf whole, parts;

	(void)state;
	buf_init(&whole, 0);
	buf_init(&parts, 0);
	memset(text, 'a', sizeof(text));
	for (size_t run = 0; run < 256 * sizeof(text); run++) {
		size_t at = run / 256, n = at + 1 + run % (sizeof(text) - at);

		text[at] = (char)(run % 256);
		buf_clear(&whole);
		buf_clear(&parts);
		text_html(&whole, str_of(text, n));
		for (size_t i = 0; i < n; i++)
			text_html(&parts, str_of(text + i, 1));
		assert_true(str_equal(buf_str(&whole), buf_str(&parts)));
		text[at] = 'a';
	}
	buf_free(&whole);
	buf_free(&parts);
}

static void
test_narrow(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	/* full-width 012, A, ~, !, ideographic blank; neighbours stay */
	text_narrow(&b, STR("\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92"
	    "\xef\xbc\xa1\xef\xbd\x9e\xef\xbc\x81\xe3\x80\x80"
	    "\xef\xbc\x80\xef\xbd\x9f\xc3\xa4\xffx"));
	assert_str(buf_str(&b), "012A~! \xef\xbc\x80\xef\xbd\x9f\xc3\xa4\xffx");
	buf_free(&b);
}

static void
test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned max, want;
	} rows[] = {
		{ "", "", 0, 0 }, { "a", "a", 0, 0 }, { "a", "b", 0, 1 },
		{ "a", "b", 1, 1 }, { "", "abc", 5, 3 },
		{ "kitten", "sitting", 5, 3 }, { "kitten", "sitting", 2, 3 },
		{ "kitten", "sitting", 1, 2 }, { "fresh", "frehs", 2, 1 },
		{ "ab", "ba", 2, 1 }, { "ca", "abc", 9, 3 },
		{ "require", "reqiure", 3, 1 }, { "abcdef", "", 99, 6 },
	};
	char a[65], b[65];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(text_distance(str_from(rows[i].a),
		    str_from(rows[i].b), rows[i].max), rows[i].want);
		assert_int_equal(text_distance(str_from(rows[i].b),
		    str_from(rows[i].a), rows[i].max), rows[i].want);
	}
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	assert_int_equal(text_distance(str_of(a, 64), str_of(b, 64), 64), 64);
	assert_int_equal(text_distance(str_of(a, 64), str_of(b, 64), 99), 64);
	assert_int_equal(text_distance(str_of(a, 65), str_of(a, 65), 9), 10);
	assert_int_equal(text_distance(str_of(a, 1), str_of(a, 65), 99), 100);
	assert_int_equal(text_distance(str_of(NULL, 0), STR("a"), 3), 1);
}

static void
test_name(void **state)
{
	static const char *const bad[] = { "", "-ldap", "Ldap", "corp_ldap",
	    "corp/ldap", "corp.ldap", "a b", "\xc3\xa4", "123456789" };

	(void)state;
	assert_true(str_is(text_without_bom(STR("\xef\xbb\xbf" "abc")), "abc"));
	assert_true(str_is(text_without_bom(STR("\xef\xbb" "abc")),
	    "\xef\xbb" "abc"));
	assert_true(text_without_bom(STR("\xef\xbb\xbf")).n == 0);
	assert_true(text_name(STR("corp-1-"), 7));
	assert_false(text_name(STR("corp-1-"), 6));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_name(str_from(bad[i]), 8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_characters),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_cut),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_html_places),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
