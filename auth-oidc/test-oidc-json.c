/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * test-oidc-json.c - JSON from outside: caps, strictness, members, paths
 */
#include "lib/testing.h"

#include "lib/buf.h"
#include "claim_path.h"
#include "json.h"

static struct arena arena;

static int
setup(void **state)
{
	(void)state;
	arena_init(&arena, 65536);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

#define assert_refused(text, want) do {					\
	json_t *got_ = NULL;						\
	enum refusal r_ = json_text_read(text, &json_token_caps, &got_);\
	if (r_ != (want))						\
		fail_msg("%.*s: %s, not %s", STR_FMT(text),		\
		    refusal_word(r_), refusal_word(want));		\
	assert_true(r_ == REFUSAL_NONE || got_ == NULL);		\
	json_decref(got_);						\
} while (0)

static void
json_is_read_strictly(void **state)
{
	static const struct { struct csn_str text; enum refusal want; }
	rows[] = {
		{ STR_INIT("{}"), REFUSAL_NONE },
		{ STR_INIT(" {\"a\":1} \n"), REFUSAL_NONE },
		{ STR_INIT("{\"a\":0.5,\"b\":-1,\"c\":null}"), REFUSAL_NONE },
		{ STR_INIT("{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}"),
		    REFUSAL_NONE },
		{ STR_INIT(""), REFUSAL_JSON_SYNTAX },
		{ STR_INIT(" "), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("1"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("null"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("[]"), REFUSAL_JSON_OBJECT },
		{ STR_INIT("[{}]"), REFUSAL_JSON_OBJECT },
		{ STR_INIT("{}x"), REFUSAL_JSON_TRAILING },
		{ STR_INIT("{}{}"), REFUSAL_JSON_TRAILING },
		{ STR_INIT("{} ,"), REFUSAL_JSON_TRAILING },
		{ STR_INIT("\xef\xbb\xbf{}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":1,\"a\":1}"), REFUSAL_JSON_DUPLICATE },
		{ STR_INIT("{\"a\":1,\"\\u0061\":2}"),
		    REFUSAL_JSON_DUPLICATE },
		{ STR_INIT("{\"a\":{\"b\":1,\"b\":2}}"),
		    REFUSAL_JSON_DUPLICATE },
		{ STR_INIT("{}\0"), REFUSAL_JSON_NUL },
		{ STR_INIT("{\"a\0\":1}"), REFUSAL_JSON_NUL },
		{ STR_INIT("{\"a\":\"\\u0000\"}"), REFUSAL_JSON_NUL },
		{ STR_INIT("{\"a\\u0000\":1}"), REFUSAL_JSON_NUL },
		{ STR_INIT("{\"a\":\"\xff\"}"), REFUSAL_JSON_UTF8 },
		{ STR_INIT("{\"a\":\"\xc0\xaf\"}"), REFUSAL_JSON_UTF8 },
		{ STR_INIT("{\"a\":\"\xed\xa0\x80\"}"), REFUSAL_JSON_UTF8 },
		{ STR_INIT("{\"a\":\"\\ud800\"}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":1e400}"), REFUSAL_JSON_NUMBER },
		{ STR_INIT("{\"a\":9223372036854775808}"),
		    REFUSAL_JSON_NUMBER },
		{ STR_INIT("{\"a\":01}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":+1}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":0x10}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":NaN}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":1,}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{'a':1}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":1/**/}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{\"a\":\"\n\"}"), REFUSAL_JSON_SYNTAX },
		{ STR_INIT("{1:1}"), REFUSAL_JSON_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(rows[i].text, rows[i].want);
}

/* {"a": then n brackets, closed again. */
static struct csn_str
nested(struct buf *b, size_t n)
{
	buf_clear(b);
	buf_puts(b, "{\"a\":");
	for (size_t i = 0; i < n; i++)
		buf_char(b, '[');
	for (size_t i = 0; i < n; i++)
		buf_char(b, ']');
	buf_char(b, '}');
	return buf_str(b);
}

static void
json_is_capped(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_refused(nested(&b, 15), REFUSAL_NONE);
	assert_refused(nested(&b, 16), REFUSAL_JSON_DEPTH);
	assert_refused(nested(&b, 8000), REFUSAL_JSON_DEPTH);
	assert_refused(nested(&b, 10000), REFUSAL_JSON_LENGTH);
	/* brackets and quotation marks in strings count for nothing */
	buf_clear(&b);
	buf_puts(&b, "{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}");
	assert_refused(buf_str(&b), REFUSAL_NONE);
	buf_clear(&b);
	buf_puts(&b, "{\"a\":[0");
	for (int i = 0; i < 1998; i++)
		buf_puts(&b, ",0");
	buf_puts(&b, "]}");
	assert_refused(buf_str(&b), REFUSAL_NONE);
	buf_cut(&b, b.n - 2);
	buf_puts(&b, ",0]}");
	assert_refused(buf_str(&b), REFUSAL_JSON_VALUES);
	buf_free(&b);
}

static json_t *
object(const char *text)
{
	json_t *root = NULL;

	assert_int_equal(json_text_read(str_from(text), &json_token_caps,
	    &root), REFUSAL_NONE);
	return root;
}

static void
numbers_are_whole_and_in_range(void **state)
{
	static const struct { const char *text; enum json_member want;
		int64_t value; } rows[] = {
		{ "{\"n\":0}", MEMBER_GOOD, 0 },
		{ "{\"n\":9007199254740991}", MEMBER_GOOD, 9007199254740991 },
		{ "{\"n\":9007199254740992}", MEMBER_WRONG, 0 },
		{ "{\"n\":9223372036854775807}", MEMBER_WRONG, 0 },
		{ "{\"n\":-1}", MEMBER_WRONG, 0 },
		{ "{\"n\":-0}", MEMBER_GOOD, 0 },
		{ "{\"n\":-9223372036854775808}", MEMBER_WRONG, 0 },
		{ "{\"n\":1.0}", MEMBER_WRONG, 0 },
		{ "{\"n\":1e3}", MEMBER_WRONG, 0 },
		{ "{\"n\":1e300}", MEMBER_WRONG, 0 },
		{ "{\"n\":\"1\"}", MEMBER_WRONG, 0 },
		{ "{\"n\":[1]}", MEMBER_WRONG, 0 },
		{ "{\"n\":null}", MEMBER_WRONG, 0 },
		{ "{\"n\":true}", MEMBER_WRONG, 0 },
		{ "{\"m\":1}", MEMBER_MISSING, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *o = object(rows[i].text);
		int64_t n = -7;
		enum json_member got = json_member_number(o, "n", &n);

		if (got != rows[i].want)
			fail_msg("%s", rows[i].text);
		assert_int_equal(n, got == MEMBER_GOOD ? rows[i].value : -7);
		json_decref(o);
	}
}

static void
members_keep_their_types(void **state)
{
	json_t *o = object("{\"t\":\"x\",\"b\":true,\"f\":false,\"o\":{},"
	    "\"z\":null,\"n\":1}");
	const json_t *inner = NULL;
	struct csn_str text = STR("kept");
	bool flag = false;

	(void)state;
	assert_int_equal(json_member_text(o, "t", &text), MEMBER_GOOD);
	assert_str(text, "x");
	assert_int_equal(json_member_text(o, "z", &text), MEMBER_WRONG);
	assert_int_equal(json_member_text(o, "n", &text), MEMBER_WRONG);
	assert_int_equal(json_member_text(o, "o", &text), MEMBER_WRONG);
	assert_int_equal(json_member_text(o, "T", &text), MEMBER_MISSING);
	assert_str(text, "x");
	assert_int_equal(json_member_bool(o, "b", &flag), MEMBER_GOOD);
	assert_true(flag);
	assert_int_equal(json_member_bool(o, "f", &flag), MEMBER_GOOD);
	assert_false(flag);
	assert_int_equal(json_member_bool(o, "t", &flag), MEMBER_WRONG);
	assert_int_equal(json_member_bool(o, "n", &flag), MEMBER_WRONG);
	assert_int_equal(json_member_bool(o, "x", &flag), MEMBER_MISSING);
	assert_int_equal(json_member_object(o, "o", &inner), MEMBER_GOOD);
	assert_non_null(inner);
	assert_int_equal(json_member_object(o, "z", &inner), MEMBER_WRONG);
	assert_int_equal(json_member_object(o, "x", &inner), MEMBER_MISSING);
	json_decref(o);
}

static void
lists_are_whole_or_wrong(void **state)
{
	static const struct { const char *text; enum json_member want;
		size_t n; } rows[] = {
		{ "{\"l\":\"one\"}", MEMBER_GOOD, 1 },
		{ "{\"l\":[\"one\",\"two\",\"three\"]}", MEMBER_GOOD, 3 },
		{ "{\"l\":[]}", MEMBER_GOOD, 0 },
		{ "{\"l\":[\"1\",\"2\",\"3\",\"4\"]}", MEMBER_WRONG, 0 },
		{ "{\"l\":[\"one\",2]}", MEMBER_WRONG, 0 },
		{ "{\"l\":[[\"one\"]]}", MEMBER_WRONG, 0 },
		{ "{\"l\":[null]}", MEMBER_WRONG, 0 },
		{ "{\"l\":{\"one\":1}}", MEMBER_WRONG, 0 },
		{ "{\"l\":null}", MEMBER_WRONG, 0 },
		{ "{\"l\":1}", MEMBER_WRONG, 0 },
		{ "{}", MEMBER_MISSING, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *o = object(rows[i].text);
		struct csn_strs got = { NULL, 77 };

		if (json_member_texts(o, "l", 3, &arena, &got) !=
		    rows[i].want)
			fail_msg("%s", rows[i].text);
		assert_int_equal(got.n,
		    rows[i].want == MEMBER_GOOD ? rows[i].n : 77);
		if (rows[i].want == MEMBER_GOOD && got.n > 0)
			assert_str(got.v[0], "one");
		json_decref(o);
	}
}

static void
paths_lead_to_values(void **state)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "top", "a" },
		{ "realm_access.role", "b" },
		{ "\"https://example.org/groups\"", "c" },
		{ "https://nodots/groups", "e" },
		{ "resource_access.\"my.app\".role", "d" },
		{ "\"with \\\"mark\\\\\"", "f" },
		{ "realm_access", NULL },
		{ "realm_access.role.deeper", NULL },
		{ "top.x", NULL },
		{ "list.0", NULL },
		{ "list", NULL },
		{ "nothing", NULL },
		{ "Top", NULL },
	};
	json_t *o = object("{\"top\":\"a\",\"realm_access\":{\"role\":\"b\"},"
	    "\"https://example.org/groups\":\"c\",\"list\":[\"x\"],"
	    "\"https://nodots/groups\":\"e\",\"with \\\"mark\\\\\":\"f\","
	    "\"resource_access\":{\"my.app\":{\"role\":\"d\"}}}");
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct csn_str got = STR("");
		struct claim_path path;
		bool good;

		if (claim_path_parse(str_from(rows[i].path), &path, &why) != 0)
			fail_msg("%s: %s", rows[i].path, why);
		good = claim_path_text(&path, o, &got) == MEMBER_GOOD;
		if (good != (rows[i].want != NULL))
			fail_msg("%s", rows[i].path);
		if (good)
			assert_str(got, rows[i].want);
	}
	json_decref(o);
}

static void
bad_paths_are_refused(void **state)
{
	static const struct csn_str rows[] = {
		STR_INIT(""), STR_INIT("."), STR_INIT("a."), STR_INIT(".a"),
		STR_INIT("a..b"), STR_INIT("a b"), STR_INIT("\"a"),
		STR_INIT("\"\""), STR_INIT("\"a\"b"), STR_INIT("a\"b\""),
		STR_INIT("\"a\\n\""), STR_INIT("\"a\\"), STR_INIT("a[0]"),
		STR_INIT("a\0b"), STR_INIT("\"a\0b\""),
		STR_INIT("a.b.c.d.e.f.g.h.i"), STR_INIT("*"),
	};
	char longest[CLAIM_PATH_MAX + 2];
	struct claim_path path;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		why = NULL;
		if (claim_path_parse(rows[i], &path, &why) == 0)
			fail_msg("%.*s is taken", STR_FMT(rows[i]));
		assert_non_null(why);
		assert_null(claim_path_find(&path, NULL));
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(claim_path_parse(str_of(longest, CLAIM_PATH_MAX),
	    &path, &why), 0);
	assert_int_equal(claim_path_parse(str_of(longest,
	    CLAIM_PATH_MAX + 1), &path, &why), -1);
	assert_int_equal(claim_path_parse(STR("a.b.c.d.e.f.g.h"), &path,
	    &why), 0);
}

static void
lists_by_path(void **state)
{
	json_t *o = object("{\"r\":{\"roles\":[\"x\",\"y\"],\"none\":[],"
	    "\"bad\":[\"x\",1]}}");
	struct csn_strs got = { NULL, 0 };
	struct claim_path path;
	const char *why;

	(void)state;
	assert_int_equal(claim_path_parse(STR("r.roles"), &path, &why), 0);
	assert_int_equal(claim_path_texts(&path, o, 9, &arena, &got),
	    MEMBER_GOOD);
	assert_int_equal(got.n, 2);
	assert_str(got.v[1], "y");
	assert_int_equal(claim_path_texts(&path, o, 1, &arena, &got),
	    MEMBER_WRONG);
	assert_int_equal(claim_path_parse(STR("r.bad"), &path, &why), 0);
	assert_int_equal(claim_path_texts(&path, o, 9, &arena, &got),
	    MEMBER_WRONG);
	assert_int_equal(claim_path_parse(STR("r.none"), &path, &why), 0);
	assert_int_equal(claim_path_texts(&path, o, 9, &arena, &got),
	    MEMBER_GOOD);
	assert_int_equal(got.n, 0);
	assert_int_equal(claim_path_parse(STR("r.absent"), &path, &why), 0);
	assert_int_equal(claim_path_texts(&path, o, 9, &arena, &got),
	    MEMBER_MISSING);
	json_decref(o);
}

/* A word per reason: two with the same could not be told apart. */
static void
reasons_have_words_of_their_own(void **state)
{
	(void)state;
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		const char *word = refusal_word((enum refusal)i);

		assert_non_null(word);
		assert_true(strlen(refusal_sentence((enum refusal)i)) > 5);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(word,
			    refusal_word((enum refusal)k));
	}
	assert_string_equal(refusal_word(REFUSAL_NONE), "none");
	assert_string_equal(refusal_word((enum refusal)9999), "unknown");
	assert_string_equal(refusal_word(REFUSAL_COUNT), "unknown");
	assert_string_equal(refusal_word((enum refusal)-1), "unknown");
}

/* security.md O7 */
static void
nothing_is_left_in_memory(void **state)
{
	static const char text[] = "{\"access_token\":\"" MEMORY_MARK
	    "-and-more-than-what-the-parser-begins-with\",\"a\":[{\""
	    MEMORY_MARK "\":\"" MEMORY_MARK "\"}]}";
	int out = memory_out;
	json_t *doc;

	(void)state;
	json_wipe_memory();
	assert_int_equal(json_text_read(str_from(text), &json_token_caps, &doc),
	    REFUSAL_NONE);
	assert_true(memory_out > out);	/* it is ours to look at */
	json_decref(doc);
	assert_int_equal(memory_out, out);
	assert_int_equal(memory_marked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(json_is_capped),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(members_keep_their_types),
		cmocka_unit_test_setup_teardown(lists_are_whole_or_wrong,
		    setup, teardown),
		cmocka_unit_test(paths_lead_to_values),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test_setup_teardown(lists_by_path, setup,
		    teardown),
		cmocka_unit_test(reasons_have_words_of_their_own),
		cmocka_unit_test(nothing_is_left_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
