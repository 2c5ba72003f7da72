/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm.h - AES-256-GCM by the shortest way through a library
 *
 * OpenSSL opens a cookie by way of a provider, parameters and their names:
 * 144 lines of its code in 19 pages, which the cache does not have when a
 * check comes. Nettle's is 50 lines for the same bytes. It is used where its
 * AES runs on the processor's own instructions, whose time does not hang on
 * the key; never where OpenSSL is to be a FIPS module.
 */
#ifndef COUNTERSIGN_HOST_GCM_H
#define COUNTERSIGN_HOST_GCM_H

#include "lib/str.h"

#define GCM_KEY_LEN	32u
#define GCM_NONCE_LEN	12u
#define GCM_TAG_LEN	16u

struct gcm;

/* NULL: not here, or no memory; OpenSSL is there for everybody. */
struct gcm *gcm_new(const uint8_t key[GCM_KEY_LEN]);
/* Wipes the key. */
void gcm_free(struct gcm *);
/* out has room for the tag behind as many bytes as plain has; it may be where
 * they lie. One thread at a time; never a nonce twice. */
void gcm_seal(struct gcm *, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str plain, uint8_t *out);
/* `sealed` is as long as the plain bytes, and the tag follows it; out may be
 * where it lies. One thread at a time. 0, or -1: it was not sealed so, and what
 * is in out is for the caller to wipe. */
int gcm_open(struct gcm *, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str sealed, uint8_t *out);

#endif
