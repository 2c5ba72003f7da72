/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result.h - results of the services, copied to a call's arena or not at all
 *
 * A service's answer may be longer than what the call has left. It must never
 * mark the arena as overdrawn for that: the plugin is told CSN_E_LIMIT and may
 * go on.
 */
#ifndef COUNTERSIGN_HOST_RESULT_H
#define COUNTERSIGN_HOST_RESULT_H

#include "lib/arena.h"

/* Whether n more bytes can be handed out in up to `pieces` pieces, each of
 * which is rounded up and may have a NUL behind it. */
static inline bool
result_fits(const struct arena *a, size_t n, size_t pieces)
{
	size_t left = a->used <= a->budget ? a->budget - a->used : 0;

	return !a->over && pieces < SIZE_MAX / 64 && pieces * 32 <= left &&
	    n <= left - pieces * 32;
}

/* CSN_OK, or CSN_E_LIMIT and nothing has changed. */
static inline int32_t
result_put(struct arena *a, struct csn_str s, struct csn_str *ret)
{
	struct csn_str copy;

	if (!result_fits(a, s.n, 1))
		return CSN_E_LIMIT;
	copy = arena_str(a, s);
	if (copy.p == NULL)
		return CSN_E_LIMIT;
	*ret = copy;
	return CSN_OK;
}

#endif
