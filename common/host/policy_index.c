/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_index.c - hosts by hash, paths by first segment
 *
 * Once per configuration. It must never leave a policy out of a list that a
 * request may fall under: what is left out cannot refuse.
 */
#include <stdlib.h>

#include "lib/table.h"
#include "pace.h"
#include "policy_impl.h"
#include "proof.h"

static void
host_entry_free(void *p)
{
	struct host_entry *e = p;

	if (e == NULL)
		return;
	free(e->all);
	free(e->rest);
	table_free(e->segments, free);
	free(e);
	pace();
}

void
policy_index_free(struct policy_index *ix)
{
	if (ix == NULL)
		return;
	table_free(ix->exact, host_entry_free);
	table_free(ix->suffix, host_entry_free);
	free(ix);
}

static bool
policy_fits_host(const struct conf_policy *p, struct csn_str name,
    bool is_suffix)
{
	for (size_t i = 0; i < p->nhosts; i++)
		if (policy_host_fits(&p->hosts[i], name, is_suffix))
			return true;
	return false;
}

/* A rule under "/" fits any first segment; so does none. */
static bool
path_is_general(const struct conf_path *path)
{
	return path->under && path->path.n <= 1;
}

static bool
policy_fits_segment(const struct conf_policy *p, struct csn_str segment)
{
	for (size_t i = 0; i < p->npaths; i++)
		if (path_is_general(&p->paths[i]) || str_equal_fold(
		    policy_first_segment(p->paths[i].path), segment))
			return true;
	return p->npaths == 0;
}

static bool
policy_is_general(const struct conf_policy *p)
{
	for (size_t i = 0; i < p->npaths; i++)
		if (path_is_general(&p->paths[i]))
			return true;
	return p->npaths == 0;
}

typedef bool keep_policy(const struct conf_policy *, struct csn_str);

static bool
keep_general(const struct conf_policy *p, struct csn_str unused)
{
	(void)unused;
	return policy_is_general(p);
}

/* Without the room that was not needed: a thousand policies have a thousand
 * lists. */
static struct policy_list *
policy_list_cut(struct policy_list *l)
{
	struct policy_list *less = realloc(l, sizeof(*l) +
	    l->n * sizeof(l->v[0]));

	return less == NULL ? l : less;
}

static struct policy_list *
policy_list_new(const struct conf *conf, const struct policy_list *from,
    keep_policy *keep, struct csn_str arg)
{
	struct policy_list *l;

	l = calloc(1, sizeof(*l) + from->n * sizeof(l->v[0]));
	if (l == NULL)
		return NULL;
	for (size_t i = 0; i < from->n; i++)
		if (keep(&conf->policies[from->v[i]], arg))
			l->v[l->n++] = from->v[i];
	return policy_list_cut(l);
}

static int
segment_add(struct host_entry *e, const struct conf *conf,
    struct csn_str segment)
{
	char lower[256];
	struct policy_list *l;
	struct buf b;

	buf_init_fixed(&b, lower, sizeof(lower));
	for (size_t i = 0; i < segment.n; i++)
		buf_char(&b, segment.p[i] >= 'A' && segment.p[i] <= 'Z' ?
		    (char)(segment.p[i] + 32) : segment.p[i]);
	if (buf_failed(&b))
		return -1;
	if (table_get(e->segments, buf_str(&b)) != NULL)
		return 0;
	l = policy_list_new(conf, e->all, policy_fits_segment, buf_str(&b));
	if (l == NULL)
		return -1;
	if (table_set(e->segments, buf_str(&b), l, NULL) < 0) {
		free(l);
		return -1;
	}
	return 0;
}

static int
host_entry_segments(struct host_entry *e, const struct conf *conf)
{
	for (size_t i = 0; i < e->all->n; i++) {
		const struct conf_policy *p = &conf->policies[e->all->v[i]];

		e->reads_path |= p->npaths != 0;
		e->reads_method |= p->methods.n != 0;
		e->reads_network |= p->networks != 0 ||
		    policy_guards(p, GUARD_NETWORK);
		for (size_t k = 0; k < p->npaths; k++)
			if (!path_is_general(&p->paths[k]) && segment_add(e,
			    conf, policy_first_segment(p->paths[k].path)) < 0)
				return -1;
		pace();
	}
	return 0;
}

static struct policy_list *
policies_of_host(const struct conf *conf, struct csn_str name, bool is_suffix)
{
	struct policy_list *l;

	l = calloc(1, sizeof(*l) + conf->npolicies * sizeof(l->v[0]));
	if (l == NULL)
		return NULL;
	for (size_t i = 0; i < conf->npolicies; i++)
		if (policy_fits_host(&conf->policies[i], name, is_suffix))
			l->v[l->n++] = (unsigned)i;
	return policy_list_cut(l);
}

static struct host_entry *
host_entry_new(const struct conf *conf, const struct conf_host *h)
{
	struct host_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->port = h->port == 0 ? 443 : h->port;
	e->all = policies_of_host(conf, h->name, h->wildcard);
	e->segments = table_new();
	if (e->all == NULL || e->segments == NULL ||
	    host_entry_segments(e, conf) < 0)
		goto fail;
	e->rest = policy_list_new(conf, e->all, keep_general, STR(""));
	if (e->rest == NULL)
		goto fail;
	return e;
fail:
	host_entry_free(e);
	return NULL;
}

static int
index_host(struct policy_index *ix, const struct conf_host *h)
{
	struct table *t = h->wildcard ? ix->suffix : ix->exact;
	struct host_entry *e;

	if (table_get(t, h->name) != NULL)
		return 0;
	e = host_entry_new(ix->conf, h);
	if (e == NULL)
		return -1;
	if (table_set(t, h->name, e, NULL) < 0) {
		host_entry_free(e);
		return -1;
	}
	if (h->wildcard)
		return 0;
	if (ix->nexact < FEW) {
		ix->few[ix->nexact].name = h->name;
		ix->few[ix->nexact].entry = e;
	}
	ix->nexact++;
	return 0;
}

struct policy_index *
policy_index_new(const struct conf *conf)
{
	struct policy_index *ix = calloc(1, sizeof(*ix));

	if (ix == NULL)
		return NULL;
	ix->conf = conf;
	ix->exact = table_new();
	ix->suffix = table_new();
	if (ix->exact == NULL || ix->suffix == NULL)
		goto fail;
	for (size_t i = 0; i < conf->npolicies; i++)
		ix->reads_network |= conf->policies[i].networks != 0 ||
		    policy_guards(&conf->policies[i], GUARD_NETWORK);
	for (size_t i = 0; i < conf->npolicies; i++)
		for (size_t k = 0; k < conf->policies[i].nhosts; k++) {
			if (index_host(ix, &conf->policies[i].hosts[k]) < 0)
				goto fail;
			pace();
		}
	return ix;
fail:
	policy_index_free(ix);
	return NULL;
}
