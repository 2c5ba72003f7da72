/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub_plugins.h - descriptions of plugins for tests of the configuration
 *
 * They have options of every type and do nothing. Linked into tests only.
 */
#ifndef COUNTERSIGN_HOST_STUB_PLUGINS_H
#define COUNTERSIGN_HOST_STUB_PLUGINS_H

#include <countersign/plugin.h>

#include "lib/buf.h"

/* ldap and file (identify, look up), totp (second), kitchen (identifies, an
 * option of each type), both (identifies and is a second factor). A
 * conf_find_plugin. */
const struct csn_plugin *stub_find(void *, struct csn_str name, struct buf *);

#endif
