/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - what the readers of the formats share; not for others
 */
#ifndef COUNTERSIGN_FILE_READING_H
#define COUNTERSIGN_FILE_READING_H

#include "people.h"

struct reading {
	struct people *people;
	size_t room;			/* persons that fit people->v */
	people_fault *fault;
	void *arg;
	size_t faults;
};

/* Counts, and tells the first few. Always -1. */
int reading_fault(struct reading *, unsigned line, const char *what);
/* Checks a person and takes it in. 0, or -1 after a fault. */
int reading_add(struct reading *, const struct person *);
/* Appends a group to a list that has room for PEOPLE_GROUPS_MAX. */
int reading_group(struct reading *, unsigned line, struct csn_str group,
    struct csn_str *list, size_t *n);
/* A copy of the groups in the people's memory. 0 or -1. */
int reading_groups(struct reading *, const struct csn_str *list, size_t n,
    struct csn_strs *ret);

/* authelia.c: the whole file, from its first line. */
void authelia_read(struct reading *, struct csn_str text);

#endif
