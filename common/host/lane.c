/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.c - which lane of several is the calling thread's
 *
 * It must never give a thread another number than before.
 */
#include "lane.h"

#include <stdatomic.h>

#include "lib/apart.h"

APART unsigned
lane_number(enum lane_of what, unsigned lanes)
{
	static atomic_uint threads[LANE_OF_SEALER + 1];
	static LANE_LOCAL unsigned mine[LANE_OF_SEALER + 1];

	if (mine[what] == 0)
		mine[what] = 1 + atomic_fetch_add(&threads[what], 1);
	return (mine[what] - 1) & (lanes - 1);
}
