/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_testing.h - the files of tests/conf in a folder of a test's own
 *
 * They are copied, so that who owns the sources does not matter. The folder
 * is the current one between set-up and tear-down.
 */
#ifndef COUNTERSIGN_HOST_CONF_TESTING_H
#define COUNTERSIGN_HOST_CONF_TESTING_H

#include <sys/types.h>

#include "conf.h"

extern char folder[], source[4096];	/* ours; tests/conf */

/* For cmocka's groups. */
int folder_set_up(void **state);
int folder_tear_down(void **state);

void file_write(const char *path, struct csn_str text, mode_t mode);
void file_read(const char *path, struct buf *);
void path_of(char *to, size_t n, const char *dir, const char *name);
void report_init(struct conf_report *);
void report_free(struct conf_report *);

#endif
