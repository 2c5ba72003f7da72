/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_guard.c - what must lead to the login: pages, scripts, WebSockets,
 * every method, and the paths that configurations forget
 *
 * A plain path that answers 404 has been looked up by the application.
 */
#include <stdio.h>

#include "probe.h"

/* Where a location of its own lies beside the one with the login. */
static const char *const usual[] = {
	"/", "/index.html", "/api/", "/api/v1/", "/admin/", "/static/",
	"/assets/", "/public/", "/uploads/", "/health", "/status",
	"/metrics", "/graphql", "/guacamole/", "/favicon.ico", "/robots.txt",
	"/countersign-probe", "/countersign-probe.css",
	"/countersign-probe.js", "/countersign-probe.png",
	"/countersign-probe.php", "/api/countersign-probe.json",
};

static const char *const sockets[] = {
	"/socket", "/ws", "/websocket", "/socket.io/", "/websocket-tunnel",
	"/api/ws",
};

static const char *const methods[] = {
	"HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PROPFIND", "TRACE",
	"get", "CSNPROBE",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
is_public(const struct probe *p, struct csn_str path)
{
	for (size_t i = 0; i < p->o->publics.n; i++) {
		struct csn_str pub = str_from(p->o->publics.v[i]);

		if (str_starts(path, pub) && (path.n == pub.n ||
		    path.p[pub.n] == '/' || str_ends(pub, STR("/"))))
			return true;
	}
	return false;
}

static void
try(struct probe *p, enum probe_word word, enum probe_kind kind,
    const char *method, struct csn_str target)
{
	struct probe_question q = { .kind = kind, .method = method,
	    .target = target };
	struct probe_answer a;
	char what[200];

	if (!probe_may(p) || is_public(p, target))
		return;
	probe_ask(p, &q, &a);
	snprintf(what, sizeof(what), "%s %.*s%s", method,
	    target.n > 120 ? 120 : (int)target.n, target.p,
	    kind == PROBE_XHR ? " by a script" :
	    kind == PROBE_UPGRADE ? " with Upgrade: websocket" : "");
	/* the proxy itself may refuse one that it does not know */
	if (word == PROBE_METHOD && a.status == 405 &&
	    (str_is(str_from(method), "TRACE") ||
	    str_is(str_from(method), "get") ||
	    str_is(str_from(method), "CSNPROBE")))
		return;
	if (!probe_expect(p, word, word == PROBE_METHOD ?
	    PROBE_DUE_REFUSAL : PROBE_DUE_LOGIN, what, &a))
		return;
	if (kind != PROBE_XHR)
		return;
	if (probe_judge(p, &a) == SAID_LOGIN)
		probe_find(p, PROBE_REDIRECTED, what, &a);
	else if (a.status == 401 && a.body.n < 20)
		probe_find(p, PROBE_ERROR_PAGE, what, &a);
}

/* A way past the proxy's eyes: the other side would speak HTTP/2 from here
 * on. */
static void
try_h2c(struct probe *p)
{
	struct probe_question q = { .kind = PROBE_PAGE,
	    .lines = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c"
	    "\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" };
	struct probe_answer a;

	if (!probe_may(p))
		return;
	probe_ask(p, &q, &a);
	(void)probe_expect(p, PROBE_WEBSOCKET, PROBE_DUE_REFUSAL,
	    "the page with Upgrade: h2c", &a);
}

static void
try_list(struct probe *p, enum probe_word word, enum probe_kind kind,
    const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		try(p, word, kind, "GET", str_from(v[i]));
}

/* Raw: a request line without a version, or without a host. */
static void
try_old(struct probe *p, const char *line, const char *what)
{
	struct probe_to to = { .port = p->port };
	struct probe_answer a;
	char bytes[600];

	if (!probe_may(p))
		return;
	snprintf(bytes, sizeof(bytes), "GET %.*s%s\r\n\r\n",
	    p->guarded.n > 500 ? 500 : (int)p->guarded.n, p->guarded.p,
	    line);
	probe_exchange(p, &to, str_from(bytes), false, &a);
	if (a.status == 200 && a.body.n == 0)
		probe_find(p, PROBE_ANY_HOST, what, &a);
	else if (a.status != 404)
		(void)probe_expect(p, PROBE_OLD_HTTP, PROBE_DUE_NO, what, &a);
}

void
probe_guard(struct probe *p)
{
	try(p, PROBE_SCRIPT, PROBE_XHR, "GET", p->guarded);
	for (size_t i = 0; i < COUNT(methods); i++)
		try(p, PROBE_METHOD, PROBE_BARE, methods[i], p->guarded);
	try(p, PROBE_WEBSOCKET, PROBE_UPGRADE, "GET", p->guarded);
	try_list(p, PROBE_UNGUARDED, PROBE_PAGE, p->o->paths.v,
	    p->o->paths.n);
	try_list(p, PROBE_UNGUARDED, PROBE_PAGE, usual, COUNT(usual));
	try_list(p, PROBE_WEBSOCKET, PROBE_UPGRADE, p->o->paths.v,
	    p->o->paths.n);
	try_list(p, PROBE_WEBSOCKET, PROBE_UPGRADE, sockets, COUNT(sockets));
	try_h2c(p);
	try_old(p, " HTTP/1.0", "HTTP/1.0 without a host");
	try_old(p, " HTTP/1.1", "HTTP/1.1 without a host");
	try_old(p, "", "HTTP/0.9");
}
