/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-yaml.c - places, styles and limits of the tree
 *
 * What is said of each mistake stands in tests/conf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "yaml.h"

struct world {
	struct arena arena;
	struct faults faults;
	struct yaml_source source;
	const struct yaml *root;
};

static void
world_read(struct world *w, struct csn_str text)
{
	arena_init(&w->arena, (size_t)64 << 20);
	faults_init(&w->faults, &w->arena);
	yaml_source_init(&w->source, &w->arena, &w->faults);
	w->root = yaml_load_text(&w->source, STR("t"), text);
}

static void
world_free(struct world *w)
{
	arena_free(&w->arena);
}

/* The faults as text, for a comparison. */
static void
world_says(struct world *w, const char *want)
{
	struct buf b;

	buf_init(&b, 0);
	(void)faults_write(&w->faults, false, &b);
	if (!str_is(buf_str(&b), want))
		fail_msg("got \"%s\"", buf_str(&b).p);
	buf_free(&b);
}

static void
nodes_know_their_places(void **state)
{
	const struct yaml *y, *z;
	struct world w;

	(void)state;
	world_read(&w, STR("# first\n"
	    "リモート:   接続 value   # comment\n"
	    "list:\n"
	    "  - 'a # b'\n"
	    "  - { x: 1, y: \"two\" }\n"));
	world_says(&w, "");
	assert_int_equal(w.root->n, 2);
	y = w.root->first;
	assert_int_equal(y->key_at.line, 2);
	assert_int_equal(y->key_at.column, 1);
	assert_int_equal(y->at.column, 9);
	assert_int_equal(y->end_column, 17);
	assert_true(y->plain);
	assert_true(str_is(y->text, "接続 value"));
	assert_true(str_is(yaml_written(y), "接続 value"));
	y = yaml_get(w.root, "list");
	assert_int_equal(y->kind, YAML_LIST);
	assert_false(y->flow);
	z = y->first;
	assert_false(z->plain);
	assert_true(str_is(z->text, "a # b"));
	assert_true(str_is(yaml_written(z), "'a # b'"));
	assert_ptr_equal(z->parent, y);
	z = z->next;
	assert_true(z->flow);
	assert_int_equal(z->at.line, 5);
	assert_true(str_is(yaml_written(z), "{ x: 1, y: \"two\" }"));
	assert_true(str_is(yaml_get(z, "y")->text, "two"));
	assert_null(yaml_get(z, "absent"));
	assert_null(yaml_get(y, "list"));
	assert_null(yaml_get(NULL, "list"));
	world_free(&w);
}

static void
no_scalar_has_a_type(void **state)
{
	static const char *const words[] = { "no", "on", "1e3", "0o17",
		"12:30", "~", "null", "2001-01-01", "=", "0x1f", ".nan" };
	struct world w;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		buf_printf(&b, "k%zu: %s\n", i, words[i]);
	world_read(&w, buf_str(&b));
	world_says(&w, "");
	for (const struct yaml *y = w.root->first; y != NULL; y = y->next)
		assert_true(str_is(y->text, words[y->at.line - 1]));
	buf_free(&b);
	world_free(&w);
}

static void
texts_in_blocks(void **state)
{
	const struct yaml *y;
	struct world w;

	(void)state;
	world_read(&w, STR("a: |\n  one\n  two # no comment\nb: >-\n  x\n"
	    "  y\nc: \"p\n  q\"\n"));
	world_says(&w, "");
	y = yaml_get(w.root, "a");
	assert_true(y->block);
	assert_true(str_is(y->text, "one\ntwo # no comment\n"));
	y = yaml_get(w.root, "b");
	assert_true(str_is(y->text, "x y"));
	assert_true(y->end_line > y->at.line);
	y = yaml_get(w.root, "c");
	assert_false(y->block);
	assert_int_equal(y->end_line, y->at.line + 1);
	assert_true(str_is(yaml_written(y), ""));
	world_free(&w);
}

static void
line_ends_of_other_systems(void **state)
{
	struct world w;

	(void)state;
	world_read(&w, STR("a: b\r\nc: d # comment\r\n"));
	world_says(&w, "");
	assert_true(str_is(yaml_get(w.root, "c")->text, "d"));
	world_free(&w);
	/* a mark of UTF-8 in front is no part of the first name */
	world_read(&w, STR("\xef\xbb\xbf" "a: b\n"));
	world_says(&w, "");
	assert_non_null(yaml_get(w.root, "a"));
	world_free(&w);
}

static void
sixteen_deep_and_no_more(void **state)
{
	struct world w;
	struct buf b;

	(void)state;
	for (int deep = 15; deep <= 16; deep++) {
		buf_init(&b, 0);
		buf_puts(&b, "a: ");
		for (int i = 0; i < deep; i++)
			buf_char(&b, '[');
		buf_char(&b, 'x');
		for (int i = 0; i < deep; i++)
			buf_char(&b, ']');
		buf_puts(&b, "\nb: c\n");
		world_read(&w, buf_str(&b));
		world_says(&w, deep == 15 ? "" : "t:1:19: more than 16 maps "
		    "and lists in one another\n");
		/* what follows is read all the same */
		assert_true(str_is(yaml_get(w.root, "b")->text, "c"));
		buf_free(&b);
		world_free(&w);
	}
}

static void
what_stands_under_a_name_at_fault_is_dropped(void **state)
{
	struct world w;

	(void)state;
	world_read(&w, STR("<<: { a: b }\n? [x]\n: { c: d }\ne: f\n"));
	world_says(&w, "t:1:1: `<<` (a merge key) is not read; write the "
	    "values out, or use `ways` and `include`\n"
	    "t:2:3: a map or list as a name; names are plain text\n");
	assert_int_equal(w.root->n, 1);
	assert_true(str_is(w.root->first->key, "e"));
	world_free(&w);
}

static void
the_first_of_two_values_stays(void **state)
{
	struct world w;

	(void)state;
	world_read(&w, STR("a: 1\nb: { x: 1, x: 2 }\na: 2\n"));
	world_says(&w, "t:2:12: `x` stands here twice, first in line 2; "
	    "write it once\n"
	    "t:3:1: `a` stands here twice, first in line 1; write it once\n");
	assert_true(str_is(yaml_get(w.root, "a")->text, "1"));
	assert_int_equal(w.root->n, 2);
	world_free(&w);
}

/* Nine levels of nine aliases each: 3 * 10^8 nodes for who follows them. */
static void
an_alias_bomb_does_nothing(void **state)
{
	struct world w;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_puts(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&b, "%s*a%d", k == 0 ? "" : ", ", i - 1);
		buf_puts(&b, "]\n");
	}
	world_read(&w, buf_str(&b));
	assert_int_equal(w.faults.nfaults, 10 + 81);
	assert_true(w.arena.used < 262144);
	buf_free(&b);
	world_free(&w);
}

static double
seconds(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 1 MiB of names in one map: a second look at each would be 10^10. */
static void
a_large_map_is_read_in_time(void **state)
{
	double before = seconds();
	struct world w;
	struct buf b;
	size_t n = 0;

	(void)state;
	buf_init(&b, 0);
	while (b.n < YAML_FILE_MAX - 32)
		buf_printf(&b, "k%zu: v\n", n++);
	world_read(&w, buf_str(&b));
	world_says(&w, "");
	assert_int_equal(w.root->n, n);
	assert_true(n > 90000);
	/* far above what it takes under a sanitizer, far below n * n */
	assert_true(seconds() - before < 20);
	buf_free(&b);
	world_free(&w);
}

static void
many_faults_are_counted_and_not_kept(void **state)
{
	struct world w;
	struct buf b, out;
	size_t lines = 0;

	(void)state;
	buf_init(&b, 0);
	for (int i = 0; i < 1000; i++)
		buf_puts(&b, "a: b\n");
	world_read(&w, buf_str(&b));
	assert_int_equal(w.faults.nfaults, 999);
	buf_init(&out, 0);
	assert_int_equal(faults_write(&w.faults, false, &out), 999);
	for (size_t i = 0; i < out.n; i++)
		lines += out.p[i] == '\n';
	assert_int_equal(lines, CONF_FAULTS_MAX + 1);
	assert_true(str_ends(buf_str(&out), STR("and 799 more\n")));
	buf_free(&b);
	buf_free(&out);
	world_free(&w);
}

/* With little memory: no tree, or a whole one; the load sees `over`. */
static void
memory_refused_leaves_nothing_half_read(void **state)
{
	static const char text[] = "a: [1, 2, { b: c }]\nd: e\nf: { g: h }\n";
	struct yaml_source source;
	struct faults faults;
	struct arena a;

	(void)state;
	for (size_t budget = 0; budget < 8000; budget += 40) {
		const struct yaml *root;

		arena_init(&a, budget);
		faults_init(&faults, &a);
		yaml_source_init(&source, &a, &faults);
		root = yaml_load_text(&source, STR("t"), str_from(text));
		assert_true(root == NULL || !a.over);
		if (root != NULL)
			assert_int_equal(root->n, 3);
		arena_free(&a);
	}
}

static void
suggestions(void **state)
{
	struct suggestion s = suggestion_for(STR("plugn"));
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_int_equal(suggestion_text(&s, &a).n, 0);
	suggestion_try(&s, STR("people"));
	assert_int_equal(suggestion_text(&s, &a).n, 0);
	suggestion_try(&s, STR("plugin"));
	suggestion_try(&s, STR("plugins"));
	assert_true(str_is(suggestion_text(&s, &a),
	    "; did you mean `plugin`?"));
	s = suggestion_for(STR("xy"));
	suggestion_try(&s, STR("ab"));
	assert_int_equal(suggestion_text(&s, &a).n, 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_their_places),
		cmocka_unit_test(no_scalar_has_a_type),
		cmocka_unit_test(texts_in_blocks),
		cmocka_unit_test(line_ends_of_other_systems),
		cmocka_unit_test(sixteen_deep_and_no_more),
		cmocka_unit_test(what_stands_under_a_name_at_fault_is_dropped),
		cmocka_unit_test(the_first_of_two_values_stays),
		cmocka_unit_test(an_alias_bomb_does_nothing),
		cmocka_unit_test(a_large_map_is_read_in_time),
		cmocka_unit_test(many_faults_are_counted_and_not_kept),
		cmocka_unit_test(memory_refused_leaves_nothing_half_read),
		cmocka_unit_test(suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
