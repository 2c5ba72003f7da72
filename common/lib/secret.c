/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - the only comparison of secrets, the only wipe, the only random
 *
 * It must never branch on the content of a secret, and never go on without
 * random bytes.
 */
#include "secret.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

bool
secret_equal(struct csn_str a, struct csn_str b)
{
	if (a.n == 0 || a.n != b.n)
		return false;
	return CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

void
secret_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

void
secret_random(void *p, size_t n)
{
	unsigned char *at = p;

	while (n > 0) {
		/* RAND_bytes() counts in int */
		int part = n > 65536 ? 65536 : (int)n;

		if (RAND_bytes(at, part) != 1)
			abort();
		at += part;
		n -= (size_t)part;
	}
}
