/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip.h - addresses and networks, compared as bytes
 */
#ifndef COUNTERSIGN_LIB_IP_H
#define COUNTERSIGN_LIB_IP_H

#include "buf.h"

struct ip {			/* IPv4 is held as ::ffff:a.b.c.d */
	uint8_t b[16];
	bool v4;
};

struct ip_net {
	struct ip base;
	unsigned bits;		/* of 128; IPv4 /24 is 120 */
};

/* Dotted quad without leading zeros, or RFC 4291 text without zone. An
 * IPv4-mapped IPv6 address becomes IPv4. 0 or -1. */
int ip_parse(struct csn_str, struct ip *ret);
/* address/bits, or an address alone. Bits behind the network's must be zero,
 * and the number has no leading zero. 0 or -1. */
int ip_net_parse(struct csn_str, struct ip_net *ret);
/* An IPv4 address lies in IPv4 networks only, an IPv6 one in IPv6 only: ::/0
 * holds no IPv4. */
bool ip_in(const struct ip *, const struct ip_net *);
bool ip_loopback(const struct ip *);	/* 127.0.0.0/8, ::1 */
void ip_put(struct buf *, const struct ip *);	/* RFC 5952 */
/* The network a source is throttled by: IPv4 /32 (128 bits here), IPv6 /64;
 * wide: IPv6 /48 (security.md P4). IPv4 keeps at least 96 bits, so that it
 * stays IPv4. */
struct ip ip_mask(const struct ip *, unsigned bits_of_128);

#endif
