/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_schema.h - a block of settings read by a table
 *
 * One row per setting: its name, the function that reads its value, and where
 * that goes. Names that no row has are faults with the nearest one; rows
 * without a function are words that a later version will know.
 */
#ifndef COUNTERSIGN_HOST_CONF_SCHEMA_H
#define COUNTERSIGN_HOST_CONF_SCHEMA_H

#include "conf.h"
#include "yaml.h"

struct conf_reader;
struct schema_row;

/* Reads a value to where the row says; faults go to the reader. */
typedef void schema_reader(struct conf_reader *, const struct schema_row *,
    const struct yaml *, void *into);

struct schema_row {
	const char *name;
	schema_reader *read;	/* NULL: not supported by this version */
	size_t offset;		/* in what schema_read() fills */
	int64_t min, max;	/* of numbers and durations (max 0: none) */
	const char *words;	/* "a|b|c" */
	bool required;
	const struct schema_shape *shape;	/* NULL: as its reader says */
	const char *fallback;	/* what stands there when nothing is written,
				 * for those who ask; of a block its lines */
};

/*
 * What a value looks like, beside the reader that judges it: for printing a
 * configuration and for editors. A reader that several rows share says it by
 * itself (schema_shape_of()).
 */
enum shape_kind {
	SHAPE_TEXT = 1,
	SHAPE_BOOL,
	SHAPE_TRUE,
	SHAPE_NUMBER,		/* the row's min, max */
	SHAPE_DURATION,
	SHAPE_WORDS,		/* the row's words, or the shape's */
	SHAPE_PATH,
	SHAPE_FILE,		/* file:PATH */
	SHAPE_SECRET,		/* a reference */
	SHAPE_LANGUAGES,	/* a text, or one per language */
	SHAPE_BLOCK,		/* rows; exactly one of `words` is written */
	SHAPE_NAMED,		/* a block with names of the writer's: `of` */
	SHAPE_SOME,		/* one or a list: `of` */
	SHAPE_LIST,		/* a list only: `of` */
	SHAPE_EITHER,		/* one value as `of`, or a block as `block` */
	SHAPE_FACTOR		/* the host's words and the plugin's options */
};

struct schema_shape {
	enum shape_kind kind;
	const struct schema_row *rows;
	size_t nrows;
	const struct schema_shape *of, *block;
	const char *words;
};

#define SHAPE_OF_ROWS(table) { .kind = SHAPE_BLOCK, .rows = (table), \
	.nrows = SCHEMA_COUNT(table) }

extern const struct schema_shape shape_text, shape_texts, shape_file,
    shape_bool, shape_true, shape_words, shape_some_words, shape_number,
    shape_duration, shape_named_texts;
/* Never NULL for a row that is read. */
const struct schema_shape *schema_shape_of(const struct schema_row *);
/* Of an option of a plugin, as far as printing goes. */
const struct schema_shape *schema_shape_of_option(const struct csn_opt *);

#define SCHEMA_COUNT(rows)	(sizeof(rows) / sizeof((rows)[0]))

/* Reads a map; `what` names it in sentences: "`site`". */
void schema_read(struct conf_reader *, const struct schema_row *, size_t n,
    const struct yaml *map, const char *what, void *into);

schema_reader schema_keep;	/* const struct yaml *: read later */
schema_reader schema_skip;	/* nothing: it is read elsewhere */
schema_reader schema_bool;
schema_reader schema_true;	/* bool that can only be `true` */
schema_reader schema_number;	/* unsigned; min, max */
schema_reader schema_duration;	/* int64_t seconds; min, max */
schema_reader schema_strings;	/* csn_strs: one value or a list */
schema_reader schema_text;	/* conf_text, one value or one per language */
schema_reader schema_networks;	/* uint64_t: names of networks */
schema_reader schema_path;	/* csn_str: absolute */

/* The value as text, borrowed from the tree. 0, or -1 after a fault. */
int schema_get(struct conf_reader *, const struct yaml *, struct csn_str *);
/* One value or a list of values, as an array of nodes in scratch; a list
 * without entries is a fault and n is 0. */
size_t schema_list(struct conf_reader *, const struct yaml *,
    const struct yaml ***ret);
/* Whether it is a map; a fault otherwise. */
bool schema_is_map(struct conf_reader *, const struct yaml *);
/* Whether a name is of [a-z0-9-]; a fault at the key otherwise. */
bool schema_name_ok(struct conf_reader *, const struct yaml *);
bool schema_name_valid(struct csn_str);
/* What a fault calls the node: `name`, or "this entry". */
struct csn_str schema_called(struct conf_reader *, const struct yaml *);
/* An absolute path; a relative one is below the folder of its file. */
struct csn_str schema_absolute(struct conf_reader *, const struct yaml *,
    struct csn_str path);
struct conf_place schema_place(struct conf_reader *, const struct yaml *);
struct conf_place schema_key_place(struct conf_reader *, const struct yaml *);
/* The content of `file:PATH` in the arena; -1 after a fault. */
int schema_file(struct conf_reader *, const struct yaml *, size_t max,
    struct csn_str *ret_path, struct csn_str *ret_content);

#endif
