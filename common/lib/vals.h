/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vals.h - the values of a factor's configuration, read by its plugin
 *
 * For open(): what csn_conf gives is the host's and ends with the call, and
 * its values may be longer than this header knows. Lists are made in the
 * reader's arena, whose `over` says that memory was refused. Any thread.
 */
#ifndef COUNTERSIGN_LIB_VALS_H
#define COUNTERSIGN_LIB_VALS_H

#include "arena.h"

/* The value at i, which is below conf->n; the host's. */
const struct csn_val *vals_at(const struct csn_conf *, size_t i);
/* Adds a copy to a list that began empty and has values of this
 * configuration alone: no more than it has. */
void vals_add(const struct csn_conf *, struct arena *, struct csn_strs *list,
    struct csn_str);
/* The same, of an entry of a map: its key and text. */
void vals_add_pair(const struct csn_conf *, struct arena *,
    struct csn_pairs *list, const struct csn_val *);

#endif
