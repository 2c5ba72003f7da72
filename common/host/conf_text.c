/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_text.c - texts in several languages, and files that settings name
 *
 * A text for a language that the site does not speak would never be seen, so
 * it is a fault.
 */
#include "conf_file.h"
#include "conf_read.h"
#include "lib/text.h"

#define TEXT_FILE_MAX	16384u

int
schema_file(struct conf_reader *r, const struct yaml *y, size_t max,
    struct csn_str *ret_path, struct csn_str *ret_content)
{
	struct csn_str text, path, content;
	const char *why;
	struct buf b;

	if (schema_get(r, y, &text) < 0)
		return -1;
	if (!str_starts(text, STR("file:")) || text.n == 5) {
		fault_at(r, y, "%.*s is a file; write file:PATH",
		    STR_FMT(schema_called(r, y)));
		return -1;
	}
	path = schema_absolute(r, y, str_from_at(text, 5));
	if (path.p == NULL)
		return -1;
	buf_init(&b, max + 1);
	why = conf_file_read(path.p, max, &b);
	if (why != NULL)
		fault_at(r, y, "%.*s %s", STR_FMT(path), why);
	content = why == NULL ? arena_str(r->arena, buf_str(&b)) :
	    str_of(NULL, 0);
	buf_free(&b);
	if (content.p == NULL)
		return -1;
	*ret_path = path;
	*ret_content = content;
	return 0;
}

static bool
lines_plain(struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (!text_plain(line))
			return false;
	return true;
}

/* A text, or the content of file:PATH without blank lines at its end. */
static int
one_text(struct conf_reader *r, const struct yaml *y, struct csn_str *ret)
{
	struct csn_str text, path;

	if (schema_get(r, y, &text) < 0)
		return -1;
	if (!str_starts(text, STR("file:"))) {
		*ret = arena_str(r->arena, text);
		return ret->p == NULL ? -1 : 0;
	}
	if (schema_file(r, y, TEXT_FILE_MAX, &path, &text) < 0)
		return -1;
	while (text.n > 0 && (text.p[text.n - 1] == '\n' ||
	    text.p[text.n - 1] == '\r'))
		text.n--;
	if (text.n == 0 || !lines_plain(text)) {
		fault_at(r, y, "%.*s is empty or no plain UTF-8 text",
		    STR_FMT(path));
		return -1;
	}
	/* a copy, so that a NUL follows it */
	*ret = arena_str(r->arena, text);
	return ret->p == NULL ? -1 : 0;
}

static bool
language_spoken(struct conf_reader *r, const struct yaml *y)
{
	const struct csn_strs *spoken = &r->conf->site.languages;
	struct buf b;

	for (size_t i = 0; i < spoken->n; i++)
		if (str_equal(spoken->v[i], y->key))
			return true;
	buf_init(&b, 0);
	for (size_t i = 0; i < spoken->n; i++)
		buf_printf(&b, "%s%.*s", i == 0 ? "" : ", ",
		    STR_FMT(spoken->v[i]));
	fault_key(r, y, "`%.*s` is not among the languages of the site (%.*s)",
	    STR_FMT(y->key), STR_FMT(buf_str(&b)));
	buf_free(&b);
	return false;
}

void
schema_text(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_pair *v = arena_array(r->arena, y->n + 1, sizeof(*v));
	size_t n = 0;

	(void)row;
	if (v == NULL)
		return;
	if (y->kind == YAML_TEXT) {
		v[0].name = STR("");
		if (one_text(r, y, &v[0].value) == 0)
			n = 1;
	} else if (y->kind == YAML_LIST && !y->bad) {
		fault_at(r, y, "`%s` is one text, or one per language: "
		    "{ en: ..., ja: ... }", row->name);
	} else if (schema_is_map(r, y)) {
		if (y->n == 0)
			fault_at(r, y, "`%s` has no text", row->name);
		for (const struct yaml *i = y->first; i != NULL; i = i->next) {
			if (!language_spoken(r, i) ||
			    one_text(r, i, &v[n].value) < 0)
				continue;
			v[n++].name = arena_str(r->arena, i->key);
		}
	}
	((struct conf_text *)into)->by_language = (struct csn_pairs){ v, n };
}

struct csn_str
conf_text_for(const struct conf *conf, const struct conf_text *text,
    struct csn_str language)
{
	struct csn_str ret = pairs_get(text->by_language, language);

	if (ret.p == NULL)
		ret = pairs_get(text->by_language, STR(""));
	if (ret.p == NULL && conf->site.languages.n > 0)
		ret = pairs_get(text->by_language, conf->site.languages.v[0]);
	if (ret.p == NULL && text->by_language.n > 0)
		ret = text->by_language.v[0].value;
	return ret.p == NULL ? STR("") : ret;
}
