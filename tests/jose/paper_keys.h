/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paper_keys.h - the host's key services alone, for tests: the real key
 * operations of libcountersign behind struct csn_host
 */
#ifndef COUNTERSIGN_TESTS_JOSE_PAPER_KEYS_H
#define COUNTERSIGN_TESTS_JOSE_PAPER_KEYS_H

#include "lib/str.h"

#define PAPER_KEYS_MAX 8u

/* Adds a private key (PEM) or secret: its val, from 1. */
uint32_t paper_keys_add(struct csn_str secret);
void paper_keys_clear(void);
/* sign, decrypt, public_key, secret, now_ms, random; the others are NULL. */
extern const struct csn_host paper_keys_host;
struct csn_call *paper_keys_call(void);
/* The clock of now_ms, and how many decryptions were asked for. */
extern int64_t paper_keys_now_ms;
extern unsigned paper_keys_decryptions;

#endif
