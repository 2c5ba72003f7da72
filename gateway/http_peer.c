/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_peer.c - who is at the other end, and whether they are listed
 *
 * It must never take a peer's word: a unix peer's user is what the kernel
 * says (SO_PEERCRED), a TCP peer's address that of the connection. An empty
 * list is the narrowest: root and our own user, or loopback.
 */
#include "http_impl.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

static int
local_read(int fd, struct http_peer *ret)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0 ||
	    n != sizeof(cred))
		return -1;
	ret->uid = cred.uid;
	ret->pid = cred.pid;
	return 0;
}

static int
tcp_read(int fd, struct http_peer *ret)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&ss;
	socklen_t n = sizeof(ss);
	const int on = 1;

	if (getpeername(fd, (struct sockaddr *)&ss, &n) != 0)
		return -1;
	/* answers are written in one piece: nothing to wait for */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (ss.ss_family == AF_INET) {
		memcpy(ret->ip.b, mapped, sizeof(mapped));
		memcpy(ret->ip.b + sizeof(mapped), &v4->sin_addr, 4);
		ret->ip.v4 = true;
		ret->port = ntohs(v4->sin_port);
		return 0;
	}
	if (ss.ss_family != AF_INET6)
		return -1;
	memcpy(ret->ip.b, &v6->sin6_addr, sizeof(ret->ip.b));
	ret->ip.v4 = memcmp(ret->ip.b, mapped, sizeof(mapped)) == 0;
	ret->port = ntohs(v6->sin6_port);
	return 0;
}

int
http_peer_read(int fd, bool local, struct http_peer *ret)
{
	struct http_peer peer = { .local = local, .uid = (uid_t)-1 };

	if ((local ? local_read(fd, &peer) : tcp_read(fd, &peer)) != 0)
		return -1;
	*ret = peer;
	return 0;
}

bool
http_peer_listed(const struct http_face *face, const struct http_peer *peer)
{
	if (peer->local) {
		for (size_t i = 0; i < face->nuids; i++) {
			if (face->uids[i] == peer->uid)
				return true;
		}
		return face->nuids == 0 &&
		    (peer->uid == 0 || peer->uid == geteuid());
	}
	for (size_t i = 0; i < face->nnets; i++) {
		if (ip_in(&peer->ip, &face->nets[i]))
			return true;
	}
	return face->nnets == 0 && ip_loopback(&peer->ip);
}
