/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_editor.h - a JSON schema of the configuration, for editors
 */
#ifndef COUNTERSIGN_HOST_CONF_EDITOR_H
#define COUNTERSIGN_HOST_CONF_EDITOR_H

#include <countersign/plugin.h>

/* For these plugins, freed by csn_free(). 0, or -1 when memory is refused. */
int conf_editor_schema(const struct csn_plugin *const *plugins, size_t n,
    struct csn_str *ret);

#endif
