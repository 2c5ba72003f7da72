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

/* Bytes of a token in lower case. Of what may stand in a name only letters
 * have that bit to gain; '^' and '_' would take it too, but no name below has
 * '~' or DEL. */
static inline uint64_t
lower8(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w | UINT64_MAX / 255 * 0x20;
}

static inline uint32_t
lower4(const char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w | UINT32_MAX / 255 * 0x20;
}

/* Whether a token is a name of as many bytes, 4 or more, given in lower case;
 * what the compiler knows of `lower` is no work here. */
static inline __attribute__((always_inline)) bool
is_named(const char *p, const char *lower, size_t n)
{
	if (n < 8)
		return lower4(p) == lower4(lower) &&
		    lower4(p + n - 4) == lower4(lower + n - 4);
	return lower8(p) == lower8(lower) &&
	    (n <= 16 || lower8(p + 8) == lower8(lower + 8)) &&
	    lower8(p + n - 8) == lower8(lower + n - 8);
}

#define NAMED(text, which) \
	(is_named(name.p, text, sizeof(text) - 1) ? (which) : WANT_NONE)

static enum wanted
wanted_short(struct csn_str name)
{
	switch (name.p[0] | 0x20) {
	case 'c':
		return NAMED("cookie", WANT_COOKIE);
	case 'a':
		return NAMED("accept", WANT_ACCEPT);
	default:
		return NAMED("origin", WANT_ORIGIN);
	}
}

static enum wanted
wanted_14(struct csn_str name)
{
	switch (name.p[10] | 0x20) {
	case '-':
		return NAMED("x-original-url", WANT_URL);
	case 'm':
		return NAMED("sec-fetch-mode", WANT_MODE);
	case 'd':
		return NAMED("sec-fetch-dest", WANT_DEST);
	default:
		return NAMED("sec-fetch-site", WANT_SITE);
	}
}

/* By length first, then by a letter: each name is compared with one other at
 * the most. */
static enum wanted
wanted_find(struct csn_str name)
{
	switch (name.n) {
	case 6:
		return wanted_short(name);
	case 7:
		return (name.p[0] | 0x20) == 'r' ?
		    NAMED("referer", WANT_REFERER) :
		    NAMED("purpose", WANT_OLD_PURPOSE);
	case 10:
		return NAMED("user-agent", WANT_AGENT);
	case 11:
		return NAMED("sec-purpose", WANT_PURPOSE);
	case 12:
		return NAMED("content-type", WANT_TYPE);
	case 13:	/* any of those that say the method is another (R4) */
		return (name.p[0] | 0x20) == 'x' ?
		    NAMED("x-http-method", WANT_OVERRIDE) :
		    NAMED("authorization", WANT_AUTHORIZATION);
	case 14:
		return wanted_14(name);
	case 15:
		return NAMED("accept-language", WANT_LANGUAGE);
	case 16:
		return NAMED("x-requested-with", WANT_REQUESTED);
	case 17:
		return (name.p[2] | 0x20) == 'o' ?
		    NAMED("x-original-method", WANT_METHOD) :
		    NAMED("x-method-override", WANT_OVERRIDE);
	case 22:
		return NAMED("x-http-method-override", WANT_OVERRIDE);
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
		    str_same_fold(h->name.p, client_header.p, h->name.n))
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
