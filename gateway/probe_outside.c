/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_outside.c - beside the front door: back ends, plain http, old TLS, and
 * whether our own route is there and its cookies arrive as we set them
 */
#include <stdio.h>
#include <stdlib.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ADDRESS:PORT, as it is written. 0 or -1. */
static int
backend_cut(const char *text, char node[256], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	struct csn_str name = str_from(text);
	uint64_t port;

	if (colon == NULL || str_u64(str_from(colon + 1), 65535, &port) < 0 ||
	    port == 0)
		return -1;
	name.n = (size_t)(colon - text);
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = str_of(name.p + 1, name.n - 2);
	if (name.n == 0 || name.n > 255)
		return -1;
	snprintf(node, 256, "%.*s", STR_FMT(name));
	*ret_port = (uint16_t)port;
	return 0;
}

/* Whatever answers there is open: no gateway stands in between. What guards
 * itself (our own daemon's 403 to a stranger) is not. */
static void
backend_try(struct probe *p, const char *text)
{
	char node[256], what[300];
	struct probe_to to = { .node = node, .clear = true };
	struct probe_answer a;
	enum probe_said said;

	if (backend_cut(text, node, &to.port) < 0)
		return;		/* refused before */
	buf_clear(&p->sent);
	buf_printf(&p->sent, "GET %.*s HTTP/1.1\r\nHost: %s\r\n"
	    "Remote-User: %s\r\nConnection: close\r\n\r\n",
	    STR_FMT(p->guarded), p->netloc, p->mark);
	probe_exchange(p, &to, buf_str(&p->sent), false, &a);
	if (a.state == PROBE_NO_CONNECTION)
		return;
	said = probe_judge(p, &a);
	if (said == SAID_LOGIN || said == SAID_OURS || a.status == 401)
		return;
	snprintf(what, sizeof(what), "%.200s %s without the proxy%s", text,
	    a.state == PROBE_ANSWERED ? "answers" : "takes connections",
	    str_find(buf_str(&p->answer), str_from(p->mark)) >= 0 ?
	    ", and takes our word for who we are" : "");
	probe_find(p, PROBE_BACKEND, what, &a);
}

/* ------------------------------------------------------------------ */

static bool
leads_to_https(const struct probe *p, const struct probe_answer *a)
{
	struct csn_str where = probe_answer_header(a, "Location", 0);
	char want[300];

	snprintf(want, sizeof(want), "https://%s", p->host);
	return str_starts(where, str_from(want));
}

static void
plain_try(struct probe *p, uint16_t port, const char *host)
{
	struct probe_to to = { .port = port, .clear = true };
	struct probe_answer a;
	char what[300];

	buf_clear(&p->sent);
	buf_printf(&p->sent, "GET %.*s HTTP/1.1\r\nHost: %s\r\n"
	    "Accept: text/html\r\nConnection: close\r\n\r\n",
	    STR_FMT(p->guarded), host);
	probe_exchange(p, &to, buf_str(&p->sent), false, &a);
	snprintf(what, sizeof(what), "http to port %u, Host: %.100s", port,
	    host);
	switch (probe_judge(p, &a)) {
	case SAID_NOTHING:
	case SAID_REFUSED:
	case SAID_MISSING:
	case SAID_TROUBLE:
		return;
	case SAID_MOVED:
	case SAID_LOGIN:
	case SAID_AWAY:
		if (a.status < 400 && leads_to_https(p, &a))
			return;
		break;
	case SAID_OURS:
	case SAID_OPEN:
		break;
	}
	probe_find(p, PROBE_PLAIN, what, &a);
}

static void
plain(struct probe *p)
{
	uint64_t port = p->port == 443 ? 80 : p->port;

	if (p->o->http_port != NULL)
		(void)str_u64(str_from(p->o->http_port), 65535, &port);
	plain_try(p, (uint16_t)port, p->host);
	plain_try(p, (uint16_t)port, "countersign-probe.invalid");
}

static void
old_tls(struct probe *p)
{
	static const struct { int version; const char *says; } old[] = {
		{ TLS1_VERSION, "TLS 1.0" }, { TLS1_1_VERSION, "TLS 1.1" },
	};

	for (size_t i = 0; i < COUNT(old); i++) {
		struct probe_question q = { .kind = PROBE_PAGE,
		    .to = { .tls_only = old[i].version,
			.unverified = true } };
		struct probe_answer a;

		if (!probe_may(p))
			return;
		probe_ask(p, &q, &a);
		if (a.state != PROBE_NO_TLS &&
		    a.state != PROBE_NO_CONNECTION)
			probe_find(p, PROBE_OLD_TLS, old[i].says, &a);
	}
}

/* ------------------------------------------------------------------ */

static void
cookie_judge(struct probe *p, struct csn_str line)
{
	static const char *const due[] = { "Path=/", "Secure", "HttpOnly" };
	struct csn_str rest = line, part, name;
	unsigned seen = 0, same_site = 0, domain = 0;
	char what[200];

	(void)str_cut(&rest, ';', &part);
	name = part;
	(void)str_cut(&part, '=', &name);
	while (str_cut(&rest, ';', &part)) {
		part = str_trim(part);
		for (size_t i = 0; i < COUNT(due); i++)
			seen += str_equal_fold(part, str_from(due[i]));
		same_site += part.n > 9 && str_equal_fold(str_of(part.p, 9),
		    STR("SameSite="));
		domain += part.n > 7 && str_equal_fold(str_of(part.p, 7),
		    STR("Domain="));
	}
	if (seen >= COUNT(due) && same_site == 1 && domain == 0 &&
	    str_starts(name, STR("__Host-")))
		return;
	snprintf(what, sizeof(what), "the cookie %.*s does not arrive as "
	    "__Host-…; Path=/; Secure; HttpOnly; SameSite",
	    name.n > 40 ? 40 : (int)name.n, name.p);
	probe_find(p, PROBE_COOKIE, what, NULL);
}

/* Where a check sent us, if that is on this host: the first step of a login,
 * as far as it goes here. */
static void
start_try(struct probe *p, struct csn_str location)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;
	struct csn_str line;
	enum probe_said said;
	ptrdiff_t at;
	size_t n = 0;
	char room[4096];

	at = str_find(location, STR("://"));
	if (at >= 0)
		location = str_from_at(location, (size_t)at + 3);
	at = str_index(location, '/');
	if (at < 0 || location.n - (size_t)at >= sizeof(room))
		return;
	snprintf(room, sizeof(room), "%.*s", (int)(location.n - (size_t)at),
	    location.p + at);
	q.target = str_from(room);
	probe_ask(p, &q, &a);
	said = probe_judge(p, &a);
	if (said == SAID_MISSING || said == SAID_MOVED ||
	    (said == SAID_OPEN && !probe_answer_ours(&a)))
		probe_find(p, PROBE_ROUTE, "the first step of a login", &a);
	for (; (line = probe_answer_header(&a, "Set-Cookie", n)).p != NULL;
	    n++)
		cookie_judge(p, line);
	if (n == 0 && (said == SAID_AWAY || said == SAID_OPEN))
		probe_find(p, PROBE_COOKIE, "the first step of a login sets "
		    "no cookie", &a);
}

/* Our page that says no, and our style sheet. */
static void
route_try(struct probe *p)
{
	struct probe_question q = { .kind = PROBE_PAGE,
	    .target = STR("/.countersign/denied") };
	struct probe_answer a;

	if (!probe_may(p))
		return;
	probe_ask(p, &q, &a);
	if (probe_judge(p, &a) != SAID_OURS)
		probe_find(p, PROBE_ROUTE, "GET /.countersign/denied", &a);
	else if (a.body.n < 200)
		probe_find(p, PROBE_ERROR_PAGE, "the page that says no has "
		    "no words", &a);
	if (!probe_may(p))
		return;
	q.target = STR("/.countersign/static/style.css");
	probe_ask(p, &q, &a);
	if (a.state != PROBE_ANSWERED || a.status != 200 ||
	    !str_starts(probe_answer_header(&a, "Content-Type", 0),
	    STR("text/css")))
		probe_find(p, PROBE_ROUTE, "GET /.countersign/static/"
		    "style.css", &a);
}

static void
login_redirect(struct probe *p)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;
	char where[4096];

	probe_ask(p, &q, &a);
	if (probe_judge(p, &a) != SAID_LOGIN)
		return;
	if (str_find(probe_answer_header(&a, "Cache-Control", 0),
	    STR("no-store")) < 0)
		probe_find(p, PROBE_CACHED, "the redirect to the login", &a);
	snprintf(where, sizeof(where), "%.*s",
	    STR_FMT(probe_answer_header(&a, "Location", 0)));
	start_try(p, str_from(where));
}

void
probe_outside(struct probe *p)
{
	for (size_t i = 0; i < p->o->backends.n; i++)
		backend_try(p, p->o->backends.v[i]);
	plain(p);
	old_tls(p);
	route_try(p);
	login_redirect(p);
}

int
probe_backends_sound(const struct probe_options *o)
{
	char node[256];
	uint16_t port;

	for (size_t i = 0; i < o->backends.n; i++)
		if (backend_cut(o->backends.v[i], node, &port) < 0)
			return -1;
	return 0;
}
