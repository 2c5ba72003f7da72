/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_print.c - the configuration as it came together, as YAML again
 *
 * One file instead of several, the defaults among what was written, behind
 * each value where it stands. What is printed loads, and means the same: paths
 * are absolute, since it may be read from elsewhere. It must never print what
 * a reference refers to.
 */
#include "conf_read.h"
#include "lib/text.h"

#define STEP	2u
#define BOM	STR("\xef\xbb\xbf")

/* One being written. */
struct printer {
	struct conf_reader *r;
	struct buf *b;
};

static void node_print(struct printer *, const struct yaml *,
    const struct schema_shape *, unsigned indent, bool dash);

/* ------------------------------------------------------------------ */
/* texts */

static bool
char_plain(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '_' ||
	    (unsigned char)c >= 0x80)
		return true;
	return !first && str_index(STR(" -:@%+=*(),|;~$"), c) >= 0;
}

/* Means itself in a block without quotation marks. */
static bool
text_is_plain(struct csn_str s)
{
	if (s.n > 1 && s.p[0] == '-' && s.p[1] != ' ')
		s = str_from_at(s, 1);
	if (s.n == 0 || s.p[s.n - 1] == ' ' || s.p[s.n - 1] == ':' ||
	    str_find(s, STR(": ")) >= 0 || str_find(s, BOM) >= 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!char_plain(s.p[i], i == 0))
			return false;
	return true;
}

static void
quoted_put(struct buf *b, struct csn_str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (str_starts(str_from_at(s, i), BOM)) {
			buf_puts(b, "\\uFEFF");
			i += BOM.n - 1;
			continue;
		}
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, s.p[i]);
	}
	buf_char(b, '"');
}

/* What was quoted stays so: an editor takes a bare 0600 for a number. */
static void
one_line_put(struct buf *b, struct csn_str s, bool plain)
{
	if (plain && text_is_plain(s))
		buf_str_put(b, s);
	else
		quoted_put(b, s);
}

static void
indent_put(struct buf *b, unsigned indent)
{
	for (unsigned i = 0; i < indent; i++)
		buf_char(b, ' ');
}

static void
origin_put(struct buf *b, const struct yaml *y)
{
	buf_puts(b, "  # ");
	text_escape(b, y->at.file, 500);
	buf_printf(b, ":%u\n", y->at.line);
}

/* Lines, as a block. A digit says where they begin: the first may begin with
 * blanks. */
static void
lines_put(struct buf *b, const struct yaml *y, unsigned indent)
{
	struct csn_str rest = y->text, line;
	size_t ends = 0;

	while (ends < rest.n && rest.p[rest.n - 1 - ends] == '\n')
		ends++;
	buf_printf(b, "|%u%s", STEP, ends == 0 ? "-" : ends > 1 ? "+" : "");
	origin_put(b, y);
	if (ends > 0)
		rest.n--;
	while (str_cut(&rest, '\n', &line)) {
		if (line.n > 0)
			indent_put(b, indent + STEP);
		buf_str_put(b, line);
		buf_char(b, '\n');
	}
}

/* ------------------------------------------------------------------ */
/* values */

/* What a path or reference is from anywhere. */
static struct csn_str
text_absolute(struct printer *p, const struct yaml *y,
    const struct schema_shape *s)
{
	struct csn_str file = STR("file:");
	bool path = s != NULL && s->kind == SHAPE_PATH;
	bool may = s != NULL && (s->kind == SHAPE_FILE ||
	    s->kind == SHAPE_LANGUAGES || s->kind == SHAPE_SECRET);

	if (path)
		return schema_absolute(p->r, y, y->text);
	if (!may || !str_starts(y->text, file) || y->text.n == file.n ||
	    y->text.p[file.n] == '/')
		return y->text;
	return arena_printf(&p->r->scratch, "file:%.*s",
	    STR_FMT(schema_absolute(p->r, y, str_from_at(y->text, file.n))));
}

static void
scalar_print(struct printer *p, const struct yaml *y,
    const struct schema_shape *s, unsigned indent)
{
	buf_char(p->b, ' ');
	if (str_index(y->text, '\n') >= 0) {
		lines_put(p->b, y, indent);
		return;
	}
	one_line_put(p->b, text_absolute(p, y, s), y->plain);
	origin_put(p->b, y);
}

static void
key_put(struct printer *p, struct csn_str key, unsigned indent, bool *dash)
{
	/* the first of an entry stands beside the entry's dash */
	if (*dash)
		buf_char(p->b, ' ');
	else
		indent_put(p->b, indent);
	*dash = false;
	one_line_put(p->b, key, true);
	buf_char(p->b, ':');
}

/* ------------------------------------------------------------------ */
/* defaults */

static void
fallback_print(struct printer *p, struct csn_str name, struct csn_str value,
    unsigned indent)
{
	struct csn_str line;
	bool dash = false;

	key_put(p, name, indent, &dash);
	if (str_index(value, '\n') < 0) {
		buf_char(p->b, ' ');
		one_line_put(p->b, value, true);
		buf_puts(p->b, "  # default\n");
		return;
	}
	buf_char(p->b, '\n');
	while (str_cut(&value, '\n', &line)) {
		indent_put(p->b, indent + STEP);
		buf_printf(p->b, "%.*s  # default\n", STR_FMT(line));
	}
}

static void
fallbacks_print(struct printer *p, const struct yaml *map,
    const struct schema_shape *s, unsigned indent)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (s->rows[i].read != NULL && s->rows[i].fallback != NULL &&
		    (map == NULL || yaml_get(map, s->rows[i].name) == NULL))
			fallback_print(p, str_from(s->rows[i].name),
			    str_from(s->rows[i].fallback), indent);
}

/* A section that nobody wrote, if it has defaults. */
static void
section_print(struct printer *p, const struct schema_row *row)
{
	const struct schema_shape *s = row->read == NULL ? NULL :
	    schema_shape_of(row);
	bool any = false, dash = false;

	for (size_t i = 0; s != NULL && s->kind == SHAPE_BLOCK &&
	    i < s->nrows; i++)
		any |= s->rows[i].fallback != NULL;
	if (!any)
		return;
	key_put(p, str_from(row->name), 0, &dash);
	buf_char(p->b, '\n');
	fallbacks_print(p, NULL, s, STEP);
}

static const struct csn_plugin *
plugin_of(struct printer *p, const struct yaml *factor)
{
	int i = conf_factor_find(p->r->conf, factor->key);

	return i < 0 ? NULL : p->r->conf->factors[i].plugin;
}

static void
options_print(struct printer *p, const struct yaml *factor, unsigned indent)
{
	const struct csn_plugin *plugin = plugin_of(p, factor);

	for (uint32_t i = 0; plugin != NULL && i < plugin->nopts; i++)
		if (plugin->opts[i].fallback != NULL &&
		    yaml_get(factor, plugin->opts[i].name) == NULL)
			fallback_print(p, str_from(plugin->opts[i].name),
			    str_from(plugin->opts[i].fallback), indent);
}

/* ------------------------------------------------------------------ */
/* blocks */

static const struct schema_shape *
row_shape(const struct schema_shape *s, struct csn_str name)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (str_is(name, s->rows[i].name))
			return schema_shape_of(&s->rows[i]);
	return NULL;
}

/* The shape of what stands under a name. */
static const struct schema_shape *
child_shape(struct printer *p, const struct yaml *map,
    const struct schema_shape *s, struct csn_str name)
{
	const struct schema_shape *ret = NULL;
	const struct csn_plugin *plugin;

	if (s == NULL)
		return NULL;
	switch (s->kind) {
	case SHAPE_SOME:	/* one of them, without a list */
	case SHAPE_LIST:
		return child_shape(p, map, s->of, name);
	case SHAPE_EITHER:
		return row_shape(s->block, name);
	case SHAPE_NAMED:
		return s->of;
	case SHAPE_LANGUAGES:
		return s;
	case SHAPE_BLOCK:
		return row_shape(s, name);
	case SHAPE_FACTOR:
		ret = row_shape(s, name);
		plugin = plugin_of(p, map);
		for (uint32_t i = 0; ret == NULL && plugin != NULL &&
		    i < plugin->nopts; i++)
			if (str_is(name, plugin->opts[i].name))
				ret = schema_shape_of_option(
				    &plugin->opts[i]);
		return ret;
	default:
		return NULL;
	}
}

static void
map_print(struct printer *p, const struct yaml *map,
    const struct schema_shape *s, unsigned indent, bool dash)
{
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		if (map->parent == NULL && str_is(y->key, "include"))
			continue;
		key_put(p, y->key, indent, &dash);
		node_print(p, y, child_shape(p, map, s, y->key), indent,
		    false);
	}
	if (s != NULL && s->kind == SHAPE_SOME)
		s = s->of;
	if (s != NULL && s->kind == SHAPE_EITHER)
		s = s->block;
	if (s == NULL)
		return;
	if (s->kind == SHAPE_BLOCK || s->kind == SHAPE_FACTOR)
		fallbacks_print(p, map, s, indent);
	if (s->kind == SHAPE_FACTOR)
		options_print(p, map, indent);
}

static void
list_print(struct printer *p, const struct yaml *list,
    const struct schema_shape *s, unsigned indent)
{
	for (const struct yaml *y = list->first; y != NULL; y = y->next) {
		indent_put(p->b, indent);
		buf_char(p->b, '-');
		node_print(p, y, s == NULL ? NULL : s->of, indent, true);
	}
}

static void
node_print(struct printer *p, const struct yaml *y,
    const struct schema_shape *s, unsigned indent, bool dash)
{
	if (y->kind == YAML_TEXT) {
		if (s != NULL && s->kind == SHAPE_SOME)
			s = s->of;
		scalar_print(p, y, s, indent);
	} else if (y->n == 0) {
		buf_puts(p->b, y->kind == YAML_MAP ? " {}" : " []");
		origin_put(p->b, y);
	} else if (y->kind == YAML_MAP) {
		if (!dash)
			buf_char(p->b, '\n');
		map_print(p, y, s, indent + STEP, dash);
	} else {
		buf_char(p->b, '\n');
		list_print(p, y, s, indent + STEP);
	}
}

void
conf_print(struct conf_reader *r, const struct yaml *root, struct buf *b)
{
	struct printer p = { r, b };

	map_print(&p, root, &conf_shape, 0, false);
	for (size_t i = 0; i < conf_shape.nrows; i++)
		if (yaml_get(root, conf_shape.rows[i].name) == NULL)
			section_print(&p, &conf_shape.rows[i]);
}
