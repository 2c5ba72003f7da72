/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.c - long work that leaves the processor to others
 *
 * It must never rest in a thread that did not ask for it: a check runs through
 * some of the same functions.
 */
#include "pace.h"

#include <stdint.h>
#include <time.h>

#include "lane.h"
#include "lib/apart.h"

/* When the last rest was over; 0: no pace is kept. */
static LANE_LOCAL int64_t rested_us;

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + 1;
}

void
pace_begin(void)
{
	rested_us = now_us();
}

void
pace_end(void)
{
	rested_us = 0;
}

APART void
pace(void)
{
	static const struct timespec rest = { .tv_nsec = PACE_REST_US * 1000 };

	if (rested_us == 0 || now_us() - rested_us < PACE_WORK_US)
		return;
	/* a signal may end it early: the next one comes soon enough */
	(void)nanosleep(&rest, NULL);
	rested_us = now_us();
}
