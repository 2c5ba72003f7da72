/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_editor_value.c - one value of the configuration, as an editor's schema
 * has it
 *
 * It must never be narrower than what the reader takes.
 */
#include "conf_editor_impl.h"

static void
types_put(struct json_out *j, const char *const *types, size_t n)
{
	json_open(j, "type", '[');
	for (size_t i = 0; i < n; i++)
		json_text(j, NULL, str_from(types[i]));
	json_close(j, ']');
}

void
editor_text(struct json_out *j)
{
	static const char *const types[] = { "string", "number", "boolean" };

	types_put(j, types, 3);
}

void
editor_pattern(struct json_out *j, const char *pattern)
{
	json_text(j, "type", STR("string"));
	json_text(j, "pattern", str_from(pattern));
}

/* "0" is a time as well, and a number to an editor. */
void
editor_duration(struct json_out *j)
{
	static const char *const types[] = { "string", "integer" };

	types_put(j, types, 2);
	json_text(j, "pattern", STR("^(0|[1-9][0-9]*[smhdw])$"));
	json_number(j, "minimum", 0);
	json_number(j, "maximum", 0);
}

void
editor_integer(struct json_out *j, int64_t min, int64_t max)
{
	json_text(j, "type", STR("integer"));
	if (min == 0 && max == 0)
		return;
	json_number(j, "minimum", min);
	if (max != 0)
		json_number(j, "maximum", max);
}

/* 8 and 1.2: digits, and at most one dot between them. */
static bool
word_is_number(struct csn_str word)
{
	size_t dots = 0;

	for (size_t i = 0; i < word.n; i++) {
		bool dot = word.p[i] == '.';

		if (!dot && (word.p[i] < '0' || word.p[i] > '9'))
			return false;
		if (dot && (i == 0 || i + 1 == word.n || ++dots > 1))
			return false;
	}
	return word.n > 0 && (word.p[0] != '0' || word.n == 1);
}

void
editor_word(struct json_out *j, const char *key, struct csn_str word)
{
	if (str_is(word, "true") || str_is(word, "false"))
		json_bool(j, key, str_is(word, "true"));
	else if (word_is_number(word))
		json_raw(j, key, word);
	else
		json_text(j, key, word);
}

void
editor_words(struct json_out *j, const char *words)
{
	struct csn_str rest = str_from(words), word;

	json_open(j, "enum", '[');
	while (str_cut(&rest, '|', &word)) {
		editor_word(j, NULL, word);
		/* or in quotation marks */
		if (word_is_number(word))
			json_text(j, NULL, word);
	}
	json_close(j, ']');
}
