/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.h - the only comparison of secrets, and the only wipe
 *
 * For any thread at any time.
 */
#ifndef COUNTERSIGN_LIB_SECRET_H
#define COUNTERSIGN_LIB_SECRET_H

#include "str.h"

/* true if equal; the time depends on the lengths only. Empty secrets equal
 * nothing: false if either is empty. */
bool secret_equal(struct csn_str, struct csn_str);
/* Zeroes so that the compiler keeps it. NULL with 0 is nothing. */
void secret_wipe(void *, size_t);
/* n random bytes of OpenSSL's generator; aborts the process if it fails, for
 * nothing safe can follow. */
void secret_random(void *, size_t n);

#endif
