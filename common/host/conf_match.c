/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_match.c - `match:`, which requests a policy is for
 *
 * Facts of the request, never of the user. A pattern that could be read in
 * two ways is refused: what one reads as wide another reads as narrow.
 */
#include "conf_read.h"
#include "lib/url.h"
#include "policy.h"

/* A match while it is read. */
struct match_read {
	struct conf_policy *p;
	const struct yaml *host, *path, *under, *method, *network;
};

#define KEEP(field) { .name = #field, .read = schema_keep, \
	.shape = &shape_texts, .offset = offsetof(struct match_read, field) }

static const struct schema_row match_rows[] = {
	{ .name = "host", .read = schema_keep, .required = true,
	    .shape = &shape_texts,
	    .offset = offsetof(struct match_read, host) },
	KEEP(path), KEEP(under), KEEP(method), KEEP(network),
};

const struct schema_shape conf_shape_match = SHAPE_OF_ROWS(match_rows);

/* The items of a list, at most CONF_MATCH_MAX. */
static size_t
items_of(struct conf_reader *r, const struct yaml *y,
    const struct yaml ***ret)
{
	size_t n = y == NULL ? 0 : schema_list(r, y, ret);

	if (n <= CONF_MATCH_MAX)
		return n;
	fault_at(r, y, "more than %u entries; write a further policy",
	    CONF_MATCH_MAX);
	return CONF_MATCH_MAX;
}

/* Cuts ":port" off; -1 if it is none. */
static int
port_cut(struct csn_str *host, uint16_t *ret)
{
	ptrdiff_t colon = str_index(*host, ':');
	struct csn_str port;
	uint64_t n = 0;

	*ret = 0;
	if (colon < 0)
		return 0;
	port = str_from_at(*host, (size_t)colon + 1);
	host->n = (size_t)colon;
	if (str_u64(port, 65535, &n) < 0 || n == 0 || port.p[0] == '0')
		return -1;
	*ret = n == 443 ? 0 : (uint16_t)n;
	return 0;
}

static const char *
host_fault(struct csn_str text, struct csn_str host)
{
	if (str_find(text, STR("://")) >= 0 || str_index(text, '/') >= 0)
		return "is more than a host name; leave https:// and the "
		    "path out";
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			return "has letters beyond ASCII; write its xn-- form";
	if (str_index(host, '*') >= 0 || host.n == 0)
		return "has a `*` elsewhere than before the first dot; write "
		    "\"*.example.org\"";
	if (!url_host_valid(host) || host.p[0] == '[')
		return "is no host name";
	return NULL;
}

static void
host_read(struct conf_reader *r, const struct yaml *y, struct conf_host *h)
{
	struct csn_str text, host, bare;
	const char *why = NULL;
	char *p;

	h->name = STR("");
	if (schema_get(r, y, &text) < 0)
		return;
	host = text;
	if (text.p[0] == '[')
		why = "is an address; applications have names";
	else if (port_cut(&host, &h->port) < 0)
		why = "has no proper port";
	h->wildcard = str_starts(host, STR("*."));
	bare = h->wildcard ? str_from_at(host, 2) : host;
	/* the dot stays: ".example.org" ends "a.example.org" */
	if (h->wildcard)
		host = str_from_at(host, 1);
	/* what is wrong with a URL is not its port */
	if (why == NULL || str_index(text, '/') >= 0)
		why = host_fault(text, bare);
	if (why != NULL) {
		fault_at(r, y, "`%.*s` %s", STR_FMT(text), why);
		return;
	}
	h->name = arena_str(r->arena, host);
	p = (char *)(uintptr_t)h->name.p;
	for (size_t i = 0; i < h->name.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
}

static bool
host_equal(const struct conf_host *a, const struct conf_host *b)
{
	return a->wildcard == b->wildcard && a->port == b->port &&
	    str_equal(a->name, b->name);
}

static void
hosts_read(struct conf_reader *r, struct match_read *m)
{
	const struct yaml **items = NULL;
	size_t n = items_of(r, m->host, &items);
	struct conf_host *v = arena_array(r->arena, n, sizeof(*v));

	for (size_t i = 0; v != NULL && i < n; i++) {
		host_read(r, items[i], &v[i]);
		for (size_t k = 0; k < i; k++)
			if (v[i].name.n > 0 && host_equal(&v[i], &v[k]))
				fault_at(r, items[i], "this host stands here "
				    "twice");
	}
	m->p->hosts = v;
	m->p->nhosts = v == NULL ? 0 : n;
}

static void
path_read(struct conf_reader *r, const struct yaml *y, struct conf_path *ret)
{
	struct csn_str text, canonical;
	const char *why = NULL;

	ret->path = STR("/");
	if (schema_get(r, y, &text) < 0)
		return;
	if (text.n > 1024)
		why = "is longer than 1024 bytes";
	else if (text.p[0] != '/')
		why = "does not begin with a slash";
	else if (str_index(text, '%') >= 0)
		why = "has a %; write the character itself";
	else if (str_index(text, '?') >= 0 || str_index(text, '*') >= 0)
		why = "has a ? or *; a rule looks at the path alone, and "
		    "`under` is a whole subtree";
	else if (path_canonical(&r->scratch, text, &canonical, &why) == 0)
		why = ret->under && text.n > 1 &&
		    text.p[text.n - 1] == '/' ? "ends in a slash; write it "
		    "without, a subtree ends at a segment" : NULL;
	if (why != NULL)
		fault_at(r, y, "`%.*s`: %s%s", STR_FMT(text), str_starts(
		    str_from(why), STR("the ")) ? "" : "the path ", why);
	ret->path = arena_str(r->arena, text);
}

static void
paths_read(struct conf_reader *r, struct match_read *m)
{
	const struct yaml **items = NULL, *y = m->path;
	struct conf_path *v;
	size_t n;

	if (m->path != NULL && m->under != NULL)
		fault_key(r, m->under, "`path` and `under` in one match; "
		    "write two policies, or `under` alone");
	if (y == NULL)
		y = m->under;
	n = items_of(r, y, &items);
	v = arena_array(r->arena, n, sizeof(*v));
	for (size_t i = 0; v != NULL && i < n; i++) {
		v[i].under = m->path == NULL;
		path_read(r, items[i], &v[i]);
	}
	m->p->paths = v;
	m->p->npaths = v == NULL ? 0 : n;
}

static void
methods_read(struct conf_reader *r, struct match_read *m)
{
	const struct yaml **items = NULL;
	size_t n = items_of(r, m->method, &items);
	struct csn_str *v = arena_array(r->arena, n, sizeof(*v)), text;

	for (size_t i = 0; v != NULL && i < n; i++) {
		bool upper = true;

		v[i] = STR("");
		if (schema_get(r, items[i], &text) < 0)
			continue;
		for (size_t k = 0; k < text.n; k++)
			upper &= text.p[k] >= 'A' && text.p[k] <= 'Z';
		if (!upper || text.n > 32)
			fault_at(r, items[i], "`%.*s` is no method; write GET, "
			    "POST and so on, in capitals", STR_FMT(text));
		v[i] = arena_str(r->arena, text);
	}
	m->p->methods = (struct csn_strs){ v, v == NULL ? 0 : n };
}

void
conf_read_match(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p)
{
	struct match_read m = { .p = p };

	if (!schema_is_map(r, y))
		return;
	schema_read(r, match_rows, SCHEMA_COUNT(match_rows), y, "`match`", &m);
	if (m.host != NULL)
		hosts_read(r, &m);
	paths_read(r, &m);
	methods_read(r, &m);
	if (m.network != NULL)
		schema_networks(r, NULL, m.network, &p->networks);
}
