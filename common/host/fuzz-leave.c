/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-leave.c - what is read as a logout on its way keeps its bounds, and
 * written again it reads the same
 */
#include "leave.h"
#include "lib/fuzzing.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf one, two;
	struct leave got;

	if (n > 65536 || leave_unpack(str_of(data, n), &got) < 0)
		return 0;
	MUST(got.n <= PROOFS_MAX && got.at < got.n);
	buf_init(&one, 0);
	buf_init(&two, 0);
	leave_pack(&one, &got);
	MUST(!buf_failed(&one));
	MUST(leave_unpack(buf_str(&one), &got) == 0);
	leave_pack(&two, &got);
	MUST(str_equal(buf_str(&one), buf_str(&two)));
	buf_free(&one);
	buf_free(&two);
	return 0;
}
