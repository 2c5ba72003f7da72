/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people.h - the people of a file, read once and never changed
 *
 * Three ways of writing are told apart by their content: our own lines, which
 * those of htpasswd are a case of, and Authelia's users_database.yml.
 */
#ifndef COUNTERSIGN_FILE_PEOPLE_H
#define COUNTERSIGN_FILE_PEOPLE_H

#include "lib/arena.h"
#include "lib/table.h"

#define PEOPLE_MAX		10000u
#define PEOPLE_BYTES_MAX	(4u * 1024 * 1024)
#define PEOPLE_NAME_MAX		255u
#define PEOPLE_TEXT_MAX		1024u	/* a display name, mail or group */
#define PEOPLE_GROUPS_MAX	200u

struct person {
	struct csn_str name, hash, display, mail;
	struct csn_strs groups;
	bool disabled;
	unsigned line;
};

struct people {
	struct arena memory;		/* of all below, wiped when freed */
	struct person *v;		/* v[1] to v[n]; v[0] is nobody */
	size_t n;
	struct table *exact;		/* name to person */
	struct table *folded;		/* lower-case name to person, or to
					 * nobody where two share it */
};

/* Told of each fault: the line from 1, or 0 for the whole file, and what is
 * wrong and would be right. It must not keep the text. */
typedef void people_fault(void *arg, unsigned line, const char *what);

/* Copies what it needs. NULL after at least one fault; the caller frees. */
struct people *people_read(struct csn_str text, people_fault *, void *arg);
void people_free(struct people *);

/* The person of exactly this name; else the only one of this name in another
 * case (ASCII); else NULL. */
const struct person *people_find(const struct people *, struct csn_str name);

/* A name of at most PEOPLE_NAME_MAX bytes in lower case (ASCII). */
struct csn_str people_folded(struct csn_str, char memory[PEOPLE_NAME_MAX]);

#endif
