/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - a YAML file as a tree in which each node knows its place
 *
 * Read by libyaml's events alone. What makes YAML surprising is refused:
 * anchors, aliases, tags, merge keys, several documents, keys that are not
 * plain text or stand there twice, values that a comment, a comma or a fold
 * has cut. No scalar has a type here: the schema gives it one.
 */
#ifndef COUNTERSIGN_HOST_YAML_H
#define COUNTERSIGN_HOST_YAML_H

#include "conf_fault.h"

#define YAML_FILE_MAX	(1024u * 1024u)
#define YAML_FILES_MAX	64u
#define YAML_DEPTH_MAX	16u	/* of maps and lists in one another */
#define YAML_INCLUDE_MAX 4u	/* of files in one another */

enum yaml_kind { YAML_TEXT = 1, YAML_MAP, YAML_LIST };

/* A file that was read. Everything lives in the source's arena. */
struct yaml_file {
	struct csn_str name;		/* as it was named */
	struct csn_str path;		/* absolute, no symbolic link in it */
	struct csn_str folder;		/* of path; "" for a text without
					 * file */
	struct csn_str text;
	unsigned number;		/* from 1, in the order read */
	unsigned depth;			/* of including */
	const size_t *lines;		/* where each begins */
	size_t nlines;
};

struct yaml {
	enum yaml_kind kind;
	bool plain;			/* text without quotation marks */
	bool block;			/* text after | or > */
	bool flow;			/* {...} or [...] */
	bool bad;			/* at fault already: say no more */
	const struct yaml_file *file;
	struct fault_place at;
	unsigned end_line, end_column;	/* behind it, from 1 */
	struct csn_str text;
	struct csn_str key;		/* of a map's child */
	struct fault_place key_at;
	const struct yaml *parent;	/* NULL: the root */
	struct yaml *first, *next;	/* children in their order */
	struct yaml *last;
	size_t n;			/* how many */
};

/* Everything one load reads. */
struct yaml_source {
	struct arena *arena;		/* borrowed */
	struct faults *faults;		/* borrowed */
	struct yaml_file *files[YAML_FILES_MAX];
	size_t nfiles;
};

void yaml_source_init(struct yaml_source *, struct arena *, struct faults *);

/*
 * Reads a file and what it includes into one tree, whose root is a map. NULL
 * when a file cannot be read as YAML at all; other faults leave a tree to go
 * on with. Whether there are any the caller sees in the list of faults.
 */
struct yaml *yaml_load(struct yaml_source *, const char *path);
/* The same from a text; includes are then refused. */
struct yaml *yaml_load_text(struct yaml_source *, struct csn_str name,
    struct csn_str text);

/* The child of that key, or NULL. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
/* The line, without its end; "" if there is none. */
struct csn_str yaml_line(const struct yaml_file *, unsigned line);
/* From a column of characters (from 1) to a byte of the line. */
size_t yaml_column_byte(struct csn_str line, unsigned column);
/* The node as written, if it stands on one line; else "". */
struct csn_str yaml_written(const struct yaml *);

/* For yaml*.c only. */
struct yaml_file *yaml_file_read(struct yaml_source *, struct csn_str name,
    const char *path, unsigned depth, const struct fault_place *);
struct yaml_file *yaml_file_text(struct yaml_source *, struct csn_str name,
    struct csn_str text);
/* Unreadable text, with a line for each control character: 0 or -1. */
int yaml_file_check(struct yaml_source *, const struct yaml_file *);
struct yaml *yaml_parse(struct yaml_source *, const struct yaml_file *);
/* libyaml's words for a syntax error in ours. */
struct csn_str yaml_problem(struct yaml_source *, const struct yaml_file *,
    const char *problem, const char *context, unsigned line, unsigned column);
/* Whether it is told where it began, as what is never closed, and not where
 * it was noticed. */
bool yaml_problem_begins(const char *problem, const char *context);
void yaml_include(struct yaml_source *, struct yaml *root);
/* A value that a comment or a comma cut (decision 20). */
void yaml_cut_check(struct yaml_source *, struct yaml *);

#endif
