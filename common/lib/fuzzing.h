/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzzing.h - what the fuzz targets share
 *
 * A target states what must hold for every input; MUST() ends the process
 * when it does not, so that fuzzer and replay both see it. For targets only.
 */
#ifndef COUNTERSIGN_LIB_FUZZING_H
#define COUNTERSIGN_LIB_FUZZING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "str.h"

#define MUST(what) do {							\
	if (!(what)) {							\
		(void)fprintf(stderr, "%s:%d: does not hold: %s\n",	\
		    __FILE__, __LINE__, #what);				\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif
