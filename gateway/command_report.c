/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_report.c - reports as CSV, for a spreadsheet
 *
 * RFC 4180. Names and addresses are the directory's: none of them may become a
 * formula.
 */
#include <jansson.h>
#include <stdio.h>

#include "command.h"

static const char *const columns[] = { "group", "realm", "subject", "name",
	"mail", "last_login", "grace_until", "link_required" };

static bool
starts_formula(const char *s)
{
	return *s != '\0' && strchr("=+-@\t\r", *s) != NULL;
}

static void
text_csv(const char *s)
{
	bool quote = starts_formula(s) || strpbrk(s, ",\"\r\n ") != NULL;

	if (quote)
		putchar('"');
	if (starts_formula(s))
		putchar('\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			putchar('"');
		putchar(*s);
	}
	if (quote)
		putchar('"');
}

static void
row_csv(const json_t *row)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const json_t *v = json_object_get(row, columns[i]);

		if (i > 0)
			putchar(',');
		if (json_is_string(v))
			text_csv(json_string_value(v));
		else if (json_is_boolean(v))
			fputs(json_is_true(v) ? "yes" : "no", stdout);
	}
	fputs("\r\n", stdout);
}

static void
report_csv(const json_t *report)
{
	const json_t *row;
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		printf("%s%s", i > 0 ? "," : "", columns[i]);
	fputs("\r\n", stdout);
	json_array_foreach(json_object_get(report, "people"), i, row)
		row_csv(row);
}

/* What is missing from it, where nobody overlooks it: 1 if there is any. */
static int
missing_say(const json_t *report)
{
	const json_t *row, *rows = json_object_get(report, "not_listed");
	size_t i;

	json_array_foreach(rows, i, row)
		fprintf(stderr, "countersign: group %s of realm %s is not in "
		    "this report: %s\n",
		    json_string_value(json_object_get(row, "group")),
		    json_string_value(json_object_get(row, "realm")),
		    json_string_value(json_object_get(row, "why")));
	return json_array_size(rows) > 0 ? COMMAND_FAILED : COMMAND_OK;
}

static int
report_print(struct command *c, struct csn_str *text)
{
	json_t *report = json_loadb(text->p, text->n, 0, NULL);
	int rc;

	if (c->json)
		printf("%.*s\n", STR_FMT(*text));
	else
		report_csv(report);
	rc = missing_say(report);
	json_decref(report);
	csn_free(text);
	return fflush(stdout) == 0 ? rc : COMMAND_FAILED;
}

int
command_report(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	int rc;

	if (c->argc < 1 || c->argc > 2 ||
	    strcmp(c->argv[0], "unenrolled") != 0)
		return command_wrong(c);
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	rc = csn_report_unenrolled(gate, str_from(c->argc > 1 ? c->argv[1] :
	    NULL), str_from(c->groups), str_from(c->realm), &text);
	csn_gate_close(gate);
	return rc < 0 ? command_print(c, rc, &text) : report_print(c, &text);
}
