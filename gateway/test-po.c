/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-po.c - catalogues: what is read, what is refused and on which line
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogues.h"
#include "lib/testing.h"
#include "placeholder.h"
#include "po.h"

#define HEADER	"msgid \"\"\nmsgstr \"Content-Type: text/plain; " \
    "charset=UTF-8\\n\"\n\n"

struct seen {
	struct buf text;	/* "id=text;" */
};

static const char *
take(void *arg, struct csn_str id, struct csn_str text)
{
	struct seen *s = arg;

	if (str_is(id, "refuse me"))
		return "refused";
	buf_str_put(&s->text, id);
	buf_char(&s->text, '=');
	buf_str_put(&s->text, text);
	buf_char(&s->text, ';');
	return NULL;
}

static void
expect_text(const char *file, const char *want)
{
	const char *why = "";
	struct seen s;
	unsigned line = 0;

	buf_init(&s.text, 0);
	if (po_read(str_from(file), take, &s, &line, &why) < 0)
		fail_msg("line %u: %s", line, why);
	assert_str(buf_str(&s.text), want);
	buf_free(&s.text);
}

static void
expect_fault(struct csn_str file, unsigned want_line, const char *want)
{
	const char *why = NULL;
	struct seen s;
	unsigned line = 0;

	buf_init(&s.text, 0);
	assert_int_equal(po_read(file, take, &s, &line, &why), -1);
	if (line != want_line || strstr(why, want) == NULL)
		fail_msg("%u: %s, not %u: %s", line, why, want_line, want);
	buf_free(&s.text);
}

static void
reads_entries(void **state)
{
	(void)state;
	expect_text(HEADER, "");
	expect_text(HEADER "msgid \"a\"\nmsgstr \"b\"\n", "a=b;");
	expect_text(HEADER "msgid \"a\"\nmsgstr \"b\"", "a=b;");
	expect_text(HEADER "msgid \"\"\n\"a \"\n\"c\"\nmsgstr \"\"\n\"b\"\n",
	    "a c=b;");
	expect_text(HEADER "msgid \"say \\\"a\\\\\\\"\"\nmsgstr \"あ\"\n",
	    "say \"a\\\"=あ;");
	expect_text(HEADER "# one\nmsgid \"a\"\nmsgstr \"b\"\n#. two\n"
	    "msgid \"c\"\nmsgstr \"d\"\n", "a=b;c=d;");
	expect_text(HEADER "msgid \"a\"\nmsgstr \"b\"\nmsgid \"c\"\n"
	    "msgstr \"d\"\n", "a=b;c=d;");
}

static void
leaves_out_what_is_not_translated(void **state)
{
	(void)state;
	expect_text(HEADER "msgid \"a\"\nmsgstr \"\"\n", "");
	expect_text(HEADER "#, fuzzy\nmsgid \"a\"\nmsgstr \"b\"\n\n"
	    "msgid \"c\"\nmsgstr \"d\"\n", "c=d;");
	expect_text(HEADER "#~ msgid \"a\"\n#~ msgstr \"b\"\n", "");
}

static void
refuses_what_is_odd(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} rows[] = {
		{ "", "no header", 1 },
		{ "msgid \"a\"\nmsgstr \"b\"\n", "not a header", 3 },
		{ "msgid \"\"\nmsgstr \"charset=EUC-JP\\n\"\n",
		    "not a header", 3 },
		{ HEADER "msgid \"\"\nmsgstr \"x\"\n", "empty msgid", 6 },
		{ HEADER "msgid \"a\"\n\nmsgstr \"b\"\n", "without", 5 },
		{ HEADER "msgid \"a\"\n# c\nmsgstr \"b\"\n", "without", 5 },
		{ HEADER "msgid \"a\"\nmsgid \"b\"\n", "without", 5 },
		{ HEADER "msgid \"a\"\n", "without", 5 },
		{ HEADER "msgstr \"a\"\n", "without its msgid", 4 },
		{ HEADER "\"a\"\n", "belongs to nothing", 4 },
		{ HEADER "msgid a\n", "quotation", 4 },
		{ HEADER "msgid \"a\n", "no end", 4 },
		{ HEADER "msgid \"a\" b\n", "text behind", 4 },
		{ HEADER "msgid \"a\\\"\n", "no end", 4 },
		{ HEADER "msgid \"a\\\n", "escape", 4 },
		{ HEADER "msgid \"a\\n\"\n", "escape", 4 },
		{ HEADER "msgid \"a\\x41\"\n", "escape", 4 },
		{ HEADER "msgctxt \"a\"\n", "neither", 4 },
		{ HEADER "msgid_plural \"a\"\n", "neither", 4 },
		{ HEADER "msgid \"a\"\nmsgstr[0] \"b\"\n", "neither", 5 },
		{ HEADER "domain \"a\"\n", "neither", 4 },
		{ HEADER "msgid \"a\"\nmsgstr \"b\x01\"\n", "control", 6 },
		{ HEADER "msgid \"a\"\nmsgstr \"\xe2\x80\xae\"\n",
		    "control", 6 },
		{ HEADER "msgid \"a\"\nmsgstr \"b\"\r\n", "text behind", 5 },
		{ HEADER "msgid \"a\"\nmsgstr \"\xff\"\n", "UTF-8", 0 },
		{ HEADER "msgid \"{n}\"\nmsgstr \"{m}\"\n",
		    "placeholders", 6 },
		{ HEADER "msgid \"{n}\"\nmsgstr \"n\"\n", "placeholders", 6 },
		{ HEADER "msgid \"n\"\nmsgstr \"{n}\"\n", "placeholders", 6 },
		{ HEADER "msgid \"refuse me\"\nmsgstr \"n\"\n",
		    "refused", 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_fault(str_from(rows[i].text), rows[i].line,
		    rows[i].why);
	expect_fault(STR(HEADER "msgid \"a\"\nmsgstr \"b\0c\"\n"), 6,
	    "control");
}

static void
has_limits(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_puts(&b, HEADER "msgid \"a\"\nmsgstr \"");
	for (unsigned i = 0; i <= PO_TEXT_MAX; i++)
		buf_char(&b, 'b');
	buf_puts(&b, "\"\n");
	expect_fault(buf_str(&b), 6, "too long");
	buf_clear(&b);
	buf_puts(&b, HEADER);
	for (unsigned i = 0; i <= PO_ENTRIES_MAX; i++)
		buf_printf(&b, "msgid \"%u\"\nmsgstr \"x\"\n", i);
	expect_fault(buf_str(&b), 4 + 2 * (PO_ENTRIES_MAX + 1),
	    "too many");
	buf_clear(&b);
	buf_puts(&b, HEADER);
	while (b.n <= PO_FILE_MAX)
		buf_puts(&b, "# fill\n");
	expect_fault(buf_str(&b), 0, "too large");
	buf_free(&b);
}

static void
finds_placeholders(void **state)
{
	struct csn_str rest = STR("a {b} {C} {} {d_e}{ {f"), before, name;

	(void)state;
	assert_true(placeholder_cut(&rest, &before, &name));
	assert_str(before, "a ");
	assert_str(name, "b");
	assert_true(placeholder_cut(&rest, &before, &name));
	assert_str(before, " {C} {} ");
	assert_str(name, "d_e");
	assert_false(placeholder_cut(&rest, &before, &name));
	assert_str(before, "{ {f");
	rest = STR("{abcdefghijklmnopq}");	/* 17 letters are too many */
	assert_false(placeholder_cut(&rest, &before, &name));
	assert_true(placeholder_same(STR("{a} {b}"), STR("{b}{a}{a}")));
	assert_true(placeholder_same(STR("{A}"), STR("")));
	assert_false(placeholder_same(STR("{a}"), STR("")));
	assert_false(placeholder_same(STR("{a}"), STR("{a}{b}")));
}

/* ------------------------------------------------------------------ */

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	struct buf *b = arg;

	assert_int_equal(severity, CSN_WARN);
	buf_str_put(b, line);
	buf_char(b, '\n');
}

static void
file_put(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void
file_drop(const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static const struct { const char *name, *text; } folder_files[] = {
	{ "a.ja.po", HEADER "msgid \"Log in\"\nmsgstr \"ログイン\"\n" },
	{ "b.ja.po", HEADER "msgid \"Log in\"\nmsgstr \"ログイン\"\n\n"
	    "msgid \"Code\"\nmsgstr \"確認コード\"\n" },
	{ "c.ja.po", HEADER "msgid \"Code\"\nmsgstr \"コード\"\n" },
	{ "a.de.po", HEADER "msgid \"Log in\"\nmsgstr \"Anmelden\"\n\n"
	    "msgid Code\n" },
	{ "README", "not a catalogue" },
	{ "ja.po", "no language in this name" },
	{ ".a.ja.po", "hidden" },
};

static void
loads_a_folder(void **state)
{
	char folder[] = "/tmp/csn-po-XXXXXX";
	struct catalogues *c = catalogues_new();
	const struct catalogue *ja, *de;
	struct buf said;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT(folder_files); i++)
		file_put(folder, folder_files[i].name, folder_files[i].text);
	buf_init(&said, 0);
	assert_int_equal(catalogues_load(c, folder, say, &said), -1);
	assert_str(buf_str(&said), "a.de.po:7: a string in quotation marks is "
	    "expected; the texts behind it stay English\n"
	    "c.ja.po:6: this msgid has another text already, here or in an "
	    "earlier file; the texts behind it stay English\n");
	ja = catalogues_find(c, STR("ja"));
	de = catalogues_find(c, STR("DE"));
	assert_non_null(ja);
	assert_str(catalogue_text(ja, STR("Log in")), "ログイン");
	assert_str(catalogue_text(ja, STR("Code")), "確認コード");
	assert_str(catalogue_text(ja, STR("Password")), "Password");
	assert_str(catalogue_text(ja, STR("")), "");
	assert_str(catalogue_text(de, STR("Log in")), "Anmelden");
	assert_null(catalogues_find(c, STR("en")));
	assert_null(catalogues_find(NULL, STR("ja")));
	assert_str(catalogue_text(NULL, STR("Code")), "Code");
	for (size_t i = 0; i < COUNT(folder_files); i++)
		file_drop(folder, folder_files[i].name);
	assert_int_equal(rmdir(folder), 0);
	buf_free(&said);
	catalogues_free(c);
}

static void
says_that_a_folder_is_missing(void **state)
{
	struct catalogues *c = catalogues_new();
	struct buf said;

	(void)state;
	buf_init(&said, 0);
	assert_int_equal(catalogues_load(c, "/nowhere/po", say, &said), -1);
	assert_str(buf_str(&said), "/nowhere/po: No such file or directory; "
	    "all pages will be English\n");
	buf_free(&said);
	catalogues_free(c);
	catalogues_free(NULL);
}

static void
has_room_for_some_languages(void **state)
{
	struct catalogues *c = catalogues_new();
	struct buf said;
	char tag[8];

	(void)state;
	buf_init(&said, 0);
	for (unsigned i = 0; i <= CATALOGUES_MAX; i++) {
		(void)snprintf(tag, sizeof(tag), "x%u", i);
		assert_int_equal(catalogues_add(c, str_from(tag),
		    STR(HEADER), tag, say, &said),
		    i < CATALOGUES_MAX ? 0 : -1);
	}
	assert_true(str_starts(buf_str(&said), STR("x16: too many")));
	buf_free(&said);
	catalogues_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_entries),
		cmocka_unit_test(leaves_out_what_is_not_translated),
		cmocka_unit_test(refuses_what_is_odd),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(finds_placeholders),
		cmocka_unit_test(loads_a_folder),
		cmocka_unit_test(says_that_a_folder_is_missing),
		cmocka_unit_test(has_room_for_some_languages),
	};

	return cmocka_run_group_tests_name("po", tests, NULL, NULL);
}
