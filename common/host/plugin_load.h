/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_load.h - plugins found in one folder, checked, kept for good
 *
 * A plugin runs with all that the host may do. So it is loaded by a bare name
 * from one folder that nobody else may write to, and believed only after its
 * description was copied and every part of it checked. What cannot be loaded
 * is a fault in a sentence, never a factor less.
 *
 * For one thread at a time: a load of the configuration.
 */
#ifndef COUNTERSIGN_HOST_PLUGIN_LOAD_H
#define COUNTERSIGN_HOST_PLUGIN_LOAD_H

#include <countersign/plugin.h>

#include "lib/buf.h"

#define PLUGIN_NAME_MAX		32u
#define PLUGIN_OPTS_MAX		128u
#define PLUGIN_ENDPOINTS_MAX	32u
#define PLUGIN_OPS_MAX		32u

/* A plugin that was loaded. Never given up: its code stays mapped. */
struct plugin {
	struct csn_plugin desc;		/* ours; its tables are the copies
					 * below, with strides of our own */
	struct csn_opt *opts;
	struct csn_endpoint *endpoints;
	struct csn_op *ops;
};

struct plugin_registry;

/* A registry of the folder; NULL is the one fixed when this was built. NULL
 * when memory is refused. The folder is looked at when a plugin is wanted. */
struct plugin_registry *plugin_registry_new(const char *folder);
/* Frees the copies: no configuration may use them any more. The shared
 * objects stay loaded. */
void plugin_registry_free(struct plugin_registry *);

/* The plugin of that bare name, loaded at its first use; is a
 * conf_find_plugin for a struct plugin_registry. NULL, and a sentence in the
 * buffer. A plugin that failed is tried again at the next load. */
const struct csn_plugin *plugin_find(void *registry, struct csn_str name,
    struct buf *error);

/* Calls each() with every "NAME.so" of the folder, in order, for `countersign
 * plugins`. 0, or -1 with a sentence. */
int plugin_each(struct plugin_registry *, void (*each)(void *,
    struct csn_str name), void *, struct buf *error);

/* Copies a description (of any minor version of this major) and checks the
 * copy, for the name it was asked for. *ret is freed by plugin_clear(). 0, or
 * -1 with a sentence. The loader's; public for tests of tables. */
int plugin_copy(const struct csn_plugin *, struct csn_str name,
    struct plugin *ret, struct buf *error);
void plugin_clear(struct plugin *);
/* The check of a copy: 0, or -1 with a sentence. */
int plugin_check(const struct csn_plugin *, struct csn_str name,
    struct buf *error);

#endif
