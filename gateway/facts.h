/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h - a request's header lines as the gate wants them
 *
 * A header that decides something counts only if it came exactly once.
 */
#ifndef COUNTERSIGN_GATEWAY_FACTS_H
#define COUNTERSIGN_GATEWAY_FACTS_H

#include <countersign/host.h>

#include "http.h"

#define FACTS_COOKIES_MAX 16u

/* The one line's value; empty if there is none or more than one. */
struct csn_str fact_once(const struct http_request *, const char *name);
/* All Cookie lines; -1 if there are more than FACTS_COOKIES_MAX. */
int fact_cookies(const struct http_request *,
    struct csn_str ret[FACTS_COOKIES_MAX], size_t *ret_n);

/* The nginx dialect of a check: X-Original-URL, X-Original-Method and the
 * listener's header with the client's address. The cookie lines lie in
 * `cookies`. -1: too many of them. */
int facts_nginx(const struct http_request *, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_facts *ret);

/* Where what a check reads is kept until it is answered. */
#define FACTS_URL_MAX 9216u
struct facts_room {
	struct csn_str cookies[FACTS_COOKIES_MAX];
	char url[FACTS_URL_MAX];
};

/* The dialects of Caddy, Traefik and Envoy: X-Forwarded-Proto, -Host, -Uri and
 * -Method. -1: too many Cookie lines. An address that was not told whole, or
 * twice, is "". */
int facts_forwarded(const struct http_request *, struct csn_str client_header,
    struct facts_room *, struct csn_facts *ret);

/* A visitor of the pages. */
int facts_visit(const struct http_request *, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_visit *ret);

#endif
