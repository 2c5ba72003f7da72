/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip.c - addresses and networks, compared as bytes
 *
 * It must never resolve a name, or read one address in two ways.
 */
#include "ip.h"

#include <arpa/inet.h>

#define IP_TEXT_MAX	45u	/* 8 groups, the last two as IPv4 */
#define V4_AT		12	/* where the IPv4 bytes begin */

static const uint8_t mapped[V4_AT] = { [10] = 0xff, [11] = 0xff };

int
ip_parse(struct csn_str s, struct ip *ret)
{
	char text[IP_TEXT_MAX + 1];
	struct ip ip = { 0 };

	if (s.n == 0 || s.n > IP_TEXT_MAX || str_index(s, '\0') >= 0)
		return -1;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (str_index(s, ':') >= 0) {
		if (inet_pton(AF_INET6, text, ip.b) != 1)
			return -1;
		ip.v4 = memcmp(ip.b, mapped, V4_AT) == 0;
	} else {
		if (inet_pton(AF_INET, text, ip.b + V4_AT) != 1)
			return -1;
		memcpy(ip.b, mapped, V4_AT);
		ip.v4 = true;
	}
	*ret = ip;
	return 0;
}

/* Clears all but the first bits. */
static void
ip_clear(struct ip *ip, unsigned bits)
{
	for (unsigned i = bits / 8; i < 16; i++) {
		unsigned keep = i == bits / 8 ? bits % 8 : 0;

		ip->b[i] &= (uint8_t)(0xff00u >> keep);
	}
}

int
ip_net_parse(struct csn_str s, struct ip_net *ret)
{
	struct ip_net net = { .bits = 128 };
	struct csn_str address, rest = s;
	struct ip base;
	uint64_t bits;
	bool quad;

	(void)str_cut(&rest, '/', &address);
	quad = str_index(address, ':') < 0;
	if (ip_parse(address, &net.base) != 0)
		return -1;
	if (rest.p != NULL) {
		if (str_u64(rest, quad ? 32 : 128, &bits) != 0 ||
		    (rest.n > 1 && rest.p[0] == '0'))
			return -1;
		net.bits = (unsigned)bits + (quad ? 96 : 0);
	}
	base = net.base;
	ip_clear(&base, net.bits);
	if (memcmp(base.b, net.base.b, sizeof(base.b)) != 0)
		return -1;
	*ret = net;
	return 0;
}

bool
ip_in(const struct ip *ip, const struct ip_net *net)
{
	struct ip base = *ip;

	/* ::/0 is all of IPv6, and no IPv4 */
	if (ip->v4 != net->base.v4)
		return false;
	ip_clear(&base, net->bits);
	return memcmp(base.b, net->base.b, sizeof(base.b)) == 0;
}

bool
ip_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->v4 ? ip->b[V4_AT] == 127 :
	    memcmp(ip->b, one, sizeof(one)) == 0;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952
 * 4.2). */
static void
zeros_find(const uint8_t b[16], unsigned *ret_at, unsigned *ret_n)
{
	unsigned n = 0;

	*ret_at = 8;
	*ret_n = 1;
	for (unsigned i = 0; i < 8; i++) {
		n = b[2 * i] == 0 && b[2 * i + 1] == 0 ? n + 1 : 0;
		if (n > *ret_n) {
			*ret_n = n;
			*ret_at = i + 1 - n;
		}
	}
}

void
ip_put(struct buf *b, const struct ip *ip)
{
	const uint8_t *p = ip->b;
	unsigned at, n;

	if (ip->v4) {
		buf_printf(b, "%u.%u.%u.%u", p[V4_AT], p[V4_AT + 1],
		    p[V4_AT + 2], p[V4_AT + 3]);
		return;
	}
	zeros_find(p, &at, &n);
	for (unsigned i = 0; i < 8; i++) {
		if (i == at) {
			buf_puts(b, i + n == 8 ? "::" : ":");
			i += n - 1;
			continue;
		}
		buf_printf(b, i == 0 ? "%x" : ":%x",
		    (unsigned)(p[2 * i] << 8 | p[2 * i + 1]));
	}
}

struct ip
ip_mask(const struct ip *ip, unsigned bits_of_128)
{
	struct ip masked = *ip;

	if (ip->v4 && bits_of_128 < 96)
		bits_of_128 = 96;
	ip_clear(&masked, bits_of_128);
	return masked;
}
