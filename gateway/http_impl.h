/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_impl.h - what the files of the HTTP server share; for no one else
 *
 * Everything in a loop and its connections is touched by the loop's own
 * thread only, but for what is marked "any thread". Blocks and exchanges come
 * from the loop's pools, so that a request costs no allocation; a connection
 * between two requests holds neither.
 */
#ifndef COUNTERSIGN_GATEWAY_HTTP_IMPL_H
#define COUNTERSIGN_GATEWAY_HTTP_IMPL_H

#include <sys/queue.h>
#include <sys/stat.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "http_parse.h"

/* ---- http_blocks.c: memory that is wiped when it is given back ---- */

struct http_block {
	struct http_block *next;
	size_t cap, n;
	char p[];
};

struct http_exchange {
	struct http_exchange *next;	/* in the pool or the mailbox */
	struct http_conn *conn;		/* lives as long as the exchange */
	struct http_block *reply;	/* composed by another thread */
	void (*run)(void *);		/* http_resume() */
	void *run_arg;
	bool complete;			/* head and body are there */
	bool answered;
	bool keep;			/* the connection stays open */
	struct http_request request;
	struct http_parse parse;
	struct csn_pair pairs[HTTP_FIELDS_MAX];
};

struct http_pool {
	struct http_block *blocks;
	struct http_exchange *exchanges;
	unsigned nblocks, nexchanges;
};

/*
 * *block has room for more bytes behind n when 0 is returned; it may be NULL
 * before, and may have moved. -1: memory refused, nothing changed. The pool
 * may be NULL: another thread's block.
 */
int http_block_room(struct http_pool *, struct http_block **block,
    size_t more);
/* Wipes and takes back; NULL is nothing. The pool may be NULL. */
void http_block_release(struct http_pool *, struct http_block *);
struct http_exchange *http_exchange_take(struct http_pool *);
/* With its reply, if any. */
void http_exchange_release(struct http_pool *, struct http_exchange *);
void http_blocks_free(struct http_pool *);

/* ---- http_listen.c, http_tls.c ---- */

struct http_face {			/* a role as a listener holds it */
	http_handler *handler;
	void *arg;
	size_t body_max;
	size_t nuids, nnets;
	uid_t *uids;
	struct ip_net *nets;
	SSL_CTX *tls;
};

struct http_listener {
	SLIST_ENTRY(http_listener) next;
	struct http_server *server;
	char *name, *path;		/* path: a socket file of ours */
	dev_t dev;
	ino_t ino;
	int fd;
	bool local;
	_Atomic(struct http_face *) face;
};

/* Who is at the other end of an accepted socket. 0, or -1: cannot be told. */
int http_peer_read(int fd, bool local, struct http_peer *ret);
bool http_peer_listed(const struct http_face *, const struct http_peer *);
/* Closes the socket, removes its file if it is still ours. */
void http_listener_close(struct http_listener *);
void http_listener_free(struct http_listener *);
void http_face_free(struct http_face *);
/* A server context that demands a client certificate, or NULL and err. */
SSL_CTX *http_tls_new(const struct http_tls *, struct buf *err);

/* ---- http_conn.c ---- */

/* What a connection waits for. Each state but the last two has one duration,
 * so its list is in the order of the deadlines. */
enum http_state {
	HTTP_IDLE, HTTP_HEAD, HTTP_BODY, HTTP_SENDING, HTTP_DRAINING,
	HTTP_WAITING,			/* a kept exchange; no deadline */
	HTTP_GONE,			/* closed, its exchange still kept */
	HTTP_STATES
};

struct http_conn {
	struct event event;
	TAILQ_ENTRY(http_conn) link;
	int64_t deadline;
	struct http_loop *loop;
	struct http_listener *listener;
	SSL *tls;
	struct http_exchange *x;	/* of the request that has begun */
	struct http_block *in, *out;
	size_t in_at, out_at;		/* where the request, the rest begins */
	int fd;
	enum http_state state;
	short watched;			/* the event is added for these */
	short want;			/* what the last read or write lacked */
	bool begun;			/* the state's time starts anew */
	bool waiting;			/* x is the handler's */
	bool closing;			/* when all is sent */
	bool lingering;			/* and what still comes is thrown
					 * away */
	struct http_peer peer;
};

TAILQ_HEAD(http_conns, http_conn);

/* Takes the socket. Returns 0; -1 when memory is refused, and it is closed. */
int http_conn_open(struct http_loop *, struct http_listener *,
    const struct http_face *, int fd, const struct http_peer *);
/* Closes; frees too, unless its exchange is still kept. */
void http_conn_close(struct http_conn *);
/* Its deadline has passed. */
void http_conn_late(struct http_conn *);
/* Answers what has been read of requests, then sends the answers. */
void http_conn_turn(struct http_loop *);
/* A kept exchange came back with its reply. */
void http_conn_answered(struct http_exchange *);
/* One came back to go on here. */
void http_conn_resumed(struct http_exchange *);

/* ---- http_step.c: requests out of what has come ---- */

enum http_step {
	HTTP_STEP_MORE,			/* the next one is not all there */
	HTTP_STEP_NEXT,			/* one was answered, or waits */
	HTTP_STEP_FAILED		/* memory refused */
};

/* Answers what is there of requests. */
enum http_step http_step_all(struct http_conn *);
/* The request is over: what follows it in the block is the next one. */
void http_step_end(struct http_conn *);
/* The request is answered with what is wrong with it, and is the last. */
void http_step_refuse(struct http_conn *, enum http_fault);

/* ---- http_wire.c: bytes in and out, with or without TLS ---- */

#define HTTP_WIRE_AGAIN	(-1)	/* conn->want says for what */
#define HTTP_WIRE_DEAD	(-2)
/* Bytes received, 0 at the end, or one of the above. */
ssize_t http_wire_receive(struct http_conn *, void *, size_t);
/* 0 when conn->out is sent and released, or one of the above. */
int http_wire_flush(struct http_conn *);
/* Says that no more will be sent. */
void http_wire_shutdown(struct http_conn *);

/* ---- http_reply.c ---- */

/*
 * Appends a response to *out. 0; 1 when it was no valid one and an empty 500
 * stands there; -1 when memory is refused and nothing was appended.
 */
int http_reply_compose(struct http_pool *, struct http_block **out,
    const struct http_exchange *, unsigned status, struct csn_pairs,
    struct csn_str body);
int http_reply_fault(struct http_pool *, struct http_block **out,
    const struct http_exchange *, enum http_fault);

/* ---- http_loop.c ---- */

#define HTTP_TURN_MAX	16u	/* connections served together */

struct http_loop {
	struct http_server *server;
	unsigned index;
	pthread_t thread;
	bool running;			/* the server's: thread is to be
					 * joined */
	int mail_fd;
	struct event_base *base;
	struct event mail, tick;
	struct event *accepts;		/* one per listener */
	size_t naccepts;
	bool ticking, paused, stopping;
	int64_t paused_until, stop_from, stop_at;
	uint64_t epoch;			/* the barrier passed last */
	struct http_conns conns[HTTP_STATES];
	struct http_conn *ready[HTTP_TURN_MAX];	/* read, not yet looked at */
	unsigned nready;
	struct http_exchange *inside;	/* its handler runs now */
	struct http_pool pool;
	_Atomic(struct http_exchange *) mailbox;	/* any thread */
	/* those that go on here; any thread, until the loop has ended */
	_Atomic(struct http_exchange *) resumed;
	atomic_size_t nconns;		/* written here, read anywhere */
	atomic_uint_least64_t nrequests;
};

/* 0, or -1 when descriptors or memory are refused. */
int http_loop_open(struct http_loop *, struct http_server *, unsigned index);
/* The thread: arg is the loop. */
void *http_loop_run(void *);
void http_loop_close(struct http_loop *);
/* Something for the loop to look at; any thread. */
void http_loop_wake(struct http_loop *);
/* Leaves a kept exchange with its reply; any thread. */
void http_loop_post(struct http_loop *, struct http_exchange *);
/* Leaves one that goes on here; any thread. -1: the loop has ended. */
int http_loop_resume(struct http_loop *, struct http_exchange *);
/* The loop whose thread this is, or NULL. */
struct http_loop *http_loop_here(void);
/* Deadlines are looked after while there is a connection. */
void http_loop_tick(struct http_loop *);

/* Good to some milliseconds, and cheap. */
static inline int64_t
http_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- http.c ---- */

struct http_server {
	struct http_limits limits;
	http_refused *refused;
	void *refused_arg;
	SLIST_HEAD(, http_listener) listeners;
	size_t nlisteners;
	bool started;
	unsigned nloops;
	struct http_loop *loops;
	atomic_size_t nconns;
	atomic_bool stopping;
	_Atomic int64_t stop_at;
	pthread_mutex_t lock;		/* for passed and the loops' epoch */
	pthread_cond_t passed;
	atomic_uint_least64_t epoch;	/* the barrier asked for last */
};

void http_server_refused(struct http_server *, const struct http_listener *,
    const struct http_peer *, enum http_fault);
/* Takes the descriptor. A listener that is in the server's list, or NULL. */
struct http_listener *http_server_add(struct http_server *, const char *name,
    int fd, bool local, const struct http_role *, struct buf *err);
/* Returns when each loop has been at rest once. */
void http_server_barrier(struct http_server *);
struct http_face *http_face_new(const struct http_role *, bool local,
    struct buf *err);

#endif
