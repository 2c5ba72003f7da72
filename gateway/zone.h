/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.h - the time of day in a named time zone, from TZif files (RFC 8536)
 *
 * Ours, because libc knows one zone per process: TZ in the environment, which
 * nobody may change under running threads, while the site's zone changes with
 * a reload. For any thread.
 */
#ifndef COUNTERSIGN_GATEWAY_ZONE_H
#define COUNTERSIGN_GATEWAY_ZONE_H

#include "lib/buf.h"

#define ZONE_FILE_MAX	65536u
#define ZONE_TIMES_MAX	2048u
#define ZONE_TYPES_MAX	256u

struct zone;

struct zone_time {
	int year, month, day, hour, minute;	/* month and day from 1 */
};

/* A zone by its name below /usr/share/zoneinfo; read once per process and kept
 * (at most 64 of them). One that is not there is UTC. Never NULL. */
const struct zone *zone_find(struct csn_str name);

/* Local time of milliseconds since 1970, UTC. Outside the years 1 to 9999 it
 * is the nearest of them. */
void zone_local(const struct zone *, int64_t ms, struct zone_time *ret);

/* A zone from a file's bytes, version 2 or later; for the caller to free. NULL
 * if it breaks the format in any way or has leap seconds. */
struct zone *zone_parse(struct csn_str file);
void zone_free(struct zone *);

/* The rule in a file's footer, a POSIX TZ string: what holds after the last
 * transition. */
struct zone_day {
	char kind;		/* 'M', 'J', or 'n' for a day from zero */
	int month, week, day;
	int seconds;		/* since midnight, local time; may be < 0 */
};

struct zone_rule {
	int offset, dst_offset;	/* seconds east of UTC */
	bool has_dst;
	struct zone_day start, end;
};

/* 0 or -1. */
int zone_rule_parse(struct csn_str, struct zone_rule *ret);
/* Seconds east of UTC at a time. */
int zone_rule_offset(const struct zone_rule *, int64_t seconds);

/* Days since 1970-01-01 of a Gregorian date, and the date of such a day. */
int64_t zone_days(int year, int month, int day);
void zone_date(int64_t days, struct zone_time *ret);

#endif
