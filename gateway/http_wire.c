/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_wire.c - bytes of a connection in and out, with or without TLS
 *
 * It must never block, and never raise SIGPIPE where there is no TLS (OpenSSL
 * writes with write(): the process ignores the signal).
 */
#include "http_impl.h"

#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>

static ssize_t
plain_result(struct http_conn *c, ssize_t n, short want)
{
	if (n >= 0)
		return n;
	if (errno != EAGAIN && errno != EINTR)
		return HTTP_WIRE_DEAD;
	c->want = want;
	return HTTP_WIRE_AGAIN;
}

/* A handshake that failed is told: it is a peer without our certificate. */
static ssize_t
tls_result(struct http_conn *c, int r)
{
	if (r > 0)
		return r;
	switch (SSL_get_error(c->tls, r)) {
	case SSL_ERROR_WANT_READ:
		c->want = EV_READ;
		return HTTP_WIRE_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->want = EV_WRITE;
		return HTTP_WIRE_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		if (!SSL_is_init_finished(c->tls))
			http_server_refused(c->loop->server, c->listener,
			    &c->peer, HTTP_TLS);
		/* after an error SSL_shutdown() must not be called */
		SSL_set_quiet_shutdown(c->tls, 1);
		return HTTP_WIRE_DEAD;
	}
}

static int
clamp(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

ssize_t
http_wire_receive(struct http_conn *c, void *p, size_t n)
{
	if (c->tls == NULL)
		return plain_result(c, recv(c->fd, p, n, 0), EV_READ);
	ERR_clear_error();
	return tls_result(c, SSL_read(c->tls, p, clamp(n)));
}

static ssize_t
wire_send(struct http_conn *c, const void *p, size_t n)
{
	ssize_t r;

	if (c->tls == NULL)
		return plain_result(c, send(c->fd, p, n, MSG_NOSIGNAL),
		    EV_WRITE);
	ERR_clear_error();
	r = tls_result(c, SSL_write(c->tls, p, clamp(n)));
	return r == 0 ? HTTP_WIRE_DEAD : r;
}

int
http_wire_flush(struct http_conn *c)
{
	struct http_block *out = c->out;
	ssize_t r;

	if (out == NULL)
		return 0;
	while (c->out_at < out->n) {
		r = wire_send(c, out->p + c->out_at, out->n - c->out_at);
		if (r < 0)
			return (int)r;
		c->out_at += (size_t)r;
	}
	c->out = NULL;
	c->out_at = 0;
	http_block_release(&c->loop->pool, out);
	return 0;
}

void
http_wire_shutdown(struct http_conn *c)
{
	if (c->tls != NULL && SSL_is_init_finished(c->tls)) {
		ERR_clear_error();
		(void)SSL_shutdown(c->tls);
	}
	(void)shutdown(c->fd, SHUT_WR);
}
