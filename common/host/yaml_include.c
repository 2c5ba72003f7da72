/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_include.c - a file with those that it names by `include:`, joined
 *
 * Sections of several files become one map; a name that two files give is
 * an error in both their names, never a choice. A pattern that matches
 * nothing is an error too: a missing file must not open anything.
 */
#include <glob.h>

#include "yaml.h"

static struct csn_str
joined_path(struct yaml_source *src, const struct yaml *y)
{
	if (y->text.p[0] == '/')
		return y->text;
	return arena_printf(src->arena, "%.*s/%.*s",
	    STR_FMT(y->file->folder), STR_FMT(y->text));
}

static void
name_twice(struct yaml_source *src, const struct yaml *first,
    const struct yaml *second)
{
	fault_add(src->faults, &second->key_at, "`%.*s` stands in %.*s line "
	    "%u already; write it in one file", STR_FMT(second->key),
	    STR_FMT(first->key_at.file), first->key_at.line);
}

static const struct yaml *
child_named(const struct yaml *map, struct csn_str name)
{
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		if (str_equal(y->key, name))
			return y;
	return NULL;
}

static void
child_move(struct yaml *map, struct yaml *child)
{
	child->next = NULL;
	if (map->last == NULL)
		map->first = child;
	else
		map->last->next = child;
	map->last = child;
	map->n++;
}

/* The children of one section behind those of the same section elsewhere. */
static void
section_join(struct yaml_source *src, struct yaml *into, struct yaml *from)
{
	for (struct yaml *y = from->first, *next; y != NULL; y = next) {
		const struct yaml *other = child_named(into, y->key);

		next = y->next;
		if (other != NULL)
			name_twice(src, other, y);
		else
			child_move(into, y);
	}
}

static void
root_join(struct yaml_source *src, struct yaml *into, struct yaml *from)
{
	for (struct yaml *y = from->first, *next; y != NULL; y = next) {
		struct yaml *other = into->first;

		next = y->next;
		if (str_is(y->key, "include"))
			continue;
		while (other != NULL && !str_equal(other->key, y->key))
			other = other->next;
		if (other == NULL)
			child_move(into, y);
		else if (other->kind == YAML_MAP && y->kind == YAML_MAP)
			section_join(src, other, y);
		else
			name_twice(src, other, y);
	}
}

/* A path for messages: below the folder as the including file was named. */
static struct csn_str
shown_name(struct yaml_source *src, const struct yaml_file *by,
    const char *path)
{
	struct csn_str rest = str_from(path), shown;

	if (!str_starts(rest, by->folder) || rest.p[by->folder.n] != '/')
		return rest;
	rest = str_from_at(rest, by->folder.n + 1);
	shown = by->name;
	while (shown.n > 0 && shown.p[shown.n - 1] != '/')
		shown.n--;
	return arena_printf(src->arena, "%.*s%.*s", STR_FMT(shown),
	    STR_FMT(rest));
}

static void
file_include(struct yaml_source *src, struct yaml *root, const char *path,
    const struct yaml *by)
{
	struct yaml_file *f;
	struct yaml *other;

	f = yaml_file_read(src, shown_name(src, by->file, path), path,
	    by->file->depth + 1, &by->at);
	if (f == NULL)
		return;
	other = yaml_parse(src, f);
	if (other == NULL)
		return;
	yaml_include(src, other);
	root_join(src, root, other);
}

static void
pattern_include(struct yaml_source *src, struct yaml *root,
    const struct yaml *y)
{
	struct csn_str pattern;
	glob_t found = { 0 };

	if (y->bad)
		return;
	if (y->kind != YAML_TEXT || y->text.n == 0) {
		fault_add(src->faults, &y->at, "`include` is a list of files; "
		    "write the path of one here");
		return;
	}
	if (y->file->folder.n == 0 || y->file->depth >= YAML_INCLUDE_MAX) {
		fault_add(src->faults, &y->at, "files include each other at "
		    "most %u deep", y->file->folder.n == 0 ? 0 :
		    YAML_INCLUDE_MAX);
		return;
	}
	pattern = joined_path(src, y);
	if (pattern.p == NULL)
		return;
	if (glob(pattern.p, GLOB_ERR, NULL, &found) != 0) {
		fault_add(src->faults, &y->at, "no file matches %.*s; name "
		    "one that is there, or take the line out",
		    STR_FMT(y->text));
		globfree(&found);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		file_include(src, root, found.gl_pathv[i], y);
	globfree(&found);
}

void
yaml_include(struct yaml_source *src, struct yaml *root)
{
	const struct yaml *include = yaml_get(root, "include");

	if (include == NULL)
		return;
	if (include->kind != YAML_LIST) {
		pattern_include(src, root, include);
		return;
	}
	for (const struct yaml *y = include->first; y != NULL; y = y->next)
		pattern_include(src, root, y);
}

struct yaml *
yaml_load(struct yaml_source *src, const char *path)
{
	struct yaml_file *file = yaml_file_read(src, str_from(path), path, 0,
	    NULL);
	struct yaml *root;

	if (file == NULL)
		return NULL;
	root = yaml_parse(src, file);
	if (root != NULL)
		yaml_include(src, root);
	return root;
}

struct yaml *
yaml_load_text(struct yaml_source *src, struct csn_str name,
    struct csn_str text)
{
	struct yaml_file *file = yaml_file_text(src, name, text);
	struct yaml *root;

	if (file == NULL || text.n > YAML_FILE_MAX)
		return NULL;
	root = yaml_parse(src, file);
	if (root != NULL)
		yaml_include(src, root);
	return root;
}
