/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_load.c - from a name to a checked description
 *
 * It must never search for a file, load one that others may write to, write
 * to what a plugin owns, or unload.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/table.h"
#include "lib/text.h"
#include "plugin_file.h"
#include "plugin_load.h"

#ifndef CSN_PLUGINDIR
#define CSN_PLUGINDIR "/usr/lib/countersign"
#endif

struct plugin_registry {
	char *folder;
	struct table *loaded;		/* name to struct plugin */
};

static void
plugin_free(void *p)
{
	struct plugin *plugin = p;

	if (plugin == NULL)
		return;
	plugin_clear(plugin);
	free(plugin);
}

struct plugin_registry *
plugin_registry_new(const char *folder)
{
	struct plugin_registry *reg = calloc(1, sizeof(*reg));

	if (reg == NULL)
		return NULL;
	reg->folder = strdup(folder == NULL ? CSN_PLUGINDIR : folder);
	reg->loaded = table_new();
	if (reg->folder == NULL || reg->loaded == NULL) {
		plugin_registry_free(reg);
		return NULL;
	}
	return reg;
}

void
plugin_registry_free(struct plugin_registry *reg)
{
	if (reg == NULL)
		return;
	table_free(reg->loaded, plugin_free);
	free(reg->folder);
	free(reg);
}

/* Writes the path to load, after all checks. 0, or -1 with a sentence. */
static int
path_find(const struct plugin_registry *reg, struct csn_str name,
    struct buf *path, struct buf *error)
{
	char file[PLUGIN_NAME_MAX + 8], *real = NULL;
	const char *why;
	struct buf b;
	int fd;

	buf_init_fixed(&b, file, sizeof(file));
	buf_printf(&b, "%.*s.so", STR_FMT(name));
	fd = plugin_folder_open(reg->folder, error);
	if (fd < 0)
		return -1;
	why = plugin_file_fault(fd, file);
	close(fd);
	if (why != NULL) {
		buf_printf(error, "%s/%s %s", reg->folder, file, why);
		return -1;
	}
	/* absolute: a path without a slash would be searched for */
	real = realpath(reg->folder, NULL);
	if (real != NULL)
		buf_printf(path, "%s/%s", real, file);
	free(real);
	if (buf_str(path).n > 0)
		return 0;
	buf_puts(error, "out of memory");
	return -1;
}

static bool
name_is_bare(struct csn_str name)
{
	return text_name(name, PLUGIN_NAME_MAX);
}

static const struct csn_plugin *
symbol_find(const char *path, struct buf *error)
{
	const struct csn_plugin *theirs;
	void *handle;

	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		buf_printf(error, "it cannot be loaded: %s", dlerror());
		return NULL;
	}
	theirs = dlsym(handle, "countersign_plugin_1");
	if (theirs == NULL)
		buf_printf(error, "%s is no plugin of this version: it has no "
		    "symbol countersign_plugin_1", path);
	/* the handle is kept for good: threads may run its code */
	return theirs;
}

static struct plugin *
plugin_load(const struct plugin_registry *reg, struct csn_str name,
    struct buf *error)
{
	const struct csn_plugin *theirs = NULL;
	struct plugin *plugin;
	struct buf path;

	buf_init(&path, PATH_MAX);
	if (path_find(reg, name, &path, error) == 0)
		theirs = symbol_find(buf_str(&path).p, error);
	buf_free(&path);
	if (theirs == NULL)
		return NULL;
	plugin = calloc(1, sizeof(*plugin));
	if (plugin == NULL)
		buf_puts(error, "out of memory");
	if (plugin != NULL && plugin_copy(theirs, name, plugin, error) < 0) {
		free(plugin);
		plugin = NULL;
	}
	return plugin;
}

const struct csn_plugin *
plugin_find(void *registry, struct csn_str name, struct buf *error)
{
	struct plugin_registry *reg = registry;
	struct plugin *plugin;

	if (!name_is_bare(name)) {
		buf_puts(error, "a plugin is named by letters, digits and "
		    "hyphens, without path and .so");
		return NULL;
	}
	plugin = table_get(reg->loaded, name);
	if (plugin != NULL)
		return &plugin->desc;
	plugin = plugin_load(reg, name, error);
	if (plugin == NULL)
		return NULL;
	if (table_set(reg->loaded, name, plugin, NULL) < 0) {
		plugin_free(plugin);
		buf_puts(error, "out of memory");
		return NULL;
	}
	return &plugin->desc;
}

static int
is_plugin_file(const struct dirent *d)
{
	struct csn_str file = str_from(d->d_name);

	return str_ends(file, STR(".so")) &&
	    name_is_bare(str_of(file.p, file.n - 3));
}

int
plugin_each(struct plugin_registry *reg, void (*each)(void *,
    struct csn_str name), void *arg, struct buf *error)
{
	struct dirent **found = NULL;
	int fd = plugin_folder_open(reg->folder, error), n;

	if (fd < 0)
		return -1;
	n = scandirat(fd, ".", &found, is_plugin_file, alphasort);
	close(fd);
	if (n < 0) {
		buf_printf(error, "the plugin folder %s cannot be read: %s",
		    reg->folder, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		each(arg, str_of(found[i]->d_name,
		    strlen(found[i]->d_name) - 3));
		free(found[i]);
	}
	free(found);
	return 0;
}
