/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - the gateway's HTTP/1.1 server
 *
 * Listeners by role, a loop thread each with its own libevent base, a strict
 * reader (http_parse.h): what is not plainly one request is refused and the
 * connection closed, because two readers of an odd request may decide on two
 * different things. No chunked bodies, no folding, no Upgrade. Requests of a
 * connection are answered one after the other.
 *
 * A handler runs on a loop thread and must not block. It answers at once with
 * http_reply(), without heap allocation of ours, or keeps the exchange and
 * answers later from any thread with http_reply_later().
 *
 * The process ignores SIGPIPE; http_server_new() does not do it for you.
 */
#ifndef COUNTERSIGN_GATEWAY_HTTP_H
#define COUNTERSIGN_GATEWAY_HTTP_H

#include <sys/types.h>

#include "lib/ip.h"

#define HTTP_FIELDS_MAX	100u	/* header lines of a request */

struct http_server;
struct http_listener;
struct http_exchange;		/* one request and its answer */

/* Why a request or a connection was refused. http_fault_status() is what the
 * client was told; 0 means the connection was closed without a word. */
enum http_fault {
	HTTP_SOUND,		/* none */
	HTTP_GARBAGE,		/* no request line: TLS, HTTP/0.9, noise */
	HTTP_LINE_SIZE,
	HTTP_VERSION,
	HTTP_TARGET_FORM,	/* absolute form, "*", "@host" */
	HTTP_TARGET_BYTES,
	HTTP_BARE_LF,
	HTTP_FIELD_BYTES,	/* NUL, bare CR, other controls */
	HTTP_FIELD_FOLDED,
	HTTP_FIELD_NAME,	/* none, blank before the colon, no colon */
	HTTP_HOST_MISSING,
	HTTP_HOST_TWICE,
	HTTP_HOST_BYTES,
	HTTP_LENGTH_TWICE,
	HTTP_LENGTH_BYTES,
	HTTP_CODED,		/* any Transfer-Encoding */
	HTTP_EXPECTING,
	HTTP_HEAD_SIZE,
	HTTP_FIELDS_MANY,
	HTTP_BODY_UNWANTED,
	HTTP_BODY_SIZE,
	HTTP_HEAD_LATE,
	HTTP_BODY_LATE,
	HTTP_SEND_LATE,		/* the client does not read its answer */
	HTTP_PEER,		/* not on the listener's list */
	HTTP_TLS,		/* no handshake, or no certificate of the CA */
	HTTP_CROWDED,		/* connections_max, or no descriptors left */
	HTTP_REPLY,		/* a handler's reply was no valid one: 500 */
	HTTP_ASTRAY,		/* a handler's: not for this listener */
	HTTP_FAULTS
};

/* Tells of a refusal that a handler answers itself. */
void http_exchange_refused(const struct http_exchange *, enum http_fault);
/* What it is answered with, or 0: closed without an answer. */
unsigned http_fault_status(enum http_fault);
/* A sentence without its full stop: "two Host lines". Static. */
const char *http_fault_text(enum http_fault);

/* Times in ms. Each is counted from the start of what it limits and is not
 * moved by bytes that drip in. http_limits_default() gives what stands here. */
struct http_limits {
	uint32_t header_ms;	/* 10 s: connecting or first byte to blank
				 * line */
	uint32_t body_ms;	/* 10 s */
	uint32_t send_ms;	/* 30 s: for one answer to be taken */
	uint32_t idle_ms;	/* 75 s: kept alive between two requests */
	uint32_t line_max;	/* 9 KiB: a URL of 8 KiB and a proxy's prefix */
	uint32_t head_max;	/* 32 KiB with the request line */
	uint32_t connections_max; /* 4096; then the longest idle one gives
				   * way */
};

void http_limits_default(struct http_limits *);

struct http_peer {
	bool local;		/* a unix socket: uid and pid hold; else ip */
	bool tls;		/* with a client certificate of the CA */
	uint16_t port;
	uid_t uid;
	pid_t pid;
	struct ip ip;
};

/* "uid 33 pid 1234" or "192.0.2.1 port 4711", for logs. */
void http_peer_put(struct buf *, const struct http_peer *);

/* All slices are borrowed and good until the exchange is answered. */
struct http_request {
	struct csn_str method;	/* as sent; case matters (RFC 9110 9.1) */
	struct csn_str target;	/* raw, begins with / ; visible ASCII, no # */
	struct csn_str path;	/* raw bytes before the first ? */
	struct csn_str query;	/* behind it; p is NULL if there is no ? */
	struct csn_str host;	/* the one Host line, with its port */
	struct csn_pairs headers; /* names as sent, values trimmed; values may
				 * hold tabs and bytes >= 0x80, no controls */
	struct csn_str body;
	const struct http_peer *peer;
	struct http_listener *listener;
};

/* How many header lines have this name (ASCII case ignored); ret_value is the
 * first one's value, or p == NULL and n == 0 if there is none. It may be
 * NULL. */
size_t http_header(const struct http_request *, struct csn_str name,
    struct csn_str *ret_value);

/* Called on a loop thread. The exchange is answered exactly once, here or
 * later; it is not to be touched after that. */
typedef void http_handler(struct http_exchange *, void *arg);

struct http_tls {		/* paths of PEM files; all three are needed */
	const char *certificate;	/* with its chain */
	const char *key;
	const char *client_ca;	/* a client without its certificate is closed */
};

/* What a listener does; copied, the lists too, but not arg. */
struct http_role {
	http_handler *handler;
	void *arg;
	size_t body_max;	/* bytes; 0: a request with a body is refused */
	const uid_t *uids;	/* who may connect to a unix socket; none: */
	size_t nuids;		/* root and this process's own user */
	const struct ip_net *nets; /* who may connect by TCP; none: loopback */
	size_t nnets;
	const struct http_tls *tls; /* TCP only; NULL: clear text */
};

/* Told of each refusal, on a loop thread (HTTP_REPLY: on the thread of
 * http_reply_later()); for counters and logs. The peer is borrowed, and
 * NULL for HTTP_CROWDED. */
typedef void http_refused(void *arg, const struct http_listener *,
    const struct http_peer *, enum http_fault);

/*
 * A server of 1 to 64 loop threads, not started yet. limits NULL: the
 * defaults. NULL when memory or descriptors are refused.
 */
struct http_server *http_server_new(unsigned threads,
    const struct http_limits *, http_refused *, void *refused_arg);

/*
 * Listeners are added before http_server_start(). Each returns the listener,
 * owned by the server, or NULL and a sentence in err. The name is for logs,
 * and copied.
 */
/* A socket file of this mode; gid -1: the process's own group. A socket that
 * nobody listens on any more is replaced, anything else in its place is an
 * error. Removed at http_server_stop(). */
struct http_listener *http_listen_unix(struct http_server *, const char *name,
    const char *path, mode_t mode, gid_t gid, const struct http_role *,
    struct buf *err);
/* "127.0.0.1:9464" or "[::1]:9464"; no names. */
struct http_listener *http_listen_tcp(struct http_server *, const char *name,
    struct csn_str address, const struct http_role *, struct buf *err);
/* A listening stream socket of the caller's, unix or TCP; taken in any case,
 * closed on error. */
struct http_listener *http_listen_fd(struct http_server *, const char *name,
    int fd, const struct http_role *, struct buf *err);
/* The sockets that systemd passed under this FileDescriptorName= (LISTEN_PID,
 * LISTEN_FDS, LISTEN_FDNAMES), from 0 on; or -1. Asked before the environment
 * is cleared; the same gives the same descriptor. */
int http_listen_inherited(struct csn_str name, unsigned nth);
/* How such a socket fits a listener of ours, which has one of the two. */
enum http_fit {
	HTTP_FIT_NOT,		/* a unix socket for TCP, or the reverse */
	HTTP_FIT_KIND,		/* at another address */
	HTTP_FIT_BOUND
};
enum http_fit http_listen_fit(int fd, struct csn_str unix_path,
    struct csn_str tcp);
/* Where a socket is bound, for logs: its path, or its port. */
void http_listen_where(int fd, struct buf *);

/* As it was named when it was added; for logs. */
const char *http_listener_name(const struct http_listener *);
/*
 * Gives a listener a new role, at any time, from any thread but a loop's.
 * When it returns 0, no handler call with the old role is under way any more:
 * the old arg may go, but for exchanges that were kept. -1 and a sentence
 * when the TLS files cannot be used; the old role stays.
 */
int http_listener_set(struct http_listener *, const struct http_role *,
    struct buf *err);

/* Starts the threads, with all signals blocked. 0 or -1. */
int http_server_start(struct http_server *);
/*
 * Takes no new connections, lets requests that have begun be answered for at
 * most so many ms, and those that come on connections that are there: each is
 * told that it was the last one. What rests for a moment is closed. Ends the
 * threads. Blocks; not on a loop thread. Later replies are harmless until
 * http_server_free().
 */
void http_server_stop(struct http_server *, uint32_t ms);
/* Stops with 0 ms if it runs, and frees all, exchanges that nobody answered
 * too: no other thread may still hold one. NULL is nothing. */
void http_server_free(struct http_server *);
/* Open connections now; any thread. */
size_t http_server_connections(const struct http_server *);
/* Requests that reached a handler, since the start; any thread. */
uint64_t http_server_requests(const struct http_server *);

/*
 * Goes on with a kept exchange on its own loop's thread, in its turn; run()
 * must not block, and answers, or lets somebody else do so later. From any
 * thread. 0, or -1 when the loop has ended: then nothing runs.
 */
int http_resume(struct http_exchange *, void (*run)(void *), void *arg);
const struct http_request *http_exchange_request(const struct http_exchange *);
/* Which loop thread's it is: 0 to threads - 1, for memory kept per thread. */
unsigned http_exchange_loop(const struct http_exchange *);

/*
 * Answers; headers and body are copied before it returns. Content-Length and
 * Connection are the server's; a status outside 200 to 599, a header name
 * that is no token or one of the server's, a value with a control character
 * (tab excepted), or a body with 204 or 304 makes it an empty 500 and is told
 * as HTTP_REPLY. To HEAD the body's length is told, the body not sent.
 */
/* From the handler, before it returns, on its thread. */
void http_reply(struct http_exchange *, unsigned status, struct csn_pairs,
    struct csn_str body);
/* From any thread, within the handler or after it. The client may be gone. */
void http_reply_later(struct http_exchange *, unsigned status,
    struct csn_pairs, struct csn_str body);

#endif
