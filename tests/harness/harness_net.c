/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_net.c - dial() by real sockets, srv() from a list
 *
 * A name may be sent elsewhere, so that a test's server needs no well-known
 * port and no resolver.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness_int.h"

static void
alias_add(struct harness *h, struct harness_alias **list, const char *from,
    const char *to)
{
	struct harness_alias *a = arena_alloc(&h->memory, sizeof(*a));

	if (a == NULL)
		harness_die("out of memory", "alias_add");
	a->from = harness_copy(h, str_from(from));
	a->to = harness_copy(h, str_from(to));
	while (*list != NULL)
		list = &(*list)->next;
	*list = a;
}

void
harness_dial(struct harness *h, const char *from, const char *to)
{
	alias_add(h, &h->dials, from, to);
}

void
harness_srv(struct harness *h, const char *name, const char *host_port)
{
	alias_add(h, &h->srvs, name, host_port);
}

static int
dial_unix(struct csn_str path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (path.n == 0 || path.n >= sizeof(sa.sun_path))
		return -1;
	memcpy(sa.sun_path, path.p, path.n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa,
	    sizeof(sa)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
dial_first(const struct addrinfo *list)
{
	int fd;

	for (; list != NULL; list = list->ai_next) {
		fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (connect(fd, list->ai_addr, list->ai_addrlen) == 0)
			return fd;
		(void)close(fd);
	}
	return -1;
}

static int
dial_tcp(struct csn_str host_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	char host[256], *port;
	int fd;

	if (host_port.n == 0 || host_port.n >= sizeof(host))
		return -1;
	memcpy(host, host_port.p, host_port.n);
	host[host_port.n] = '\0';
	port = strrchr(host, ':');
	if (port == NULL)
		return -1;
	*port++ = '\0';
	if (host[0] == '[' && port - host >= 3) {
		port[-2] = '\0';
		memmove(host, host + 1, strlen(host + 1) + 1);
	}
	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -1;
	fd = dial_first(list);
	freeaddrinfo(list);
	return fd;
}

int32_t
service_dial(struct csn_call *call, struct csn_str host_port, int32_t *ret_fd)
{
	struct csn_str to = host_port;
	int fd;

	for (const struct harness_alias *a = call->harness->dials; a != NULL;
	    a = a->next)
		if (str_equal(a->from, host_port))
			to = a->to;
	if (str_starts(to, STR("unix:")))
		fd = dial_unix(str_from_at(to, 5));
	else
		fd = dial_tcp(to);
	if (fd < 0)
		return CSN_E_BACKEND;
	*ret_fd = fd;
	return CSN_OK;
}

int32_t
service_srv(struct csn_call *call, struct csn_str name, struct csn_strs *ret)
{
	struct csn_str *v;
	size_t n = 0;

	for (const struct harness_alias *a = call->harness->srvs; a != NULL;
	    a = a->next)
		n += str_equal(a->from, name);
	if (n == 0)
		return CSN_E_ABSENT;
	v = arena_array(&call->arena, n, sizeof(*v));
	if (v == NULL) {
		call_taint(call, "memory budget");
		return CSN_E_LIMIT;
	}
	n = 0;
	for (const struct harness_alias *a = call->harness->srvs; a != NULL;
	    a = a->next)
		if (str_equal(a->from, name))
			v[n++] = call_copy(call, a->to);
	*ret = (struct csn_strs){ v, n };
	return CSN_OK;
}
