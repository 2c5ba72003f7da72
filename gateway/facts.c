/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - header lines read once, or not at all
 *
 * It must never take one of two lines for the true one.
 */
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

/* Any of the headers by which a method is said to be another (R4). */
static struct csn_str
method_override(const struct http_request *rq)
{
	static const char *const names[] = { "X-HTTP-Method-Override",
	    "X-HTTP-Method", "X-Method-Override" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (http_header(rq, str_from(names[i]), NULL) > 0)
			return str_from(names[i]);
	return STR("");
}

static struct csn_str
purpose_of(const struct http_request *rq)
{
	struct csn_str s = fact_once(rq, "Sec-Purpose");

	return s.n > 0 ? s : fact_once(rq, "Purpose");
}

int
facts_nginx(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_facts *ret)
{
	size_t n;

	if (fact_cookies(rq, cookies, &n) < 0)
		return -1;
	*ret = (struct csn_facts){ .url = fact_once(rq, "X-Original-URL"),
	    .method = fact_once(rq, "X-Original-Method"),
	    .client = client_of(rq, client_header),
	    .cookies = { cookies, n }, .mode = fact_once(rq,
	    "Sec-Fetch-Mode"), .dest = fact_once(rq, "Sec-Fetch-Dest"),
	    .purpose = purpose_of(rq), .accept = fact_once(rq, "Accept"),
	    .requested_with = fact_once(rq, "X-Requested-With"),
	    .method_override = method_override(rq) };
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
