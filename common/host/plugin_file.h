/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_file.h - a plugin's file, before anything of it runs
 */
#ifndef COUNTERSIGN_HOST_PLUGIN_FILE_H
#define COUNTERSIGN_HOST_PLUGIN_FILE_H

#include "lib/buf.h"

/* Opens a folder that root or we own and nobody else may write to. A
 * descriptor for the caller to close, or -1 with a sentence. */
int plugin_folder_open(const char *folder, struct buf *error);
/* Why a file of that folder is not to be loaded, in words that follow its
 * name; NULL if it may be: a plain file under the same rule, a shared object
 * of this machine's word size, whole. */
const char *plugin_file_fault(int folder, const char *file);

#endif
