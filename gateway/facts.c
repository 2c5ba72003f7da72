/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - header lines read once, or not at all
 *
 * It must never take one of two lines for the true one.
 */
#include <stddef.h>

#include "facts.h"

struct csn_str
fact_once(const struct http_request *rq, const char *name)
{
	struct csn_str value;

	return http_header(rq, str_from(name), &value) == 1 ? value : STR("");
}

int
fact_cookies(const struct http_request *rq,
    struct csn_str ret[FACTS_COOKIES_MAX], size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < rq->headers.n; i++) {
		if (!str_equal_fold(rq->headers.v[i].name, STR("Cookie")))
			continue;
		if (n == FACTS_COOKIES_MAX)
			return -1;
		ret[n++] = rq->headers.v[i].value;
	}
	*ret_n = n;
	return 0;
}

static struct csn_str
client_of(const struct http_request *rq, struct csn_str header)
{
	struct csn_str value;

	if (header.n == 0 || http_header(rq, header, &value) != 1)
		return STR("");
	return value;
}

static struct csn_str
purpose_of(const struct http_request *rq)
{
	struct csn_str s = fact_once(rq, "Sec-Purpose");

	return s.n > 0 ? s : fact_once(rq, "Purpose");
}

/* The header lines that a check looks at, read in one pass: there are a
 * dozen, and a check is made for every request. */
struct wanted {
	struct csn_str name;		/* lower case */
	size_t at;			/* offset into struct csn_facts */
};

static const struct wanted nginx_wanted[] = {
	{ STR_INIT("x-original-url"), offsetof(struct csn_facts, url) },
	{ STR_INIT("x-original-method"), offsetof(struct csn_facts, method) },
	{ STR_INIT("sec-fetch-mode"), offsetof(struct csn_facts, mode) },
	{ STR_INIT("sec-fetch-dest"), offsetof(struct csn_facts, dest) },
	{ STR_INIT("sec-purpose"), offsetof(struct csn_facts, purpose) },
	{ STR_INIT("purpose"), offsetof(struct csn_facts, purpose) },
	{ STR_INIT("accept"), offsetof(struct csn_facts, accept) },
	{ STR_INIT("x-requested-with"),
	    offsetof(struct csn_facts, requested_with) },
	/* any of the headers by which a method is said to be another (R4) */
	{ STR_INIT("x-http-method-override"),
	    offsetof(struct csn_facts, method_override) },
	{ STR_INIT("x-http-method"),
	    offsetof(struct csn_facts, method_override) },
	{ STR_INIT("x-method-override"),
	    offsetof(struct csn_facts, method_override) },
};

#define NGINX_WANTED (sizeof(nginx_wanted) / sizeof(nginx_wanted[0]))

static int
wanted_find(struct csn_str name)
{
	for (size_t i = 0; i < NGINX_WANTED; i++)
		if (name.n == nginx_wanted[i].name.n &&
		    str_equal_fold(name, nginx_wanted[i].name))
			return (int)i;
	return -1;
}

/* A second line of a name empties it: one of two is never the true one. Of a
 * method's overriding, being there is all that counts. */
static void
wanted_set(struct csn_facts *f, int i, struct csn_str value, unsigned *seen)
{
	struct csn_str *to = (struct csn_str *)(void *)((char *)f +
	    nginx_wanted[i].at);

	if (to == &f->method_override)
		*to = nginx_wanted[i].name;
	else
		*to = (*seen & 1u << i) != 0 ? STR("") : value;
	*seen |= 1u << i;
}

int
facts_nginx(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_facts *ret)
{
	struct csn_facts f = { .client = STR("") };
	size_t n = 0, nclients = 0;
	unsigned seen = 0;

	for (size_t i = 0; i < rq->headers.n; i++) {
		const struct csn_pair *h = &rq->headers.v[i];
		int found = wanted_find(h->name);

		if (found >= 0)
			wanted_set(&f, found, h->value, &seen);
		if (h->name.n == 6 && str_equal_fold(h->name,
		    STR("cookie"))) {
			if (n == FACTS_COOKIES_MAX)
				return -1;
			cookies[n++] = h->value;
		}
		if (client_header.n > 0 && h->name.n == client_header.n &&
		    str_equal_fold(h->name, client_header))
			f.client = nclients++ == 0 ? h->value : STR("");
	}
	f.cookies = (struct csn_strs){ cookies, n };
	*ret = f;
	return 0;
}

int
facts_visit(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_visit *ret)
{
	size_t n;

	if (fact_cookies(rq, cookies, &n) < 0)
		return -1;
	*ret = (struct csn_visit){ .method = rq->method, .host = rq->host,
	    .path = rq->path, .query = rq->query, .body = rq->body,
	    .content_type = fact_once(rq, "Content-Type"),
	    .cookies = { cookies, n },
	    .client = client_of(rq, client_header),
	    .user_agent = fact_once(rq, "User-Agent"),
	    .accept = fact_once(rq, "Accept"),
	    .accept_language = fact_once(rq, "Accept-Language"),
	    .origin = fact_once(rq, "Origin"),
	    .referer = fact_once(rq, "Referer"),
	    .requested_with = fact_once(rq, "X-Requested-With"),
	    .site = fact_once(rq, "Sec-Fetch-Site"),
	    .mode = fact_once(rq, "Sec-Fetch-Mode"),
	    .dest = fact_once(rq, "Sec-Fetch-Dest"),
	    .purpose = purpose_of(rq),
	    .authorization = fact_once(rq, "Authorization") };
	return 0;
}
