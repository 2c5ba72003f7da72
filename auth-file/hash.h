/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - password hashes: which are good enough, and the comparison
 */
#ifndef COUNTERSIGN_FILE_HASH_H
#define COUNTERSIGN_FILE_HASH_H

#include "lib/str.h"

#define HASH_PASSWORD_MAX 1024u	/* bytes */

/* NULL for yescrypt ($y$), bcrypt ($2a$, $2b$, $2y$), sha512-crypt ($6$) and,
 * where it was built in, argon2id. Else what it is and what would be right. */
const char *hash_refused(struct csn_str hash);

/* 1: this is the password. 0: it is not. -1: cannot tell (memory). Takes tens
 * of milliseconds. A password that is empty, has a NUL, or is over
 * HASH_PASSWORD_MAX bytes is nobody's; its p[n] is '\0'. Any thread. */
int hash_verify(struct csn_str hash, struct csn_str password);

/* Known answers through the libraries. 0 or -1. */
int hash_selftest(void);

/* argon2.c; absent from a build without libargon2. */
const char *hash_argon2_refused(struct csn_str hash);
int hash_argon2_verify(struct csn_str hash, struct csn_str password);

#endif
