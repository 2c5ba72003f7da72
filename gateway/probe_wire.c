/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_wire.c - a connection for each request, bytes sent as they are
 *
 * No client library tidies what is sent. It must never wait without a limit,
 * nor keep more of an answer than 64 KiB.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ip.h"
#include "lib/timefmt.h"
#include "probe.h"

#define ANSWER_MAX	65536u
#define MORE_MS		700	/* for what may follow an answer */

struct wire {
	int fd;
	SSL *ssl;
	int64_t end_ms;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool
probe_may(const struct probe *p)
{
	return p->requests < PROBE_REQUESTS_MAX && p->unanswered < 3 &&
	    now_ms() < p->end_ms;
}

/* The socket's own limits are what is left of the request's. */
static bool
limit_set(const struct wire *w)
{
	int64_t left = w->end_ms - now_ms();
	struct timeval t = { .tv_sec = left / 1000,
	    .tv_usec = left % 1000 * 1000 };

	return left > 0 && setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &t,
	    sizeof(t)) == 0 && setsockopt(w->fd, SOL_SOCKET, SO_SNDTIMEO, &t,
	    sizeof(t)) == 0;
}

static int
wire_connect(struct probe *p, const char *node, uint16_t port,
    struct wire *w)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *a;
	char digits[8];
	int rc;

	snprintf(digits, sizeof(digits), "%u", port);
	rc = getaddrinfo(node, digits, &hints, &all);
	if (rc != 0) {
		snprintf(p->trouble, sizeof(p->trouble), "%s: %s", node,
		    gai_strerror(rc));
		return -1;
	}
	for (a = all; a != NULL; a = a->ai_next) {
		w->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC,
		    a->ai_protocol);
		if (w->fd >= 0 && limit_set(w) && connect(w->fd, a->ai_addr,
		    a->ai_addrlen) == 0)
			break;
		snprintf(p->trouble, sizeof(p->trouble), "%s port %u: %s",
		    node, port, errno == EINPROGRESS ? "no answer" :
		    strerror(errno));
		if (w->fd >= 0)
			(void)close(w->fd);
		w->fd = -1;
	}
	freeaddrinfo(all);
	return w->fd < 0 ? -1 : 0;
}

static int
tls_verify(SSL *ssl, const char *name)
{
	struct ip ip;

	if (ip_parse(str_from(name), &ip) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
		    name);
	return SSL_set1_host(ssl, name);
}

static void
tls_trouble(struct probe *p, const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	unsigned long e = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(e);

	if (verdict != X509_V_OK)
		why = X509_verify_cert_error_string(verdict);
	snprintf(p->trouble, sizeof(p->trouble), "TLS: %s%s", why == NULL ?
	    "the handshake was refused" : why, verdict != X509_V_OK ?
	    " (an authority of your own: --ca FILE)" : "");
}

static int
wire_tls(struct probe *p, const struct probe_to *to, struct wire *w)
{
	const char *name = to->name != NULL ? to->name : p->host;
	struct ip ip;

	ERR_clear_error();
	w->ssl = SSL_new(p->ctx);
	if (w->ssl == NULL || SSL_set_fd(w->ssl, w->fd) != 1)
		return -1;
	if (ip_parse(str_from(name), &ip) < 0)
		(void)SSL_set_tlsext_host_name(w->ssl, name);
	if (to->unverified)
		SSL_set_verify(w->ssl, SSL_VERIFY_NONE, NULL);
	else if (tls_verify(w->ssl, name) != 1)
		return -1;
	if (to->tls_only != 0) {
		/* what is old is off in a library of today */
		SSL_set_security_level(w->ssl, 0);
		(void)SSL_set_cipher_list(w->ssl, "ALL:@SECLEVEL=0");
		if (SSL_set_min_proto_version(w->ssl, to->tls_only) != 1 ||
		    SSL_set_max_proto_version(w->ssl, to->tls_only) != 1)
			return -1;
	}
	if (to->name == NULL && !to->unverified && p->resume != NULL)
		(void)SSL_set_session(w->ssl, p->resume);
	/* the request goes after the handshake without waiting for a word */
	(void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
	    sizeof(int));
	if (!limit_set(w) || SSL_connect(w->ssl) != 1) {
		tls_trouble(p, w->ssl);
		return -1;
	}
	return 0;
}

static int
wire_send(struct wire *w, struct csn_str bytes)
{
	while (bytes.n > 0) {
		int n;

		if (!limit_set(w))
			return -1;
		n = w->ssl != NULL ? SSL_write(w->ssl, bytes.p,
		    (int)bytes.n) : (int)send(w->fd, bytes.p, bytes.n,
		    MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		bytes = str_from_at(bytes, (size_t)n);
	}
	return 0;
}

/* More bytes into the buffer: 1, 0 at the end, -1 when time is over. */
static int
wire_read(struct wire *w, struct buf *b)
{
	char piece[8192];
	int n;

	if (!limit_set(w))
		return -1;
	if (w->ssl != NULL)
		n = SSL_read(w->ssl, piece, sizeof(piece));
	else
		n = (int)recv(w->fd, piece, sizeof(piece), 0);
	if (n > 0) {
		buf_put(b, piece, (size_t)n < ANSWER_MAX - b->n ? (size_t)n :
		    ANSWER_MAX - b->n);
		return b->n < ANSWER_MAX ? 1 : 0;
	}
	return errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0;
}

static void
answer_take(struct probe *p, struct wire *w, bool head, bool all,
    struct probe_answer *ret)
{
	int rc;

	do {
		errno = 0;
		rc = wire_read(w, &p->answer);
		probe_answer_read(buf_str(&p->answer), head, ret);
		if (ret->state == PROBE_NO_HTTP)
			return;
		if (ret->state == PROBE_ANSWERED && ret->whole != 0) {
			if (!all)
				return;
			if (w->end_ms > now_ms() + MORE_MS)
				w->end_ms = now_ms() + MORE_MS;
		}
	} while (rc > 0);
	if (ret->state == PROBE_NO_ANSWER && rc == 0)
		ret->state = PROBE_HUNG_UP;
}

/* Hundreds of full handshakes would be a burden on both sides. */
static void
session_keep(struct probe *p, const struct probe_to *to, SSL *ssl)
{
	SSL_SESSION *s;

	if (to->name != NULL || to->unverified)
		return;
	s = SSL_get1_session(ssl);
	if (s == NULL || SSL_SESSION_is_resumable(s) != 1) {
		SSL_SESSION_free(s);
		return;
	}
	SSL_SESSION_free(p->resume);
	p->resume = s;
}

void
probe_exchange(struct probe *p, const struct probe_to *to,
    struct csn_str bytes, bool all, struct probe_answer *ret)
{
	struct wire w = { .fd = -1,
	    .end_ms = now_ms() + (all ? MORE_MS * 2 :
	    PROBE_ANSWER_S * 1000) };

	*ret = (struct probe_answer){ .state = PROBE_NO_CONNECTION };
	p->trouble[0] = '\0';
	p->requests++;
	buf_clear(&p->answer);
	if (wire_connect(p, to->node != NULL ? to->node : p->node,
	    to->port != 0 ? to->port : p->port, &w) < 0)
		goto out;
	ret->state = PROBE_NO_TLS;
	if (!to->clear && wire_tls(p, to, &w) < 0)
		goto out;
	ret->state = PROBE_HUNG_UP;
	/* who answers before it has read all is read all the same */
	(void)wire_send(&w, bytes);
	answer_take(p, &w, str_starts(bytes, STR("HEAD ")), all, ret);
	if (w.ssl != NULL)
		session_keep(p, to, w.ssl);
out:
	if (w.ssl != NULL)
		SSL_free(w.ssl);
	if (w.fd >= 0)
		(void)close(w.fd);
}
