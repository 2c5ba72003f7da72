/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup.h - the only pen that pages are written with
 *
 * It writes literals of the source as they are and everything else escaped;
 * there is no third way, so nothing that came from outside can become a tag.
 * Not for two threads at once.
 */
#ifndef COUNTERSIGN_GATEWAY_MARKUP_H
#define COUNTERSIGN_GATEWAY_MARKUP_H

#include "lib/buf.h"

struct markup {
	struct buf *buf;	/* borrowed; for markup.c only */
};

/* A piece of HTML: a string literal and nothing else compiles. */
#define MARKUP(m, literal)	\
    markup_literal((m), "" literal, sizeof(literal) - 1)
/* name="value" with a blank before it; the name is a literal. */
#define MARKUP_ATTR(m, name, value) do {	\
	MARKUP((m), " " name "=\"");		\
	markup_value((m), (value));		\
	MARKUP((m), "\"");			\
} while (0)

/* Use MARKUP(). */
void markup_literal(struct markup *, const char *, size_t);
/* Text between tags: escaped, and without the control and bidi characters
 * that text_plain() refuses. */
void markup_text(struct markup *, struct csn_str);
/* Inside a double-quoted attribute: escaped, each character kept, line ends
 * too. */
void markup_value(struct markup *, struct csn_str);
void markup_number(struct markup *, int64_t);
/* A number of two digits: 07. */
void markup_two(struct markup *, int);

#endif
