/* SPDX-License-Identifier: Apache-2.0 */
/*
 * siphash.h - the keyed hash for tables whose keys an attacker may choose
 */
#ifndef COUNTERSIGN_LIB_SIPHASH_H
#define COUNTERSIGN_LIB_SIPHASH_H

#include "str.h"

/* SipHash-2-4 (Aumasson, Bernstein 2012). The key is random and secret; the
 * result is for tables and never leaves the process. */
uint64_t siphash(struct csn_str, const uint64_t key[2]);

#endif
