/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt_impl.h - entries of the store read in pages, between adopt.c and
 * adopt_count.c
 */
#ifndef COUNTERSIGN_HOST_ADOPT_IMPL_H
#define COUNTERSIGN_HOST_ADOPT_IMPL_H

#include "adopt.h"

#define ADOPT_PAGE	64u	/* entries of a batch */
#define ADOPT_PREFIX_MAX 80u

struct adopt_entry { struct csn_str key, value; int64_t expires_ms; };

/* Copies. The caller frees the arena, also after a failure. */
struct adopt_page {
	struct arena arena;
	struct adopt_entry v[ADOPT_PAGE];
	size_t n;
	bool full;			/* the arena was */
};

/* Does nobody take the records over? Is it the same name on both sides? */
bool adopt_forgets(const struct adopt *);
bool adopt_same_name(const struct adopt *);
/* The next entries with the prefix, behind `after`. 0 or -1. */
int adopt_page_read(const struct adopt *, struct csn_str prefix,
    struct csn_str after, struct adopt_page *ret);
/* "k/NAME/", in the room. */
struct csn_str adopt_prefix(char room[ADOPT_PREFIX_MAX], char kind,
    struct csn_str name);

#endif
