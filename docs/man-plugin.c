/* SPDX-License-Identifier: Apache-2.0 */
/*
 * man-plugin.c - the tables of a plugin as pieces of its manual page
 *
 *	man-plugin PLUGIN.so options|operations
 *
 * The sentences of the option table are the manual: docs/man-update puts them
 * into the page, and a test compares. It must never write a sentence of its
 * own about what an option does.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <countersign/plugin.h>

#define FILL	72u

/* ------------------------------------------------------------------ */
/* mdoc: a line per sentence, filled, nothing that roff takes for a request */

struct filler { size_t column; int begins; };

static void
word_put(struct filler *f, const char *p, size_t n)
{
	if (f->column > 0 && (f->begins || f->column + 1 + n > FILL)) {
		putchar('\n');
		f->column = 0;
	}
	if (f->column > 0) {
		putchar(' ');
		f->column++;
	} else if (*p == '.' || *p == '\'') {
		fputs("\\&", stdout);
	}
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(p[i]);
	f->column += n;
	f->begins = n > 1 && (p[n - 1] == '.' || p[n - 1] == '?');
}

static void
text_put(const char *text)
{
	struct filler f = { 0, 0 };
	const char *p = text;

	while (*p != '\0') {
		size_t n = strcspn(p, " ");

		if (n > 0)
			word_put(&f, p, n);
		p += n + strspn(p + n, " ");
	}
	putchar('\n');
}

/* ------------------------------------------------------------------ */

static const char *
type_name(uint32_t type)
{
	switch (type) {
	case CSN_T_STRING:
		return "text";
	case CSN_T_INT:
		return "number";
	case CSN_T_BOOL:
		return "true | false";
	case CSN_T_SECONDS:
		return "time";
	case CSN_T_HTTPS_URL:
		return "https://...";
	case CSN_T_LDAP_URL:
		return "ldaps://...";
	case CSN_T_HOSTPORT:
		return "host:port";
	case CSN_T_FILE:
		return "file:path";
	case CSN_T_SECRET:
		return "secret";
	case CSN_T_MAP:
		return "block";
	default:
		return "value";
	}
}

/* "a | b": the bars of a choice with room around them. */
static void
choices_put(const char *choices)
{
	for (const char *p = choices; *p != '\0'; p++)
		if (*p == '|')
			fputs(" | ", stdout);
		else
			putchar(*p);
}

static void
bound_put(const struct csn_opt *o, int64_t n)
{
	printf("%lld%s", (long long)n, o->type == CSN_T_SECONDS ? "s" : "");
}

static void
range_put(const struct csn_opt *o)
{
	if ((o->type != CSN_T_INT && o->type != CSN_T_SECONDS) ||
	    (o->min == 0 && o->max == 0))
		return;
	fputs("From ", stdout);
	bound_put(o, o->min);
	if (o->max != 0) {
		fputs(" to ", stdout);
		bound_put(o, o->max);
	} else {
		fputs(" up", stdout);
	}
	puts(".");
}

static void
option_put(const struct csn_opt *o)
{
	printf(".It Ic %s : ", o->name);
	if (o->type == CSN_T_CHOICE && o->choices != NULL) {
		fputs("Cm ", stdout);
		choices_put(o->choices);
	} else {
		printf("Ar %s", type_name(o->type));
	}
	if ((o->flags & CSN_O_REQUIRED) != 0)
		fputs(" Pq required", stdout);
	if ((o->flags & CSN_O_REPEAT) != 0)
		fputs(" Pq one or a list", stdout);
	putchar('\n');
	text_put(o->help);
	range_put(o);
	if (o->fallback != NULL)
		printf("Default:\n.Cm %s .\n", o->fallback);
}

static int
options_put(const struct csn_plugin *p)
{
	const char *at = (const char *)p->opts;

	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < p->nopts; i++, at += p->opt_size)
		option_put((const struct csn_opt *)(const void *)at);
	puts(".El");
	return 0;
}

static int
operations_put(const struct csn_plugin *p)
{
	const char *at = (const char *)p->ops;

	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < p->nops; i++, at += p->op_size) {
		const struct csn_op *o = (const struct csn_op *)
		    (const void *)at;

		printf(".It Cm %s\n", o->name);
		text_put(o->help);
		if ((o->flags & CSN_OP_OPERATOR) == 0)
			puts("Not from the command line.");
	}
	puts(".El");
	return 0;
}

static const struct csn_plugin *
plugin_open(const char *path, void **ret_library)
{
	const struct csn_plugin *p;

	*ret_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (*ret_library == NULL) {
		fprintf(stderr, "man-plugin: %s\n", dlerror());
		return NULL;
	}
	p = dlsym(*ret_library, "countersign_plugin_1");
	if (p == NULL)
		fprintf(stderr, "man-plugin: %s: is no plugin\n", path);
	return p;
}

int
main(int argc, char **argv)
{
	const struct csn_plugin *p;
	void *library;
	int rc = 2;

	if (argc != 3) {
		fprintf(stderr, "usage: man-plugin PLUGIN.so "
		    "options|operations\n");
		return 2;
	}
	p = plugin_open(argv[1], &library);
	if (p == NULL)
		return 1;
	if (strcmp(argv[2], "options") == 0)
		rc = options_put(p);
	else if (strcmp(argv[2], "operations") == 0)
		rc = operations_put(p);
	dlclose(library);
	return rc;
}
