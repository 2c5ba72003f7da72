/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_forwarded.c - the original request, told in four headers
 *
 * X-Forwarded-Proto, -Host, -Uri and -Method, as Caddy and Traefik send them
 * by themselves and Envoy when told to. They are put together here, so that a
 * part which would change the meaning of the next one is refused: it must
 * never make an address of what was not told exactly once. X-Original-URL,
 * which these proxies pass on from the client, is not looked at.
 */
#include "facts.h"

static bool
is_https(struct csn_str proto)
{
	/* a proxy may say so of an upgrade */
	return str_equal_fold(proto, STR("https")) ||
	    str_equal_fold(proto, STR("wss"));
}

/* Letters, digits, hyphen, dot, and a port: nothing that could end a host's
 * name early or begin a path. The gate reads it again, strictly. */
static bool
host_whole(struct csn_str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == ':'))
			return false;
	}
	return host.n > 0;
}

static struct csn_str
url_make(const struct http_request *rq, struct facts_room *room)
{
	struct csn_str host = fact_once(rq, "X-Forwarded-Host");
	struct csn_str uri = fact_once(rq, "X-Forwarded-Uri");
	struct buf b;

	if (!is_https(fact_once(rq, "X-Forwarded-Proto")) ||
	    !host_whole(host) || uri.n == 0 || uri.p[0] != '/')
		return STR("");
	buf_init_fixed(&b, room->url, sizeof(room->url));
	buf_puts(&b, "https://");
	buf_str_put(&b, host);
	buf_str_put(&b, uri);
	return buf_failed(&b) ? STR("") : buf_str(&b);
}

int
facts_forwarded(const struct http_request *rq, struct csn_str client_header,
    struct facts_room *room, struct csn_facts *ret)
{
	/* cookies, Sec-Fetch and the like are the client's own in every
	 * dialect */
	if (facts_nginx(rq, client_header, room->cookies, ret) < 0)
		return -1;
	ret->url = url_make(rq, room);
	ret->method = fact_once(rq, "X-Forwarded-Method");
	return 0;
}
