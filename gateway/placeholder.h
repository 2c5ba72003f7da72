/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder.h - the {args} in a text that people read
 *
 * A placeholder is a name of 1 to 16 small letters and '_' in braces; any
 * other brace is a character like all others. For any thread.
 */
#ifndef COUNTERSIGN_GATEWAY_PLACEHOLDER_H
#define COUNTERSIGN_GATEWAY_PLACEHOLDER_H

#include "lib/str.h"

#define PLACEHOLDER_NAME_MAX	16u

/* Cuts *rest behind its first placeholder: what lies before it and its name.
 * false if there is none: *ret_before is then all of it, and *rest empty. All
 * are borrowed from *rest. */
bool placeholder_cut(struct csn_str *rest, struct csn_str *ret_before,
    struct csn_str *ret_name);

/* Has a text the placeholder of that name? */
bool placeholder_in(struct csn_str text, struct csn_str name);

/* Have two texts the same set of placeholders, in any order and number? */
bool placeholder_same(struct csn_str, struct csn_str);

#endif
