/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_parse.h - the strict reader of a request's head
 *
 * It is fed what has come so far, as often as more comes, and reads each line
 * once. What it keeps are offsets, so the bytes may move between two calls.
 * It allocates nothing.
 */
#ifndef COUNTERSIGN_GATEWAY_HTTP_PARSE_H
#define COUNTERSIGN_GATEWAY_HTTP_PARSE_H

#include "http.h"

struct http_span { uint32_t at, n; };		/* offsets into the head */
struct http_field { struct http_span name, value; };

struct http_parse {
	uint32_t line_max, head_max;
	uint64_t body_max;
	uint32_t at;		/* lines before this are read */
	uint32_t seen;		/* no line feed between at and this */
	uint32_t nfields;
	bool started;		/* the request line is read */
	bool minor;		/* HTTP/1.1, not 1.0 */
	bool head;		/* the method is HEAD */
	bool bodiless;		/* the method is GET or HEAD */
	bool close, keep;	/* Connection: has these words */
	bool has_host, has_length;
	uint64_t length;	/* of the body */
	struct http_span method, target, host;
	struct http_field fields[HTTP_FIELDS_MAX];
};

/* body_max as in struct http_role. */
void http_parse_start(struct http_parse *, const struct http_limits *,
    uint64_t body_max);

#define HTTP_PARSE_MORE	(-1)	/* the head is not complete */
/*
 * Reads on. bytes is the request from its first byte, n what has come of it
 * and perhaps of what follows. Returns HTTP_PARSE_MORE, 0 when the head is
 * complete (it has p->at bytes, the body p->length), or an enum http_fault;
 * after a fault it is not to be called again.
 */
int http_parse_head(struct http_parse *p, const char *bytes, size_t n);
/*
 * The request as slices of bytes, once head and body are there. pairs has
 * room for HTTP_FIELDS_MAX. Peer and listener are left to the caller.
 */
void http_parse_request(const struct http_parse *, const char *bytes,
    struct csn_pair *pairs, struct http_request *ret);
/* May another request follow on this connection (RFC 9112 9.3)? */
bool http_parse_keeps(const struct http_parse *);

/* Shared with the writer of replies. */
bool http_token(struct csn_str);	/* RFC 9110 5.6.2, not empty */
bool http_field_plain(struct csn_str);	/* no control character but tab */

#endif
