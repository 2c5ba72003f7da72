/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_load.h - a configuration from a text, for tests and fuzzing
 */
#ifndef COUNTERSIGN_HOST_CONF_LOAD_H
#define COUNTERSIGN_HOST_CONF_LOAD_H

#include "conf.h"

/* As conf_load(), from memory. There is no file: includes are refused, and
 * relative paths are below the root folder. */
int conf_load_text(struct csn_str text, conf_find_plugin *, void *,
    struct conf_report *, struct conf **ret);

#endif
