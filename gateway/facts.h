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

/* A visitor of the pages. */
int facts_visit(const struct http_request *, struct csn_str client_header,
    struct csn_str cookies[FACTS_COOKIES_MAX], struct csn_visit *ret);

#endif
