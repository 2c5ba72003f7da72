/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_option.h - one value by a plugin's option table
 *
 * What a plugin declares is judged once, when it is loaded; what people write
 * is read by what it declares. Nothing here looks at files or the tree.
 */
#ifndef COUNTERSIGN_HOST_CONF_OPTION_H
#define COUNTERSIGN_HOST_CONF_OPTION_H

#include <countersign/plugin.h>

#include "lib/buf.h"

/* What is wrong with a row of a plugin's table, in words that follow its
 * name; or NULL. */
const char *option_fault(const struct csn_opt *);
/* Words that a factor has from the host (configuration.md 9). */
bool option_reserved(struct csn_str name);

/*
 * Reads a value of any type but FILE and SECRET; one value of a REPEAT or MAP.
 * Fills text (borrowed) and num: the number, seconds, 0 or 1, the place of a
 * choice. 0, or -1 and what would be right, in words that follow the option's
 * name ("is true or false").
 */
int option_read(const struct csn_opt *, struct csn_str text,
    struct csn_val *ret, struct buf *why);

#endif
