/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - the only comparison of secrets, the only wipe, the only random
 *
 * It must never branch on the content of a secret, and never go on without
 * random bytes.
 */
#include "secret.h"
#include "apart.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#define RANDOM_STORE	512u	/* bytes kept by a thread */
#define RANDOM_SMALL	64u	/* more at once is not taken from them */

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

static void
random_fill(unsigned char *at, size_t n)
{
	while (n > 0) {
		/* RAND_bytes() counts in int */
		int part = n > 65536 ? 65536 : (int)n;

		if (RAND_bytes(at, part) != 1)
			abort();
		at += part;
		n -= (size_t)part;
	}
}

/* OpenSSL's generator costs as much for 16 bytes as for hundreds: each thread
 * keeps some in store. What was handed out is wiped; a child begins with
 * none, or it would hand out its parent's. */
struct store {
	unsigned char bytes[RANDOM_STORE];
	size_t left;
	unsigned forks;
};

static atomic_uint forks;

static void
fork_child(void)
{
	atomic_fetch_add(&forks, 1);
}

static void
fork_watch(void)
{
	if (pthread_atfork(NULL, NULL, fork_child) != 0)
		abort();
}

APART void
secret_random(void *p, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static __thread struct store store;
	unsigned now;

	if (n > RANDOM_SMALL) {
		random_fill(p, n);
		return;
	}
	if (n == 0)
		return;
	(void)pthread_once(&once, fork_watch);
	now = atomic_load_explicit(&forks, memory_order_relaxed);
	if (store.left < n || store.forks != now) {
		random_fill(store.bytes, sizeof(store.bytes));
		store.left = sizeof(store.bytes);
		store.forks = now;
	}
	store.left -= n;
	memcpy(p, store.bytes + store.left, n);
	secret_wipe(store.bytes + store.left, n);
}
