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

/* The header lines that a check or a visit looks at. */
enum wanted {
	WANT_URL, WANT_METHOD, WANT_OVERRIDE, WANT_ACCEPT, WANT_LANGUAGE,
	WANT_AGENT, WANT_TYPE, WANT_ORIGIN, WANT_REFERER, WANT_REQUESTED,
	WANT_AUTHORIZATION, WANT_SITE, WANT_MODE, WANT_DEST, WANT_PURPOSE,
	WANT_OLD_PURPOSE, WANT_CLIENT, WANT_ONCE,
	WANT_COOKIE = WANT_ONCE, WANT_NONE
};

struct lines {
	struct csn_str v[WANT_ONCE];	/* what came once */
	unsigned seen;
	struct csn_strs cookies;
};

static bool
is_named(struct csn_str name, struct csn_str lower)
{
	return str_same_fold(name.p, lower.p, lower.n);
}

#define NAMED(text) is_named(name, STR(text))

/* By length first, as no two names that are compared differ in it. */
static enum wanted
wanted_find(struct csn_str name)
{
	switch (name.n) {
	case 6:
		return NAMED("cookie") ? WANT_COOKIE :
		    NAMED("accept") ? WANT_ACCEPT :
		    NAMED("origin") ? WANT_ORIGIN : WANT_NONE;
	case 7:
		return NAMED("referer") ? WANT_REFERER :
		    NAMED("purpose") ? WANT_OLD_PURPOSE : WANT_NONE;
	case 10:
		return NAMED("user-agent") ? WANT_AGENT : WANT_NONE;
	case 11:
		return NAMED("sec-purpose") ? WANT_PURPOSE : WANT_NONE;
	case 12:
		return NAMED("content-type") ? WANT_TYPE : WANT_NONE;
	case 13:	/* any of those that say the method is another (R4) */
		return NAMED("x-http-method") ? WANT_OVERRIDE :
		    NAMED("authorization") ? WANT_AUTHORIZATION : WANT_NONE;
	case 14:
		return NAMED("x-original-url") ? WANT_URL :
		    NAMED("sec-fetch-mode") ? WANT_MODE :
		    NAMED("sec-fetch-dest") ? WANT_DEST :
		    NAMED("sec-fetch-site") ? WANT_SITE : WANT_NONE;
	case 15:
		return NAMED("accept-language") ? WANT_LANGUAGE : WANT_NONE;
	case 16:
		return NAMED("x-requested-with") ? WANT_REQUESTED : WANT_NONE;
	case 17:
		return NAMED("x-original-method") ? WANT_METHOD :
		    NAMED("x-method-override") ? WANT_OVERRIDE : WANT_NONE;
	case 22:
		return NAMED("x-http-method-override") ? WANT_OVERRIDE :
		    WANT_NONE;
	default:
		return WANT_NONE;
	}
}

/* A second line of a name empties it: one of two is never the true one. */
static void
line_once(struct lines *l, enum wanted which, struct csn_str value)
{
	l->v[which] = (l->seen & 1u << which) != 0 ? STR("") : value;
	l->seen |= 1u << which;
}

/* One pass over all lines; a check is made for every request. */
static int
lines_read(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct lines *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->v[WANT_CLIENT] = STR("");
	ret->cookies.v = cookies;
	for (size_t i = 0; i < rq->headers.n; i++) {
		const struct csn_pair *h = &rq->headers.v[i];
		enum wanted which = wanted_find(h->name);

		if (which < WANT_ONCE)
			line_once(ret, which, h->value);
		if (which == WANT_COOKIE) {
			if (ret->cookies.n == FACTS_COOKIES_MAX)
				return -1;
			cookies[ret->cookies.n++] = h->value;
		}
		if (client_header.n > 0 && h->name.n == client_header.n &&
		    is_named(h->name, client_header))
			line_once(ret, WANT_CLIENT, h->value);
	}
	return 0;
}

static struct csn_str
purpose_of(const struct lines *l)
{
	return l->v[WANT_PURPOSE].n > 0 ? l->v[WANT_PURPOSE] :
	    l->v[WANT_OLD_PURPOSE];
}

int
facts_nginx(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_facts *ret)
{
	struct lines l;

	if (lines_read(rq, client_header, cookies, &l) < 0)
		return -1;
	*ret = (struct csn_facts){ .url = l.v[WANT_URL],
	    .method = l.v[WANT_METHOD], .client = l.v[WANT_CLIENT],
	    .cookies = l.cookies, .mode = l.v[WANT_MODE],
	    .dest = l.v[WANT_DEST], .purpose = purpose_of(&l),
	    .accept = l.v[WANT_ACCEPT],
	    .requested_with = l.v[WANT_REQUESTED] };
	/* that it came is all that counts */
	if ((l.seen & 1u << WANT_OVERRIDE) != 0)
		ret->method_override = STR("overridden");
	return 0;
}

int
facts_visit(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_visit *ret)
{
	struct lines l;

	if (lines_read(rq, client_header, cookies, &l) < 0)
		return -1;
	*ret = (struct csn_visit){ .method = rq->method, .host = rq->host,
	    .path = rq->path, .query = rq->query, .body = rq->body,
	    .content_type = l.v[WANT_TYPE], .cookies = l.cookies,
	    .client = l.v[WANT_CLIENT], .user_agent = l.v[WANT_AGENT],
	    .accept = l.v[WANT_ACCEPT],
	    .accept_language = l.v[WANT_LANGUAGE],
	    .origin = l.v[WANT_ORIGIN], .referer = l.v[WANT_REFERER],
	    .requested_with = l.v[WANT_REQUESTED], .site = l.v[WANT_SITE],
	    .mode = l.v[WANT_MODE], .dest = l.v[WANT_DEST],
	    .purpose = purpose_of(&l),
	    .authorization = l.v[WANT_AUTHORIZATION] };
	return 0;
}
