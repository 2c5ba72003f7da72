/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - UTF-8 judged, and text made safe to show to an operator
 */
#ifndef COUNTERSIGN_LIB_TEXT_H
#define COUNTERSIGN_LIB_TEXT_H

#include "buf.h"

/* Well-formed UTF-8 (RFC 3629): no overlong form, surrogate, or value above
 * U+10FFFF. */
bool text_utf8(struct csn_str);
/* No NUL, C0, DEL, C1 (U+0080 to U+009F), line or paragraph separator
 * (U+2028, U+2029), bidi control (U+061C, U+200E, U+200F, U+202A to U+202E,
 * U+2066 to U+2069); and well-formed. */
bool text_plain(struct csn_str);
/* What follows a byte order mark, which some editors put before a text. */
struct csn_str text_without_bom(struct csn_str);
/* Letters a to z, digits and hyphens, 1 to max of them, no hyphen first: what
 * factors, realms, policies and plugins are called. */
bool text_name(struct csn_str, size_t max);
/* Decodes the character at *at and advances *at. Malformed gives U+FFFD and
 * advances by one byte; the end gives 0 and stays. */
uint32_t text_next(struct csn_str, size_t *at);
/* One character as UTF-8; what is none is written as U+FFFD. */
void text_put(struct buf *, uint32_t c);
/* For log lines: what text_plain() refuses becomes \xHH per byte, the
 * backslash itself \\. What would be over max bytes is cut between two
 * characters and ends in "...", max bytes with it. */
void text_escape(struct buf *, struct csn_str, size_t max);
/* A JSON string with its quotation marks (RFC 8259 7); malformed bytes become
 * U+FFFD, what text_plain() refuses is escaped. */
void text_json(struct buf *, struct csn_str);
/* Printable ASCII that JSON, HTML and a log line write as it is. */
bool text_bare(struct csn_str);
/* Text between HTML tags or in a double-quoted attribute: & < > " '
 * become references, malformed bytes U+FFFD. */
void text_html(struct buf *, struct csn_str);
/* Full-width ASCII (U+FF01 to U+FF5E) to ASCII, U+3000 to a blank; the
 * rest, malformed bytes too, as it is. */
void text_narrow(struct buf *, struct csn_str);
/* Edit distance in bytes (insert, delete, replace, swap of neighbours), at
 * most max; max + 1 means more. Both at most 64 bytes, else max + 1. max is
 * below UINT_MAX. */
unsigned text_distance(struct csn_str, struct csn_str, unsigned max);

#endif
