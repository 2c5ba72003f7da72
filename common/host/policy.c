/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c - the first policy that matches decides
 *
 * It must never answer for a host, path, method or address that it was not
 * told: what is missing where a rule looks is a refusal.
 */
#include <stdlib.h>
#include <unicase.h>

#include "lib/table.h"
#include "lib/url.h"
#include "policy_impl.h"
#include "proof.h"

bool
policy_host_fits(const struct conf_host *h, struct csn_str name,
    bool is_suffix)
{
	if (h->wildcard)
		return str_ends(name, h->name) &&
		    (is_suffix || name.n > h->name.n);
	return !is_suffix && str_equal(h->name, name);
}

struct csn_str
policy_first_segment(struct csn_str path)
{
	struct csn_str rest = str_from_at(path, 1), head;

	return str_cut(&rest, '/', &head) ? head : STR("");
}

static const struct host_entry *
host_exact(const struct policy_index *ix, struct csn_str host)
{
	if (ix->nexact > FEW)
		return table_get(ix->exact, host);
	for (size_t i = 0; i < ix->nexact; i++)
		if (str_equal(ix->few[i].name, host))
			return ix->few[i].entry;
	return NULL;
}

static const struct host_entry *
host_entry_find(const struct policy_index *ix, struct csn_str host)
{
	const struct host_entry *e = host_exact(ix, host);

	for (size_t i = 0; e == NULL && i < host.n; i++)
		if (host.p[i] == '.' && i > 0)
			e = table_get(ix->suffix, str_from_at(host, i));
	return e;
}

static bool
path_under(struct csn_str rule, struct csn_str path, bool fold)
{
	struct csn_str head = str_of(path.p, rule.n < path.n ? rule.n : path.n);

	if (rule.n <= 1)
		return true;
	if (!(fold ? str_equal_fold(head, rule) : str_equal(head, rule)))
		return false;
	/* a prefix ends at a segment (R5) */
	return path.n == rule.n || rule.p[rule.n - 1] == '/' ||
	    path.p[rule.n] == '/';
}

static bool
rule_fits(const struct conf_path *r, struct csn_str rule, struct csn_str path,
    bool fold)
{
	return r->under ? path_under(rule, path, fold) : fold ?
	    str_equal_fold(rule, path) : str_equal(rule, path);
}

static bool
path_fits(const struct conf_policy *p, struct csn_str path, bool fold)
{
	for (size_t i = 0; i < p->npaths; i++)
		if (rule_fits(&p->paths[i], p->paths[i].path, path, fold))
			return true;
	return p->npaths == 0;
}

static bool
method_fits(const struct conf_policy *p, struct csn_str method)
{
	for (size_t i = 0; i < p->methods.n; i++)
		if (str_equal(p->methods.v[i], method))
			return true;
	return p->methods.n == 0;
}

static bool
policy_port_fits(const struct conf_policy *p, struct csn_str host,
    uint16_t port)
{
	for (size_t i = 0; i < p->nhosts; i++)
		if (policy_host_fits(&p->hosts[i], host, false) &&
		    (p->hosts[i].port == 0 ? 443 : p->hosts[i].port) == port)
			return true;
	return false;
}

/* But for its path. */
static bool
policy_fits_else(const struct conf *conf, const struct conf_policy *p,
    const struct policy_request *rq)
{
	return policy_port_fits(p, rq->host, rq->port) &&
	    method_fits(p, rq->method) &&
	    (p->networks == 0 ||
	    conf_networks_have(conf, p->networks, &rq->client));
}

static bool
policy_fits(const struct conf *conf, const struct conf_policy *p,
    const struct policy_request *rq, bool fold)
{
	return (p->npaths == 0 || path_fits(p, rq->path, fold)) &&
	    policy_fits_else(conf, p, rq);
}

static int
first_fit(const struct conf *conf, const struct policy_list *l,
    const struct policy_request *rq, bool fold)
{
	for (size_t i = 0; i < l->n; i++)
		if (policy_fits(conf, &conf->policies[l->v[i]], rq, fold))
			return (int)l->v[i];
	return -1;
}

static const struct policy_list *
list_for_path(const struct host_entry *e, struct csn_str path)
{
	struct csn_str segment = policy_first_segment(path);
	const struct policy_list *l;
	char lower[256];

	if (segment.n > sizeof(lower))
		return e->rest;
	for (size_t i = 0; i < segment.n; i++)
		lower[i] = segment.p[i] >= 'A' && segment.p[i] <= 'Z' ?
		    (char)(segment.p[i] + 32) : segment.p[i];
	l = table_get(e->segments, str_of(lower, segment.n));
	return l == NULL ? e->rest : l;
}

/* Beyond ASCII: who compares without case does it by Unicode's tables, and a
 * letter with its mark may be one sign or two. A copy for the caller to free,
 * NULL when memory is refused. */
static uint8_t *
path_folded(struct csn_str s, struct csn_str *ret)
{
	size_t n = 0;
	uint8_t *p = u8_casefold((const uint8_t *)s.p, s.n, NULL, UNINORM_NFC,
	    NULL, &n);

	*ret = str_of(p, n);
	return p;
}

/* A rule that cannot be compared fits: it is another one than the exact. */
static bool
path_fits_folded(const struct conf_policy *p, struct csn_str folded)
{
	bool fits = p->npaths == 0;

	for (size_t i = 0; i < p->npaths && !fits; i++) {
		const struct conf_path *r = &p->paths[i];
		struct csn_str rule = r->path;
		bool plain = str_printable(rule, 0x7f);
		uint8_t *copy = plain ? NULL : path_folded(rule, &rule);

		fits = (!plain && copy == NULL) ||
		    rule_fits(r, rule, folded, true);
		free(copy);
	}
	return fits;
}

/* By all of the host's: its segments are kept by their ASCII. */
static int __attribute__((noinline, cold))
first_fit_folded(const struct conf *conf, const struct policy_list *l,
    const struct policy_request *rq)
{
	struct csn_str folded;
	uint8_t *copy = path_folded(rq->path, &folded);
	int ret = copy == NULL ? -2 : -1;

	for (size_t i = 0; i < l->n && ret == -1; i++) {
		const struct conf_policy *p = &conf->policies[l->v[i]];

		if (policy_fits_else(conf, p, rq) &&
		    path_fits_folded(p, folded))
			ret = (int)l->v[i];
	}
	free(copy);
	return ret;
}

/* With the case of the path left out; what is plain is ASCII as it came. */
static int
first_fit_fold(const struct conf *conf, const struct host_entry *e,
    const struct policy_list *l, const struct policy_request *rq)
{
	if (rq->path.p == rq->raw_path.p || str_printable(rq->path, 0x7f))
		return first_fit(conf, l, rq, true);
	return first_fit_folded(conf, e->all, rq);
}

/* Methods are told apart by case (RFC 9110 9.1), and many an application takes
 * "post" for POST all the same. */
static bool
method_in_capitals(struct csn_str method)
{
	for (size_t i = 0; i < method.n; i++)
		if (method.p[i] >= 'a' && method.p[i] <= 'z')
			return false;
	return true;
}

/* Facts that a rule of this host looks at must have been told (R4). */
static const char *
facts_missing(const struct host_entry *e, const struct policy_request *rq)
{
	if (e->reads_network && !rq->have_client)
		return "the client's address was not told";
	if (e->reads_method && rq->method.n == 0)
		return "the method was not told";
	if (e->reads_method && rq->method_overridden)
		return "a header overrides the method";
	if (e->reads_method && !method_in_capitals(rq->method))
		return "the method is not written in capitals";
	if (e->reads_path && rq->path.p == NULL)
		return rq->path_fault;
	return NULL;
}

int
policy_match(const struct policy_index *ix, const struct policy_request *rq,
    const char **ret_why)
{
	const struct host_entry *e = host_entry_find(ix, rq->host);
	const struct policy_list *l;
	int exact, folded;

	*ret_why = "no policy names this host";
	if (e == NULL)
		return -1;
	*ret_why = facts_missing(e, rq);
	if (*ret_why != NULL)
		return -1;
	l = e->reads_path ? list_for_path(e, rq->path) : e->all;
	exact = first_fit(ix->conf, l, rq, false);
	folded = e->reads_path ? first_fit_fold(ix->conf, e, l, rq) : exact;
	if (exact != folded) {
		*ret_why = "upper and lower case of the path choose different "
		    "policies";
		return -1;
	}
	if (exact < 0)
		*ret_why = "no policy matches this request";
	return exact;
}

bool
policy_reads_network(const struct policy_index *ix)
{
	return ix->reads_network;
}

bool
policy_host_known(const struct policy_index *ix, struct csn_str host,
    uint16_t port, bool wildcards)
{
	const struct host_entry *e = table_get(ix->exact, host);

	if (e == NULL && wildcards)
		e = host_entry_find(ix, host);
	for (size_t i = 0; e != NULL && i < e->all->n; i++)
		if (policy_port_fits(&ix->conf->policies[e->all->v[i]], host,
		    port))
			return true;
	return false;
}
