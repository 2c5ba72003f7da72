/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c - connect, ask, read one answer
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "lib/ip.h"

_Noreturn void
client_fail(const char *what)
{
	(void)fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
	    what, strerror(errno));
	exit(1);
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

int
client_connect(const char *where)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct csn_str rest = str_from(where), host;
	uint64_t port;
	struct ip ip;
	int fd;

	if (where[0] == '/')
		return connect_unix(where);
	(void)str_cut(&rest, ':', &host);
	if (ip_parse(host, &ip) != 0 || str_u64(rest, 65535, &port) != 0)
		return -1;
	to.sin_port = htons((uint16_t)port);
	memcpy(&to.sin_addr, ip.b + 12, 4);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static uint64_t
body_length(struct csn_str head)
{
	static const char name[] = "\r\nContent-Length: ";
	ssize_t at = str_find(head, str_from(name));
	struct csn_str rest, line;
	uint64_t n;

	if (at < 0)
		return 0;
	rest = str_from_at(head, (size_t)at + sizeof(name) - 1);
	(void)str_cut(&rest, '\r', &line);
	return str_u64(line, 1u << 20, &n) == 0 ? n : 0;
}

ssize_t
client_answer(struct csn_str got, struct client_answer *ret)
{
	ssize_t end = str_find(got, STR("\r\n\r\n"));
	uint64_t status, n;

	if (end < 0)
		return got.n > 65536 ? -1 : 0;
	if (got.n < 12 || str_u64(str_of(got.p + 9, 3), 999, &status) != 0)
		return -1;
	ret->status = (unsigned)status;
	/* with the last line's end, so that each line has one */
	ret->head = str_of(got.p, (size_t)end + 2);
	n = body_length(ret->head);
	if (got.n < (size_t)end + 4 + n)
		return 0;
	ret->body = str_of(got.p + end + 4, n);
	return end + 4 + (ssize_t)n;
}

/* As a proxy's loop waits. Who sleeps in recv() itself is woken by each read on
 * the other side of a Unix socket too, for nothing, and the server pays. */
static ssize_t
receive(int fd, char *into, size_t room)
{
	struct pollfd p = { fd, POLLIN, 0 };

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -1;
	return recv(fd, into, room, 0);
}

int
client_ask(int fd, struct csn_str request, struct buf *got,
    struct client_answer *ret)
{
	char more[65536];
	ssize_t n, whole;

	if (send(fd, request.p, request.n, MSG_NOSIGNAL) !=
	    (ssize_t)request.n)
		return -1;
	buf_clear(got);
	do {
		n = receive(fd, more, sizeof(more));
		if (n <= 0)
			return -1;
		buf_put(got, more, (size_t)n);
		whole = client_answer(buf_str(got), ret);
	} while (whole == 0);
	return whole > 0 ? 0 : -1;
}

struct csn_str
client_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char part[65536];
	struct buf b;
	size_t n;

	if (f == NULL)
		client_fail(path);
	buf_init(&b, 1u << 30);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(&b, part, n);
	if (ferror(f) || buf_failed(&b))
		client_fail(path);
	(void)fclose(f);
	return buf_str(&b);
}

int64_t
client_now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

unsigned
client_number(const char *text, unsigned most)
{
	uint64_t n;

	if (str_u64(str_from(text), most, &n) == 0 && n > 0)
		return (unsigned)n;
	(void)fprintf(stderr, "%s: `%s` is no number from 1 to %u\n",
	    program_invocation_short_name, text, most);
	exit(2);
}
