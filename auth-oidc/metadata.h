/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * metadata.h - a provider's documents read into a snapshot
 */
#ifndef AUTH_OIDC_METADATA_H
#define AUTH_OIDC_METADATA_H

#include "jwk.h"
#include "provider.h"

struct metadata_source {	/* borrowed; as fetched, or as stored */
	struct csn_str metadata;	/* "" without discovery */
	struct csn_str keyset;
	int64_t keys_ms;
	uint64_t turn;			/* of their fetch; 0: none */
};

/* Where the keys are, by metadata that are good; empty if there are none to be
 * fetched. 0, or -1: the document is refused, which is logged. */
int metadata_keys_place(const struct round *, struct csn_str metadata,
    struct csn_str *ret);
/* A snapshot with one hold. 0, or -1: a document is refused, which is
 * logged. */
int provider_make(const struct round *, const struct metadata_source *,
    struct provider **ret);

/* The algorithms that the client is pinned to, as jws.h has them. */
uint32_t metadata_algs(const struct options *);

#endif
