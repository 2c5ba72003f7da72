/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-view.c - what is read as a kept answer, written again, is the same
 */
#include "lib/fuzzing.h"
#include "visit.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_view v;
	struct arena a;
	struct buf b;

	if (n > STORE_VALUE_MAX)
		return 0;
	arena_init(&a, 4u << 20);
	buf_init(&b, 0);
	if (view_unpack(&a, str_of(data, n), &v) == 0) {
		view_pack(&b, &v);
		MUST(str_equal(buf_str(&b), str_of(data, n)));
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
