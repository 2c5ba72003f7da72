/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_net.c - the daemon asked from outside: does it listen where it
 * should, to whom it should, and is it the one that is installed
 *
 * Sockets are really connected to. It must never take silence for an answer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"
#include "lib/timefmt.h"

#define AREA	"daemon"
#define WAIT_MS	3000
#define ANSWER_MAX 65536u

static const char *
role_name(enum conf_role role)
{
	switch (role) {
	case CONF_PAGES:
		return "pages";
	case CONF_CHECK:
		return "check";
	case CONF_METRICS:
		break;
	}
	return "metrics";
}

static struct csn_str
listener_name(const struct conf_listener *l)
{
	return l->unix_path.n > 0 ? l->unix_path : l->tcp;
}

static int
connected(int fd, const void *addr, socklen_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int fault = 0;
	socklen_t n = sizeof(fault);

	if (fd < 0 || connect(fd, addr, len) == 0)
		return fd;
	if ((errno == EINPROGRESS || errno == EAGAIN) &&
	    poll(&p, 1, WAIT_MS) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &n) == 0 &&
	    fault == 0)
		return fd;
	if (fault != 0)
		errno = fault;
	fault = errno;
	close(fd);
	errno = fault;
	return -1;
}

static int
unix_connect(struct csn_str path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (path.n >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(a.sun_path, path.p, path.n);
	return connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0), &a, sizeof(a));
}

/* ADDRESS:PORT as the configuration has it; any address is this machine. */
static int
tcp_connect(struct csn_str text)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6 };
	char host[128], *port;

	(void)snprintf(host, sizeof(host), "%.*s", STR_FMT(text));
	port = strrchr(host, ':');
	if (port == NULL)
		return -1;
	*port++ = '\0';
	if (host[0] == '[' && port > host + 2 && port[-2] == ']') {
		port[-2] = '\0';
		b.sin6_port = htons((uint16_t)strtoul(port, NULL, 10));
		if (inet_pton(AF_INET6, host + 1, &b.sin6_addr) != 1)
			return -1;
		if (IN6_IS_ADDR_UNSPECIFIED(&b.sin6_addr))
			b.sin6_addr = in6addr_loopback;
		return connected(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0), &b, sizeof(b));
	}
	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		return -1;
	if (a.sin_addr.s_addr == htonl(INADDR_ANY))
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connected(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0), &a, sizeof(a));
}

static int
listener_connect(const struct conf_listener *l)
{
	return l->unix_path.n > 0 ? unix_connect(l->unix_path) :
	    tcp_connect(l->tcp);
}

/* Sends a GET and reads what comes until the end. 0, or -1 for no answer. */
static int
get(int fd, const char *path, struct buf *ret)
{
	int64_t until = clock_mono_ms() + WAIT_MS;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char rq[256], chunk[4096];
	ssize_t n;

	(void)snprintf(rq, sizeof(rq), "GET %s HTTP/1.1\r\nHost: localhost\r\n"
	    "Connection: close\r\n\r\n", path);
	if (send(fd, rq, strlen(rq), MSG_NOSIGNAL) != (ssize_t)strlen(rq))
		return -1;
	while (clock_mono_ms() < until && poll(&p, 1, (int)(until -
	    clock_mono_ms())) == 1) {
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n <= 0)
			break;
		buf_put(ret, chunk, (size_t)n);
	}
	return str_starts(buf_str(ret), STR("HTTP/1.1 ")) ? 0 : -1;
}

/* ------------------------------------------------------------------ */
/* each listener */

static void
socket_look(struct doctor *d, const struct conf_listener *l)
{
	const char *path = doctor_path(d, l->unix_path);
	struct group *gr = l->group.n == 0 ? NULL :
	    getgrnam(doctor_path(d, l->group));
	struct stat st;

	if (stat(path, &st) < 0)
		return;		/* nobody listens, which is said */
	if ((st.st_mode & 0777) != l->mode)
		doctor_say(d, (st.st_mode & 0777 & ~l->mode) != 0 ?
		    DOCTOR_ERROR : DOCTOR_WARNING, "listeners",
		    l->unix_path, "restart the daemon", "has mode %04o, not "
		    "%04o as the file says", (unsigned)st.st_mode & 0777,
		    l->mode);
	if (gr != NULL && st.st_gid != gr->gr_gid)
		doctor_say(d, DOCTOR_WARNING, "listeners", l->unix_path,
		    "restart the daemon", "belongs to group %u, not to %.*s",
		    (unsigned)st.st_gid, STR_FMT(l->group));
}

static bool
is_peer(const struct conf_listener *l, int fd)
{
	struct sockaddr_storage s;
	socklen_t n = sizeof(s);
	char text[INET6_ADDRSTRLEN];
	struct ip ip;

	if (getsockname(fd, (struct sockaddr *)&s, &n) < 0 ||
	    inet_ntop(s.ss_family, s.ss_family == AF_INET ?
	    (void *)&((struct sockaddr_in *)&s)->sin_addr :
	    (void *)&((struct sockaddr_in6 *)&s)->sin6_addr, text,
	    sizeof(text)) == NULL || ip_parse(str_from(text), &ip) < 0)
		return true;
	for (size_t i = 0; i < l->npeers; i++)
		if (ip_in(&ip, &l->peers[i]))
			return true;
	return false;
}

static void
tcp_look(struct doctor *d, const struct conf_listener *l, int fd)
{
	struct buf answer;
	bool may = is_peer(l, fd);

	if (l->clear_text_accepted)
		doctor_say(d, DOCTOR_WARNING, "listeners", l->tcp, "give it "
		    "`tls` with `client_ca`, or a unix socket", "%s: "
		    "whoever is on the way reads what is said here",
		    role_name(l->role));
	if (may && l->tls_certificate.n == 0)
		return;
	buf_init(&answer, ANSWER_MAX);
	/* in clear text, without a certificate, from no peer: nothing */
	if (get(fd, "/", &answer) == 0)
		doctor_say(d, DOCTOR_ERROR, "listeners", l->tcp, "restart "
		    "the daemon; a listener changes with a restart only",
		    "%s: answers whom the file does not let in",
		    role_name(l->role));
	buf_free(&answer);
}

static void
nobody_listens(struct doctor *d, const struct conf_listener *l, int fault)
{
	if (fault == EACCES || fault == EPERM)
		doctor_say(d, DOCTOR_NOTE, "listeners", listener_name(l),
		    "run this as root", "%s: may not be connected to by this "
		    "user", role_name(l->role));
	else
		doctor_say(d, DOCTOR_ERROR, "listeners", listener_name(l),
		    "start countersignd, or restart it after a change of "
		    "`listen`", "%s: nobody listens here: %s",
		    role_name(l->role), strerrordesc_np(fault));
}

void
doctor_listeners(struct doctor *d)
{
	for (size_t i = 0; i < d->conf->nlisteners; i++) {
		const struct conf_listener *l = &d->conf->listeners[i];
		int fd = listener_connect(l);

		doctor_looked(d);
		if (fd < 0) {
			nobody_listens(d, l, errno);
			continue;
		}
		d->ran = true;
		if (l->unix_path.n > 0)
			socket_look(d, l);
		else
			tcp_look(d, l, fd);
		close(fd);
	}
}

/* ------------------------------------------------------------------ */
/* the process behind them */

/* Who made the socket, of the first unix listener that says so. */
static pid_t
daemon_pid(struct doctor *d, uid_t *ret_uid)
{
	for (size_t i = 0; i < d->conf->nlisteners; i++) {
		const struct conf_listener *l = &d->conf->listeners[i];
		struct ucred who = { .pid = 0 };
		socklen_t n = sizeof(who);
		int fd = l->unix_path.n == 0 ? -1 :
		    unix_connect(l->unix_path);

		if (fd < 0)
			continue;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
			who.pid = 0;
		close(fd);
		if (who.pid > 0) {
			*ret_uid = who.uid;
			return who.pid;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* what it says of itself */

static int
ask(const struct conf_listener *l, const char *path, struct buf *ret)
{
	int fd = listener_connect(l), rc;

	buf_init(ret, ANSWER_MAX);
	if (fd < 0)
		return -1;
	rc = get(fd, path, ret);
	close(fd);
	return rc;
}

static struct csn_str
body_of(struct csn_str answer)
{
	ptrdiff_t at = str_find(answer, STR("\r\n\r\n"));

	return at < 0 ? STR("") : str_trim(str_from_at(answer,
	    (size_t)at + 4));
}

static void
version_look(struct doctor *d, const struct conf_listener *l)
{
	struct csn_str label = STR("countersign_build_info{version=\""), v;
	struct buf answer;
	ptrdiff_t at, end;

	doctor_looked(d);
	if (ask(l, "/metrics", &answer) == 0) {
		v = buf_str(&answer);
		at = str_find(v, label);
		v = at < 0 ? STR("") : str_from_at(v, (size_t)at + label.n);
		end = str_index(v, '"');
		v = end < 0 ? STR("(not told)") : str_of(v.p, (size_t)end);
		if (!str_is(v, CSN_VERSION))
			doctor_say(d, DOCTOR_WARNING, AREA, l->tcp, "restart "
			    "the daemon", "version %.*s runs, %s is installed",
			    STR_FMT(v), CSN_VERSION);
	}
	buf_free(&answer);
}

static void
ready_look(struct doctor *d, const struct conf_listener *l)
{
	struct buf answer;

	doctor_looked(d);
	if (ask(l, "/readyz", &answer) < 0)
		doctor_say(d, DOCTOR_ERROR, AREA, listener_name(l), "look "
		    "into its log, and restart it", "the daemon does not "
		    "answer whether it is ready");
	else if (!str_starts(buf_str(&answer), STR("HTTP/1.1 200")))
		doctor_say(d, DOCTOR_ERROR, AREA, listener_name(l), "see "
		    "countersignd(8), \"What to do when\"", "no logins are "
		    "accepted: %.*s", STR_FMT(body_of(buf_str(&answer))));
	buf_free(&answer);
}

/* On a listener that we may ask: not with a client's certificate. */
static const struct conf_listener *
metrics_listener(struct doctor *d)
{
	for (size_t i = 0; i < d->conf->nlisteners; i++)
		if (d->conf->listeners[i].role == CONF_METRICS &&
		    d->conf->listeners[i].tls_certificate.n == 0)
			return &d->conf->listeners[i];
	return NULL;
}

void
doctor_daemon(struct doctor *d)
{
	const struct conf_listener *l = metrics_listener(d);
	uid_t uid = 0;
	pid_t pid;

	if (!d->ran)
		return;		/* nobody listens, which is said */
	pid = daemon_pid(d, &uid);
	if (pid > 0)
		doctor_process(d, pid, uid);
	if (l == NULL) {
		doctor_say(d, DOCTOR_NOTE, AREA, STR("listen"), "write "
		    "listen: { metrics: { tcp: \"127.0.0.1:9464\" } }",
		    "without a listener `metrics` nobody can ask whether "
		    "logins are accepted");
		return;
	}
	ready_look(d, l);
	version_look(d, l);
}
