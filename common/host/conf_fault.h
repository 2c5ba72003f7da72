/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_fault.h - the faults and warnings of one load, each with its place
 *
 * They are collected in whatever order the sections are checked, and written
 * in the order of the file. Never a secret in one: a value is quoted only
 * where it is a name.
 */
#ifndef COUNTERSIGN_HOST_CONF_FAULT_H
#define COUNTERSIGN_HOST_CONF_FAULT_H

#include <stdarg.h>

#include "lib/arena.h"
#include "lib/buf.h"

#define CONF_FAULTS_MAX	200u	/* kept; further ones are only counted */

struct fault_place {
	struct csn_str file;		/* as it was named; "" is none */
	unsigned number;		/* of the file, in the order read */
	unsigned line, column;		/* from 1; line 0 is the file itself */
};

struct fault {
	struct fault *next;
	struct fault_place at;
	struct csn_str text;
	bool warning;
};

struct faults {
	struct arena *arena;		/* borrowed */
	struct fault *first;		/* the latest one */
	unsigned nfaults, nwarnings;
};

void faults_init(struct faults *, struct arena *);
/* One sentence without a full stop: what is wrong; what would be right. */
void fault_add(struct faults *, const struct fault_place *, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
void fault_warn(struct faults *, const struct fault_place *, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* Writes the faults (or the warnings) as lines, in the order of the file, and
 * the same words at the same place once. Returns how many there are. */
unsigned faults_write(const struct faults *, bool warnings, struct buf *);

/* The best match for a word among names: edit distance at most 2, and less
 * than the word's length. */
struct suggestion {
	struct csn_str word, best;
	unsigned distance;
};

struct suggestion suggestion_for(struct csn_str word);
void suggestion_try(struct suggestion *, struct csn_str name);
/* "; did you mean `x`?", or "". In the arena. */
struct csn_str suggestion_text(const struct suggestion *, struct arena *);

#endif
