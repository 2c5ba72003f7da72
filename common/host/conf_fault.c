/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_fault.c - faults kept, sorted and written; the nearest name
 *
 * It must never lose that there was a fault, even where memory for its words
 * was refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf_fault.h"
#include "lib/text.h"

void
faults_init(struct faults *fs, struct arena *a)
{
	*fs = (struct faults){ .arena = a };
}

static __attribute__((format(printf, 2, 0))) struct csn_str
fault_text(struct arena *a, const char *fmt, va_list ap)
{
	struct csn_str ret;
	struct buf b;
	char text[1024];
	int n;

	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	/* names come from the file: whatever they hold stays on its line */
	if (text_plain(str_of(text, (size_t)n)))
		return arena_str(a, str_of(text, (size_t)n));
	buf_init(&b, 0);
	text_escape(&b, str_of(text, (size_t)n), sizeof(text));
	ret = arena_str(a, buf_str(&b));
	buf_free(&b);
	return ret;
}

static __attribute__((format(printf, 4, 0))) void
fault_keep(struct faults *fs, bool warning, const struct fault_place *at,
    const char *fmt, va_list ap)
{
	unsigned *count = warning ? &fs->nwarnings : &fs->nfaults;
	struct fault *f;

	if ((*count)++ >= CONF_FAULTS_MAX)
		return;
	f = arena_alloc(fs->arena, sizeof(*f));
	if (f == NULL)
		return;
	f->at = *at;
	f->warning = warning;
	f->text = fault_text(fs->arena, fmt, ap);
	f->next = fs->first;
	fs->first = f;
}

void
fault_add(struct faults *fs, const struct fault_place *at, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault_keep(fs, false, at, fmt, ap);
	va_end(ap);
}

void
fault_warn(struct faults *fs, const struct fault_place *at, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	fault_keep(fs, true, at, fmt, ap);
	va_end(ap);
}

static int
fault_order(const struct fault *a, const struct fault *b)
{
	if (a->at.number != b->at.number)
		return a->at.number < b->at.number ? -1 : 1;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return str_compare(a->text, b->text);
}

static int
fault_order_of(const void *a, const void *b)
{
	return fault_order(*(struct fault *const *)a,
	    *(struct fault *const *)b);
}

static void
fault_write(const struct fault *f, struct buf *b)
{
	if (f->at.file.n > 0) {
		text_escape(b, f->at.file, 4096);
		buf_char(b, ':');
	}
	if (f->at.line > 0)
		buf_printf(b, "%u:%u:", f->at.line, f->at.column);
	if (f->at.file.n > 0)
		buf_char(b, ' ');
	buf_str_put(b, f->text);
	buf_char(b, '\n');
}

unsigned
faults_write(const struct faults *fs, bool warnings, struct buf *b)
{
	unsigned count = warnings ? fs->nwarnings : fs->nfaults, lines = 0;
	const struct fault *sorted[CONF_FAULTS_MAX], *f;
	size_t n = 0;

	for (f = fs->first; f != NULL; f = f->next)
		if (f->warning == warnings && n < CONF_FAULTS_MAX)
			sorted[n++] = f;
	qsort(sorted, n, sizeof(sorted[0]), fault_order_of);
	for (size_t i = 0; i < n; i++) {
		/* a list of ways is used, and judged, in several places */
		if (i > 0 && fault_order(sorted[i - 1], sorted[i]) == 0)
			continue;
		fault_write(sorted[i], b);
		lines++;
	}
	if (count > n)
		buf_printf(b, "and %zu more\n", (size_t)count - n);
	return lines + (count - (unsigned)n);
}

struct suggestion
suggestion_for(struct csn_str word)
{
	return (struct suggestion){ .word = word, .distance = 3 };
}

void
suggestion_try(struct suggestion *s, struct csn_str name)
{
	unsigned d;

	if (s->word.n < 2)
		return;
	d = text_distance(s->word, name, 2);
	if (d < s->distance && d < s->word.n && d < name.n) {
		s->distance = d;
		s->best = name;
	}
}

struct csn_str
suggestion_text(const struct suggestion *s, struct arena *a)
{
	if (s->best.n == 0)
		return STR("");
	return arena_printf(a, "; did you mean `%.*s`?", STR_FMT(s->best));
}
