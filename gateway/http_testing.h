/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_testing.h - what the tests of the HTTP server share: a server in this
 * process, a handler that tells what it saw, a client that speaks raw bytes
 */
#ifndef COUNTERSIGN_GATEWAY_HTTP_TESTING_H
#define COUNTERSIGN_GATEWAY_HTTP_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http.h"

#define WAIT_MS		60000	/* longest wait for what must come */

struct site {			/* a server under test */
	struct http_server *server;
	struct http_listener *listener;
	struct http_limits limits;	/* set before site_start() */
	struct http_role role;
	unsigned threads;
	char folder[64], path[96];	/* the unix socket */
	atomic_uint faults[HTTP_FAULTS];
	atomic_uint asked;		/* calls of the handler */
	atomic_uint workers;		/* threads that reply later */
};

struct answer {			/* a response as the client read it */
	unsigned status;	/* 0: the connection ended without one */
	size_t head_n, n;	/* of the head; of all that came */
	bool reset;		/* it ended by ECONNRESET */
	char bytes[2 << 20];
};

/* Defaults: one thread, the telling handler, 64 KiB bodies, a minute for a
 * request to come, a temporary folder. Then site_listen() and site_start(), or
 * both with site_open(). */
struct site *site_new(void);
void site_listen(struct site *);	/* on its unix socket */
/* On 127.0.0.1; more than one is fine. */
struct http_listener *site_listen_tcp(struct site *, unsigned port);
void site_start(struct site *);
struct site *site_open(void);
void site_close(struct site *);

/*
 * The telling handler (its arg is the site). /none: 204. /big: 1 MiB.
 * /bad-...: replies that are none. /later: from a thread of its own. Others:
 * 200 and, a line each: method, path, query or "-", host, number of headers,
 * the X-Tell values' count and first, length of the body and the body.
 */
void site_handler(struct http_exchange *, void *arg);

int client_unix(const char *path);
int client_tcp(unsigned port);
void client_send(int fd, const void *, size_t);	/* all; errors are ignored */
void client_puts(int fd, const char *);
/* One response; what comes after it stays unread. head: of a HEAD request. */
void client_answer(int fd, bool head, struct answer *);
/* All until the end; false if the end does not come. */
bool client_end(int fd, struct answer *);
/* The value of a header of the answer, in static memory, or "". */
const char *answer_header(const struct answer *, const char *name);
const char *answer_body(const struct answer *);
/* Waits until the counter has reached n; fails the test if it does not. */
void wait_count(atomic_uint *, unsigned n);

#endif
