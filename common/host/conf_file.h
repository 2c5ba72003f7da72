/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_file.h - files that the configuration consists of, or names
 */
#ifndef COUNTERSIGN_HOST_CONF_FILE_H
#define COUNTERSIGN_HOST_CONF_FILE_H

#include "lib/buf.h"

/*
 * Appends the content of a plain file of at most max bytes that root or the
 * caller's user owns and nobody else may write to. The path may be a symbolic
 * link; what it leads to is judged. NULL, or why not, in words that follow
 * the file's name ("is larger than 1 MiB"). Does not wait for a FIFO.
 */
const char *conf_file_read(const char *path, size_t max, struct buf *);

#endif
