/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_print.c - JSON as it is, or as lines and columns for people
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "lib/text.h"

#define COLUMNS_MAX	16u
#define CELL_MAX	60u

/* A value as one line of text, escaped: names may be a stranger's. */
static void
cell_put(struct buf *b, const json_t *v)
{
	const json_t *e;
	size_t i;

	if (json_is_string(v)) {
		text_escape(b, str_from(json_string_value(v)), 2000);
	} else if (json_is_integer(v)) {
		buf_printf(b, "%lld", (long long)json_integer_value(v));
	} else if (json_is_boolean(v)) {
		buf_puts(b, json_is_true(v) ? "yes" : "no");
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, e) {
			if (i > 0)
				buf_puts(b, ", ");
			cell_put(b, e);
		}
	} else if (json_is_null(v)) {
		buf_puts(b, "-");
	}
}

static void
cell_print(const json_t *v, int width)
{
	struct buf b;

	buf_init(&b, 65536);
	cell_put(&b, v);
	printf("%-*.*s", width, STR_FMT(buf_str(&b)));
	buf_free(&b);
}

static int
cell_width(const json_t *v)
{
	struct buf b;
	int n;

	buf_init(&b, 65536);
	cell_put(&b, v);
	n = b.n > CELL_MAX ? (int)CELL_MAX : (int)b.n;
	buf_free(&b);
	return n;
}

struct columns {
	size_t n;
	const char *v[COLUMNS_MAX];
	int width[COLUMNS_MAX];
};

static void
columns_find(const json_t *rows, struct columns *c)
{
	const char *key;
	json_t *value, *row;
	size_t i, k;

	c->n = 0;
	json_array_foreach(rows, i, row)
		json_object_foreach(row, key, value) {
			int w = cell_width(value);

			for (k = 0; k < c->n && strcmp(c->v[k], key) != 0; k++)
				;
			if (k == COLUMNS_MAX)
				continue;
			if (k == c->n) {
				c->v[c->n++] = key;
				c->width[k] = (int)strlen(key);
			}
			if (w > c->width[k])
				c->width[k] = w;
		}
}

static void
table_print(const json_t *rows)
{
	struct columns c;
	json_t *row;
	size_t i, k;

	if (json_array_size(rows) == 0) {
		printf("none\n");
		return;
	}
	columns_find(rows, &c);
	for (k = 0; k < c.n; k++)
		printf("%-*s%s", c.width[k], c.v[k],
		    k + 1 < c.n ? "  " : "\n");
	json_array_foreach(rows, i, row)
		for (k = 0; k < c.n; k++) {
			cell_print(json_object_get(row, c.v[k]),
			    c.width[k]);
			printf(k + 1 < c.n ? "  " : "\n");
		}
}

static void
object_print(json_t *o)
{
	const char *key;
	json_t *value;

	json_object_foreach(o, key, value) {
		if (json_is_array(value) && json_is_object(
		    json_array_get(value, 0))) {
			printf("%s:\n", key);
			table_print(value);
			continue;
		}
		printf("%s: ", key);
		cell_print(value, 0);
		printf("\n");
	}
}

int
command_print(const struct command *c, int rc, struct csn_str *text)
{
	json_t *v;

	if (rc < 0) {
		fprintf(stderr, "countersign: %.*s\n", STR_FMT(*text));
		csn_free(text);
		return COMMAND_FAILED;
	}
	v = c->json ? NULL : json_loadb(text->p, text->n,
	    JSON_DECODE_ANY, NULL);
	if (json_is_array(v))
		table_print(v);
	else if (json_is_object(v))
		object_print(v);
	else
		printf("%.*s\n", STR_FMT(*text));
	json_decref(v);
	csn_free(text);
	return fflush(stdout) == 0 ? COMMAND_OK : COMMAND_FAILED;
}

int
command_pieces(struct csn_str *text)
{
	json_t *v = json_loadb(text->p, text->n, 0, NULL);
	const json_t *item;
	size_t i;

	csn_free(text);
	json_array_foreach(json_object_get(v, "items"), i, item)
		(void)fputs(json_string_value(json_object_get(item,
		    "detail")), stdout);
	(void)putchar('\n');
	json_decref(v);
	return i > 0 && fflush(stdout) == 0 ? COMMAND_OK : COMMAND_FAILED;
}

int
command_json(int rc, struct csn_str *text)
{
	json_t *v;

	if (rc < 0) {
		fprintf(stderr, "countersign: %.*s\n", STR_FMT(*text));
		csn_free(text);
		return COMMAND_FAILED;
	}
	v = json_loadb(text->p, text->n, JSON_DECODE_ANY, NULL);
	csn_free(text);
	rc = v == NULL ? -1 : json_dumpf(v, stdout, JSON_INDENT(1) |
	    JSON_PRESERVE_ORDER);
	json_decref(v);
	putchar('\n');
	return rc == 0 && fflush(stdout) == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static void
line_print(const char *before, const json_t *text)
{
	struct buf b;

	buf_init(&b, 65536);
	cell_put(&b, text);
	printf("%s%.*s", before, STR_FMT(buf_str(&b)));
	buf_free(&b);
}

static void
finding_print(const json_t *f)
{
	const json_t *where = json_object_get(f, "where");
	const json_t *todo = json_object_get(f, "do");
	struct buf b;

	buf_init(&b, 64);
	cell_put(&b, json_object_get(f, "severity"));
	printf("%-8.*s", STR_FMT(buf_str(&b)));
	buf_free(&b);
	if (json_string_length(where) > 0)
		line_print(" ", where);
	line_print(json_string_length(where) > 0 ? ": " : " ",
	    json_object_get(f, "what"));
	if (json_string_length(todo) > 0)
		line_print("\n         do: ", todo);
	putchar('\n');
}

int
command_findings(struct csn_str *text)
{
	json_t *v = json_loadb(text->p, text->n, 0, NULL), *f;
	json_int_t errors, warnings;
	bool good;
	size_t i;

	csn_free(text);
	json_array_foreach(json_object_get(v, "findings"), i, f)
		finding_print(f);
	errors = json_integer_value(json_object_get(v, "errors"));
	warnings = json_integer_value(json_object_get(v, "warnings"));
	if (errors + warnings == 0)
		printf("nothing is wrong: %lld things were looked at\n",
		    (long long)json_integer_value(json_object_get(v,
		    "looked_at")));
	else
		printf("%lld errors, %lld warnings\n", (long long)errors,
		    (long long)warnings);
	good = v != NULL;
	json_decref(v);
	return good && fflush(stdout) == 0 ? COMMAND_OK : COMMAND_FAILED;
}
