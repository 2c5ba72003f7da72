/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client_impl.h - what http_client*.c share: handles that are kept, and an
 * answer as it comes in
 *
 * Nothing else may include it: a handle in other hands could carry one
 * factor's certificate to another's provider.
 */
#ifndef COUNTERSIGN_HOST_HTTP_CLIENT_IMPL_H
#define COUNTERSIGN_HOST_HTTP_CLIENT_IMPL_H

#include <curl/curl.h>

#include "http_client.h"

#define HTTP_CLIENT_IDLE	8u	/* handles kept per trust */
#define HTTP_CLIENT_IDLE_MS	60000	/* and how long */
#define HTTP_CLIENT_TRUSTS	64u	/* kept while unused */

struct http_channel;			/* all requests of one trust */

struct http_client *http_pool_new(void);
/* The proxy, or empty. */
struct csn_str http_pool_proxy(const struct http_client *);
int http_pool_set_proxy(struct http_client *, const char *proxy);
void http_pool_free(struct http_client *);
bool http_pool_stopped(const struct http_client *);
/* A handle that nobody else uses, reset, with its TLS sessions; the one that
 * last spoke to that origin if there is one. NULL when memory is refused. */
CURL *http_pool_take(struct http_client *, const struct http_trust *,
    struct csn_str origin, struct http_channel **ret);
/* Gives it back; keep: its connections may serve again. */
void http_pool_give(struct http_client *, struct http_channel *, CURL *,
    struct csn_str origin, bool keep);

/* An answer while it comes. */
struct http_answer {
	struct buf body, lines;		/* lines: name NUL value NUL each */
	size_t nlines, header_bytes;
	bool in_head;			/* of the answer that counts last */
	bool in_body;
	const char *fault;		/* static words: why we broke off */
};

void http_answer_init(struct http_answer *, size_t max_body);
void http_answer_free(struct http_answer *);
/* libcurl's CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION. */
size_t http_answer_header(char *, size_t, size_t, void *);
size_t http_answer_body(char *, size_t, size_t, void *);
/* CSN_OK, or CSN_E_LIMIT and the arena is as it was. */
int32_t http_answer_put(const struct http_answer *, struct arena *,
    struct csn_http_res *);

/* Request headers as libcurl wants them, in memory that is wiped. */
#define HTTP_HEADERS_MAX	32u
#define HTTP_HEADERS_BYTES	16384u

struct http_headers {
	struct curl_slist nodes[HTTP_HEADERS_MAX + 1];
	size_t n;
	struct buf text;
};

/* NULL, or what is wrong with them. */
const char *http_headers_make(struct http_headers *, struct csn_pairs);
void http_headers_free(struct http_headers *);

#endif
