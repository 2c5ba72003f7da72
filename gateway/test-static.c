/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-static.c - the embedded files are the ones in the folder
 */
#include <stdio.h>

#include "lib/buf.h"
#include "lib/testing.h"
#include "static.h"

static void
file_read(const char *name, struct buf *b)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char path[1024];
	FILE *f;
	int c;

	(void)snprintf(path, sizeof(path), "%s/gateway/%s",
	    top != NULL ? top : ".", name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("%s cannot be read", path);
	while ((c = getc(f)) != EOF)
		buf_char(b, (char)c);
	assert_int_equal(fclose(f), 0);
}

static void
expect(const char *name, const char *type)
{
	const struct static_file *f = static_find(str_from(name));
	struct buf b;

	assert_non_null(f);
	assert_str(f->path, name);
	assert_str(f->type, type);
	assert_true(f->etag.n > 4 && f->etag.p[0] == '"' &&
	    str_ends(f->etag, STR("\"")));
	buf_init(&b, 0);
	file_read(name, &b);
	assert_true(b.n > 0);
	assert_true(str_equal(buf_str(&b), f->content));
	buf_free(&b);
}

static void
has_what_pages_load(void **state)
{
	(void)state;
	expect("style.css", "text/css; charset=utf-8");
	expect("post.js", "text/javascript; charset=utf-8");
	assert_false(str_equal(static_find(STR("style.css"))->etag,
	    static_find(STR("post.js"))->etag));
}

static void
has_nothing_else(void **state)
{
	static const char *const names[] = { "", "/", "logo", "/style.css",
	    "style.css/", "../style.css", "STYLE.CSS", "style.cs" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_null(static_find(str_from(names[i])));
}

/* No rule loads anything: the policy of a page would refuse it. */
static void
style_sheet_stands_alone(void **state)
{
	struct csn_str css = static_find(STR("style.css"))->content;

	(void)state;
	assert_true(str_find(css, STR("url(")) < 0);
	assert_true(str_find(css, STR("@import")) < 0);
	assert_true(str_find(css, STR("@font-face")) < 0);
	assert_true(str_find(css, STR("italic")) < 0);
	assert_true(str_find(css, STR("line-break: strict")) > 0);
	assert_true(str_find(css, STR("prefers-color-scheme: dark")) > 0);
	assert_true(str_find(css, STR("prefers-reduced-motion")) > 0);
	assert_true(str_find(css, STR("forced-colors: active")) > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_what_pages_load),
		cmocka_unit_test(has_nothing_else),
		cmocka_unit_test(style_sheet_stands_alone),
	};

	return cmocka_run_group_tests_name("static", tests, NULL, NULL);
}
