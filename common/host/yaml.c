/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.c - libyaml's events into a tree with places
 *
 * It must never follow an alias, choose between two values of one key, or
 * build more than the file's own size allows: the document API of libyaml
 * does all of that, and is not used.
 */
#include <yaml.h>

#include "lib/table.h"
#include "lib/text.h"
#include "pace.h"
#include "yaml.h"

/* One file being read. */
struct build {
	struct yaml_source *src;
	const struct yaml_file *file;
	yaml_parser_t parser;
	struct table *keys;		/* (map, key) to the child */
	struct yaml *open[YAML_DEPTH_MAX + 1];
	size_t depth;			/* of open[] */
	struct yaml *root;
	bool have_key;			/* of the map that is open */
	struct yaml key;
	size_t skip;			/* collections below the greatest
					 * depth */
	unsigned documents;
	/* the last event was a value that goes on in the next line: of a name
	 * without a blank behind it; or within {...} or [...], which are
	 * rather not closed */
	bool no_blank, folded;
	struct fault_place folded_at;
	bool broken;			/* no tree comes out of it */
};

void
yaml_source_init(struct yaml_source *src, struct arena *a, struct faults *fs)
{
	*src = (struct yaml_source){ .arena = a, .faults = fs };
}

static struct fault_place
place_of(const struct build *b, const yaml_mark_t *mark)
{
	return (struct fault_place){
		.file = b->file->name,
		.number = b->file->number,
		.line = (unsigned)mark->line + 1,
		.column = (unsigned)mark->column + 1,
	};
}

static void
refuse(struct build *b, const struct fault_place *at, const char *what)
{
	fault_add(b->src->faults, at, "%s", what);
}

static struct yaml *
node_new(struct build *b, enum yaml_kind kind, const yaml_event_t *e)
{
	struct yaml *y = arena_alloc(b->src->arena, sizeof(*y));

	if (y == NULL) {
		b->broken = true;
		return NULL;
	}
	y->kind = kind;
	y->file = b->file;
	y->at = place_of(b, &e->start_mark);
	y->end_line = (unsigned)e->end_mark.line + 1;
	y->end_column = (unsigned)e->end_mark.column + 1;
	return y;
}

/* A second value for a key of a map is refused, naming both lines. */
static bool
key_is_new(struct build *b, const struct yaml *map, struct yaml *child)
{
	const struct yaml *other;
	struct buf key;
	bool ret = false;

	buf_init(&key, 0);
	buf_u64(&key, (uint64_t)(uintptr_t)map);
	buf_str_put(&key, child->key);
	other = table_get(b->keys, buf_str(&key));
	if (other != NULL)
		fault_add(b->src->faults, &child->key_at, "`%.*s` stands here "
		    "twice, first in line %u; write it once",
		    STR_FMT(child->key), other->key_at.line);
	else if (buf_failed(&key) ||
	    table_set(b->keys, buf_str(&key), child, NULL) < 0)
		b->broken = true;
	else
		ret = true;
	buf_free(&key);
	return ret;
}

static void
node_append(struct yaml *parent, struct yaml *child)
{
	if (parent->last == NULL)
		parent->first = child;
	else
		parent->last->next = child;
	parent->last = child;
	parent->n++;
}

/* Hangs a node where the parser stands. */
static void
node_place(struct build *b, struct yaml *y)
{
	struct yaml *parent;

	if (b->depth == 0) {
		b->root = y;
		return;
	}
	parent = b->open[b->depth - 1];
	y->parent = parent;
	if (parent->kind == YAML_LIST) {
		node_append(parent, y);
		return;
	}
	y->key = b->key.text;
	y->key_at = b->key.at;
	b->have_key = false;
	/* what stands under a name at fault is dropped */
	if (!b->key.bad && key_is_new(b, parent, y))
		node_append(parent, y);
}

static bool
wants_key(const struct build *b)
{
	return b->depth > 0 && b->open[b->depth - 1]->kind == YAML_MAP &&
	    !b->have_key;
}

static const char *
key_fault(const struct yaml *y)
{
	if (y->kind != YAML_TEXT)
		return "a map or list as a name; names are plain text";
	if (y->end_line != y->at.line)
		return "a name that goes on in the next line; names stand on "
		    "one line";
	if (y->text.n == 0)
		return "a value without a name; write `name: value`";
	if (y->plain && str_is(y->text, "<<"))
		return "`<<` (a merge key) is not read; write the values out, "
		    "or use `ways` and `include`";
	return NULL;
}

static void
key_take(struct build *b, const struct yaml *y)
{
	const char *why = y->bad ? NULL : key_fault(y);

	b->key = *y;
	b->have_key = true;
	if (why != NULL) {
		refuse(b, &y->at, why);
		b->key.bad = true;
	}
}

static void
marks_refuse(struct build *b, const struct fault_place *at,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		refuse(b, at, "`&` begins an anchor, which is not read; "
		    "write a text that begins with & in quotation marks");
	if (tag != NULL)
		refuse(b, at, "`!` begins a tag, which is not read; write "
		    "a text that begins with ! in quotation marks");
}

static void
refuse_folded(struct build *b, const struct fault_place *at)
{
	refuse(b, at, "a value that goes on in the next line; quote it, or "
	    "mend the indentation");
}

static bool
is_setting(struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '_')
			return text_name(s, 64);
	return s.n > 0;
}

/* `name:value` at the beginning of a line is a text to YAML. What stands
 * behind the colon is not repeated: it may be a secret. */
static bool
blank_missing(struct build *b, const struct yaml *y)
{
	struct csn_str line = yaml_line(y->file, y->at.line), name;
	ptrdiff_t colon;

	line = str_trim(line);
	colon = str_index(line, ':');
	name = str_of(line.p, colon < 0 ? 0 : (size_t)colon);
	if (!is_setting(name) || !str_starts(y->text, str_of(name.p,
	    name.n + 1)))
		return false;
	fault_add(b->src->faults, &y->at, "a blank is missing behind `%.*s:`; "
	    "write `name: value`", STR_FMT(name));
	return true;
}

static void
scalar_shape_check(struct build *b, struct yaml *y)
{
	const struct yaml *in = y->parent;

	if (y->plain && y->end_line != y->at.line) {
		y->bad = true;
		b->folded_at = y->at;
		b->folded = in != NULL && in->flow;
		b->no_blank = !b->folded && blank_missing(b, y);
		if (!b->folded && !b->no_blank)
			refuse_folded(b, &y->at);
	}
	yaml_cut_check(b->src, y);
}

static void
on_scalar(struct build *b, const yaml_event_t *e)
{
	struct yaml *y = node_new(b, YAML_TEXT, e);
	yaml_scalar_style_t style = e->data.scalar.style;

	if (y == NULL)
		return;
	y->plain = style == YAML_PLAIN_SCALAR_STYLE;
	y->block = style == YAML_LITERAL_SCALAR_STYLE ||
	    style == YAML_FOLDED_SCALAR_STYLE;
	y->text = arena_str(b->src->arena, str_of(e->data.scalar.value,
	    e->data.scalar.length));
	if (y->text.p == NULL) {
		b->broken = true;
		return;
	}
	marks_refuse(b, &y->at, e->data.scalar.anchor, e->data.scalar.tag);
	if (memchr(y->text.p, '\0', y->text.n) != NULL) {
		refuse(b, &y->at, "a NUL in a value");
		y->bad = true;
	}
	if (wants_key(b)) {
		key_take(b, y);
		return;
	}
	/* in its place first: what it is called says whether it is shown */
	node_place(b, y);
	scalar_shape_check(b, y);
}

static void
on_alias(struct build *b, const yaml_event_t *e)
{
	struct yaml *y = node_new(b, YAML_TEXT, e);

	if (y == NULL)
		return;
	refuse(b, &y->at, "`*` begins an alias, which is not read; write a "
	    "text that begins with * in quotation marks");
	y->bad = true;
	y->text = STR("");
	if (wants_key(b))
		key_take(b, y);
	else
		node_place(b, y);
}

/* A map or a list begins. */
static void
on_start(struct build *b, const yaml_event_t *e, enum yaml_kind kind)
{
	bool map = kind == YAML_MAP;
	struct yaml *y;

	if (b->skip > 0 || b->depth > YAML_DEPTH_MAX) {
		b->skip++;
		return;
	}
	y = node_new(b, kind, e);
	if (y == NULL)
		return;
	y->flow = map ?
	    e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE :
	    e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	marks_refuse(b, &y->at,
	    map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor,
	    map ? e->data.mapping_start.tag : e->data.sequence_start.tag);
	if (wants_key(b)) {
		b->skip = 1;
		key_take(b, y);
		return;
	}
	node_place(b, y);
	if (b->depth == YAML_DEPTH_MAX) {
		refuse(b, &y->at, "more than 16 maps and lists in one "
		    "another");
		b->skip = 1;
		y->bad = true;
	} else {
		b->open[b->depth++] = y;
	}
	b->have_key = false;
}

static void
on_end(struct build *b, const yaml_event_t *e)
{
	struct yaml *y;

	if (b->skip > 0) {
		b->skip--;
		return;
	}
	if (b->depth == 0)
		return;
	y = b->open[--b->depth];
	y->end_line = (unsigned)e->end_mark.line + 1;
	y->end_column = (unsigned)e->end_mark.column + 1;
	b->have_key = false;
	yaml_cut_check(b->src, y);
}

static void
on_document(struct build *b, const yaml_event_t *e)
{
	struct fault_place at = place_of(b, &e->start_mark);

	if (++b->documents == 2) {
		refuse(b, &at, "a second document; a file holds one, without "
		    "`---` in it");
		b->broken = true;
	}
}

static void
on_event(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		if (b->skip == 0)
			on_scalar(b, e);
		break;
	case YAML_ALIAS_EVENT:
		if (b->skip == 0)
			on_alias(b, e);
		break;
	case YAML_MAPPING_START_EVENT:
		on_start(b, e, YAML_MAP);
		break;
	case YAML_SEQUENCE_START_EVENT:
		on_start(b, e, YAML_LIST);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		on_end(b, e);
		break;
	case YAML_DOCUMENT_START_EVENT:
		on_document(b, e);
		break;
	default:
		break;
	}
}

/* Where somebody has to look: libyaml notices some of it much later. */
static struct fault_place
error_place(const struct build *b)
{
	return place_of(b, yaml_problem_begins(b->parser.problem,
	    b->parser.context) ? &b->parser.context_mark :
	    &b->parser.problem_mark);
}

static void
on_syntax_error(struct build *b)
{
	struct fault_place at = error_place(b);
	struct csn_str text;

	b->broken = true;
	/* that is why, and has been said */
	if (b->no_blank)
		return;
	text = yaml_problem(b->src, b->file, b->parser.problem,
	    b->parser.context, at.line, at.column);
	fault_add(b->src->faults, &at, "%.*s", STR_FMT(text));
}

static void
parse_events(struct build *b)
{
	yaml_event_t e;
	bool end = false;

	while (!end && !b->broken) {
		if (!yaml_parser_parse(&b->parser, &e)) {
			on_syntax_error(b);
			return;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		if (b->folded)
			refuse_folded(b, &b->folded_at);
		b->folded = b->no_blank = false;
		on_event(b, &e);
		yaml_event_delete(&e);
		pace();
	}
}

static bool
root_is_map(struct build *b)
{
	struct fault_place at = { .file = b->file->name,
	    .number = b->file->number, .line = 1, .column = 1 };

	if (b->broken)
		return false;
	if (b->root != NULL && b->root->kind == YAML_MAP)
		return true;
	refuse(b, b->root == NULL ? &at : &b->root->at, "no settings here; "
	    "a configuration is lines of `name: value`");
	return false;
}

/* The node is the tree's; thousands of keys take their time. */
static void
key_gone(void *node)
{
	(void)node;
	pace();
}

struct yaml *
yaml_parse(struct yaml_source *src, const struct yaml_file *file)
{
	struct build b = { .src = src, .file = file };
	struct yaml *ret = NULL;

	if (yaml_file_check(src, file) < 0)
		return NULL;
	b.keys = table_new();
	if (b.keys == NULL || !yaml_parser_initialize(&b.parser)) {
		table_free(b.keys, NULL);
		return NULL;
	}
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser,
	    (const unsigned char *)file->text.p, file->text.n);
	parse_events(&b);
	if (root_is_map(&b))
		ret = b.root;
	yaml_parser_delete(&b.parser);
	table_free(b.keys, key_gone);
	return ret;
}

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		if (str_is(y->key, key))
			return y;
	return NULL;
}
