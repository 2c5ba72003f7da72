/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - a check answered on the loop, or by a worker where the store has
 * to be asked
 *
 * 200 with the identity headers and the Cookie line for the application, 401
 * with where to log in, 403 with a reference. Whatever is not plainly CSN_ALLOW
 * is no 200.
 */
#include <stdlib.h>

#include "check.h"
#include "facts.h"

#define CHECK_MEMORY	(64u * 1024)
#define CHECK_HEADERS	24u

typedef void reply_fn(struct http_exchange *, unsigned, struct csn_pairs,
    struct csn_str);

static void
header_add(struct csn_pair *v, size_t *n, const char *name,
    struct csn_str value)
{
	if (*n < CHECK_HEADERS)
		v[(*n)++] = (struct csn_pair){ str_from(name), value };
}

static void
answer(struct http_exchange *x, const struct csn_answer *a, reply_fn *reply)
{
	struct csn_pair v[CHECK_HEADERS];
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
		status = 401;
		header_add(v, &n, "WWW-Authenticate",
		    STR("Countersign realm=\"login\""));
		if (a->login_url.n > 0)
			header_add(v, &n, "X-Countersign-Login",
			    a->login_url);
		break;
	default:
		header_add(v, &n, "X-Countersign-Reference", a->reference);
		break;
	}
	reply(x, status, (struct csn_pairs){ v, n }, STR(""));
}

/* A check that has to ask the store. */
struct later {
	struct http_exchange *x;
	struct csn_gate *gate;
	struct csn_facts facts;
	struct csn_str cookies[FACTS_COOKIES_MAX];
	_Alignas(16) unsigned char memory[CHECK_MEMORY];
};

static void
later_run(void *arg)
{
	struct later *l = arg;
	struct csn_answer a;

	csn_gate_check_blocking(l->gate, &l->facts, l->memory,
	    sizeof(l->memory), &a);
	answer(l->x, &a, http_reply_later);
	free(l);
}

static void
later_start(struct http_exchange *x, const struct check_role *role)
{
	struct later *l = malloc(sizeof(*l));

	if (l == NULL)
		goto busy;
	l->x = x;
	l->gate = role->gate;
	/* the request stays until it is answered, so its slices do */
	if (facts_nginx(http_exchange_request(x), role->client_header,
	    l->cookies, &l->facts) < 0 ||
	    csn_gate_run(role->gate, later_run, l) < 0)
		goto busy;
	return;
busy:
	free(l);
	http_reply(x, 503, (struct csn_pairs){ NULL, 0 }, STR(""));
}

void
check_handle(struct http_exchange *x, void *arg)
{
	static _Thread_local _Alignas(16) unsigned char memory[CHECK_MEMORY];
	const struct http_request *rq = http_exchange_request(x);
	const struct check_role *role = arg;
	struct csn_str cookies[FACTS_COOKIES_MAX];
	struct csn_facts facts;
	struct csn_answer a;

	if (!str_is(rq->path, "/check")) {
		http_reply(x, 404, (struct csn_pairs){ NULL, 0 }, STR(""));
		return;
	}
	if (!str_is(rq->method, "GET") && !str_is(rq->method, "HEAD")) {
		http_reply(x, 405, (struct csn_pairs){ NULL, 0 }, STR(""));
		return;
	}
	if (facts_nginx(rq, role->client_header, cookies, &facts) < 0) {
		http_reply(x, 403, (struct csn_pairs){ NULL, 0 }, STR(""));
		return;
	}
	csn_gate_check(role->gate, &facts, memory, sizeof(memory), &a);
	if (a.outcome == CSN_LATER)
		later_start(x, role);
	else
		answer(x, &a, http_reply);
}
