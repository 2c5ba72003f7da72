/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealer.c - what threads seal and open with: made, its rings replaced, freed
 *
 * It must never leave a key that was retired where a shard still finds it, nor
 * let a child seal with the nonces of its parent.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "seal_impl.h"

#define SEALS_MAX	(UINT64_C(1) << 30)	/* under one salt */
#define SHARDS_MAX	64u
#define SHARDS_PER_CPU	8u	/* workers seal as well: with few shards, two
				 * loops might meet in one */

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

unsigned
sealer_forks(void)
{
	return atomic_load_explicit(&forks, memory_order_relaxed);
}

static uint64_t
epoch_new(void)
{
	static _Atomic uint64_t last;

	return atomic_fetch_add(&last, 1) + 1;
}

uint64_t
sealer_epoch(const struct sealer *s)
{
	return atomic_load_explicit(&s->epoch, memory_order_acquire);
}

static size_t
shards_wanted(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = SHARDS_PER_CPU;

	while (cpus > 0 && n < SHARDS_PER_CPU * (size_t)cpus && n < SHARDS_MAX)
		n *= 2;
	return n;
}

static int
sealer_shards_make(struct sealer *s)
{
	s->nshards = shards_wanted();
	s->shards = aligned_alloc(64, s->nshards * sizeof(*s->shards));
	if (s->shards == NULL)
		return -1;
	memset(s->shards, 0, s->nshards * sizeof(*s->shards));
	for (size_t i = 0; i < s->nshards; i++) {
		s->shards[i].algorithms = &s->algorithms;
		s->shards[i].rings = s->rings;
	}
	return 0;
}

struct sealer *
sealer_new(const struct keyring *cookies, const struct keyring *records)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sealer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	(void)pthread_once(&once, fork_watch);
	(void)pthread_mutex_init(&s->reload, NULL);
	(void)pthread_mutex_init(&s->lock, NULL);
	s->limit = SEALS_MAX;
	s->next = s->limit;		/* the first seal takes a salt */
	s->forks = sealer_forks();
	atomic_store(&s->epoch, epoch_new());
	if (seal_algorithms_fetch(&s->algorithms) == 0)
		s->rings = seal_rings_new(&s->algorithms, cookies, records);
	if (s->rings == NULL || sealer_shards_make(s) < 0) {
		sealer_free(s);
		return NULL;
	}
	return s;
}

void
sealer_free(struct sealer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->shards != NULL && i < s->nshards; i++)
		seal_shard_clear(&s->shards[i]);
	free(s->shards);
	seal_rings_free(s->rings);
	seal_algorithms_free(&s->algorithms);
	(void)pthread_mutex_destroy(&s->reload);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

int
sealer_reload(struct sealer *s, const struct keyring *cookies,
    const struct keyring *records)
{
	const struct seal_rings *old;
	struct seal_rings *rings = NULL;
	int rc = 0;

	(void)pthread_mutex_lock(&s->reload);
	old = s->rings;
	/* most reloads: what is derived stays, or the next check of each
	 * thread would have to do it again */
	if (keyring_same(&old->cookies, cookies) &&
	    keyring_same(&old->records, records))
		goto out;
	rings = seal_rings_new(&s->algorithms, cookies, records);
	if (rings == NULL) {
		rc = -1;
		goto out;
	}
	s->rings = rings;
	for (size_t i = 0; i < s->nshards; i++) {
		/* a key that was retired must not stay in a kept context */
		latch_take(&s->shards[i].latch);
		seal_shard_clear(&s->shards[i]);
		s->shards[i].rings = rings;
		latch_give(&s->shards[i].latch);
	}
	atomic_store(&s->epoch, epoch_new());
	seal_rings_free(old);
out:
	(void)pthread_mutex_unlock(&s->reload);
	return rc;
}

void
sealer_limit(struct sealer *s, uint64_t seals)
{
	(void)pthread_mutex_lock(&s->lock);
	s->limit = seals == 0 ? 1 : seals < SEALS_MAX ? seals : SEALS_MAX;
	s->next = s->limit;
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->nshards; i++) {
		latch_take(&s->shards[i].latch);
		s->shards[i].nonce = s->shards[i].nonce_end;
		latch_give(&s->shards[i].latch);
	}
}
