/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srv.c - the servers of a service: asked for, kept to their domain, put in
 * order
 *
 * It must never give back a target outside the domain it was told.
 */
#include "srv.h"

#include <netinet/in.h>

#include "dial.h"
#include "lib/secret.h"
#include "lib/timefmt.h"
#include "lib/url.h"
#include "resolve.h"
#include "result.h"
#include "srv_ask.h"

#define PORT_TEXT	6u	/* ":65535" */

static bool
is_label(struct csn_str s)
{
	for (size_t i = 1; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return s.n >= 2 && s.n <= 63 && s.p[0] == '_';
}

static bool
is_name(struct csn_str s)
{
	return s.n > 0 && s.p[0] != '[' && url_host_valid(s);
}

/* _service._protocol.domain (RFC 2782) */
static bool
is_service(struct csn_str name)
{
	struct csn_str rest = name, label;

	for (int i = 0; i < 2; i++)
		if (!str_cut(&rest, '.', &label) || !is_label(label))
			return false;
	return rest.p != NULL && is_name(rest) && name.n <= SRV_NAME_MAX;
}

static bool
is_within(struct csn_str target, struct csn_str domain)
{
	if (target.n == domain.n)
		return str_equal_fold(target, domain);
	return target.n > domain.n &&
	    target.p[target.n - domain.n - 1] == '.' &&
	    str_equal_fold(str_from_at(target, target.n - domain.n), domain);
}

/* In place; how many are left. */
static size_t
records_keep(struct srv_record *v, size_t n, struct csn_str domain)
{
	struct csn_str target;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		target = str_from(v[i].target);
		if (v[i].port != 0 && is_name(target) &&
		    is_within(target, domain))
			v[kept++] = v[i];
	}
	return kept;
}

static int32_t
targets_put(struct arena *a, const struct srv_record *v, size_t n,
    struct csn_strs *ret)
{
	struct csn_str *list;
	size_t bytes = n * sizeof(*list);

	for (size_t i = 0; i < n; i++)
		bytes += strlen(v[i].target) + PORT_TEXT;
	if (!result_fits(a, bytes, n + 1))
		return CSN_E_LIMIT;
	list = arena_array(a, n, sizeof(*list));
	for (size_t i = 0; list != NULL && i < n; i++) {
		list[i] = arena_printf(a, "%s:%u", v[i].target, v[i].port);
		if (list[i].p == NULL)
			return CSN_E_LIMIT;
	}
	if (list == NULL)
		return CSN_E_LIMIT;
	*ret = (struct csn_strs){ list, n };
	return CSN_OK;
}

static void
system_random(void *arg, void *p, size_t n)
{
	(void)arg;
	secret_random(p, n);
}

static int32_t
servers_of(const struct srv_query *q, struct srv_servers *ret)
{
	struct resolve_addrs addrs;
	struct csn_str host;
	uint16_t port;

	if (q->server.n == 0)
		return srv_ask_servers(ret) == 0 ? CSN_OK : CSN_E_BACKEND;
	if (dial_parse(q->server, &host, &port) != 0 || resolve_host(host,
	    port, q->deadline_ms, &addrs) != CSN_OK)
		return CSN_E_BACKEND;
	ret->n = 1;
	ret->v[0] = addrs.v[0];
	return CSN_OK;
}

int32_t
srv_lookup(const struct srv_query *q, struct arena *a, struct csn_strs *ret)
{
	struct srv_record v[SRV_RECORDS_MAX];
	struct srv_servers servers;
	size_t n = 0;
	int32_t rc;

	if (!is_service(q->name) || !is_name(q->domain))
		return CSN_E_INVALID;
	if (clock_mono_ms() >= q->deadline_ms)
		return CSN_E_DEADLINE;
	rc = servers_of(q, &servers);
	if (rc == CSN_OK)
		rc = srv_ask(&servers, q->name, q->deadline_ms, v, &n);
	if (rc != CSN_OK)
		return rc;
	n = records_keep(v, n, q->domain);
	if (n == 0)
		return CSN_E_ABSENT;
	srv_order(v, n, q->random != NULL ? q->random : system_random,
	    q->random_arg);
	return targets_put(a, v, n < SRV_TARGETS_MAX ? n : SRV_TARGETS_MAX,
	    ret);
}
