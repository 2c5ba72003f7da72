/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.h - bytes sealed for one purpose and one place, AES-256-GCM
 *
 * What is sealed for a purpose opens for no other: keys are HKDF-SHA256 of
 * (ring key, purpose, salt), and purpose, context and key id are
 * authenticated. Each process seals under a random 128-bit salt of its own
 * with a counter as nonce, and takes a new salt after 2^30 seals (security.md
 * S7). A child after fork() takes a salt of its own. Opening keeps derived
 * keys in a bounded cache which only a successful opening enters, so that a
 * stranger cannot thrash it. Failure is uniform: -1, whatever was wrong, and
 * nothing was appended. When something was sealed is for its owner to write
 * into it and to check.
 *
 * Layout: version(1)=1 key-id(4) salt(16) nonce(12) ciphertext tag(16).
 */
#ifndef COUNTERSIGN_HOST_SEAL_H
#define COUNTERSIGN_HOST_SEAL_H

#include "keyring.h"

#define SEAL_OVERHEAD (1u + 4u + 16u + 12u + 16u)

/* Records ring: SEAL_RECORD and SEAL_ANSWER; cookies ring: the others. */
enum seal_purpose {
	SEAL_SESSION = 1,	/* a host's session cookie; context: host */
	SEAL_EXCHANGE,		/* an exchange's cookie; context: login host */
	SEAL_TARGET,		/* a return URL; context: login host */
	SEAL_NONCE,		/* hand-over nonce; context: host */
	SEAL_FORM,		/* young-page token in forms and state */
	SEAL_LOGOUT,		/* logout links and the logout chain */
	SEAL_RECORD,		/* secret records; context: instance, key */
	SEAL_ANSWER,		/* kept answers; context: round */
	SEAL_BROWSER		/* a remembered browser; context: login host */
};

#define SEAL_PLAIN_MAX (16u << 20)	/* longer is refused */

struct sealer;

/* Takes copies of both rings. NULL when memory or OpenSSL fails. */
struct sealer *sealer_new(const struct keyring *cookies,
    const struct keyring *records);
/* Replaces the rings (reload, rotation) while others seal and open; nothing
 * where they are the same. -1: memory or OpenSSL failed, and nothing has
 * changed. */
int sealer_reload(struct sealer *, const struct keyring *cookies,
    const struct keyring *records);
void sealer_free(struct sealer *);

/* Appends the sealed bytes. Any thread. 0 or -1. */
int seal_put(struct sealer *, enum seal_purpose, struct csn_str context,
    struct csn_str plain, struct buf *ret);
/* Appends the plain bytes; allocates nothing itself when the salt is cached
 * and ret is big enough. Any thread, scales over threads. 0 or -1. */
int seal_open(struct sealer *, enum seal_purpose, struct csn_str context,
    struct csn_str sealed, struct buf *ret);
/* The same in place: *ret lies within the sealed bytes, which are overwritten
 * and, when it fails, wiped as far as they were decrypted. For where each copy
 * counts. */
int seal_open_here(struct sealer *, enum seal_purpose, struct csn_str context,
    uint8_t *sealed, size_t n, struct csn_str *ret);
/* The key id that a sealed value names, 0 if it is none. */
uint32_t seal_key_id(struct csn_str sealed);
/* HMAC-SHA256 under a key derived from the records ring's first key for a
 * label: stable names (account keys) that reveal nothing. ret has 32 bytes.
 * 0 or -1, which is so, too, when the ring has no first key or it is retired:
 * a name by another key would be another name. */
int seal_name(struct sealer *, const char *label, struct csn_str, uint8_t *ret);

/* Another number for each sealer of the process, and after each change of its
 * rings: what was sealed under the same one still opens. For who keeps sealed
 * texts for a moment. */
uint64_t sealer_epoch(const struct sealer *);

/* Seals after which a new salt is taken, 1 to 2^30; for tests. */
void sealer_limit(struct sealer *, uint64_t seals);

#endif
