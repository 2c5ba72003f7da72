/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client.h - one https request to a configured origin, within a deadline
 *
 * For requests to providers. It must never follow a redirect, keep a cookie,
 * speak anything but https, look at the environment, or outlast its deadline.
 * One client serves the whole process: connections and TLS sessions are kept
 * and used again, but only among requests of the same trust.
 */
#ifndef COUNTERSIGN_HOST_HTTP_CLIENT_H
#define COUNTERSIGN_HOST_HTTP_CLIENT_H

#include "lib/arena.h"
#include "lib/buf.h"

#define HTTP_CLIENT_BODY	(1u << 20)	/* most bytes, if none are
						 * said */
#define HTTP_CLIENT_BODY_MAX	(4u << 20)	/* whatever is said */
#define HTTP_CLIENT_BODY_LARGE	(128u << 20)	/* in the background */
#define HTTP_CLIENT_HEADERS	100u		/* lines of an answer */
#define HTTP_CLIENT_HEADER_BYTES (64u << 10)	/* of all lines together */
#define HTTP_CLIENT_CONNECT_MS	5000		/* of it, at most */

struct http_client;

/* Whom a factor instance trusts, and what it shows. Empty slices are unset.
 * Without ca_file and ca_pem it is the system's list; with either, that
 * alone. Texts are PEM. */
struct http_trust {
	struct csn_str ca_file;		/* a path */
	struct csn_str ca_pem;		/* wins over ca_file */
	struct csn_str cert_pem;	/* client certificate and chain */
	struct csn_str key_pem;		/* its key, unencrypted */
};

struct http_request {
	struct csn_str method;		/* GET or POST */
	struct csn_str url;		/* https, of one of the origins */
	struct csn_pairs headers;
	struct csn_str body;		/* bytes; of a POST */
	size_t max_bytes;		/* of the answer's body; 0: the
					 * default */
	bool large;			/* up to HTTP_CLIENT_BODY_LARGE */
	struct csn_strs origins;	/* "https://host[:port]" */
	const struct http_trust *trust;	/* NULL: the system's list */
	int64_t deadline_ms;		/* monotonic */
};

/* `proxy` is NULL (none) or "http://host:port", through which all requests go
 * by CONNECT; copied. NULL when memory is refused. Call it before threads
 * start. */
struct http_client *http_client_new(const char *proxy);
/* Ends what is under way within about a second, and what comes after: it is
 * CSN_E_BACKEND. Any thread. */
void http_client_stop(struct http_client *);
/* No request may be under way. NULL is nothing. */
void http_client_free(struct http_client *);

/*
 * Sends one request and waits for the answer. Any thread; blocks, at most to
 * the deadline. Status, headers (names in lower case, the final answer's
 * only, of a name sent twice both) and body go to the arena; the arena is not
 * touched on failure, nor passed beyond its budget. struct_size of ret stays.
 *
 * CSN_OK		an answer came, whatever its status
 * CSN_E_INVALID	the request is not one we send: method, URL, origin,
 *			header; nothing was sent
 * CSN_E_LIMIT		the answer is longer than allowed, or than the arena
 * CSN_E_DEADLINE	time is over
 * CSN_E_BACKEND	no connection, no trust, or a broken answer
 *
 * `why` (or NULL) gets a sentence for the log on failure. It may hold words of
 * the other side: escape it. It never holds a header, the body, or more of the
 * URL than its origin.
 */
int32_t http_client_fetch(struct http_client *, struct arena *,
    const struct http_request *, struct csn_http_res *ret, struct buf *why);

/* Idle connections held, for metrics and tests. */
size_t http_client_idle(struct http_client *);

#endif
