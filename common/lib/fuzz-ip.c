/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-ip.c - an address that is read and written is read as the same again
 */
#include "fuzzing.h"

#include "ip.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n);
	struct ip ip, again;
	struct ip_net net;
	struct buf b;

	buf_init(&b, 0);
	if (ip_parse(s, &ip) == 0) {
		ip_put(&b, &ip);
		MUST(b.n <= 39);
		MUST(ip_parse(buf_str(&b), &again) == 0);
		MUST(memcmp(ip.b, again.b, sizeof(ip.b)) == 0);
		MUST(ip.v4 == again.v4);
		MUST(ip_net_parse(s, &net) == 0 && net.bits == 128);
		MUST(ip_in(&ip, &net));
	}
	if (ip_net_parse(s, &net) == 0) {
		MUST(net.bits <= 128);
		MUST(ip_in(&net.base, &net));
		ip = ip_mask(&net.base, net.bits);
		MUST(memcmp(ip.b, net.base.b, sizeof(ip.b)) == 0);
	}
	buf_free(&b);
	return 0;
}
