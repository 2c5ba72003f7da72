/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_problem.c - libyaml's words for a syntax error, in words for people
 *
 * libyaml says what its automaton missed, where it noticed; often a line
 * late. Here stands what somebody has most likely written.
 */
#include "yaml.h"

struct problem_row {
	const char *problem;		/* part of libyaml's sentence */
	const char *context;		/* of its context, or NULL */
	const char *says;
};

static const struct problem_row problem_table[] = {
	{ "mapping values are not allowed", NULL,
	    "`: ` inside a value, or a line that is indented too far; write "
	    "a value with `: ` in quotation marks" },
	{ "alphabetic or numeric character", "alias",
	    "`*` begins an alias, which is not read; write a value that "
	    "begins with * in quotation marks: \"*.example.org\"" },
	{ "alphabetic or numeric character", "anchor",
	    "`&` begins an anchor, which is not read; write a value that "
	    "begins with & in quotation marks" },
	{ "did not find expected key", NULL,
	    "this line does not fit the ones above; lines of one block begin "
	    "in one column" },
	{ "did not find expected '-' indicator", NULL,
	    "this line does not fit the list above; each entry begins with "
	    "`- ` in one column" },
	{ "did not find expected ',' or '}'", NULL,
	    "{...} is not closed, or a value in it has a comma, `: ` or a "
	    "bracket; write such a value in quotation marks" },
	{ "did not find expected ',' or ']'", NULL,
	    "[...] is not closed, or a value in it has a comma, `: ` or a "
	    "bracket; write such a value in quotation marks" },
	{ "could not find expected ':'", NULL,
	    "a name without `: value`; write `name: value`, with a blank "
	    "behind the colon" },
	{ "found unexpected end of stream", "quoted scalar",
	    "a quotation mark is not closed" },
	{ "found unexpected document indicator", NULL,
	    "`---` or `...` inside a text; a file holds one document" },
	{ "did not find expected <document start>", NULL,
	    "text behind the end of the settings; lines of one block begin "
	    "in one column" },
	{ "block sequence entries are not allowed", NULL,
	    "`- ` cannot stand here; a list begins on a line of its own" },
	{ "found unknown escape character", NULL,
	    "a backslash with a letter that means nothing; write \\\\ for a "
	    "backslash, or use '...'" },
	{ "while parsing a node", NULL,
	    "a value is missing here" },
	{ "did not find expected node content", NULL,
	    "a value is missing here; write a value that begins with a "
	    "comma or a bracket in quotation marks" },
};

static bool
has_words(const char *text, const char *words)
{
	return words == NULL ||
	    (text != NULL && str_find(str_from(text), str_from(words)) >= 0);
}

/* A character that YAML keeps for itself. */
static struct csn_str
problem_char(struct yaml_source *src, const struct yaml_file *f,
    unsigned line, unsigned column)
{
	struct csn_str text = yaml_line(f, line);
	char c;

	text = str_from_at(text, yaml_column_byte(text, column));
	c = text.n == 0 ? ' ' : text.p[0];
	if (c == '\t')
		return STR("a tab; indent with blanks");
	return arena_printf(src->arena, "a value cannot begin with `%c`; write "
	    "it in quotation marks", c);
}

bool
yaml_problem_begins(const char *problem, const char *context)
{
	return has_words(problem, "could not find expected ':'") ||
	    (has_words(problem, "found unexpected end of stream") &&
	    context != NULL && has_words(context, "quoted scalar"));
}

struct csn_str
yaml_problem(struct yaml_source *src, const struct yaml_file *f,
    const char *problem, const char *context, unsigned line, unsigned column)
{
	const struct problem_row *row = problem_table;
	size_t n = sizeof(problem_table) / sizeof(problem_table[0]);

	if (has_words(problem, "cannot start any token"))
		return problem_char(src, f, line, column);
	for (size_t i = 0; i < n; i++, row++)
		if (has_words(problem, row->problem) &&
		    has_words(context, row->context))
			return str_from(row->says);
	return arena_printf(src->arena, "not readable as YAML: %s",
	    problem == NULL ? "unknown problem" : problem);
}
