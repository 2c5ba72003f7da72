/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_conn.c - one connection: reading, its requests' steps, sending
 *
 * conn_go() does all that can be done with what has come, and leaves the
 * connection in the state that says what it waits for; connections of which
 * something came at the same time go together. It must never hand out bytes
 * that may move while a handler keeps them, or let bytes that drip in move a
 * deadline.
 */
#include "http_impl.h"

#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "lib/secret.h"

#define DRAIN_MS	1000u
#define DRAIN_READS	16u	/* at once, then others have their turn */

static void conn_event(evutil_socket_t, short, void *);

static uint32_t
state_ms(const struct http_limits *limits, enum http_state state)
{
	switch (state) {
	case HTTP_IDLE:
		return limits->idle_ms;
	case HTTP_HEAD:
		return limits->header_ms;
	case HTTP_BODY:
		return limits->body_ms;
	case HTTP_SENDING:
		return limits->send_ms;
	case HTTP_DRAINING:
		return DRAIN_MS;
	case HTTP_WAITING:
	case HTTP_GONE:
	case HTTP_STATES:
		break;
	}
	return 0;
}

/* The time of a state runs from its beginning; being told it again changes
 * nothing. */
static void
conn_state(struct http_conn *c, enum http_state state)
{
	struct http_loop *loop = c->loop;

	if (c->state == state && !c->begun)
		return;
	TAILQ_REMOVE(&loop->conns[c->state], c, link);
	TAILQ_INSERT_TAIL(&loop->conns[state], c, link);
	c->state = state;
	c->begun = false;
	c->deadline = http_now() + state_ms(&loop->server->limits, state);
}

static void
conn_watch(struct http_conn *c, short what)
{
	if (c->watched == what)
		return;
	if (c->watched != 0)
		(void)event_del(&c->event);
	c->watched = 0;
	if (what == 0)
		return;
	(void)event_assign(&c->event, c->loop->base, c->fd,
	    (short)(what | EV_PERSIST), conn_event, c);
	if (event_add(&c->event, NULL) == 0)
		c->watched = what;	/* if not, the deadline ends it */
}

static void
conn_free(struct http_conn *c)
{
	struct http_loop *loop = c->loop;

	TAILQ_REMOVE(&loop->conns[c->state], c, link);
	http_block_release(&loop->pool, c->in);
	http_exchange_release(&loop->pool, c->x);
	free(c);
}

void
http_conn_close(struct http_conn *c)
{
	struct http_loop *loop = c->loop;

	if (c->state != HTTP_GONE) {
		conn_watch(c, 0);
		if (c->tls != NULL)
			SSL_free(c->tls);
		c->tls = NULL;
		(void)close(c->fd);
		c->fd = -1;
		http_block_release(&loop->pool, c->out);
		c->out = NULL;
		atomic_fetch_sub(&loop->nconns, 1);
		atomic_fetch_sub(&loop->server->nconns, 1);
	}
	if (c->waiting)
		conn_state(c, HTTP_GONE);
	else
		conn_free(c);
}

int
http_conn_open(struct http_loop *loop, struct http_listener *l,
    const struct http_face *face, int fd, const struct http_peer *peer)
{
	struct http_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		goto out;
	if (face->tls != NULL) {
		c->tls = SSL_new(face->tls);
		if (c->tls == NULL || SSL_set_fd(c->tls, fd) != 1)
			goto out;
		SSL_set_accept_state(c->tls);
	}
	c->loop = loop;
	c->listener = l;
	c->fd = fd;
	c->peer = *peer;
	c->peer.tls = c->tls != NULL;
	c->state = HTTP_HEAD;
	c->begun = true;
	TAILQ_INSERT_TAIL(&loop->conns[HTTP_HEAD], c, link);
	conn_state(c, HTTP_HEAD);
	atomic_fetch_add(&loop->nconns, 1);
	atomic_fetch_add(&loop->server->nconns, 1);
	conn_watch(c, EV_READ);
	http_loop_tick(loop);
	return 0;
out:
	if (c != NULL)
		SSL_free(c->tls);
	free(c);
	(void)close(fd);
	return -1;
}

static void
conn_finish(struct http_conn *c)
{
	if (!c->lingering) {
		if (c->tls != NULL)
			http_wire_shutdown(c);
		http_conn_close(c);
		return;
	}
	/* closing at once would make the kernel throw the answer away with
	 * what has come and was not read (RFC 9112 9.6) */
	http_wire_shutdown(c);
	http_block_release(&c->loop->pool, c->in);
	c->in = NULL;
	http_exchange_release(&c->loop->pool, c->x);
	c->x = NULL;
	conn_state(c, HTTP_DRAINING);
	conn_watch(c, EV_READ);
}

/* true: it reads on. false: it waits for something else, or is no more. */
static bool
conn_go(struct http_conn *c)
{
	enum http_step step;
	int r;

	for (;;) {
		step = http_step_all(c);
		r = http_wire_flush(c);
		if (r == HTTP_WIRE_DEAD || step == HTTP_STEP_FAILED) {
			http_conn_close(c);
			return false;
		}
		if (r == HTTP_WIRE_AGAIN) {
			conn_state(c, HTTP_SENDING);
			conn_watch(c, c->want);
			return false;
		}
		if (c->waiting) {
			conn_state(c, HTTP_WAITING);
			return false;
		}
		if (c->closing) {
			conn_finish(c);
			return false;
		}
		if (step == HTTP_STEP_MORE)
			break;
	}
	conn_state(c, c->in == NULL ? HTTP_IDLE :
	    c->x->complete ? HTTP_BODY : HTTP_HEAD);
	conn_watch(c, EV_READ);
	return true;
}

/* Room at the end of the block: by moving the request to its start, or by a
 * block twice as large. How far it can grow is the reader's to limit. */
static int
conn_room(struct http_conn *c)
{
	struct http_block *in = c->in;
	size_t left;

	if (in == NULL)
		return http_block_room(&c->loop->pool, &c->in, 1);
	if (in->n < in->cap)
		return 0;
	if (c->in_at == 0)
		return http_block_room(&c->loop->pool, &c->in, 1);
	left = in->n - c->in_at;
	memmove(in->p, in->p + c->in_at, left);
	secret_wipe(in->p + left, in->n - left);
	in->n = left;
	c->in_at = 0;
	return 0;
}

/*
 * A request's way through the kernel and through us takes more code than the
 * first cache holds. So what has come is read from all connections first, then
 * looked at, then all answers are sent. Whatever else the loop does comes
 * after this: no connection is closed or moved between those steps.
 */
void
http_conn_turn(struct http_loop *loop)
{
	unsigned n = loop->nready;

	loop->nready = 0;
	for (unsigned i = 0; n > 1 && i < n; i++)
		(void)http_step_all(loop->ready[i]);
	for (unsigned i = 0; i < n; i++)
		(void)conn_go(loop->ready[i]);	/* and what a step left */
}

static void
conn_ready(struct http_conn *c)
{
	struct http_loop *loop = c->loop;

	loop->ready[loop->nready++] = c;
	if (loop->nready == HTTP_TURN_MAX)
		http_conn_turn(loop);
}

static void
conn_receive(struct http_conn *c)
{
	struct http_block *in;
	ssize_t n;

	do {
		if (conn_room(c) != 0) {
			http_conn_close(c);
			return;
		}
		in = c->in;
		n = http_wire_receive(c, in->p + in->n, in->cap - in->n);
		if (n > 0) {
			in->n += (size_t)n;
			if (c->tls == NULL) {
				conn_ready(c);
				return;
			}
			continue;
		}
		if (in->n == 0) {
			http_block_release(&c->loop->pool, in);
			c->in = NULL;
		}
		if (n == HTTP_WIRE_AGAIN)
			conn_watch(c, c->want);
		else
			http_conn_close(c);
		return;
		/* what OpenSSL has decrypted already raises no event */
	} while (conn_go(c) && c->tls != NULL && SSL_pending(c->tls) > 0);
}

/* Reads and forgets until the client has seen the end, or its time is up. */
static void
conn_drain(struct http_conn *c)
{
	char waste[4096];
	ssize_t n = 0;

	for (unsigned i = 0; i < DRAIN_READS; i++) {
		n = recv(c->fd, waste, sizeof(waste), MSG_DONTWAIT);
		if (n <= 0)
			break;
	}
	secret_wipe(waste, sizeof(waste));
	if (n == 0)
		http_conn_close(c);	/* errors wait for the deadline */
}

static void
conn_event(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	(void)what;
	switch (c->state) {
	case HTTP_IDLE:
	case HTTP_HEAD:
	case HTTP_BODY:
		conn_receive(c);
		break;
	case HTTP_SENDING:
		if (conn_go(c) && c->tls != NULL)
			conn_receive(c);
		break;
	case HTTP_DRAINING:
		conn_drain(c);
		break;
	case HTTP_WAITING:
		/* more has come, or the end: later */
		conn_watch(c, 0);
		break;
	case HTTP_GONE:
	case HTTP_STATES:
		break;
	}
}

void
http_conn_late(struct http_conn *c)
{
	enum http_fault fault = HTTP_SOUND;

	if (c->state == HTTP_HEAD && c->x != NULL)
		fault = HTTP_HEAD_LATE;
	else if (c->state == HTTP_BODY)
		fault = HTTP_BODY_LATE;
	if (fault != HTTP_SOUND) {
		http_step_refuse(c, fault);
		(void)conn_go(c);
		return;
	}
	if (c->state == HTTP_SENDING)
		http_server_refused(c->loop->server, c->listener, &c->peer,
		    HTTP_SEND_LATE);
	http_conn_close(c);
}

/* Its reply is in c->out, and leaves with those of others: whom an answer
 * wakes may take the processor from what is still to be done here. */
static void
conn_goes_on(struct http_conn *c)
{
	http_step_end(c);
	if (c->state == HTTP_SENDING)
		return;
	if (c->tls == NULL)
		conn_ready(c);
	else if (conn_go(c))
		conn_receive(c);
}

void
http_conn_resumed(struct http_exchange *x)
{
	struct http_conn *c = x->conn;
	struct http_loop *loop = c->loop;

	loop->inside = x;
	x->run(x->run_arg);
	loop->inside = NULL;
	if (!x->answered)	/* somebody else does it */
		return;
	c->waiting = false;
	if (c->state != HTTP_GONE) {
		conn_goes_on(c);
		return;
	}
	http_block_release(&loop->pool, c->out);
	c->out = NULL;
	http_conn_close(c);
}

void
http_conn_answered(struct http_exchange *x)
{
	struct http_conn *c = x->conn;
	struct http_block *reply = x->reply;
	struct http_pool *pool = &c->loop->pool;

	c->waiting = false;
	if (c->state == HTTP_GONE || reply == NULL) {
		http_conn_close(c);
		return;
	}
	x->reply = NULL;
	if (c->out == NULL)
		c->out = reply;
	else {			/* the answer before it is still being sent */
		if (http_block_room(pool, &c->out, reply->n) == 0) {
			memcpy(c->out->p + c->out->n, reply->p, reply->n);
			c->out->n += reply->n;
		} else
			c->closing = true;
		http_block_release(pool, reply);
	}
	conn_goes_on(c);
}
