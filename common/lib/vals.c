/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vals.c - the values of a factor's configuration, read by its plugin
 *
 * It must never take the size of a value from its own header: the host's may
 * be newer.
 */
#include "vals.h"

const struct csn_val *
vals_at(const struct csn_conf *conf, size_t i)
{
	const char *base = (const char *)conf->v;

	return (const struct csn_val *)(const void *)(base +
	    i * conf->val_size);
}

void
vals_add(const struct csn_conf *conf, struct arena *a, struct csn_strs *list,
    struct csn_str s)
{
	struct csn_str *v = (struct csn_str *)(uintptr_t)list->v;

	if (v == NULL)
		v = arena_array(a, conf->n, sizeof(*v));
	if (v == NULL)
		return;
	v[list->n++] = arena_str(a, s);
	list->v = v;
}

void
vals_add_pair(const struct csn_conf *conf, struct arena *a,
    struct csn_pairs *list, const struct csn_val *val)
{
	struct csn_pair *v = (struct csn_pair *)(uintptr_t)list->v;

	if (v == NULL)
		v = arena_array(a, conf->n, sizeof(*v));
	if (v == NULL)
		return;
	v[list->n].name = arena_str(a, val->key);
	v[list->n++].value = arena_str(a, val->text);
	list->v = v;
}
