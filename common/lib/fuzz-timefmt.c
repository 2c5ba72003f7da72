/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-timefmt.c - a time or duration that is read is written as the same
 */
#include "fuzzing.h"

#include "timefmt.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n);
	int64_t v, again;
	struct buf b;

	buf_init(&b, 0);
	if (time_parse(s, &v) == 0) {
		time_rfc3339(&b, v);
		/* an offset may lead out of the years 0 to 9999 */
		if (!buf_failed(&b)) {
			MUST(b.n == 24);
			MUST(time_parse(buf_str(&b), &again) == 0);
			MUST(again == v);
		}
	}
	buf_clear(&b);
	if (duration_parse(s, &v) == 0) {
		MUST(v >= 0 && v <= INT64_C(315360000));
		duration_put(&b, v);
		MUST(duration_parse(buf_str(&b), &again) == 0);
		MUST(again == v);
	}
	buf_free(&b);
	return 0;
}
