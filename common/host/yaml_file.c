/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_file.c - a file of the configuration, read once and whole
 *
 * It must never take a text with characters that a screen does not show, or
 * read one file twice.
 */
#include <errno.h>
#include <stdlib.h>

#include "conf_file.h"
#include "lib/text.h"
#include "pace.h"
#include "yaml.h"

static struct csn_str
folder_of(struct csn_str path)
{
	size_t n = path.n;

	while (n > 1 && path.p[n - 1] != '/')
		n--;
	return str_of(path.p, n > 1 ? n - 1 : n);
}

/* Where each line begins; one more than there are line ends. */
static int
lines_find(struct arena *a, struct yaml_file *f)
{
	size_t n = 1, *lines;

	for (size_t i = 0; i < f->text.n; i++)
		n += f->text.p[i] == '\n';
	lines = arena_array(a, n, sizeof(*lines));
	if (lines == NULL)
		return -1;
	f->lines = lines;
	f->nlines = n;
	n = 0;
	lines[n++] = 0;
	for (size_t i = 0; i < f->text.n; i++)
		if (f->text.p[i] == '\n')
			lines[n++] = i + 1;
	return 0;
}

struct yaml_file *
yaml_file_text(struct yaml_source *src, struct csn_str name,
    struct csn_str text)
{
	struct yaml_file *f;

	if (src->nfiles == YAML_FILES_MAX)
		return NULL;
	f = arena_alloc(src->arena, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->name = arena_str(src->arena, name.n == 0 ? STR("-") : name);
	f->text = arena_str(src->arena, text_without_bom(text));
	f->path = f->folder = STR("");
	if (f->name.p == NULL || f->text.p == NULL ||
	    lines_find(src->arena, f) < 0)
		return NULL;
	src->files[src->nfiles++] = f;
	f->number = (unsigned)src->nfiles;
	return f;
}

static struct yaml_file *
file_known(const struct yaml_source *src, struct csn_str path)
{
	for (size_t i = 0; i < src->nfiles; i++)
		if (str_equal(src->files[i]->path, path))
			return src->files[i];
	return NULL;
}

static struct yaml_file *
file_take(struct yaml_source *src, struct csn_str name, const char *path,
    struct csn_str text)
{
	struct yaml_file *f = yaml_file_text(src, name, text);

	if (f == NULL)
		return NULL;
	f->path = arena_str(src->arena, str_from(path));
	if (f->path.p == NULL)
		return NULL;
	f->folder = folder_of(f->path);
	return f;
}

/* A resolved path; a sentence on failure. */
static const char *
path_read(struct yaml_source *src, struct csn_str name, const char *path,
    struct yaml_file **ret)
{
	const char *why = "is read twice; include it in one place";
	struct buf b;

	if (file_known(src, str_from(path)) != NULL)
		return why;
	buf_init(&b, YAML_FILE_MAX + 1);
	why = conf_file_read(path, YAML_FILE_MAX, &b);
	pace();
	if (why == NULL) {
		*ret = file_take(src, name, path, buf_str(&b));
		if (*ret == NULL)
			why = "is one file too many; at most 64 are read";
	}
	buf_free(&b);
	return why;
}

/* `at` is who includes it, or NULL for the first. */
struct yaml_file *
yaml_file_read(struct yaml_source *src, struct csn_str name, const char *path,
    unsigned depth, const struct fault_place *at)
{
	struct fault_place none = { .line = 0 };
	struct yaml_file *f = NULL;
	const char *why;
	char *real;

	real = realpath(path, NULL);
	if (real == NULL)
		why = errno == ENOENT ? "is not there" : strerror(errno);
	else
		why = path_read(src, name, real, &f);
	if (why != NULL)
		fault_add(src->faults, at == NULL ? &none : at, "%.*s %s",
		    STR_FMT(name), why);
	else
		f->depth = depth;
	free(real);
	return f;
}

/* The first character of a line that a screen does not show, from 1; or 0. */
static unsigned
line_control(struct csn_str line)
{
	size_t at = 0, from;
	unsigned column = 0;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	while (at < line.n) {
		from = at;
		column++;
		(void)text_next(line, &at);
		if (line.p[from] != '\t' &&
		    !text_plain(str_of(line.p + from, at - from)))
			return column;
	}
	return 0;
}

/* As some editors save a file: every second byte is 0. */
static bool
is_utf16(struct csn_str text)
{
	return str_starts(text, STR("\xff\xfe")) ||
	    str_starts(text, STR("\xfe\xff"));
}

int
yaml_file_check(struct yaml_source *src, const struct yaml_file *f)
{
	struct fault_place at = { .file = f->name, .number = f->number,
	    .line = 1, .column = 1 };
	unsigned faults = src->faults->nfaults;

	if (is_utf16(f->text)) {
		fault_add(src->faults, &at, "this file is UTF-16; save it as "
		    "UTF-8");
		return -1;
	}
	for (unsigned i = 1; i <= f->nlines; i++) {
		at.column = line_control(yaml_line(f, i));
		at.line = i;
		if (at.column != 0)
			fault_add(src->faults, &at, "a character that is not "
			    "shown, or no UTF-8; the file is UTF-8 text");
		pace();
	}
	return src->faults->nfaults == faults ? 0 : -1;
}

struct csn_str
yaml_line(const struct yaml_file *f, unsigned line)
{
	size_t from, to;

	if (line == 0 || line > f->nlines)
		return STR("");
	from = f->lines[line - 1];
	to = line < f->nlines ? f->lines[line] - 1 : f->text.n;
	return str_of(f->text.p + from, to - from);
}

size_t
yaml_column_byte(struct csn_str line, unsigned column)
{
	size_t at = 0;

	while (column > 1 && at < line.n) {
		(void)text_next(line, &at);
		column--;
	}
	return at;
}

struct csn_str
yaml_written(const struct yaml *y)
{
	struct csn_str line = yaml_line(y->file, y->at.line);
	size_t from, to;

	if (y->end_line != y->at.line)
		return STR("");
	from = yaml_column_byte(line, y->at.column);
	to = yaml_column_byte(line, y->end_column);
	return from < to ? str_of(line.p + from, to - from) : STR("");
}
