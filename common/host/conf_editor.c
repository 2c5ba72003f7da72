/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_editor.c - a JSON schema of the configuration, for editors
 *
 * Draft 07, which every language server reads. It is made of the tables that
 * the reader reads by: the host's, and each plugin's. It must never refuse
 * what the reader takes; what only the whole can tell it leaves to `check`.
 */
#include "conf_read.h"
#include "conf_editor.h"
#include "conf_editor_impl.h"

struct editor {
	struct json_out j;
	const struct csn_plugin *const *plugins;
	size_t n;
};

static void shape_put(struct editor *, const char *key,
    const struct schema_shape *, const struct schema_row *);
static void shape_body(struct editor *, const struct schema_shape *,
    const struct schema_row *);

/* ------------------------------------------------------------------ */
/* blocks and lists */

static void
required_put(struct editor *e, const struct schema_shape *s)
{
	bool any = false;

	for (size_t i = 0; i < s->nrows; i++)
		any |= s->rows[i].required && s->rows[i].read != NULL;
	if (!any)
		return;
	json_open(&e->j, "required", '[');
	for (size_t i = 0; i < s->nrows; i++)
		if (s->rows[i].required && s->rows[i].read != NULL)
			json_text(&e->j, NULL, str_from(s->rows[i].name));
	json_close(&e->j, ']');
}

static void
one_of_put(struct editor *e, const char *words)
{
	struct csn_str rest = str_from(words), word;

	json_open(&e->j, "oneOf", '[');
	while (str_cut(&rest, '|', &word)) {
		json_open(&e->j, NULL, '{');
		json_open(&e->j, "required", '[');
		json_text(&e->j, NULL, word);
		json_close(&e->j, ']');
		json_close(&e->j, '}');
	}
	json_close(&e->j, ']');
}

/* What a later version will know is refused, so it is not told. */
static void
rows_put(struct editor *e, const struct schema_shape *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (s->rows[i].read != NULL)
			shape_put(e, s->rows[i].name,
			    schema_shape_of(&s->rows[i]), &s->rows[i]);
}

static void
block_body(struct editor *e, const struct schema_shape *s)
{
	json_text(&e->j, "type", STR("object"));
	json_bool(&e->j, "additionalProperties", false);
	json_open(&e->j, "properties", '{');
	rows_put(e, s);
	json_close(&e->j, '}');
	required_put(e, s);
	if (s->words != NULL)
		one_of_put(e, s->words);
}

static void
named_body(struct editor *e, const struct schema_shape *of,
    const struct schema_row *row)
{
	json_text(&e->j, "type", STR("object"));
	shape_put(e, "additionalProperties", of, row);
}

static void
list_body(struct editor *e, const struct schema_shape *of,
    const struct schema_row *row)
{
	json_text(&e->j, "type", STR("array"));
	json_number(&e->j, "minItems", 1);
	shape_put(e, "items", of, row);
}

static void
some_body(struct editor *e, const struct schema_shape *of,
    const struct schema_row *row)
{
	json_open(&e->j, "anyOf", '[');
	shape_put(e, NULL, of, row);
	json_open(&e->j, NULL, '{');
	list_body(e, of, row);
	json_close(&e->j, '}');
	json_close(&e->j, ']');
}

static void
either_body(struct editor *e, const struct schema_shape *a,
    const struct schema_shape *b)
{
	json_open(&e->j, "anyOf", '[');
	shape_put(e, NULL, a, NULL);
	shape_put(e, NULL, b, NULL);
	json_close(&e->j, ']');
}

static void
languages_body(struct editor *e)
{
	json_open(&e->j, "anyOf", '[');
	shape_put(e, NULL, &shape_text, NULL);
	shape_put(e, NULL, &shape_named_texts, NULL);
	json_close(&e->j, ']');
}

static void
shape_body(struct editor *e, const struct schema_shape *s,
    const struct schema_row *row)
{
	struct json_out *j = &e->j;

	switch (s->kind) {
	case SHAPE_TEXT:
		editor_text(j);
		break;
	case SHAPE_BOOL:
		json_text(j, "type", STR("boolean"));
		break;
	case SHAPE_TRUE:
		json_bool(j, "const", true);
		break;
	case SHAPE_NUMBER:
		editor_integer(j, row == NULL ? 0 : row->min,
		    row == NULL ? 0 : row->max);
		break;
	case SHAPE_DURATION:
		editor_duration(j);
		break;
	case SHAPE_WORDS:
		editor_words(j, s->words != NULL ? s->words : row->words);
		break;
	case SHAPE_PATH:
		editor_pattern(j, "^(?!file:)");
		break;
	case SHAPE_FILE:
		editor_pattern(j, "^file:.");
		break;
	case SHAPE_SECRET:
		editor_pattern(j, "^(file|env|cred|command):.");
		break;
	case SHAPE_LANGUAGES:
		languages_body(e);
		break;
	case SHAPE_BLOCK:
		block_body(e, s);
		break;
	case SHAPE_NAMED:
		named_body(e, s->of, row);
		break;
	case SHAPE_SOME:
		some_body(e, s->of, row);
		break;
	case SHAPE_LIST:
		list_body(e, s->of, row);
		break;
	case SHAPE_EITHER:
		either_body(e, s->of, s->block);
		break;
	case SHAPE_FACTOR:
		json_text(j, "$ref", STR("#/definitions/factor"));
		break;
	}
}

static void
default_put(struct json_out *j, const char *fallback)
{
	/* of a block it is lines, not a value */
	if (fallback != NULL && strchr(fallback, '\n') == NULL)
		editor_word(j, "default", str_from(fallback));
}

static void
shape_put(struct editor *e, const char *key, const struct schema_shape *s,
    const struct schema_row *row)
{
	json_open(&e->j, key, '{');
	shape_body(e, s, row);
	if (row != NULL && key != NULL && strcmp(key, row->name) == 0)
		default_put(&e->j, row->fallback);
	json_close(&e->j, '}');
}

/* ------------------------------------------------------------------ */
/* plugins */

/* Lengths count bytes, and an editor counts characters: what is long enough
 * in bytes may be one character. */
static void
string_body(struct json_out *j, const struct csn_opt *o)
{
	editor_text(j);
	if (o->min > 0)
		json_number(j, "minLength", 1);
	if (o->max > 0)
		json_number(j, "maxLength", o->max);
}

static void
value_body(struct editor *e, const struct csn_opt *o)
{
	switch (o->type) {
	case CSN_T_INT:
		editor_integer(&e->j, o->min, o->max);
		break;
	case CSN_T_SECONDS:
		editor_duration(&e->j);
		break;
	case CSN_T_BOOL:
		json_text(&e->j, "type", STR("boolean"));
		break;
	case CSN_T_CHOICE:
		editor_words(&e->j, o->choices);
		break;
	case CSN_T_HTTPS_URL:
		editor_pattern(&e->j, "^[Hh][Tt][Tt][Pp][Ss]://");
		break;
	case CSN_T_LDAP_URL:
		editor_pattern(&e->j, "^ldap[si]?://");
		break;
	case CSN_T_HOSTPORT:
		editor_pattern(&e->j, "^.+:[0-9]+$");
		break;
	case CSN_T_FILE:
		editor_pattern(&e->j, "^file:.");
		break;
	case CSN_T_SECRET:
		editor_pattern(&e->j, "^(file|env|cred|command):.");
		break;
	default:
		string_body(&e->j, o);
		break;
	}
}

static void
values_put(struct editor *e, const char *key, const struct csn_opt *o)
{
	json_open(&e->j, key, '{');
	if ((o->flags & CSN_O_REPEAT) == 0) {
		value_body(e, o);
		json_close(&e->j, '}');
		return;
	}
	json_open(&e->j, "anyOf", '[');
	json_open(&e->j, NULL, '{');
	value_body(e, o);
	json_close(&e->j, '}');
	json_open(&e->j, NULL, '{');
	json_text(&e->j, "type", STR("array"));
	json_number(&e->j, "minItems", 1);
	json_open(&e->j, "items", '{');
	value_body(e, o);
	json_close(&e->j, '}');
	json_close(&e->j, '}');
	json_close(&e->j, ']');
	json_close(&e->j, '}');
}

static void
option_put(struct editor *e, const struct csn_opt *o)
{
	json_open(&e->j, o->name, '{');
	json_text(&e->j, "description", str_from(o->help));
	if (o->fallback != NULL)
		editor_word(&e->j, "default", str_from(o->fallback));
	if (o->type == CSN_T_MAP) {
		json_text(&e->j, "type", STR("object"));
		values_put(e, "additionalProperties", o);
	} else {
		json_open(&e->j, "allOf", '[');
		values_put(e, NULL, o);
		json_close(&e->j, ']');
	}
	json_close(&e->j, '}');
}

/* Some of the host's words belong to who names people, some to the others. */
static bool
word_belongs(const struct schema_row *row, uint32_t caps)
{
	struct csn_str name = str_from(row->name);

	if (str_is(name, "realm") || str_is(name, "people") ||
	    str_is(name, "groups"))
		return (caps & CSN_CAP_IDENTITY) != 0;
	return !str_is(name, "recover_by") || (caps & CSN_CAP_SECOND) != 0;
}

static void
plugin_put(struct editor *e, const struct csn_plugin *p,
    const struct schema_shape *words)
{
	json_open(&e->j, p->name, '{');
	json_text(&e->j, "description", str_from(p->summary));
	json_text(&e->j, "type", STR("object"));
	json_bool(&e->j, "additionalProperties", false);
	json_open(&e->j, "properties", '{');
	for (size_t i = 0; i < words->nrows; i++)
		if (word_belongs(&words->rows[i], p->caps))
			shape_put(e, words->rows[i].name,
			    schema_shape_of(&words->rows[i]),
			    &words->rows[i]);
	for (uint32_t i = 0; i < p->nopts; i++)
		option_put(e, &p->opts[i]);
	json_close(&e->j, '}');
	json_open(&e->j, "required", '[');
	json_text(&e->j, NULL, STR("plugin"));
	for (uint32_t i = 0; i < p->nopts; i++)
		if ((p->opts[i].flags & CSN_O_REQUIRED) != 0)
			json_text(&e->j, NULL, str_from(p->opts[i].name));
	json_close(&e->j, ']');
	json_close(&e->j, '}');
}

/* if it is this plugin, then its options */
static void
plugin_if(struct editor *e, const struct csn_plugin *p)
{
	struct csn_str ref;
	struct buf b;

	buf_init(&b, 256);
	buf_printf(&b, "#/definitions/plugins/%s", p->name);
	ref = buf_str(&b);
	json_open(&e->j, NULL, '{');
	json_open(&e->j, "if", '{');
	json_open(&e->j, "properties", '{');
	json_open(&e->j, "plugin", '{');
	json_text(&e->j, "const", str_from(p->name));
	json_close(&e->j, '}');
	json_close(&e->j, '}');
	json_close(&e->j, '}');
	json_open(&e->j, "then", '{');
	json_text(&e->j, "$ref", ref);
	json_close(&e->j, '}');
	json_close(&e->j, '}');
	buf_free(&b);
}

static void
factor_put(struct editor *e)
{
	json_open(&e->j, "factor", '{');
	json_text(&e->j, "type", STR("object"));
	json_open(&e->j, "required", '[');
	json_text(&e->j, NULL, STR("plugin"));
	json_close(&e->j, ']');
	json_open(&e->j, "properties", '{');
	json_open(&e->j, "plugin", '{');
	json_open(&e->j, "enum", '[');
	for (size_t i = 0; i < e->n; i++)
		json_text(&e->j, NULL, str_from(e->plugins[i]->name));
	json_close(&e->j, ']');
	json_close(&e->j, '}');
	json_close(&e->j, '}');
	json_open(&e->j, "allOf", '[');
	for (size_t i = 0; i < e->n; i++)
		plugin_if(e, e->plugins[i]);
	json_close(&e->j, ']');
	json_close(&e->j, '}');
}

int
conf_editor_schema(const struct csn_plugin *const *plugins, size_t n,
    struct csn_str *ret)
{
	struct editor e = { .plugins = plugins, .n = n };
	const struct schema_shape *factor = conf_shape_factors.of;

	json_init(&e.j);
	json_open(&e.j, NULL, '{');
	json_text(&e.j, "$schema",
	    STR("http://json-schema.org/draft-07/schema#"));
	json_text(&e.j, "title", STR("countersign.yml"));
	shape_body(&e, &conf_shape, NULL);
	json_open(&e.j, "definitions", '{');
	factor_put(&e);
	json_open(&e.j, "plugins", '{');
	for (size_t i = 0; i < n; i++)
		plugin_put(&e, plugins[i], factor);
	json_close(&e.j, '}');
	json_close(&e.j, '}');
	json_close(&e.j, '}');
	return json_take(&e.j, ret);
}
