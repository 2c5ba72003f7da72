/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timefmt.h - times and durations as text; the two clocks
 *
 * For any thread at any time. No function looks at TZ or takes a lock.
 */
#ifndef COUNTERSIGN_LIB_TIMEFMT_H
#define COUNTERSIGN_LIB_TIMEFMT_H

#include "buf.h"

/* Milliseconds since 1970, UTC; and of the monotonic clock. */
int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
/* The same as of the kernel's last tick, some ms ago at most, for a fraction
 * of the cost: for what is asked at each request. */
int64_t clock_wall_tick_ms(void);
int64_t clock_mono_tick_ms(void);

/* RFC 3339 in UTC: 2026-11-24T10:02:03.004Z. Outside the years 0 to 9999 the
 * buffer fails. */
void time_rfc3339(struct buf *, int64_t ms);
/* "2027-02-01" as the start of that day in UTC, in ms; or a full RFC 3339
 * time, with what is finer than a millisecond dropped, and a leap second read
 * as the one after it. 0 or -1. */
int time_parse(struct csn_str, int64_t *ret_ms);
/* "30s" "5m" "8h" "3d" "2w", one unit, no blanks, no leading zeros; up to
 * 10 years (3650 days). "0" is 0. 0 or -1. */
int duration_parse(struct csn_str, int64_t *ret_s);
void duration_put(struct buf *, int64_t s);	/* largest exact unit; "0" */
/* Could it be the name of a time zone, like "Asia/Tokyo"? 1 to 64 letters,
 * digits and `/`, `_`, `+`, `-`, the slash not first; never a dot: the name is
 * that of a file. */
bool time_zone_name(struct csn_str);

#endif
