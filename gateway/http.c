/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.c - the server as a whole: its listeners, their roles, start and stop
 *
 * It must never free what a loop may still look at: a role goes when each
 * loop has been at rest once, everything else when the threads have ended.
 */
#include "http_impl.h"

#include <sys/socket.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_listen.h"

#define THREADS_MAX	64u

void
http_server_refused(struct http_server *server, const struct http_listener *l,
    const struct http_peer *peer, enum http_fault fault)
{
	if (server->refused != NULL)
		server->refused(server->refused_arg, l, peer, fault);
}

struct http_server *
http_server_new(unsigned threads, const struct http_limits *limits,
    http_refused *refused, void *refused_arg)
{
	struct http_server *server;

	if (threads == 0 || threads > THREADS_MAX)
		return NULL;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return NULL;
	if (limits != NULL)
		server->limits = *limits;
	else
		http_limits_default(&server->limits);
	server->refused = refused;
	server->refused_arg = refused_arg;
	SLIST_INIT(&server->listeners);
	(void)pthread_mutex_init(&server->lock, NULL);
	(void)pthread_cond_init(&server->passed, NULL);
	server->loops = calloc(threads, sizeof(*server->loops));
	for (unsigned i = 0; server->loops != NULL && i < threads; i++) {
		server->nloops = i + 1;
		if (http_loop_open(&server->loops[i], server, i) != 0)
			goto out;
	}
	if (server->loops != NULL)
		return server;
out:
	http_server_free(server);
	return NULL;
}

void
http_face_free(struct http_face *face)
{
	if (face == NULL)
		return;
	SSL_CTX_free(face->tls);
	free(face->uids);
	free(face->nets);
	free(face);
}

static void *
copy_of(const void *p, size_t n, size_t size)
{
	void *copy = calloc(n == 0 ? 1 : n, size);

	if (copy != NULL && n > 0)
		memcpy(copy, p, n * size);
	return copy;
}

struct http_face *
http_face_new(const struct http_role *role, bool local, struct buf *err)
{
	struct http_face *face;

	if (role->handler == NULL || (local && role->tls != NULL)) {
		buf_puts(err, local ? "a unix socket takes no TLS" :
		    "a listener without a handler");
		return NULL;
	}
	face = calloc(1, sizeof(*face));
	if (face == NULL)
		goto out;
	face->handler = role->handler;
	face->arg = role->arg;
	face->body_max = role->body_max;
	face->nuids = role->nuids;
	face->nnets = role->nnets;
	face->uids = copy_of(role->uids, role->nuids, sizeof(uid_t));
	face->nets = copy_of(role->nets, role->nnets, sizeof(struct ip_net));
	if (face->uids == NULL || face->nets == NULL)
		goto out;
	if (role->tls == NULL)
		return face;
	face->tls = http_tls_new(role->tls, err);
	if (face->tls != NULL)
		return face;
	http_face_free(face);
	return NULL;
out:
	buf_puts(err, "out of memory");
	http_face_free(face);
	return NULL;
}

struct http_listener *
http_server_add(struct http_server *server, const char *name, int fd,
    bool local, const struct http_role *role, struct buf *err)
{
	struct http_listener *l = NULL;
	struct http_face *face = NULL;

	if (server->started)
		buf_puts(err, "listeners are added before the start");
	else
		face = http_face_new(role, local, err);
	if (face != NULL)
		l = calloc(1, sizeof(*l));
	if (l != NULL)
		l->name = strdup(name);
	if (l == NULL || l->name == NULL) {
		if (face != NULL)
			buf_puts(err, "out of memory");
		free(l);
		http_face_free(face);
		(void)close(fd);
		return NULL;
	}
	l->server = server;
	l->fd = fd;
	l->local = local;
	atomic_init(&l->face, face);
	SLIST_INSERT_HEAD(&server->listeners, l, next);
	server->nlisteners++;
	return l;
}

struct http_listener *
http_listen_unix(struct http_server *server, const char *name,
    const char *path, mode_t mode, gid_t gid, const struct http_role *role,
    struct buf *err)
{
	int fd = listen_unix(path, mode, gid, err);
	struct http_listener *l;
	struct stat st;

	if (fd < 0)
		return NULL;
	l = http_server_add(server, name, fd, true, role, err);
	if (l == NULL || lstat(path, &st) != 0) {
		(void)unlink(path);
		return l;
	}
	l->path = strdup(path);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return l;
}

struct http_listener *
http_listen_tcp(struct http_server *server, const char *name,
    struct csn_str address, const struct http_role *role, struct buf *err)
{
	int fd = listen_tcp(address, err);

	if (fd < 0)
		return NULL;
	return http_server_add(server, name, fd, false, role, err);
}

struct http_listener *
http_listen_fd(struct http_server *server, const char *name, int fd,
    const struct http_role *role, struct buf *err)
{
	bool local = false;

	if (listen_adopt(fd, &local, err) != 0) {
		(void)close(fd);
		return NULL;
	}
	return http_server_add(server, name, fd, local, role, err);
}

const char *
http_listener_name(const struct http_listener *l)
{
	return l->name;
}

int
http_listener_set(struct http_listener *l, const struct http_role *role,
    struct buf *err)
{
	struct http_face *face = http_face_new(role, l->local, err);

	if (face == NULL)
		return -1;
	face = atomic_exchange(&l->face, face);
	http_server_barrier(l->server);
	http_face_free(face);
	return 0;
}

void
http_listener_close(struct http_listener *l)
{
	struct stat st;

	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	/* another process may have put its own there */
	if (l->path != NULL && lstat(l->path, &st) == 0 &&
	    st.st_dev == l->dev && st.st_ino == l->ino)
		(void)unlink(l->path);
	free(l->path);
	l->path = NULL;
}

void
http_listener_free(struct http_listener *l)
{
	http_listener_close(l);
	http_face_free(atomic_load(&l->face));
	free(l->name);
	free(l);
}

/* Loop threads take no signals: they are the main thread's. */
static int
loop_start(struct http_loop *loop)
{
	sigset_t all, old;
	int r;

	loop->accepts = calloc(loop->server->nlisteners + 1,
	    sizeof(*loop->accepts));
	if (loop->accepts == NULL)
		return -1;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&loop->thread, NULL, http_loop_run, loop);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	loop->running = r == 0;
	return r == 0 ? 0 : -1;
}

int
http_server_start(struct http_server *server)
{
	if (server->started)
		return -1;
	server->started = true;
	for (unsigned i = 0; i < server->nloops; i++) {
		if (loop_start(&server->loops[i]) != 0) {
			http_server_stop(server, 0);
			return -1;
		}
	}
	return 0;
}

void
http_server_barrier(struct http_server *server)
{
	uint64_t epoch;

	(void)pthread_mutex_lock(&server->lock);
	epoch = atomic_fetch_add(&server->epoch, 1) + 1;
	for (unsigned i = 0; i < server->nloops; i++) {
		struct http_loop *loop = &server->loops[i];

		if (!loop->running)
			continue;
		http_loop_wake(loop);
		while (loop->epoch < epoch && loop->running)
			(void)pthread_cond_wait(&server->passed,
			    &server->lock);
	}
	(void)pthread_mutex_unlock(&server->lock);
}

void
http_server_stop(struct http_server *server, uint32_t ms)
{
	struct http_listener *l;

	atomic_store(&server->stop_at, http_now() + ms);
	atomic_store(&server->stopping, true);
	for (unsigned i = 0; i < server->nloops; i++) {
		if (server->loops[i].running)
			http_loop_wake(&server->loops[i]);
	}
	for (unsigned i = 0; i < server->nloops; i++) {
		struct http_loop *loop = &server->loops[i];

		if (!loop->running)
			continue;
		(void)pthread_join(loop->thread, NULL);
		/* a barrier that waits for this loop has waited enough */
		(void)pthread_mutex_lock(&server->lock);
		loop->running = false;
		(void)pthread_cond_broadcast(&server->passed);
		(void)pthread_mutex_unlock(&server->lock);
	}
	SLIST_FOREACH(l, &server->listeners, next)
		http_listener_close(l);
}

void
http_server_free(struct http_server *server)
{
	struct http_listener *l;

	if (server == NULL)
		return;
	http_server_stop(server, 0);
	for (unsigned i = 0; i < server->nloops; i++)
		http_loop_close(&server->loops[i]);
	while ((l = SLIST_FIRST(&server->listeners)) != NULL) {
		SLIST_REMOVE_HEAD(&server->listeners, next);
		http_listener_free(l);
	}
	(void)pthread_mutex_destroy(&server->lock);
	(void)pthread_cond_destroy(&server->passed);
	free(server->loops);
	free(server);
}

size_t
http_server_connections(const struct http_server *server)
{
	return atomic_load(&server->nconns);
}

uint64_t
http_server_requests(const struct http_server *server)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < server->nloops; i++)
		n += atomic_load_explicit(&server->loops[i].nrequests,
		    memory_order_relaxed);
	return n;
}
