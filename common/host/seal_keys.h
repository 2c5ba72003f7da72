/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_keys.h - keys derived for sealing, kept ready in cipher contexts
 *
 * To set a key costs more than to open a cookie with it, and to derive it ten
 * times as much: so contexts are kept with their key. Each shard serves some
 * threads, under its own latch; a shard's functions are called with it held.
 * For seal.c and sealer.c only.
 */
#ifndef COUNTERSIGN_HOST_SEAL_KEYS_H
#define COUNTERSIGN_HOST_SEAL_KEYS_H

#include <openssl/evp.h>

#include "latch.h"
#include "seal.h"

#define SEAL_SALT_LEN	16u
#define SEAL_NONCE_LEN	12u
#define SEAL_SLOTS	64u		/* keys kept by a shard */
#define SEAL_LABEL_MAX	31u		/* of a label whose key is kept */

/* OpenSSL's algorithms: fetched once, for a fetch takes locks. */
struct seal_algorithms {
	EVP_CIPHER *aes;
	EVP_KDF *hkdf;
	EVP_MAC *hmac;
};

/* Immutable while a shard has it. */
struct seal_rings {
	struct keyring cookies, records;
	bool named;
	uint8_t name_key[KEYRING_KEY_LEN];
};

/* Which derived key. */
struct seal_which {
	enum seal_purpose purpose;
	uint32_t key_id;
	uint8_t salt[SEAL_SALT_LEN];
};

struct seal_slot {
	struct seal_which which;
	uint64_t used;			/* the shard's clock */
	EVP_CIPHER_CTX *ctx;
	bool opens;			/* it is set to open, and takes nonce
					 * and tag in one call */
	struct gcm *gcm;		/* what does it instead, or NULL */
};

#define SEAL_NAME_KEPT 128u	/* bytes of a name that is remembered */

struct seal_shard {
	struct latch latch;
	const struct seal_algorithms *algorithms;
	const struct seal_rings *rings;
	EVP_KDF_CTX *kdf;
	EVP_MAC_CTX *mac;
	char mac_label[SEAL_LABEL_MAX + 1];	/* whose key it has, or "" */
	struct {			/* what it gave last; n 0: nothing */
		size_t n;
		char data[SEAL_NAME_KEPT];
		uint8_t mac[32];
	} named;
	struct seal_slot spare;		/* for a key that is not kept (yet) */
	uint64_t clock;
	size_t nslots;
	struct seal_slot slots[SEAL_SLOTS];
	/* nonces that no other shard uses */
	uint8_t salt[SEAL_SALT_LEN];
	uint64_t nonce, nonce_end;
	unsigned forks;
} __attribute__((aligned(64)));

/* 0 or -1. */
int seal_algorithms_fetch(struct seal_algorithms *);
void seal_algorithms_free(struct seal_algorithms *);

/* NULL when memory or OpenSSL fails. */
struct seal_rings *seal_rings_new(const struct seal_algorithms *,
    const struct keyring *cookies, const struct keyring *records);
void seal_rings_free(const struct seal_rings *);
/* The ring that a purpose uses; NULL for what is no purpose. */
const struct keyring *seal_rings_of(const struct seal_rings *,
    enum seal_purpose);

/* The slot with this key, kept or else derived into the spare one; NULL on
 * failure. */
struct seal_slot *seal_shard_key(struct seal_shard *,
    const struct seal_which *, const struct keyring_key *);
/* Keeps the spare slot's key that sealed or opened something; forgets the key
 * unused for the longest time if there are too many. Another slot is kept
 * already. */
void seal_shard_keep(struct seal_shard *, const struct seal_slot *);
/* Forgets all keys. */
void seal_shard_clear(struct seal_shard *);
int seal_shard_name(struct seal_shard *, const char *label, struct csn_str,
    uint8_t *ret);

#endif
