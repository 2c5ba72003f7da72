/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogues.h - the texts of all languages, found by their English key
 *
 * Filled once, then only read: a filled set is for any thread.
 */
#ifndef COUNTERSIGN_GATEWAY_CATALOGUES_H
#define COUNTERSIGN_GATEWAY_CATALOGUES_H

#include <countersign/host.h>

#include "lib/str.h"

#define CATALOGUES_MAX	16u		/* languages besides English */

struct catalogues;		/* all languages */
struct catalogue;		/* one of them */

/* Empty: everything is English. NULL when memory is refused. */
struct catalogues *catalogues_new(void);
void catalogues_free(struct catalogues *);

/*
 * Reads NAME.LANGUAGE.po of a folder, in the order of their names; where two
 * translate the same key, the first one's text stays and the second is said
 * to be a fault if it differs. Faults are said with file and line. 0; or -1
 * if there was a fault: what could be read is in use then, and the rest stays
 * English. A folder that cannot be opened is a fault.
 */
int catalogues_load(struct catalogues *, const char *folder, csn_say *,
    void *say_arg);
/* One file's content, under a name for the faults. 0 or -1. */
int catalogues_add(struct catalogues *, struct csn_str language,
    struct csn_str file, const char *name, csn_say *, void *say_arg);

/* A language's texts; NULL is English, and what is not there. */
const struct catalogue *catalogues_find(const struct catalogues *,
    struct csn_str language);
/* The text of a key, or the key itself. Lives as long as the set. */
struct csn_str catalogue_text(const struct catalogue *, struct csn_str key);

#endif
