/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie.h - our cookies among those of a request, and the rest without them
 *
 * Names: __Host-countersign (session), __Host-countersign-x-ID (exchange),
 * __Host-countersign-n (hand-over nonce), __Host-countersign-l (language),
 * __Host-countersign-w (last way), __Host-countersign-o (a logout on its way
 * through the providers), __Host-countersign-b-NAME (this browser is
 * remembered), __Host-countersign-f (who logged in with this browser). Lines
 * are split at ';' only, over all Cookie lines (security.md R6).
 */
#ifndef COUNTERSIGN_HOST_COOKIE_H
#define COUNTERSIGN_HOST_COOKIE_H

#include "lib/arena.h"
#include "lib/buf.h"

#define COOKIE_PREFIX	"__Host-countersign"
#define COOKIE_SESSION	"__Host-countersign"
#define COOKIE_EXCHANGE	"__Host-countersign-x-"
#define COOKIE_NONCE	"__Host-countersign-n"
#define COOKIE_LANGUAGE	"__Host-countersign-l"
#define COOKIE_WAY	"__Host-countersign-w"
#define COOKIE_LEAVE	"__Host-countersign-o"
#define COOKIE_BROWSER	"__Host-countersign-b-"
#define COOKIE_FAMILIAR	"__Host-countersign-f"

/* Walks over name=value pieces of all lines: *at starts at zero. Blanks at
 * the edges are cut, nothing else is touched. A piece without '=' is a name
 * with an empty value. */
struct cookie_at { size_t line, offset; };
bool cookie_next(struct csn_strs lines, struct cookie_at *at,
    struct csn_str *ret_name, struct csn_str *ret_value);

/* Up to max values of that exact name, in order; returns how many there are
 * (perhaps more than max). */
size_t cookie_values(struct csn_strs lines, struct csn_str name,
    struct csn_str *ret, size_t max);

/* The values of that name of ours, as cookie_values() gives them, and the
 * line without any of ours, as cookie_strip() does: in one pass, for a check
 * reads both of every request. -1: out of memory. */
#define COOKIE_VALUES_MAX 4u
struct cookie_found {
	size_t n;		/* perhaps more than there are in v */
	struct csn_str v[COOKIE_VALUES_MAX], others;
};
int cookie_split(struct arena *, struct csn_strs lines, struct csn_str name,
    struct cookie_found *ret);

/* One line without any cookie whose name begins with COOKIE_PREFIX (ASCII
 * case ignored), pieces joined by "; ". In the arena; empty if none is left.
 * p NULL: out of memory. */
struct csn_str cookie_strip(struct arena *, struct csn_strs lines);

#endif
