/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-zone.c - whatever a zone's file holds, times that come out are times
 */
#include "lib/fuzzing.h"
#include "zone.h"

static void
check_time(const struct zone *z, int64_t ms)
{
	struct zone_time t;

	zone_local(z, ms, &t);
	MUST(t.year >= 1 && t.year <= 9999);
	MUST(t.month >= 1 && t.month <= 12);
	MUST(t.day >= 1 && t.day <= 31);
	MUST(t.hour >= 0 && t.hour <= 23);
	MUST(t.minute >= 0 && t.minute <= 59);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int64_t times[] = { INT64_MIN, -62135596800000, -1, 0,
	    1800000000000, 4102444800000, 253402300799000, INT64_MAX };
	struct zone_rule rule;
	struct zone *z;

	(void)zone_rule_parse(str_of(data, n), &rule);
	z = zone_parse(str_of(data, n));
	for (size_t i = 0; z != NULL && i < sizeof(times) / sizeof(times[0]);
	    i++)
		check_time(z, times[i]);
	zone_free(z);
	return 0;
}
