/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.c - TCP connections, several addresses at a time
 *
 * Attempts begin one after the other and go on side by side, so that a network
 * that swallows packets costs a quarter of a second and not the whole time. It
 * must never leave a socket open but the one it returns.
 */
#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "lib/timefmt.h"
#include "lib/url.h"
#include "resolve.h"

#define KEEP_IDLE_S	30

struct race {
	const struct resolve_addrs *addrs;
	size_t begun;			/* addresses tried so far */
	size_t n;			/* attempts under way */
	struct pollfd fds[RESOLVE_ADDRS_MAX];
	int64_t next_ms;		/* when the next one may begin */
	int winner;			/* or -1 */
};

int
dial_parse(struct csn_str host_port, struct csn_str *ret_host,
    uint16_t *ret_port)
{
	struct csn_str host, port;
	size_t at = host_port.n;
	uint64_t number;

	while (at > 0 && host_port.p[at - 1] != ':')
		at--;
	if (at == 0)
		return -1;
	host = str_of(host_port.p, at - 1);
	port = str_from_at(host_port, at);
	if (!url_host_valid(host) || port.n == 0 || port.p[0] == '0' ||
	    str_u64(port, 65535, &number) != 0)
		return -1;
	*ret_host = host;
	*ret_port = (uint16_t)number;
	return 0;
}

bool
dial_same(struct csn_str a, struct csn_str b)
{
	struct csn_str host_a, host_b;
	uint16_t port_a, port_b;

	return dial_parse(a, &host_a, &port_a) == 0 &&
	    dial_parse(b, &host_b, &port_b) == 0 && port_a == port_b &&
	    str_equal_fold(host_a, host_b);
}

static bool
is_allowed(struct csn_str host_port, struct csn_strs allowed)
{
	for (size_t i = 0; i < allowed.n; i++)
		if (dial_same(allowed.v[i], host_port))
			return true;
	return false;
}

/* ------------------------------------------------------------------ */
/* the race */

static socklen_t
addr_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	    sizeof(struct sockaddr_in6);
}

static void
race_begin_one(struct race *r, int64_t now)
{
	const struct sockaddr_storage *a = &r->addrs->v[r->begun++];
	int fd = socket(a->ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)a, addr_len(a)) == 0) {
		r->winner = fd;
		return;
	}
	if (errno != EINPROGRESS) {
		(void)close(fd);
		return;
	}
	r->fds[r->n++] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	r->next_ms = now + DIAL_STAGGER_MS;
}

static bool
is_connected(int fd)
{
	int error = 0;
	socklen_t n = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 &&
	    error == 0;
}

/* Looks at what poll() has told: takes the first that stands, drops those that
 * failed, and lets the next address begin at once then. */
static void
race_look(struct race *r, int64_t now)
{
	for (size_t i = 0; i < r->n && r->winner < 0;) {
		if (r->fds[i].revents == 0) {
			i++;
			continue;
		}
		if (is_connected(r->fds[i].fd)) {
			r->winner = r->fds[i].fd;
		} else {
			(void)close(r->fds[i].fd);
			r->next_ms = now;
		}
		r->fds[i] = r->fds[--r->n];
	}
}

static int
race_poll_ms(const struct race *r, int64_t now, int64_t deadline_ms)
{
	int64_t until = deadline_ms;

	if (r->begun < r->addrs->n && r->next_ms < until)
		until = r->next_ms;
	if (until <= now)
		return 0;
	return until - now > 60000 ? 60000 : (int)(until - now);
}

static int32_t
race_run(struct race *r, int64_t deadline_ms)
{
	int64_t now;

	while (r->winner < 0) {
		now = clock_mono_ms();
		if (now >= deadline_ms)
			return CSN_E_DEADLINE;
		while (r->winner < 0 && r->begun < r->addrs->n &&
		    (r->n == 0 || now >= r->next_ms))
			race_begin_one(r, now);
		if (r->winner >= 0)
			break;
		if (r->n == 0)
			return CSN_E_BACKEND;
		if (poll(r->fds, (nfds_t)r->n, race_poll_ms(r, now,
		    deadline_ms)) > 0)
			race_look(r, clock_mono_ms());
	}
	return CSN_OK;
}

static int32_t
addrs_connect(const struct resolve_addrs *addrs, int64_t deadline_ms,
    int *ret_fd)
{
	struct race r = { .addrs = addrs, .winner = -1 };
	int32_t rc = race_run(&r, deadline_ms);

	for (size_t i = 0; i < r.n; i++)
		(void)close(r.fds[i].fd);
	if (rc == CSN_OK)
		*ret_fd = r.winner;
	return rc;
}

/* ------------------------------------------------------------------ */

static int
option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int
socket_ready(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
		return -1;
	return option(fd, IPPROTO_TCP, TCP_NODELAY, 1) |
	    option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) |
	    option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S) |
	    option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, DIAL_SILENT_MS);
}

int32_t
dial_connect(struct csn_str host_port, struct csn_strs allowed,
    int64_t deadline_ms, int *ret_fd)
{
	struct resolve_addrs addrs;
	struct csn_str host;
	uint16_t port;
	int32_t rc;
	int fd;

	if (dial_parse(host_port, &host, &port) != 0 ||
	    !is_allowed(host_port, allowed))
		return CSN_E_INVALID;
	rc = resolve_host(host, port, deadline_ms, &addrs);
	if (rc == CSN_OK)
		rc = addrs_connect(&addrs, deadline_ms, &fd);
	if (rc != CSN_OK)
		return rc;
	if (socket_ready(fd) != 0) {
		(void)close(fd);
		return CSN_E_BACKEND;
	}
	*ret_fd = fd;
	return CSN_OK;
}
