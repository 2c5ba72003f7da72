/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect() to 192.0.2.0/24 and 2001:db8::/32 is replaced: it hangs, as in a
 * network that swallows packets; to 198.51.100.0/24 it is refused, but later.
 * Names come from a table.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "dial.h"
#include "lib/testing.h"
#include "lib/timefmt.h"
#include "resolve.h"

static unsigned hung, waited;
static int refused_fd = -1;
static in_port_t open_port, full_port;	/* in network order */

int __wrap_connect(int, const struct sockaddr *, socklen_t);
int __real_connect(int, const struct sockaddr *, socklen_t);
int __wrap_getsockopt(int, int, int, void *, socklen_t *);
int __real_getsockopt(int, int, int, void *, socklen_t *);
int __wrap_poll(struct pollfd *, nfds_t, int);
int __real___poll_chk(struct pollfd *, nfds_t, int, size_t);
int __wrap___poll_chk(struct pollfd *, nfds_t, int, size_t);
int __real_poll(struct pollfd *, nfds_t, int);
int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);
int __real_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

/* A socket that listens and never gets room: its backlog is full. */
static int
hang(int fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = full_port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int four = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	/* in the caller's descriptor, whatever its family was */
	assert_int_equal(dup3(four, fd, O_CLOEXEC), fd);
	(void)close(four);
	hung++;
	assert_int_equal(__real_connect(fd, (struct sockaddr *)&sa,
	    sizeof(sa)), -1);
	assert_int_equal(errno, EINPROGRESS);
	return -1;
}

int
__wrap_connect(int fd, const struct sockaddr *sa, socklen_t n)
{
	const struct sockaddr_in *v4 = (const void *)sa;
	const struct sockaddr_in6 *v6 = (const void *)sa;

	if ((sa->sa_family == AF_INET &&
	    ntohl(v4->sin_addr.s_addr) >> 8 == 0xc00002) ||
	    (sa->sa_family == AF_INET6 &&
	    memcmp(&v6->sin6_addr, "\x20\x01\x0d\xb8", 4) == 0))
		return hang(fd);
	if (sa->sa_family == AF_INET &&
	    ntohl(v4->sin_addr.s_addr) >> 8 == 0xc63364) {
		refused_fd = fd;
		(void)hang(fd);
		(void)shutdown(fd, SHUT_RDWR);	/* poll() tells of it */
		errno = EINPROGRESS;
		return -1;
	}
	return __real_connect(fd, sa, n);
}

int
__wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *n)
{
	int rc = __real_getsockopt(fd, level, name, p, n);

	if (fd == refused_fd && level == SOL_SOCKET && name == SO_ERROR) {
		*(int *)p = ECONNREFUSED;
		refused_fd = -1;
	}
	return rc;
}

/* Counts how often there was nothing to be told of. */
int
__wrap_poll(struct pollfd *fds, nfds_t n, int ms)
{
	int rc = __real_poll(fds, n, ms);

	waited += rc == 0;
	return rc;
}

/* What poll() is with _FORTIFY_SOURCE. */
int
__wrap___poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room)
{
	int rc = __real___poll_chk(fds, n, ms, room);

	waited += rc == 0;
	return rc;
}

static const struct {
	const char *host, *addrs[4];
} world[] = {
	{ "first-hangs.example", { "2001:db8::1", "127.0.0.1" } },
	{ "first-refuses.example", { "127.0.0.2", "127.0.0.1" } },
	{ "refuses-later.example", { "192.0.2.1", "198.51.100.1",
	    "127.0.0.1" } },
	{ "all-hang.example", { "2001:db8::1", "192.0.2.1", "192.0.2.2" } },
	{ "all-refuse.example", { "127.0.0.2", "127.0.0.3" } },
};

/* One list made of several calls; freeaddrinfo() takes such a list. */
int
__wrap_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **ret)
{
	for (size_t i = 0; i < COUNT(world); i++) {
		if (strcmp(world[i].host, host) != 0)
			continue;
		for (size_t k = 0; world[i].addrs[k] != NULL; k++) {
			if (__real_getaddrinfo(world[i].addrs[k], port, hints,
			    ret) != 0)
				abort();
			ret = &(*ret)->ai_next;
		}
		return 0;
	}
	return EAI_NONAME;
}

/* ------------------------------------------------------------------ */

static int server = -1, full = -1;
static int fillers[8];

/* On 127.0.0.1 and a port that is free. */
static int
listening(int backlog, in_port_t *ret_port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(sa);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*ret_port = sa.sin_port;
	return fd;
}

static int
set_up(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)state;
	server = listening(16, &open_port);
	full = listening(0, &full_port);
	sa.sin_port = full_port;
	for (size_t i = 0; i < COUNT(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)__real_connect(fillers[i], (struct sockaddr *)&sa,
		    sizeof(sa));
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fillers); i++)
		(void)close(fillers[i]);
	(void)close(server);
	(void)close(full);
	resolve_rest();
	return 0;
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* "host:*": the port that is open. */
static struct csn_str
open_at(const char *text)
{
	static char texts[4][64];
	static unsigned next;
	char *ret = texts[next++ % 4];
	const char *star = strchr(text, '*');

	if (star == NULL)
		return str_from(text);
	(void)snprintf(ret, sizeof(texts[0]), "%.*s%u%s", (int)(star - text),
	    text, ntohs(open_port), star + 1);
	return str_from(ret);
}

static int32_t
dial(const char *host_port, int64_t ms, int *ret_fd)
{
	struct csn_str one = open_at(host_port);

	return dial_connect(one, (struct csn_strs){ &one, 1 },
	    clock_mono_ms() + ms, ret_fd);
}

static int
value(int fd, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
	return v;
}

static void
a_socket_is_ready_to_use(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(dial("127.0.0.1:*", 10000, &fd), CSN_OK);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(value(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(value(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(value(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
	assert_int_equal(value(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
	    DIAL_SILENT_MS);
	assert_int_equal(close(fd), 0);
}

static void
only_places_of_the_list_are_dialled(void **state)
{
	const struct csn_str list[] = { STR("other.example:389"),
		open_at("LocalHost:*"), open_at("127.0.0.1:*"),
		STR("no place") };
	const struct csn_strs allowed = { list, COUNT(list) },
	    none = { NULL, 0 };
	const char *refused[] = { "127.0.0.1:1", "127.0.0.2:*",
		"localhost:389", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:0*", "127.0.0.1:65536", "127.0.0.1:* ",
		" 127.0.0.1:*", "127.0.0.1:*:1", ":*", "",
		"no place", "a_b:1", "::1:80", "127.1:*" };
	int64_t late = clock_mono_ms() + 10000;
	int fd = -7;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (dial_connect(open_at(refused[i]), allowed, late, &fd) !=
		    CSN_E_INVALID)
			fail_msg("%s", refused[i]);
	assert_int_equal(dial_connect(open_at("127.0.0.1:*"), none, late, &fd),
	    CSN_E_INVALID);
	assert_int_equal(fd, -7);
	assert_int_equal(dial_connect(open_at("127.0.0.1:*"), allowed, late,
	    &fd), CSN_OK);
	assert_int_equal(close(fd), 0);
}

static void
places_are_compared(void **state)
{
	(void)state;
	assert_true(dial_same(STR("A.example:1"), STR("a.EXAMPLE:1")));
	assert_true(dial_same(STR("[2001:DB8::1]:1"), STR("[2001:db8::1]:1")));
	assert_false(dial_same(STR("a.example:1"), STR("a.example:11")));
	assert_false(dial_same(STR("a.example:1"), STR("b.example:1")));
	assert_false(dial_same(STR("a.example"), STR("a.example")));
}

static void
the_next_address_is_tried(void **state)
{
	int64_t start = clock_mono_ms(), took;
	size_t before = descriptors();
	int fd;

	(void)state;
	/* refused: at once */
	assert_int_equal(dial("first-refuses.example:*", 10000, &fd),
	    CSN_OK);
	assert_int_equal(close(fd), 0);
	/* the first hangs, the second refuses while it does: at once, too */
	waited = 0;
	assert_int_equal(dial("refuses-later.example:*", 10000, &fd), CSN_OK);
	assert_int_equal(waited, 1);
	assert_int_equal(refused_fd, -1);
	assert_int_equal(close(fd), 0);
	/* hung: after the stagger, long before the deadline */
	hung = 0;
	start = clock_mono_ms();
	assert_int_equal(dial("first-hangs.example:*", 10000, &fd),
	    CSN_OK);
	took = clock_mono_ms() - start;
	assert_int_equal(hung, 1);
	assert_true(took >= DIAL_STAGGER_MS - 1 && took < 5000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(descriptors(), before);
}

static void
failures_are_told_apart(void **state)
{
	size_t before = descriptors();
	int64_t start = clock_mono_ms(), took;
	int fd = -7;

	(void)state;
	assert_int_equal(dial("all-refuse.example:*", 10000, &fd),
	    CSN_E_BACKEND);
	assert_int_equal(dial("none.example:*", 10000, &fd),
	    CSN_E_ABSENT);
	assert_int_equal(dial("127.0.0.1:*", 0, &fd), CSN_E_DEADLINE);
	hung = 0;
	start = clock_mono_ms();
	assert_int_equal(dial("all-hang.example:*", 3000, &fd),
	    CSN_E_DEADLINE);
	took = clock_mono_ms() - start;
	assert_true(took >= 3000 && took < 10000);
	assert_int_equal(hung, 3);	/* all were under way */
	assert_int_equal(fd, -7);
	assert_int_equal(descriptors(), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_is_ready_to_use),
		cmocka_unit_test(only_places_of_the_list_are_dialled),
		cmocka_unit_test(places_are_compared),
		cmocka_unit_test(the_next_address_is_tried),
		cmocka_unit_test(failures_are_told_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
