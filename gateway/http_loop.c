/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_loop.c - a loop thread: accepting, deadlines, replies from elsewhere
 *
 * Each loop watches every listener and keeps what it accepts. Another thread
 * reaches a loop by its mailbox and an eventfd only. It must never wait for
 * another thread, or spin on a descriptor that it cannot serve.
 */
#include "http_impl.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/apart.h"

#define ACCEPTS_AT_ONCE	4u	/* the other loops want some too */
#define PAUSE_MS	100
#define TICK_LEAST_MS	10u
#define TICK_MOST_MS	250u
#define STOP_REST_MS	250	/* a connection's, before a stop closes it */

static _Thread_local struct http_loop *loop_here;

/* In `resumed`: the loop has ended, and nothing goes on there any more. */
static struct http_exchange loop_over;

APART struct http_loop *
http_loop_here(void)
{
	return loop_here;
}

void
http_loop_wake(struct http_loop *loop)
{
	const uint64_t one = 1;

	/* it can only fail by being full, and then it wakes as well */
	if (write(loop->mail_fd, &one, sizeof(one)) < 0)
		return;
}

void
http_loop_post(struct http_loop *loop, struct http_exchange *x)
{
	struct http_exchange *head = atomic_load(&loop->mailbox);

	do
		x->next = head;
	while (!atomic_compare_exchange_weak(&loop->mailbox, &head, x));
	/* who finds it empty wakes; the others are taken along */
	if (head == NULL)
		http_loop_wake(loop);
}

int
http_loop_resume(struct http_loop *loop, struct http_exchange *x)
{
	struct http_exchange *head = atomic_load(&loop->resumed);

	do {
		if (head == &loop_over)
			return -1;
		x->next = head;
	} while (!atomic_compare_exchange_weak(&loop->resumed, &head, x));
	if (head == NULL)
		http_loop_wake(loop);
	return 0;
}

static void
loop_accepts(struct http_loop *loop, bool on)
{
	for (size_t i = 0; i < loop->naccepts; i++) {
		if (on)
			(void)event_add(&loop->accepts[i], NULL);
		else
			(void)event_del(&loop->accepts[i]);
	}
}

static void
loop_pause(struct http_loop *loop, const struct http_listener *l)
{
	http_server_refused(loop->server, l, NULL, HTTP_CROWDED);
	loop->paused = true;
	loop->paused_until = http_now() + PAUSE_MS;
	loop_accepts(loop, false);
	http_loop_tick(loop);
}

static bool
loop_full(const struct http_loop *loop)
{
	return atomic_load(&loop->server->nconns) >=
	    loop->server->limits.connections_max;
}

/* The connection that has been idle longest here, or NULL. */
static struct http_conn *
loop_idle(struct http_loop *loop)
{
	return TAILQ_FIRST(&loop->conns[HTTP_IDLE]);
}

static void
loop_take(struct http_loop *loop, struct http_listener *l, int fd)
{
	const struct http_face *face = atomic_load_explicit(&l->face,
	    memory_order_acquire);
	struct http_peer peer = { .local = l->local };

	if (http_peer_read(fd, l->local, &peer) != 0 ||
	    !http_peer_listed(face, &peer)) {
		http_server_refused(loop->server, l, &peer, HTTP_PEER);
		(void)close(fd);
		return;
	}
	if (loop_full(loop) && loop_idle(loop) != NULL)
		http_conn_close(loop_idle(loop));	/* it gives way */
	if (http_conn_open(loop, l, face, fd, &peer) != 0)
		http_server_refused(loop->server, l, NULL, HTTP_CROWDED);
}

static void
accept_event(evutil_socket_t listen_fd, short what, void *arg)
{
	struct http_loop *loop = loop_here;
	struct http_listener *l = arg;
	int fd;

	(void)what;
	http_conn_turn(loop);
	for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
		if (loop_full(loop) && loop_idle(loop) == NULL) {
			loop_pause(loop, l);
			return;
		}
		fd = accept4(listen_fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			loop_take(loop, l, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;		/* another loop was first */
		if (errno != EINTR && errno != ECONNABORTED) {
			loop_pause(loop, l);	/* EMFILE and the like */
			return;
		}
	}
}

static void
loop_close_all(struct http_loop *loop, enum http_state state)
{
	struct http_conn *c, *next;

	for (c = TAILQ_FIRST(&loop->conns[state]); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		http_conn_close(c);
	}
}

static void
loop_stop_begin(struct http_loop *loop)
{
	loop->stopping = true;
	loop->stop_at = atomic_load(&loop->server->stop_at);
	loop->stop_from = http_now();
	loop_accepts(loop, false);
	http_loop_tick(loop);
}

/* Those of a state that are without a byte of a request, when the stop and
 * their rest are old enough. */
static void
loop_stop_resting(struct http_loop *loop, enum http_state state, uint32_t ms)
{
	int64_t now = http_now();
	struct http_conn *c, *next;

	if (now < loop->stop_from + STOP_REST_MS)
		return;
	for (c = TAILQ_FIRST(&loop->conns[state]); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->x == NULL && c->deadline - ms + STOP_REST_MS <= now)
			http_conn_close(c);
	}
}

/* Whoever keeps a connection may be sending at this moment, and closing it
 * would cost that request. So each has its time, in which a request is
 * answered as the last one; new connections wait for who takes over the
 * listener. */
static void
loop_stop_rest(struct http_loop *loop)
{
	const struct http_limits *l = &loop->server->limits;

	loop_stop_resting(loop, HTTP_IDLE, l->idle_ms);
	loop_stop_resting(loop, HTTP_HEAD, l->header_ms);
}

static void
loop_stop_end(struct http_loop *loop)
{
	for (unsigned s = 0; s < HTTP_GONE; s++)
		loop_close_all(loop, (enum http_state)s);
	(void)event_base_loopbreak(loop->base);
}

static void
loop_stop_check(struct http_loop *loop)
{
	if (!loop->stopping && atomic_load(&loop->server->stopping))
		loop_stop_begin(loop);
	if (loop->stopping)
		loop_stop_rest(loop);
	if (loop->stopping && (atomic_load(&loop->nconns) == 0 ||
	    http_now() >= loop->stop_at))
		loop_stop_end(loop);
}

/* The newest comes first: turns them, and tells of each. */
static void
loop_each(struct http_exchange *x, void (*tell)(struct http_exchange *))
{
	struct http_exchange *first = NULL, *next;

	for (; x != NULL; x = next) {
		next = x->next;
		x->next = first;
		first = x;
	}
	for (x = first; x != NULL; x = next) {
		next = x->next;
		tell(x);
	}
}

static void
loop_answers(struct http_loop *loop)
{
	loop_each(atomic_exchange(&loop->mailbox, NULL), http_conn_answered);
	http_conn_turn(loop);
}

/* At rest: no handler is under way on this loop. */
static void
loop_barrier(struct http_loop *loop)
{
	struct http_server *server = loop->server;

	if (loop->epoch == atomic_load(&server->epoch))
		return;
	(void)pthread_mutex_lock(&server->lock);
	loop->epoch = atomic_load(&server->epoch);
	(void)pthread_cond_broadcast(&server->passed);
	(void)pthread_mutex_unlock(&server->lock);
}

static void
mail_event(evutil_socket_t fd, short what, void *arg)
{
	struct http_loop *loop = arg;
	uint64_t count;

	(void)what;
	http_conn_turn(loop);
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	loop_barrier(loop);
	loop_each(atomic_exchange(&loop->resumed, NULL), http_conn_resumed);
	loop_answers(loop);
	loop_stop_check(loop);
}

static void
tick_event(evutil_socket_t fd, short what, void *arg)
{
	struct http_loop *loop = arg;
	int64_t now = http_now();
	struct http_conn *c;

	(void)fd;
	(void)what;
	http_conn_turn(loop);
	for (unsigned s = 0; s < HTTP_WAITING; s++) {
		while ((c = TAILQ_FIRST(&loop->conns[s])) != NULL &&
		    c->deadline <= now)
			http_conn_late(c);
	}
	if (loop->paused && now >= loop->paused_until) {
		loop->paused = false;
		if (!loop->stopping)
			loop_accepts(loop, true);
	}
	loop_stop_check(loop);
	if (atomic_load(&loop->nconns) == 0 && !loop->paused &&
	    !loop->stopping) {
		loop->ticking = false;
		(void)event_del(&loop->tick);
	}
}

static uint32_t
tick_ms(const struct http_limits *l)
{
	uint32_t ms = TICK_MOST_MS * 4;

	ms = l->header_ms < ms ? l->header_ms : ms;
	ms = l->body_ms < ms ? l->body_ms : ms;
	ms = l->send_ms < ms ? l->send_ms : ms;
	ms = l->idle_ms < ms ? l->idle_ms : ms;
	ms /= 4;
	return ms < TICK_LEAST_MS ? TICK_LEAST_MS : ms;
}

void
http_loop_tick(struct http_loop *loop)
{
	struct timeval every = {
		.tv_usec = (suseconds_t)tick_ms(&loop->server->limits) * 1000,
	};

	if (loop->ticking)
		return;
	loop->ticking = event_add(&loop->tick, &every) == 0;
}

static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	/* each base is its own thread's: no locks */
	if (config != NULL && event_config_set_flag(config,
	    EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

int
http_loop_open(struct http_loop *loop, struct http_server *server,
    unsigned index)
{
	loop->server = server;
	loop->index = index;
	for (unsigned i = 0; i < HTTP_STATES; i++)
		TAILQ_INIT(&loop->conns[i]);
	loop->mail_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	loop->base = base_new();
	if (loop->mail_fd < 0 || loop->base == NULL)
		return -1;
	(void)event_assign(&loop->mail, loop->base, loop->mail_fd,
	    EV_READ | EV_PERSIST, mail_event, loop);
	(void)event_assign(&loop->tick, loop->base, -1, EV_PERSIST,
	    tick_event, loop);
	return event_add(&loop->mail, NULL);
}

void *
http_loop_run(void *arg)
{
	struct http_loop *loop = arg;
	struct http_listener *l;
	size_t i = 0;
	int r;

	loop_here = loop;
	SLIST_FOREACH(l, &loop->server->listeners, next)
		(void)event_assign(&loop->accepts[i++], loop->base, l->fd,
		    EV_READ | EV_PERSIST, accept_event, l);
	loop->naccepts = i;
	loop_accepts(loop, true);
	do {
		r = event_base_loop(loop->base, EVLOOP_ONCE);
		http_conn_turn(loop);
	} while (r == 0 && !event_base_got_break(loop->base));
	loop_accepts(loop, false);
	loop_each(atomic_exchange(&loop->resumed, &loop_over),
	    http_conn_resumed);
	http_conn_turn(loop);
	return NULL;
}

void
http_loop_close(struct http_loop *loop)
{
	if (loop->base != NULL) {
		loop_answers(loop);
		for (unsigned s = 0; s < HTTP_STATES; s++) {
			struct http_conn *c;

			while ((c = TAILQ_FIRST(&loop->conns[s])) != NULL) {
				c->waiting = false;
				http_conn_close(c);
			}
		}
		(void)event_del(&loop->mail);
		(void)event_del(&loop->tick);
		event_base_free(loop->base);
	}
	if (loop->mail_fd >= 0)
		(void)close(loop->mail_fd);
	http_blocks_free(&loop->pool);
	free(loop->accepts);
}
