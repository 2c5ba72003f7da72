/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_schema.c - tables of settings, and values of the common kinds
 *
 * A value has the kind that its row says, never one that it looks like. It
 * must never take an empty list for "all", or pass over a name.
 */
#include "conf_read.h"
#include "lib/text.h"
#include "lib/timefmt.h"

struct csn_str
schema_called(struct conf_reader *r, const struct yaml *y)
{
	if (y->key.n == 0)
		return STR("this entry");
	return arena_printf(&r->scratch, "`%.*s`", STR_FMT(y->key));
}

static void
unknown_setting(struct conf_reader *r, const struct schema_row *rows,
    size_t n, const struct yaml *y, const char *what)
{
	struct suggestion s = suggestion_for(y->key);
	struct csn_str hint;
	struct buf known;

	buf_init(&known, 0);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].read == NULL)
			continue;
		suggestion_try(&s, str_from(rows[i].name));
		buf_printf(&known, "%s%s", known.n == 0 ? "; it has " : ", ",
		    rows[i].name);
	}
	hint = suggestion_text(&s, &r->scratch);
	if (hint.n == 0)
		hint = arena_str(&r->scratch, buf_str(&known));
	buf_free(&known);
	fault_key(r, y, "`%.*s` is no setting of %s%.*s", STR_FMT(y->key),
	    what, STR_FMT(hint));
}

static const struct schema_row *
row_find(const struct schema_row *rows, size_t n, struct csn_str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

bool
schema_is_map(struct conf_reader *r, const struct yaml *y)
{
	if (y->kind == YAML_MAP)
		return !y->bad;
	if (!y->bad)
		fault_at(r, y, "%.*s is a block of settings; write `name: "
		    "value` below it", STR_FMT(schema_called(r, y)));
	return false;
}

void
schema_read(struct conf_reader *r, const struct schema_row *rows, size_t n,
    const struct yaml *map, const char *what, void *into)
{
	if (!schema_is_map(r, map))
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		const struct schema_row *row = row_find(rows, n, y->key);

		if (row == NULL && y->bad)
			continue;
		if (row == NULL)
			unknown_setting(r, rows, n, y, what);
		else if (row->read == NULL)
			fault_key(r, y, "`%s` is not supported by this "
			    "version", row->name);
		else
			row->read(r, row, y, (char *)into + row->offset);
	}
	for (size_t i = 0; i < n; i++)
		if (rows[i].required && yaml_get(map, rows[i].name) == NULL)
			fault_add(&r->faults, map->key.n > 0 ? &map->key_at :
			    &map->at, "`%s` is missing in %s", rows[i].name,
			    what);
}

/* What stands where a text belongs (configuration.md 20). */
static void
not_a_text(struct conf_reader *r, const struct yaml *y)
{
	struct csn_str called = schema_called(r, y), as = yaml_written(y);

	if (y->kind == YAML_MAP && y->flow && as.n > 0 && as.p[0] == '{')
		fault_at(r, y, "`{` begins a block of settings here; a text "
		    "that begins with { stands in quotation marks: \"%.*s\"",
		    STR_FMT(as));
	else if (y->kind == YAML_MAP && y->flow)
		fault_at(r, y, "`: ` makes a block of settings here; a text "
		    "with `: ` stands in quotation marks");
	else if (y->kind == YAML_MAP)
		fault_at(r, y, "%.*s is one value, not a block of settings",
		    STR_FMT(called));
	else
		fault_at(r, y, "%.*s is one value, not a list",
		    STR_FMT(called));
}

static bool
text_shown(const struct yaml *y)
{
	struct csn_str rest = y->text, line;

	if (!y->block)
		return text_plain(y->text);
	while (str_cut(&rest, '\n', &line))
		if (!text_plain(line))
			return false;
	return true;
}

int
schema_get(struct conf_reader *r, const struct yaml *y, struct csn_str *ret)
{
	if (y->bad)
		return -1;
	if (y->kind != YAML_TEXT) {
		not_a_text(r, y);
		return -1;
	}
	if (y->text.n == 0) {
		fault_at(r, y, "%.*s has no value",
		    STR_FMT(schema_called(r, y)));
		return -1;
	}
	if (!text_shown(y)) {
		fault_at(r, y, "a character that is not shown; write it out "
		    "of %.*s", STR_FMT(schema_called(r, y)));
		return -1;
	}
	*ret = y->text;
	return 0;
}

size_t
schema_list(struct conf_reader *r, const struct yaml *y,
    const struct yaml ***ret)
{
	const struct yaml **v;
	size_t n = 0;

	if (y->bad)
		return 0;
	if (y->kind == YAML_MAP) {
		fault_at(r, y, "%.*s is one value or a list; write each "
		    "behind `- `", STR_FMT(schema_called(r, y)));
		return 0;
	}
	if (y->kind == YAML_LIST && y->n == 0)
		fault_at(r, y, "%.*s is an empty list; name something, or "
		    "take the line out", STR_FMT(schema_called(r, y)));
	v = arena_array(&r->scratch, y->n + 1, sizeof(struct yaml *));
	if (v == NULL)
		return 0;
	if (y->kind == YAML_TEXT)
		v[n++] = y;
	else
		for (const struct yaml *i = y->first; i != NULL; i = i->next)
			v[n++] = i;
	*ret = v;
	return n;
}

bool
schema_name_valid(struct csn_str name)
{
	return text_name(name, CONF_NAME_MAX);
}

bool
schema_name_ok(struct conf_reader *r, const struct yaml *y)
{
	if (schema_name_valid(y->key))
		return true;
	fault_key(r, y, "`%.*s` is no name; names are of a-z, 0-9 and "
	    "hyphen, at most %u", STR_FMT(y->key), CONF_NAME_MAX);
	return false;
}

void
schema_keep(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	(void)r;
	(void)row;
	*(const struct yaml **)into = y;
}

void
schema_skip(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	(void)r;
	(void)row;
	(void)y;
	(void)into;
}

void
schema_bool(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	if (schema_get(r, y, &text) < 0)
		return;
	if (str_is(text, "true"))
		*(bool *)into = true;
	else if (str_is(text, "false"))
		*(bool *)into = false;
	else
		fault_at(r, y, "`%s` is true or false, not `%.*s`", row->name,
		    STR_FMT(text));
}

void
schema_true(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	if (schema_get(r, y, &text) < 0)
		return;
	*(bool *)into = true;
	if (!str_is(text, "true"))
		fault_at(r, y, "`%s` is written `%s: true`, or not at all",
		    row->name, row->name);
}

void
schema_number(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;
	uint64_t n;

	if (schema_get(r, y, &text) < 0)
		return;
	if (str_u64(text, (uint64_t)row->max, &n) < 0 ||
	    n < (uint64_t)row->min)
		fault_at(r, y, "`%s` is a number from %lld to %lld",
		    row->name, (long long)row->min, (long long)row->max);
	else
		*(unsigned *)into = (unsigned)n;
}

static struct csn_str
duration_text(struct conf_reader *r, int64_t s)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 0);
	duration_put(&b, s);
	ret = arena_str(&r->scratch, buf_str(&b));
	buf_free(&b);
	return ret;
}

void
schema_duration(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;
	int64_t s;

	if (schema_get(r, y, &text) < 0)
		return;
	if (duration_parse(text, &s) < 0) {
		fault_at(r, y, "%.*s is a time; write 30s, 5m, 8h or 3d",
		    STR_FMT(schema_called(r, y)));
		return;
	}
	if (s < row->min || (row->max != 0 && s > row->max)) {
		fault_at(r, y, "%.*s is a time from %.*s to %.*s",
		    STR_FMT(schema_called(r, y)),
		    STR_FMT(duration_text(r, row->min)), STR_FMT(
		    duration_text(r, row->max == 0 ? (int64_t)3650 * 86400 :
		    row->max)));
		return;
	}
	*(int64_t *)into = s;
}

void
schema_strings(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items), k = 0;
	struct csn_str *v = arena_array(r->arena, n, sizeof(*v)), text;

	(void)row;
	if (v == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		if (schema_get(r, items[i], &text) == 0)
			v[k++] = arena_str(r->arena, text);
	*(struct csn_strs *)into = (struct csn_strs){ v, k };
}

int
conf_network_named(struct conf_reader *r, const struct fault_place *at,
    struct csn_str name)
{
	struct suggestion s = suggestion_for(name);
	struct csn_str hint;

	for (size_t i = 0; i < r->conf->nnetworks; i++) {
		if (str_equal(r->conf->networks[i].name, name))
			return (int)i;
		suggestion_try(&s, r->conf->networks[i].name);
	}
	hint = suggestion_text(&s, &r->scratch);
	fault_add(&r->faults, at, "there is no network `%.*s`%.*s",
	    STR_FMT(name), STR_FMT(hint.n > 0 ? hint :
	    STR("; name it under `networks`")));
	return -1;
}

void
schema_networks(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	struct csn_str name;
	uint64_t mask = 0;
	int at;

	(void)row;
	for (size_t i = 0; i < n; i++) {
		if (schema_get(r, items[i], &name) < 0)
			continue;
		at = conf_network_named(r, &items[i]->at, name);
		if (at >= 0)
			mask |= (uint64_t)1 << at;
	}
	*(uint64_t *)into = mask;
}

void
schema_path(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (str_starts(text, STR("file:")))
		fault_at(r, y, "`%s` is a path, without `file:`", row->name);
	else if (text.n > 4000)
		fault_at(r, y, "`%s` is too long for a path", row->name);
	else
		*(struct csn_str *)into = schema_absolute(r, y, text);
}

struct csn_str
schema_absolute(struct conf_reader *r, const struct yaml *y,
    struct csn_str path)
{
	if (path.n > 0 && path.p[0] == '/')
		return arena_str(r->arena, path);
	return arena_printf(r->arena, "%.*s/%.*s", STR_FMT(y->file->folder),
	    STR_FMT(path));
}

static struct conf_place
place_copy(struct conf_reader *r, const struct fault_place *at)
{
	return (struct conf_place){
		.file = arena_str(r->arena, at->file),
		.line = at->line,
		.column = at->column,
	};
}

struct conf_place
schema_place(struct conf_reader *r, const struct yaml *y)
{
	return place_copy(r, &y->at);
}

struct conf_place
schema_key_place(struct conf_reader *r, const struct yaml *y)
{
	return place_copy(r, y->key.n > 0 ? &y->key_at : &y->at);
}
