/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_reach.c - policies against each other and against the rest
 *
 * A policy that no request can reach reads as if it protected something, so
 * it is refused. So are policies that would put an application on the login's
 * host (security.md S2), or send an application names that may mean two
 * people.
 */
#include "conf_read.h"
#include "pace.h"

/* The place of a policy, for a fault. */
static struct fault_place
place_of(const struct conf_reader *r, const struct conf_policy *p)
{
	struct fault_place at = { .file = p->place.file, .number = 1,
	    .line = p->place.line, .column = p->place.column };

	for (size_t i = 0; i < r->source.nfiles; i++)
		if (str_equal(r->source.files[i]->name, at.file))
			at.number = r->source.files[i]->number;
	return at;
}

static uint16_t
port_of(const struct conf_host *h)
{
	return h->port == 0 ? 443 : h->port;
}

/* Every host that b names, a does. */
static bool
host_covers(const struct conf_host *a, const struct conf_host *b)
{
	if (a->name.n == 0 || port_of(a) != port_of(b))
		return false;
	if (!a->wildcard)
		return !b->wildcard && str_equal(a->name, b->name);
	if (b->wildcard)
		return str_ends(b->name, a->name);
	return b->name.n > a->name.n && str_ends(b->name, a->name);
}

static bool
path_covers(const struct conf_path *a, const struct conf_path *b)
{
	if (!a->under)
		return !b->under && str_equal(a->path, b->path);
	if (a->path.n <= 1)
		return true;
	return str_starts(b->path, a->path) && (b->path.n == a->path.n ||
	    b->path.p[a->path.n] == '/');
}

static bool
methods_cover(const struct csn_strs *a, const struct csn_strs *b)
{
	if (a->n == 0)
		return true;
	if (b->n == 0)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		size_t k = 0;

		while (k < a->n && !str_equal(a->v[k], b->v[i]))
			k++;
		if (k == a->n)
			return false;
	}
	return true;
}

static bool
networks_cover(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && (b & ~a) == 0);
}

/* The earlier policy takes each request for this host and path (NULL: all
 * paths) that the later one is for. */
static bool
policy_covers(const struct conf_policy *a, const struct conf_policy *b,
    const struct conf_host *host, const struct conf_path *path)
{
	bool hosts = false, paths = a->npaths == 0;

	if (!methods_cover(&a->methods, &b->methods) ||
	    !networks_cover(a->networks, b->networks))
		return false;
	for (size_t i = 0; i < a->nhosts && !hosts; i++)
		hosts = host_covers(&a->hosts[i], host);
	for (size_t i = 0; i < a->npaths && !paths; i++)
		paths = path != NULL ? path_covers(&a->paths[i], path) :
		    a->paths[i].under && a->paths[i].path.n <= 1;
	return hosts && paths;
}

/* The first earlier policy that takes this host and path whole, or NULL. */
static const struct conf_policy *
covered_by(const struct conf_reader *r, const struct conf_policy *p,
    const struct conf_host *host, const struct conf_path *path)
{
	for (const struct conf_policy *a = r->policies; a < p; a++)
		if (policy_covers(a, p, host, path))
			return a;
	return NULL;
}

static void
reach_check(struct conf_reader *r, const struct conf_policy *p)
{
	const struct conf_policy *by = NULL;
	struct fault_place at;

	for (size_t h = 0; h < p->nhosts; h++) {
		if (p->hosts[h].name.n == 0)
			return;
		for (size_t k = 0; k < (p->npaths == 0 ? 1 : p->npaths);
		    k++) {
			by = covered_by(r, p, &p->hosts[h],
			    p->npaths == 0 ? NULL : &p->paths[k]);
			if (by == NULL)
				return;
		}
	}
	if (by == NULL)
		return;
	at = place_of(r, p);
	fault_add(&r->faults, &at, "no request can reach `%.*s`: `%.*s` in "
	    "line %u takes them all; move it above, or take it out",
	    STR_FMT(p->name), STR_FMT(by->name), by->place.line);
}

/* Who takes the address with a slash behind it, whatever the request. */
static const struct conf_policy *
taker_of(const struct conf_reader *r, const struct conf_host *host,
    const struct conf_path *slashed)
{
	for (size_t i = 0; i < r->conf->npolicies; i++) {
		const struct conf_policy *a = &r->policies[i];
		bool hosts = false, paths = a->npaths == 0;

		for (size_t h = 0; h < a->nhosts; h++)
			hosts |= host_covers(&a->hosts[h], host);
		for (size_t k = 0; k < a->npaths; k++)
			paths |= path_covers(&a->paths[k], slashed);
		if (hosts && paths && a->methods.n == 0 && a->networks == 0)
			return a;
	}
	return NULL;
}

/* Somebody has thought of it. */
static bool
names_path(const struct conf_policy *p, const struct conf_path *path)
{
	for (size_t k = 0; k < p->npaths; k++)
		if (!p->paths[k].under &&
		    str_equal(p->paths[k].path, path->path))
			return true;
	return false;
}

/* `path: /admin` is that address alone. Where it protects, what an
 * application makes of `/admin/` is mostly the same page, by another policy. */
static void
exact_check(struct conf_reader *r, const struct conf_policy *p,
    const struct conf_path *path)
{
	struct conf_path slashed = { .path = arena_printf(r->arena, "%.*s/",
	    STR_FMT(path->path)) };
	const struct conf_policy *by;
	struct fault_place at;

	if (p->kind == CONF_PUBLIC || path->under || path->path.n < 2 ||
	    str_ends(path->path, STR("/")) || slashed.path.p == NULL)
		return;
	for (size_t h = 0; h < p->nhosts; h++) {
		by = taker_of(r, &p->hosts[h], &slashed);
		if (by == NULL || by == p || by->kind == CONF_DENY ||
		    names_path(by, &slashed))
			continue;
		at = place_of(r, p);
		fault_warn(&r->faults, &at, "`path: %.*s` is this one "
		    "address; %.*s falls under `%.*s` in line %u. If the same "
		    "shall hold there, write `under: %.*s`",
		    STR_FMT(path->path), STR_FMT(slashed.path),
		    STR_FMT(by->name), by->place.line, STR_FMT(path->path));
		return;
	}
}

/* ------------------------------------------------------------------ */
/* a page and a path below it */

static bool
has_guard(const struct way *w, const struct guard *g)
{
	for (size_t i = 0; i < w->nguards; i++) {
		const struct guard *o = &w->guards[i];

		if (o->kind == g->kind && o->negated == g->negated &&
		    str_equal(o->arg, g->arg) && o->factor == g->factor &&
		    o->until_ms == g->until_ms)
			return true;
	}
	return false;
}

/* Who has gone the way `w` has gone `v`, whichever factors it was. */
static bool
way_implies(const struct way *w, const struct way *v)
{
	for (size_t i = 0; i < v->nguards; i++)
		if (!has_guard(w, &v->guards[i]))
			return false;
	for (size_t i = 0; i < v->nsteps; i++) {
		bool done = false;

		for (size_t k = 0; k < w->nsteps; k++)
			done |= bits_within(&w->steps[k], &v->steps[i]);
		if (!done)
			return false;
	}
	return true;
}

static bool
chain_implies(const struct chain *a, const struct chain *b)
{
	for (size_t i = 0; i < a->nways; i++) {
		bool any = false;

		for (size_t k = 0; k < b->nways; k++)
			any |= way_implies(&a->ways[i], &b->ways[k]);
		if (!any)
			return false;
	}
	return true;
}

/* The next address above: "/a" of "/a/b", "/" of "/a"; n 0 above "/". */
static struct csn_str
path_above(struct csn_str path)
{
	if (path.n <= 1)
		return STR("");
	do
		path.n--;
	while (path.n > 0 && path.p[path.n] != '/');
	return path.n == 0 ? STR("/") : path;
}

/* Whose the page is that this path lies below: the nearest one's. */
static const struct conf_policy *
page_above(const struct conf_reader *r, const struct conf_policy *p,
    const struct conf_host *host, struct csn_str path)
{
	const struct conf_policy *by = p;

	for (path = path_above(path); path.n > 0 && (by == p || by == NULL);
	    path = path_above(path))
		by = taker_of(r, host, &(struct conf_path){ .path = path });
	return by;
}

/* A page leads to a login wherever it is asked for; what it fetches in the
 * background is answered by a bare 401. */
static void
below_check(struct conf_reader *r, const struct conf_policy *p)
{
	for (size_t h = 0; h < p->nhosts && p->kind == CONF_REQUIRE; h++)
		for (size_t k = 0; k < p->npaths; k++) {
			const struct conf_policy *by = page_above(r, p,
			    &p->hosts[h], p->paths[k].path);
			struct fault_place at = place_of(r, p);

			if (by == NULL || by == p || by->kind !=
			    CONF_REQUIRE || chain_implies(&by->chain,
			    &p->chain))
				continue;
			fault_warn(&r->faults, &at, "who passes `%.*s` in "
			    "line %u has not gone a way of `%.*s`: its pages "
			    "cannot fetch what lies under %.*s until somebody "
			    "has opened that; give both the same ways if they "
			    "do", STR_FMT(by->name), by->place.line,
			    STR_FMT(p->name), STR_FMT(p->paths[k].path));
			return;
		}
}

/* The login's host name without its port. */
static struct csn_str
login_name(const struct conf *conf)
{
	ptrdiff_t colon = str_index(conf->login_host, ':');

	return colon < 0 ? conf->login_host :
	    str_of(conf->login_host.p, (size_t)colon);
}

static bool
is_login_origin(const struct conf *conf, const struct conf_host *h)
{
	struct csn_str name = login_name(conf), port = STR("443");
	uint64_t n = 0;

	if (name.n < conf->login_host.n)
		port = str_from_at(conf->login_host, name.n + 1);
	return !h->wildcard && str_equal(h->name, name) &&
	    str_u64(port, 65535, &n) == 0 && n == port_of(h);
}

/* S2: the login has a host of its own, or shares the only one. */
static void
origin_check(struct conf_reader *r, const struct conf_policy *p,
    const struct conf_host *h)
{
	const struct conf *conf = r->conf;
	struct fault_place at = place_of(r, p);

	if (h->name.n == 0 || conf->login_host.n == 0)
		return;
	if (conf->shared_origin && !is_login_origin(conf, h))
		fault_add(&r->faults, &at, "`%s%.*s`: with `shared_origin` "
		    "the only application stands at %.*s; give the login a "
		    "host of its own for more", h->wildcard ? "*" : "",
		    STR_FMT(h->name), STR_FMT(conf->login_host));
	/* cookies do not know ports, so the name alone counts */
	if (!conf->shared_origin && !h->wildcard &&
	    str_equal(h->name, login_name(conf)))
		fault_add(&r->faults, &at, "`%.*s` is the login's own host; "
		    "give the login another in `public_url`, or write "
		    "`shared_origin: true` if this is the only application",
		    STR_FMT(h->name));
}

static bool
has_bare_subject(const struct conf_headers *h)
{
	bool subject = false, realm = false;

	for (size_t i = 0; i < h->n; i++) {
		subject |= h->v[i].value == CONF_H_SUBJECT;
		realm |= h->v[i].value == CONF_H_REALM;
	}
	return subject && !realm;
}

/* Whether a bare name cannot be somebody in two of these realms. */
static bool
realms_apart(const struct conf *conf, const struct bits *realms)
{
	unsigned open = 0;

	for (size_t i = 0; i < conf->nrealms; i++)
		if (bits_has(realms, i) && conf->realms[i].names.n == 0)
			open++;
	/* a reserved name is nobody else's, so one realm may be without */
	return open <= 1;
}

static void
headers_check(struct conf_reader *r, const struct conf_policy *p)
{
	struct bits realms = conf_first_realms(r->conf, p);
	struct fault_place at;

	if (bits_count(&realms) < 2 ||
	    !has_bare_subject(&r->conf->headers) ||
	    realms_apart(r->conf, &realms))
		return;
	at = place_of(r, p);
	fault_add(&r->faults, &at, "the ways of `%.*s` are of several realms, "
	    "and the application would get a name that may be two people; "
	    "give all but one of the realms `names` of their own",
	    STR_FMT(p->name));
}

void
conf_check_policies(struct conf_reader *r)
{
	for (size_t i = 0; i < r->conf->npolicies; i++) {
		const struct conf_policy *p = &r->policies[i];

		for (size_t h = 0; h < p->nhosts; h++)
			origin_check(r, p, &p->hosts[h]);
		reach_check(r, p);
		for (size_t k = 0; k < p->npaths; k++)
			exact_check(r, p, &p->paths[k]);
		below_check(r, p);
		headers_check(r, p);
		pace();
	}
}
