/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_schema.c - the schema for editors, of the plugins of this machine
 *
 * Needs no configuration. A plugin that cannot be loaded is a failure: a
 * schema without it would call a good file wrong.
 */
#include <stdlib.h>

#include "admin.h"
#include "conf_editor.h"
#include "json_out.h"

#define PLUGINS_MAX	64u

struct plugin_set {
	struct plugin_registry *from;
	const struct csn_plugin *v[PLUGINS_MAX];
	size_t n;
	struct buf *error;
};

static void
plugin_take(void *arg, struct csn_str name)
{
	struct plugin_set *set = arg;
	const struct csn_plugin *p;

	if (set->n == PLUGINS_MAX) {
		buf_puts(set->error, "too many plugins");
		return;
	}
	p = plugin_find(set->from, name, set->error);
	if (p != NULL)
		set->v[set->n++] = p;
}

int
csn_schema(const struct csn_options *o, struct csn_str *ret)
{
	struct plugin_set set = { .from = plugin_registry_new(o->plugin_dir) };
	struct buf error;
	int rc = -1;

	buf_init(&error, 8192);
	set.error = &error;
	if (set.from != NULL)
		rc = plugin_each(set.from, plugin_take, &set, &error);
	if (rc == 0 && error.n == 0)
		rc = conf_editor_schema(set.v, set.n, ret);
	else
		rc = json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
	plugin_registry_free(set.from);
	return rc;
}
