/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogues.c - loads catalogues and looks texts up
 *
 * It must never fail a page: without a translation the English text is shown.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalogues.h"
#include "lib/arena.h"
#include "lib/table.h"
#include "po.h"

#define TEXTS_MAX	(8u << 20)	/* bytes of all languages */
#define FILES_MAX	256

struct catalogue {
	struct csn_str language;
	struct table *texts;		/* of struct csn_str in the arena */
};

struct catalogues {
	struct catalogue v[CATALOGUES_MAX];
	size_t n;
	struct arena arena;
};

struct filling {			/* what po_take() gets */
	struct catalogues *all;
	struct catalogue *one;
};

struct catalogues *
catalogues_new(void)
{
	struct catalogues *c = calloc(1, sizeof(*c));

	if (c != NULL)
		arena_init(&c->arena, TEXTS_MAX);
	return c;
}

void
catalogues_free(struct catalogues *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		table_free(c->v[i].texts, NULL);
	arena_free(&c->arena);
	free(c);
}

static void __attribute__((format(printf, 3, 4)))
say_fault(csn_say *say, void *arg, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		n = sizeof(line) - 1;
	say(arg, CSN_WARN, str_of(line, (size_t)n));
}

static struct catalogue *
find(const struct catalogues *c, struct csn_str language)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		if (str_equal_fold(c->v[i].language, language))
			return (struct catalogue *)(uintptr_t)&c->v[i];
	return NULL;
}

const struct catalogue *
catalogues_find(const struct catalogues *c, struct csn_str language)
{
	return find(c, language);
}

struct csn_str
catalogue_text(const struct catalogue *c, struct csn_str key)
{
	const struct csn_str *text;

	if (c == NULL || key.n == 0)
		return key;
	text = table_get(c->texts, key);
	return text == NULL ? key : *text;
}

static struct catalogue *
find_or_make(struct catalogues *c, struct csn_str language)
{
	struct catalogue *one = find(c, language);

	if (one != NULL || c->n == CATALOGUES_MAX)
		return one;
	one = &c->v[c->n];
	one->language = arena_str(&c->arena, language);
	one->texts = one->language.p == NULL ? NULL : table_new();
	if (one->texts == NULL)
		return NULL;
	c->n++;
	return one;
}

static const char *
take(void *arg, struct csn_str id, struct csn_str text)
{
	struct filling *f = arg;
	struct csn_str *kept = table_get(f->one->texts, id);

	if (kept != NULL)
		return str_equal(*kept, text) ? NULL : "this msgid has "
		    "another text already, here or in an earlier file";
	kept = arena_alloc(&f->all->arena, sizeof(*kept));
	if (kept == NULL)
		return "too many texts";
	*kept = arena_str(&f->all->arena, text);
	if (kept->p == NULL || table_set(f->one->texts, id, kept, NULL) < 0)
		return "too many texts";
	return NULL;
}

int
catalogues_add(struct catalogues *c, struct csn_str language,
    struct csn_str file, const char *name, csn_say *say, void *say_arg)
{
	struct filling f = { c, find_or_make(c, language) };
	const char *why;
	unsigned line;

	if (f.one == NULL) {
		say_fault(say, say_arg, "%s: too many languages or no memory",
		    name);
		return -1;
	}
	if (po_read(file, take, &f, &line, &why) == 0)
		return 0;
	say_fault(say, say_arg, "%s:%u: %s; the texts behind it stay English",
	    name, line, why);
	return -1;
}

/* "gateway.ja.po" gives "ja"; empty if the name is no catalogue's. */
static struct csn_str
language_of(const char *name)
{
	struct csn_str s = str_from(name), language;

	if (s.n < 5 || s.p[0] == '.' || !str_ends(s, STR(".po")))
		return STR("");
	s.n -= 3;
	for (language = STR(""); language.n < s.n; language.n++)
		if (s.p[s.n - language.n - 1] == '.')
			break;
	if (language.n == s.n || language.n > 16)
		return STR("");
	return str_of(s.p + s.n - language.n, language.n);
}

static int
file_read(int folder, const char *name, struct buf *into)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = 0;
	uint8_t *p;

	if (fd < 0)
		return -1;
	do {
		size_t before = into->n;

		p = buf_grow(into, 16384);
		n = p == NULL ? -1 : read(fd, p, 16384);
		if (n >= 0)
			buf_cut(into, before + (size_t)n);
	} while (n > 0);
	close(fd);
	return n < 0 ? -1 : 0;
}

static int
file_add(struct catalogues *c, int folder, const char *name, csn_say *say,
    void *say_arg)
{
	struct csn_str language = language_of(name);
	struct buf b;
	int r;

	if (language.n == 0)
		return 0;
	buf_init(&b, PO_FILE_MAX + 32768);
	r = file_read(folder, name, &b);
	if (r < 0)
		say_fault(say, say_arg, "%s: cannot be read, or is over %u "
		    "bytes", name, PO_FILE_MAX);
	else
		r = catalogues_add(c, language, buf_str(&b), name, say,
		    say_arg);
	buf_free(&b);
	return r;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
catalogues_load(struct catalogues *c, const char *folder, csn_say *say,
    void *say_arg)
{
	struct dirent **list = NULL;
	int fd, n = -1, r = 0;

	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		n = scandirat(fd, ".", &list, NULL, by_bytes);
	if (n < 0) {
		say_fault(say, say_arg, "%s: %s; all pages will be English",
		    folder, strerror(errno));
		r = -1;
	}
	for (int i = 0; i < n; i++) {
		if (i < FILES_MAX && file_add(c, fd, list[i]->d_name, say,
		    say_arg) < 0)
			r = -1;
		free(list[i]);
	}
	free(list);
	if (fd >= 0)
		close(fd);
	return r;
}
