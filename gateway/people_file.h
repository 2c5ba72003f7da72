/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_file.h - the file of local people, which auth-file reads
 */
#ifndef COUNTERSIGN_GATEWAY_PEOPLE_FILE_H
#define COUNTERSIGN_GATEWAY_PEOPLE_FILE_H

#include "lib/buf.h"

#define PEOPLE_FILE_MAX	(1u << 20)

/* A file that is changed, with its folder locked from reading it on. */
struct people_file {
	const char *path;
	int folder;
	struct buf text;
};

/* "countersign: what: why" on standard error; why may be NULL.
 * COMMAND_FAILED. */
int people_fail(const char *what, const char *why);
/* Appends what is in it, if its lines are ours; nothing is an empty one. 0, or
 * -1: said. */
int people_file_read(const char *path, struct buf *ret);
/* The same, to be changed. To be closed either way. */
int people_file_open(struct people_file *, const char *path);
/* 0, or -1 with errno. */
int people_file_replace(struct people_file *, struct csn_str text);
void people_file_close(struct people_file *);

/* The name of a line; empty if it is nobody's. */
struct csn_str people_line_name(struct csn_str line);
/* Copies all lines but that person's; how many those were. */
unsigned people_lines_without(struct csn_str text, const char *name,
    struct buf *out);

#endif
