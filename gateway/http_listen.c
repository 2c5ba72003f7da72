/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_listen.c - sockets that listen
 *
 * It must never leave a moment in which a unix socket can be reached by more
 * than its mode says, remove a file that is no dead socket, or resolve names.
 */
#include "http_listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define FDS_START	3	/* sd_listen_fds(3) */

/* What to do about it, behind what the kernel says; "" if we do not know. */
static const char *
listen_advice(int error, bool local)
{
	switch (error) {
	case ENOENT:
		return "; its folder is not there: RuntimeDirectory= of the "
		    "unit makes it";
	case EPERM:
		return local ? "; our user must be in the group that `group` "
		    "names" : "";
	case EACCES:
		return local ? "; our user must be able to write to its "
		    "folder" : "; a port below 1024 needs "
		    "CAP_NET_BIND_SERVICE";
	case EADDRINUSE:
		return "; another process listens there: stop it or choose "
		    "another port";
	case EADDRNOTAVAIL:
		return "; this machine does not have that address";
	default:
		return "";
	}
}

/* 1: a server answers there, 0: none does, -1: it cannot be told. */
static int
unix_answers(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = -1;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno == EAGAIN)
		r = 1;
	else if (errno == ECONNREFUSED)
		r = 0;
	(void)close(fd);
	return r;
}

/* Makes way for a new socket: 0, or -1 and err. */
static int
unix_clear(const struct sockaddr_un *sun, struct buf *err)
{
	const char *path = sun->sun_path;
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return 0;
		buf_printf(err, "%s: %s%s", path, strerror(errno),
		    listen_advice(errno, true));
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		buf_printf(err, "%s: there is a file that is no socket; "
		    "remove it or choose another path", path);
		return -1;
	}
	switch (unix_answers(sun)) {
	case 0:
		break;
	case 1:
		buf_printf(err, "%s: another process listens there; stop it "
		    "or choose another path", path);
		return -1;
	default:
		buf_printf(err, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (unlink(path) == 0)
		return 0;
	buf_printf(err, "%s: cannot remove the old socket: %s", path,
	    strerror(errno));
	return -1;
}

/* The mode of an unbound socket is that of the file bind() makes, so there
 * is no moment between bind() and chmod() in which others may connect; nor
 * does it listen before all is set. */
static int
unix_bind(int fd, const struct sockaddr_un *sun, mode_t mode, gid_t gid)
{
	if (fchmod(fd, 0) != 0 ||
	    bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0)
		return -1;
	if ((gid != (gid_t)-1 && lchown(sun->sun_path, (uid_t)-1, gid) != 0) ||
	    chmod(sun->sun_path, mode & 0777) != 0 ||
	    listen(fd, LISTEN_BACKLOG) != 0) {
		int saved = errno;

		(void)unlink(sun->sun_path);
		errno = saved;
		return -1;
	}
	return 0;
}

int
listen_unix(const char *path, mode_t mode, gid_t gid, struct buf *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd;

	if (n == 0 || n >= sizeof(sun.sun_path)) {
		buf_printf(err, "%s: the path of a socket has 1 to %zu bytes",
		    path, sizeof(sun.sun_path) - 1);
		return -1;
	}
	memcpy(sun.sun_path, path, n);
	if (unix_clear(&sun, err) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && unix_bind(fd, &sun, mode, gid) == 0)
		return fd;
	buf_printf(err, "%s: cannot listen: %s%s", path, strerror(errno),
	    listen_advice(errno, true));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* "ADDRESS:PORT", IPv6 in brackets. The length for bind(), or 0. */
static socklen_t
tcp_address(struct csn_str s, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	bool bracket = s.n > 0 && s.p[0] == '[';
	struct csn_str host;
	struct ip ip;
	uint64_t port;

	if (bracket)
		s = str_from_at(s, 1);
	if (!str_cut(&s, bracket ? ']' : ':', &host) || s.p == NULL)
		return 0;
	if (bracket) {
		if (s.n == 0 || s.p[0] != ':')
			return 0;
		s = str_from_at(s, 1);
	}
	if (str_u64(s, UINT16_MAX, &port) != 0 || ip_parse(host, &ip) != 0 ||
	    ip.v4 == bracket)
		return 0;
	if (ip.v4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		memcpy(&v4->sin_addr, ip.b + 12, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	memcpy(&v6->sin6_addr, ip.b, 16);
	return sizeof(*v6);
}

int
listen_tcp(struct csn_str address, struct buf *err)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n = tcp_address(address, &ss);
	const int on = 1;
	int fd;

	if (n == 0) {
		buf_printf(err, "\"%.*s\": not an address and port; write "
		    "\"127.0.0.1:9464\" or \"[::1]:9464\"", STR_FMT(address));
		return -1;
	}
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == 0 && (ss.ss_family == AF_INET ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, (struct sockaddr *)&ss, n) == 0 &&
	    listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	buf_printf(err, "%.*s: cannot listen: %s%s", STR_FMT(address),
	    strerror(errno), listen_advice(errno, false));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int
socket_option(int fd, int option)
{
	socklen_t n = sizeof(int);
	int value;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &n) != 0)
		return -1;
	return value;
}

int
listen_adopt(int fd, bool *ret_local, struct buf *err)
{
	int domain = socket_option(fd, SO_DOMAIN);
	int flags = fcntl(fd, F_GETFL);

	if (socket_option(fd, SO_TYPE) != SOCK_STREAM ||
	    socket_option(fd, SO_ACCEPTCONN) != 1 || flags < 0 ||
	    (domain != AF_UNIX && domain != AF_INET && domain != AF_INET6)) {
		buf_printf(err, "descriptor %d: not a listening unix or TCP "
		    "stream socket", fd);
		return -1;
	}
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		buf_printf(err, "descriptor %d: %s", fd, strerror(errno));
		return -1;
	}
	*ret_local = domain == AF_UNIX;
	return 0;
}

static bool
bound_to_path(int fd, struct csn_str path)
{
	struct sockaddr_un sun = { 0 };
	socklen_t n = sizeof(sun);

	return getsockname(fd, (struct sockaddr *)&sun, &n) == 0 &&
	    n > offsetof(struct sockaddr_un, sun_path) &&
	    str_equal(path, str_of(sun.sun_path, strnlen(sun.sun_path,
	    n - offsetof(struct sockaddr_un, sun_path))));
}

static bool
bound_to_tcp(int fd, struct csn_str address)
{
	struct sockaddr_storage want = { 0 }, have = { 0 };
	const struct sockaddr_in *w4 = (struct sockaddr_in *)&want,
	    *h4 = (struct sockaddr_in *)&have;
	const struct sockaddr_in6 *w6 = (struct sockaddr_in6 *)&want,
	    *h6 = (struct sockaddr_in6 *)&have;
	socklen_t n = sizeof(have);

	if (tcp_address(address, &want) == 0 || getsockname(fd,
	    (struct sockaddr *)&have, &n) != 0 ||
	    want.ss_family != have.ss_family)
		return false;
	if (want.ss_family == AF_INET)
		return w4->sin_port == h4->sin_port &&
		    w4->sin_addr.s_addr == h4->sin_addr.s_addr;
	return w6->sin6_port == h6->sin6_port && memcmp(&w6->sin6_addr,
	    &h6->sin6_addr, sizeof(w6->sin6_addr)) == 0;
}

enum http_fit
http_listen_fit(int fd, struct csn_str unix_path, struct csn_str tcp)
{
	bool local = socket_option(fd, SO_DOMAIN) == AF_UNIX;

	if (local != (unix_path.n > 0))
		return HTTP_FIT_NOT;
	return (local ? bound_to_path(fd, unix_path) :
	    bound_to_tcp(fd, tcp)) ? HTTP_FIT_BOUND : HTTP_FIT_KIND;
}

void
http_listen_where(int fd, struct buf *b)
{
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&ss;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	socklen_t n = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &n) != 0)
		buf_printf(b, "descriptor %d", fd);
	else if (ss.ss_family == AF_UNIX)
		buf_printf(b, "%.107s", sun->sun_path);
	else	/* the port is at the same place in both kinds */
		buf_printf(b, "TCP port %u", (unsigned)ntohs(v4->sin_port));
}

int
http_listen_inherited(struct csn_str name, unsigned nth)
{
	struct csn_str names = str_from(getenv("LISTEN_FDNAMES")), one;
	uint64_t pid, count;

	if (name.n == 0 ||
	    str_u64(str_from(getenv("LISTEN_PID")), INT32_MAX, &pid) != 0 ||
	    (pid_t)pid != getpid() ||
	    str_u64(str_from(getenv("LISTEN_FDS")), 1024, &count) != 0)
		return -1;
	for (uint64_t i = 0; i < count && str_cut(&names, ':', &one); i++) {
		if (str_equal(one, name) && nth-- == 0)
			return FDS_START + (int)i;
	}
	return -1;
}
