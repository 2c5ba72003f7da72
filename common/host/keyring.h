/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring.h - the keys everything is sealed with, in files of their own
 *
 * A key folder holds two rings, "cookies" and "records", each a small text
 * file: one line a key, `ID STATE CREATED BASE64URL(32 bytes)`, in the order
 * of the ids; STATE one of active, old, retired (a retired key's bytes are
 * gone, and "-" stands for them); CREATED as 2026-11-24T10:02:03.004Z. There
 * is one spelling of everything, and nothing else in the file. The newest
 * active key seals; active and old ones open. The folder is 0700, files 0600,
 * of the service's user or root; anything looser, and a symbolic link, is
 * refused. Files are replaced atomically (write, fsync, rename, fsync of the
 * folder), by one process at a time.
 */
#ifndef COUNTERSIGN_HOST_KEYRING_H
#define COUNTERSIGN_HOST_KEYRING_H

#include "lib/arena.h"
#include "lib/buf.h"

#define KEYRING_KEY_LEN 32u
#define KEYRING_KEYS_MAX 64u

enum keyring_name { KEYRING_COOKIES = 1, KEYRING_RECORDS = 2 };
enum key_state { KEY_ACTIVE = 1, KEY_OLD = 2, KEY_RETIRED = 3 };

struct keyring_key {
	uint32_t id;			/* from 1, never used again */
	enum key_state state;
	int64_t created_ms;
	uint8_t bytes[KEYRING_KEY_LEN];	/* zero when retired */
};

struct keyring {
	enum keyring_name name;
	size_t nkeys;
	struct keyring_key keys[KEYRING_KEYS_MAX];
};

/* Reads a ring; checks modes and owner. Errors are sentences, without a byte
 * of a key. 0 or -1, and then *ret is all zero. */
int keyring_load(const char *dir, enum keyring_name, struct keyring *ret,
    struct buf *error);
/* Makes the folder and both rings with one key each; refuses if one is there
 * already. Returns 0 or -1. */
int keyring_init(const char *dir, struct buf *error);
/* Adds a new active key; the former active one becomes old. A full ring
 * first loses the line of its oldest retired key. */
int keyring_rotate(const char *dir, enum keyring_name, int64_t now_ms,
    uint32_t *ret_id, struct buf *error);
/* Forgets an old key's bytes; an active key cannot be retired, nor the first
 * key of the records ring, which makes the names of accounts (seal_name).
 * Whether records still use it is for the caller to ask first (security.md
 * S7). */
int keyring_retire(const char *dir, enum keyring_name, uint32_t id,
    struct buf *error);
void keyring_wipe(struct keyring *);
/* The same keys in the same states. */
bool keyring_same(const struct keyring *, const struct keyring *);
/* NULL if unknown or retired. */
const struct keyring_key *keyring_find(const struct keyring *, uint32_t id);
/* The key that seals now, NULL if none. */
const struct keyring_key *keyring_active(const struct keyring *);

/* A ring's text, read and written. The error has the line, not the file. */
int keyring_parse(struct csn_str text, enum keyring_name, struct keyring *ret,
    struct buf *error);
void keyring_format(struct buf *, const struct keyring *);

#endif
