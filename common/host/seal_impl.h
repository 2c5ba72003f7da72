/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_impl.h - a sealer from inside, between sealer.c (all of it) and seal.c
 * (one seal)
 */
#ifndef COUNTERSIGN_HOST_SEAL_IMPL_H
#define COUNTERSIGN_HOST_SEAL_IMPL_H

#include <pthread.h>

#include "seal_keys.h"

struct sealer {
	struct seal_algorithms algorithms;
	pthread_mutex_t reload;		/* one at a time */
	pthread_mutex_t lock;		/* of the counter that follows */
	uint8_t salt[SEAL_SALT_LEN];
	uint64_t next, limit;
	unsigned forks;
	const struct seal_rings *rings;	/* the shards' */
	_Atomic uint64_t epoch;
	size_t nshards;
	struct seal_shard *shards;
};

/* Goes up in each child, so that it does not seal under its parent's salt
 * with the same nonces. */
unsigned sealer_forks(void);

#endif
