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

static struct csn_str
purpose_of(const struct http_request *rq)
{
	struct csn_str s = fact_once(rq, "Sec-Purpose");

	return s.n > 0 ? s : fact_once(rq, "Purpose");
}

/* The header lines that a check looks at: there are a dozen, and a check is
 * made for every request. */
enum wanted {
	WANT_NONE, WANT_URL, WANT_METHOD, WANT_MODE, WANT_DEST, WANT_PURPOSE,
	WANT_OLD_PURPOSE, WANT_ACCEPT, WANT_REQUESTED, WANT_OVERRIDE,
	WANT_COOKIE
};

static bool
is_named(struct csn_str name, struct csn_str lower)
{
	return str_same_fold(name.p, lower.p, lower.n);
}

#define NAMED(text) is_named(name, STR(text))

/* By length first, as no two compared names have the same. */
static enum wanted
wanted_find(struct csn_str name)
{
	switch (name.n) {
	case 6:
		return NAMED("cookie") ? WANT_COOKIE :
		    NAMED("accept") ? WANT_ACCEPT : WANT_NONE;
	case 7:
		return NAMED("purpose") ? WANT_OLD_PURPOSE : WANT_NONE;
	case 11:
		return NAMED("sec-purpose") ? WANT_PURPOSE : WANT_NONE;
	case 13:	/* any of those that say the method is another (R4) */
		return NAMED("x-http-method") ? WANT_OVERRIDE : WANT_NONE;
	case 14:
		return NAMED("x-original-url") ? WANT_URL :
		    NAMED("sec-fetch-mode") ? WANT_MODE :
		    NAMED("sec-fetch-dest") ? WANT_DEST : WANT_NONE;
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
wanted_set(struct csn_str *to, enum wanted which, struct csn_str value,
    unsigned *seen)
{
	*to = (*seen & 1u << which) != 0 ? STR("") : value;
	*seen |= 1u << which;
}

static int
wanted_take(struct csn_facts *f, struct csn_str *cookies, enum wanted which,
    struct csn_str value, unsigned *seen)
{
	switch (which) {
	case WANT_NONE:
		break;
	case WANT_URL:
		wanted_set(&f->url, which, value, seen);
		break;
	case WANT_METHOD:
		wanted_set(&f->method, which, value, seen);
		break;
	case WANT_MODE:
		wanted_set(&f->mode, which, value, seen);
		break;
	case WANT_DEST:
		wanted_set(&f->dest, which, value, seen);
		break;
	case WANT_PURPOSE:
	case WANT_OLD_PURPOSE:
		wanted_set(&f->purpose, which, value, seen);
		break;
	case WANT_ACCEPT:
		wanted_set(&f->accept, which, value, seen);
		break;
	case WANT_REQUESTED:
		wanted_set(&f->requested_with, which, value, seen);
		break;
	case WANT_OVERRIDE:	/* being there is all that counts */
		f->method_override = STR("overridden");
		break;
	case WANT_COOKIE:
		if (f->cookies.n == FACTS_COOKIES_MAX)
			return -1;
		cookies[f->cookies.n++] = value;
		break;
	}
	return 0;
}

int
facts_nginx(const struct http_request *rq, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_facts *ret)
{
	struct csn_facts f = { .client = STR(""), .cookies = { cookies, 0 } };
	unsigned seen = 0, nclients = 0;

	for (size_t i = 0; i < rq->headers.n; i++) {
		const struct csn_pair *h = &rq->headers.v[i];

		if (wanted_take(&f, cookies, wanted_find(h->name), h->value,
		    &seen) < 0)
			return -1;
		if (client_header.n > 0 && h->name.n == client_header.n &&
		    str_same_fold(h->name.p, client_header.p,
		    client_header.n))
			f.client = nclients++ == 0 ? h->value : STR("");
	}
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
