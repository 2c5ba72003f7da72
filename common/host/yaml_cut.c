/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_cut.c - values that YAML ended sooner than their writer meant
 *
 * ` #` begins a comment, `,` ends a value inside {...} and [...]. Both are
 * silent, and half a name is still a name. What is plainly meant as a comment
 * (`#` and a blank) passes. It must never show a value that may be a secret.
 */
#include "yaml.h"

/* Called so, or an entry of a list that is called so. */
static bool
name_is_secret(const struct yaml *y)
{
	struct csn_str name = y->key.n == 0 && y->parent != NULL ?
	    y->parent->key : y->key;
	static const char *const words[] = { "pass", "secret", "key",
		"token" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_find(name, str_from(words[i])) >= 0)
			return true;
	return false;
}

/* "in quotation marks: "..."", or without the example for what may be a
 * secret. */
static struct csn_str
quoted_form(struct yaml_source *src, const struct yaml *y, struct csn_str text)
{
	struct csn_str ret;
	struct buf b;

	text = str_trim(text);
	if (name_is_secret(y) || text.n > 200)
		return STR("");
	buf_init(&b, 0);
	buf_puts(&b, ": \"");
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(&b, '\\');
		buf_char(&b, text.p[i]);
	}
	buf_char(&b, '"');
	ret = arena_str(src->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* value #rest: a `#` behind a blank with no blank behind it. */
static void
comment_check(struct yaml_source *src, struct yaml *y)
{
	struct csn_str line = yaml_line(y->file, y->end_line), quoted;
	struct fault_place at = y->at;
	size_t i = yaml_column_byte(line, y->end_column), from;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	from = yaml_column_byte(line, y->at.column);
	while (i < line.n && is_blank(line.p[i]))
		i++;
	if (i + 1 >= line.n || line.p[i] != '#' || is_blank(line.p[i + 1]) ||
	    y->end_line != y->at.line)
		return;
	if (y->text.n == 0)
		from = i;
	at.column = 1;
	while (yaml_column_byte(line, at.column) < i)
		at.column++;
	quoted = quoted_form(src, y, str_from_at(line, from));
	fault_add(src->faults, &at, "`#` begins a comment here and cuts the "
	    "value; write it in quotation marks%.*s, or a blank behind the #",
	    STR_FMT(quoted));
	y->bad = true;
}

/* {name: a,b}: b has become a name without a value. */
static void
map_comma_check(struct yaml_source *src, const struct yaml *map)
{
	const struct yaml *before = NULL;

	for (struct yaml *y = map->first; y != NULL; y = y->next) {
		if (before != NULL && y->kind == YAML_TEXT && y->plain &&
		    y->text.n == 0 && !y->bad) {
			/* it may be the second half of a password */
			fault_add(src->faults, &y->key_at, "%.*s has no "
			    "value; a comma ends a value inside {...}, so "
			    "write one with a comma in quotation marks",
			    STR_FMT(name_is_secret(before) ? STR("this") :
			    arena_printf(src->arena, "`%.*s`",
			    STR_FMT(y->key))));
			y->bad = true;
		}
		before = y;
	}
}

/* [CN=a,DC=b]: one name of a directory has become two. */
static void
list_comma_check(struct yaml_source *src, const struct yaml *list)
{
	for (const struct yaml *y = list->first; y != NULL; y = y->next) {
		const struct yaml *z = y->next;

		if (z == NULL || !y->plain || !z->plain ||
		    y->end_line != z->at.line ||
		    y->end_column + 1 != z->at.column)
			continue;
		if (str_index(y->text, '=') > 0 && str_index(z->text, '=') > 0)
			fault_add(src->faults, &z->at, "a comma ends a value "
			    "inside [...]; write a name with commas in "
			    "quotation marks");
	}
}

void
yaml_cut_check(struct yaml_source *src, struct yaml *y)
{
	switch (y->kind) {
	case YAML_TEXT:
		if (y->plain)
			comment_check(src, y);
		break;
	case YAML_MAP:
		if (y->flow)
			map_comma_check(src, y);
		break;
	case YAML_LIST:
		if (y->flow)
			list_comma_check(src, y);
		break;
	}
}
