/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srv_ask.c - one DNS question by UDP and TCP (RFC 1035 4.2, RFC 7766)
 *
 * res_nsend() counts its patience in whole seconds per server and cannot be
 * told when to stop; so only resolv.conf is read by libresolv, and the sockets
 * are ours. Each question has a random number and a port of its own, and comes
 * from a connected socket: what others send is not looked at.
 */
#include "srv_ask.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/secret.h"
#include "lib/timefmt.h"

#define UDP_MAX	4096u
#define TCP_MAX	65535u

/* A question under way. */
struct question {
	struct csn_str name;
	struct csn_str text;		/* as sent */
	uint16_t id;
	struct srv_record *ret;
	size_t *ret_n;
};

/* ------------------------------------------------------------------ */

int
srv_ask_servers(struct srv_servers *ret)
{
	struct __res_state state = { .options = 0 };
	struct sockaddr_in6 *v6;

	ret->n = 0;
	if (res_ninit(&state) != 0)
		return -1;
	for (int i = 0; i < state.nscount && ret->n < SRV_ASK_SERVERS; i++) {
		memset(&ret->v[ret->n], 0, sizeof(ret->v[0]));
		/* glibc keeps IPv6 apart, and marks the place by family 0 */
		v6 = state._u._ext.nsaddrs[i];
		if (state.nsaddr_list[i].sin_family == AF_INET)
			memcpy(&ret->v[ret->n++], &state.nsaddr_list[i],
			    sizeof(struct sockaddr_in));
		else if (v6 != NULL && v6->sin6_family == AF_INET6)
			memcpy(&ret->v[ret->n++], v6, sizeof(*v6));
	}
	res_nclose(&state);
	return ret->n > 0 ? 0 : -1;
}

/* RFC 1035 4.1: one question, recursion desired. */
static void
question_put(struct buf *b, uint16_t id, struct csn_str name)
{
	struct csn_str rest = name, label;

	buf_u16(b, id);
	buf_u16(b, 0x0100);
	buf_u16(b, 1);
	for (int i = 0; i < 3; i++)
		buf_u16(b, 0);
	while (str_cut(&rest, '.', &label)) {
		if (label.n == 0 || label.n > 63)
			b->failed = true;
		buf_u8(b, (uint8_t)label.n);
		buf_str_put(b, label);
	}
	buf_u8(b, 0);
	buf_u16(b, ns_t_srv);
	buf_u16(b, ns_c_in);
}

/* ------------------------------------------------------------------ */
/* sockets that never block */

static int
socket_to(const struct sockaddr_storage *a, int type)
{
	int fd = socket(a->ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t n = a->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	    sizeof(struct sockaddr_in6);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)a, n) != 0 &&
	    errno != EINPROGRESS) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* CSN_OK, or CSN_E_DEADLINE. */
static int32_t
socket_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;

	for (;;) {
		left = until_ms - clock_mono_ms();
		if (left <= 0)
			return CSN_E_DEADLINE;
		if (poll(&p, 1, left > 60000 ? 60000 : (int)left) > 0)
			return CSN_OK;
	}
}

static int32_t
stream_write(int fd, struct csn_str s, int64_t until_ms)
{
	int32_t rc;
	ssize_t n;

	while (s.n > 0) {
		rc = socket_wait(fd, POLLOUT, until_ms);
		if (rc != CSN_OK)
			return rc;
		n = send(fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return CSN_E_BACKEND;
		s = str_from_at(s, n > 0 ? (size_t)n : 0);
	}
	return CSN_OK;
}

static int32_t
stream_read(int fd, uint8_t *p, size_t n, int64_t until_ms)
{
	int32_t rc;
	ssize_t got;

	while (n > 0) {
		rc = socket_wait(fd, POLLIN, until_ms);
		if (rc != CSN_OK)
			return rc;
		got = recv(fd, p, n, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return CSN_E_BACKEND;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return CSN_OK;
}

/* ------------------------------------------------------------------ */

static int32_t
answer_read(const struct question *q, const void *p, size_t n)
{
	return srv_parse(str_of(p, n), q->id, q->name, q->ret, q->ret_n);
}

/* An answer to another question is a late one, or somebody's guess: ours may
 * still come. */
static int32_t
udp_ask(const struct question *q, const struct sockaddr_storage *server,
    int64_t until_ms)
{
	int fd = socket_to(server, SOCK_DGRAM);
	uint8_t message[UDP_MAX];
	int32_t rc = CSN_E_BACKEND;
	ssize_t n;

	if (fd < 0)
		return rc;
	if (send(fd, q->text.p, q->text.n, 0) != (ssize_t)q->text.n)
		goto out;
	do {
		rc = socket_wait(fd, POLLIN, until_ms);
		if (rc != CSN_OK)
			goto out;
		n = recv(fd, message, sizeof(message), 0);
		rc = n >= 0 ? answer_read(q, message, (size_t)n) :
		    errno == EAGAIN || errno == EINTR ? SRV_OTHER :
		    CSN_E_BACKEND;
	} while (rc == SRV_OTHER);
out:
	(void)close(fd);
	return rc;
}

static int32_t
tcp_talk(const struct question *q, int fd, int64_t until_ms, struct buf *b)
{
	uint8_t *p, head[2];
	int32_t rc;
	size_t n;

	buf_lv16(b, q->text);
	if (buf_failed(b))
		return CSN_E_BACKEND;
	rc = stream_write(fd, buf_str(b), until_ms);
	if (rc == CSN_OK)
		rc = stream_read(fd, head, sizeof(head), until_ms);
	if (rc != CSN_OK)
		return rc;
	n = (size_t)head[0] << 8 | head[1];
	buf_clear(b);
	p = buf_grow(b, n);
	if (p == NULL)
		return CSN_E_BACKEND;
	rc = stream_read(fd, p, n, until_ms);
	return rc == CSN_OK ? answer_read(q, p, n) : rc;
}

static int32_t
tcp_ask(const struct question *q, const struct sockaddr_storage *server,
    int64_t until_ms)
{
	int fd = socket_to(server, SOCK_STREAM);
	struct buf b;
	int32_t rc;

	if (fd < 0)
		return CSN_E_BACKEND;
	buf_init(&b, TCP_MAX + 2);
	rc = tcp_talk(q, fd, until_ms, &b);
	buf_free(&b);
	(void)close(fd);
	/* there is nothing left to wait for, or to ask it by */
	return rc == SRV_OTHER || rc == SRV_CUT ? CSN_E_BACKEND : rc;
}

static int32_t
server_ask(const struct question *q, const struct sockaddr_storage *server,
    int64_t until_ms)
{
	int32_t rc = udp_ask(q, server, until_ms);

	return rc == SRV_CUT ? tcp_ask(q, server, until_ms) : rc;
}

/* Of the time left, each try has its share. */
static int64_t
try_until(int64_t now, int64_t deadline_ms, size_t tries_left)
{
	int64_t share = (deadline_ms - now) / (int64_t)tries_left;

	return now + (share < SRV_ASK_TRY_MS ? share : SRV_ASK_TRY_MS);
}

static int32_t
servers_ask(const struct srv_servers *s, const struct question *q,
    int64_t deadline_ms)
{
	int32_t rc, worst = CSN_E_DEADLINE;
	size_t tries = s->n * SRV_ASK_ROUNDS;
	int64_t now;

	for (size_t i = 0; i < tries; i++) {
		now = clock_mono_ms();
		if (now >= deadline_ms)
			return CSN_E_DEADLINE;
		rc = server_ask(q, &s->v[i % s->n], try_until(now,
		    deadline_ms, tries - i));
		if (rc == CSN_OK || rc == CSN_E_ABSENT)
			return rc;
		if (rc != CSN_E_DEADLINE)
			worst = CSN_E_BACKEND;
	}
	return worst;
}

int32_t
srv_ask(const struct srv_servers *s, struct csn_str name, int64_t deadline_ms,
    struct srv_record ret[static SRV_RECORDS_MAX], size_t *ret_n)
{
	struct question q = { .name = name, .ret = ret, .ret_n = ret_n };
	char memory[SRV_NAME_MAX + 32];
	struct buf b;
	int32_t rc;

	secret_random(&q.id, sizeof(q.id));
	buf_init_fixed(&b, memory, sizeof(memory));
	question_put(&b, q.id, name);
	q.text = buf_str(&b);
	rc = buf_failed(&b) ? CSN_E_INVALID : servers_ask(s, &q, deadline_ms);
	buf_free(&b);
	return rc;
}
