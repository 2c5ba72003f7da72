/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wide.h - sixteen bytes of a text looked at together
 *
 * By the compiler's vectors, so that it is the same on every processor. A
 * comparison of one gives 0xff for each byte that it holds for.
 */
#ifndef COUNTERSIGN_LIB_WIDE_H
#define COUNTERSIGN_LIB_WIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WIDE 16u

typedef uint8_t wide __attribute__((vector_size(WIDE)));

static inline wide
wide_load(const void *p)
{
	wide v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Does it hold for a byte? */
static inline bool
wide_any(wide compared)
{
	uint64_t halves[2];

	memcpy(halves, &compared, sizeof(halves));
	return (halves[0] | halves[1]) != 0;
}

#endif
