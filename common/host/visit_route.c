/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_route.c - which page a request asks for, by its raw bytes
 *
 * It must never read a route from a decoded path, nor answer for a host that
 * is none of ours (R1).
 */
#include "visit.h"

static bool
path_under(struct csn_str path, const char *head, struct csn_str *ret_rest)
{
	struct csn_str h = str_from(head);

	if (!str_starts(path, h) || path.n == h.n)
		return false;
	*ret_rest = str_from_at(path, h.n);
	return true;
}

static enum visit_route
route_login_host(struct csn_str path, struct csn_str *ret_rest)
{
	*ret_rest = STR("");
	if (str_is(path, "/login") || str_is(path, "") || str_is(path, "/"))
		return ROUTE_LOGIN;
	if (str_is(path, "/logout"))
		return ROUTE_LOGOUT;
	if (str_is(path, "/account"))
		return ROUTE_ACCOUNT;
	if (str_is(path, "/desk"))
		return ROUTE_DESK;
	if (str_is(path, "/login/save"))
		return ROUTE_SAVE;
	if (path_under(path, "/login/", ret_rest))
		return ROUTE_LOGIN;
	if (path_under(path, "/enrol/", ret_rest))
		return ROUTE_ENROL;
	if (path_under(path, "/f/", ret_rest))
		return ROUTE_ENDPOINT;
	return ROUTE_UNKNOWN;
}

static enum visit_route
route_application(struct csn_str path)
{
	if (str_is(path, "/.countersign/start"))
		return ROUTE_START;
	if (str_is(path, "/.countersign/enter"))
		return ROUTE_ENTER;
	if (str_is(path, "/.countersign/logout"))
		return ROUTE_APP_LOGOUT;
	if (str_is(path, "/.countersign/denied"))
		return ROUTE_DENIED;
	return ROUTE_UNKNOWN;
}

static int
host_read(struct visit *v, uint16_t *ret_port)
{
	struct csn_str url;
	struct policy_request rq;

	/* as most of them come */
	if (str_equal(v->in->host, v->conf->login_host) &&
	    str_index(v->in->host, ':') < 0) {
		v->host = v->in->host;
		*ret_port = 443;
		return 0;
	}
	url = ARENA_JOIN(&v->arena, STR("https://"), v->in->host, STR("/"));
	if (policy_request_read(&v->arena, url, &rq) < 0)
		return -1;
	*ret_port = rq.port;
	v->host = rq.port == 443 ? rq.host : arena_printf(&v->arena,
	    "%.*s:%u", STR_FMT(rq.host), rq.port);
	return v->host.n == 0 ? -1 : 0;
}

uint32_t
visit_route(struct visit *v)
{
	struct csn_str path = v->in->path, bare;
	uint16_t port;

	if (host_read(v, &port) < 0)
		return 421;
	bare = v->host;
	if (port != 443)
		bare.n = (size_t)str_index(bare, ':');
	if (str_starts(path, STR("/.countersign/"))) {
		/* a wildcard may cover the login host, which is no
		 * application (S2) */
		if (!v->conf->shared_origin &&
		    str_equal(v->host, v->conf->login_host))
			return 404;
		if (!policy_host_known(v->gc->index, bare, port, true))
			return 421;
		v->route = route_application(path);
		return 0;
	}
	if (!str_equal(v->host, v->conf->login_host))
		return 421;
	if (!str_starts(path, v->conf->login_path))
		return 404;
	v->route = route_login_host(str_from_at(path,
	    v->conf->login_path.n), &v->rest);
	return 0;
}
