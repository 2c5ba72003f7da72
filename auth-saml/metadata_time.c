/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata_time.c - xs:duration, as cacheDuration has it
 *
 * It must never read one that runs backwards.
 */
#include "metadata_int.h"

static int
duration_part(char unit, bool time, uint64_t n, int64_t *s)
{
	static const struct { char unit; bool time; int64_t s; } units[] = {
		{ 'Y', false, 31536000 }, { 'M', false, 2592000 },
		{ 'D', false, 86400 }, { 'H', true, 3600 },
		{ 'M', true, 60 }, { 'S', true, 1 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == unit && units[i].time == time) {
			*s += (int64_t)n * units[i].s;
			return 0;
		}
	return -1;
}

int
metadata_duration(struct csn_str s, int64_t *ret_s)
{
	int64_t total = 0;
	bool time = false, any = false;
	size_t i = 1, start, fraction;
	uint64_t n;

	if (s.n < 3 || s.n > 64 || s.p[0] != 'P')
		return -1;
	while (i < s.n) {
		if (s.p[i] == 'T' && !time) {
			time = true;
			i++;
			continue;
		}
		start = i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i == s.n || str_u64(str_of(s.p + start, i - start),
		    1000000, &n) < 0)
			return -1;
		/* parts of a second, which do not count */
		fraction = s.p[i] == '.' ? i : 0;
		while (fraction > 0 && ++i < s.n && s.p[i] >= '0' &&
		    s.p[i] <= '9')
			continue;
		if (fraction > 0 && (i == fraction + 1 || i == s.n ||
		    s.p[i] != 'S'))
			return -1;
		if (i == s.n || duration_part(s.p[i++], time, n, &total) < 0)
			return -1;
		any = true;
	}
	if (!any)
		return -1;
	*ret_s = total;
	return 0;
}
