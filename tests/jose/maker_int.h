/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker_int.h - what maker.c and maker_jwe.c share
 */
#ifndef COUNTERSIGN_TESTS_JOSE_MAKER_INT_H
#define COUNTERSIGN_TESTS_JOSE_MAKER_INT_H

#include "maker.h"

#define MAKER_MUST(what) maker_must((what), #what)

void maker_must(bool good, const char *what);
char *maker_memory(size_t n);		/* n bytes and a NUL */
struct csn_str maker_bytes(const void *, size_t);

#endif
