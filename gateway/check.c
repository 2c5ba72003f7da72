/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - a check answered on the loop, or by a worker where the store has
 * to be asked
 *
 * 200 with the identity headers and the Cookie line for the application, 401
 * or 302 with where to log in, 403 with a reference. Whatever is not plainly
 * CSN_ALLOW is no 200.
 */
#include <stdlib.h>

#include "check.h"
#include "facts.h"

#define CHECK_MEMORY	(64u * 1024)
#define CHECK_HEADERS	24u

typedef void reply_fn(struct http_exchange *, unsigned, struct csn_pairs,
    struct csn_str);

/*
 * What proxies differ in. nginx and the script for HAProxy tell the original
 * address in one header; the others in four. nginx makes a redirect of a 401
 * and a page of a 403 by itself; the others pass on what we answer. Envoy
 * keeps the method and hangs the original path behind ours.
 */
struct check_dialect {
	bool forwarded, answers_itself, keeps_path;
};

static const struct check_dialect dialects[] = {
	[CSN_DIALECT_NGINX] = { false, true, false },
	[CSN_DIALECT_CADDY] = { true, false, false },
	[CSN_DIALECT_TRAEFIK] = { true, false, false },
	[CSN_DIALECT_ENVOY] = { true, false, true },
	[CSN_DIALECT_HAPROXY] = { false, false, false },
};

const struct check_dialect *
check_dialect(uint32_t which)
{
	return which == 0 || which >= sizeof(dialects) / sizeof(dialects[0]) ?
	    NULL : &dialects[which];
}

static void
header_add(struct csn_pair *v, size_t *n, const char *name,
    struct csn_str value)
{
	if (*n < CHECK_HEADERS)
		v[(*n)++] = (struct csn_pair){ str_from(name), value };
}

/* For who reads a script's answer. nginx says it by itself. */
#define LOG_IN_FIRST	"You are not logged in. Open this address in a " \
	"browser to log in.\n" \
	"ログインしていません。ブラウザーでこのアドレスを開いてください。\n"

/* 401, or the way to the login where that helps. */
static unsigned
login_answer(const struct check_dialect *d, const struct csn_answer *a,
    struct csn_pair *v, size_t *n, struct csn_str *ret_body)
{
	if (a->login_url.n > 0 && !d->answers_itself) {
		header_add(v, n, "Location", a->login_url);
		header_add(v, n, "Cache-Control", STR("no-store"));
		return 302;
	}
	header_add(v, n, "WWW-Authenticate",
	    STR("Countersign realm=\"login\""));
	if (a->login_url.n > 0)
		header_add(v, n, "X-Countersign-Login", a->login_url);
	if (!d->answers_itself) {
		header_add(v, n, "Content-Type",
		    STR("text/plain; charset=utf-8"));
		header_add(v, n, "Cache-Control", STR("no-store"));
		*ret_body = STR(LOG_IN_FIRST);
	}
	return 401;
}

/* The words of a 403 that the proxy passes on: the reference is of our own
 * letters. The link leads to the page in the visitor's language. */
static struct csn_str
refusal_body(const struct csn_answer *a, struct buf *b)
{
	buf_puts(b, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8"
	    "\"><title>Access denied</title>\n<h1>Access denied</h1>\n"
	    "<p>You may not use this address. Reference: <b>");
	buf_str_put(b, a->reference);
	buf_puts(b, "</b></p>\n<p><a href=\"/.countersign/denied?ref=");
	buf_str_put(b, a->reference);
	buf_puts(b, "\">What this means, and whom to ask</a></p>\n</html>\n");
	return buf_failed(b) ? STR("") : buf_str(b);
}

static void
refuse_answer(struct http_exchange *x, const struct check_dialect *d,
    const struct csn_answer *a, reply_fn *reply)
{
	struct csn_pair v[4] = { { STR("X-Countersign-Reference"),
	    a->reference } };
	struct csn_str body = STR("");
	char room[640];
	struct buf b;
	size_t n = 1;

	buf_init_fixed(&b, room, sizeof(room));
	if (!d->answers_itself && a->reference.n > 0) {
		body = refusal_body(a, &b);
		v[n++] = (struct csn_pair){ STR("Content-Type"),
		    STR("text/html; charset=utf-8") };
		v[n++] = (struct csn_pair){ STR("Cache-Control"),
		    STR("no-store") };
		v[n++] = (struct csn_pair){ STR("Content-Security-Policy"),
		    STR("default-src 'none'; frame-ancestors 'none'") };
	}
	reply(x, 403, (struct csn_pairs){ v, n }, body);
}

static void
answer(struct http_exchange *x, const struct check_dialect *d,
    const struct csn_answer *a, reply_fn *reply)
{
	struct csn_pair v[CHECK_HEADERS];
	struct csn_str body = STR("");
	unsigned status = 403;
	size_t n = 0;

	switch (a->outcome) {
	case CSN_ALLOW:
		status = a->headers.n + 1 <= CHECK_HEADERS ? 200 : 403;
		for (size_t i = 0; i < a->headers.n && i < CHECK_HEADERS; i++)
			v[n++] = a->headers.v[i];
		header_add(v, &n, "Cookie", a->cookie);
		break;
	case CSN_LOGIN:
		status = login_answer(d, a, v, &n, &body);
		break;
	default:
		refuse_answer(x, d, a, reply);
		return;
	}
	reply(x, status, (struct csn_pairs){ v, n }, body);
}

static int
facts_read(const struct http_request *rq, const struct check_role *role,
    struct facts_room *room, struct csn_facts *ret)
{
	return role->dialect->forwarded ?
	    facts_forwarded(rq, role->client_header, room, ret) :
	    facts_nginx(rq, role->client_header, room->cookies, ret);
}

/* A check that has to ask the store. */
struct later {
	struct http_exchange *x;
	const struct check_role *role;
	struct csn_facts facts;
	struct facts_room room;
	_Alignas(16) unsigned char memory[CHECK_MEMORY];
};

static void
later_run(void *arg)
{
	struct later *l = arg;
	struct csn_answer a;

	csn_gate_check_blocking(l->role->gate, &l->facts, l->memory,
	    sizeof(l->memory), &a);
	answer(l->x, l->role->dialect, &a, http_reply_later);
	free(l);
}

static void
later_start(struct http_exchange *x, const struct check_role *role)
{
	struct later *l = malloc(sizeof(*l));

	if (l == NULL)
		goto busy;
	l->x = x;
	l->role = role;
	/* the request stays until it is answered, so its slices do */
	if (facts_read(http_exchange_request(x), role, &l->room,
	    &l->facts) < 0 ||
	    csn_gate_run(role->gate, later_run, l) < 0)
		goto busy;
	return;
busy:
	free(l);
	http_reply(x, 503, (struct csn_pairs){ NULL, 0 }, STR(""));
}

/* 0, or the status of what is no check at all. */
static unsigned
check_misses(const struct http_request *rq, const struct check_dialect *d)
{
	if (!str_is(rq->path, "/check") && !(d->keeps_path &&
	    str_starts(rq->path, STR("/check/"))))
		return 404;
	if (!d->keeps_path && !str_is(rq->method, "GET") &&
	    !str_is(rq->method, "HEAD"))
		return 405;
	return 0;
}

void
check_handle(struct http_exchange *x, void *arg)
{
	static _Thread_local _Alignas(16) unsigned char memory[CHECK_MEMORY];
	static _Thread_local struct facts_room room;
	const struct http_request *rq = http_exchange_request(x);
	const struct check_role *role = arg;
	unsigned misses = check_misses(rq, role->dialect);
	struct csn_pair allow = { STR("Allow"), STR("GET, HEAD") };
	struct csn_facts facts;
	struct csn_answer a;

	if (misses == 0 && facts_read(rq, role, &room, &facts) < 0)
		misses = 403;
	if (misses == 404)
		http_exchange_refused(x, HTTP_ASTRAY);
	if (misses != 0) {
		/* RFC 9110 15.5.6 */
		http_reply(x, misses, (struct csn_pairs){ &allow,
		    misses == 405 }, STR(""));
		return;
	}
	csn_gate_check(role->gate, &facts, memory, sizeof(memory), &a);
	if (a.outcome == CSN_LATER)
		later_start(x, role);
	else
		answer(x, role->dialect, &a, http_reply);
}
