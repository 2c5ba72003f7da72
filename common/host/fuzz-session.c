/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-session.c - what is read as a session keeps its bounds, and written
 * again it reads the same; as a record, and as a cookie holds it
 */
#include "lib/fuzzing.h"
#include "session.h"

static void
check_one(struct arena *a, struct csn_str s, bool record)
{
	struct session got, again;
	struct buf one, two;

	if (session_unpack(a, s, record, &got) < 0)
		return;
	MUST(got.person.named && got.person.subject.n > 0);
	MUST(got.proofs.n <= PROOFS_MAX && got.nenrolled <= PROOFS_MAX &&
	    got.nextras <= PROOFS_MAX);
	for (size_t i = 0; i < got.nextras; i++)
		MUST(got.extras[i].session_keys.n <= SESSION_KEYS_MAX);
	buf_init(&one, 0);
	buf_init(&two, 0);
	session_pack(&one, &got, record);
	MUST(!buf_failed(&one));
	MUST(session_unpack(a, buf_str(&one), record, &again) == 0);
	session_pack(&two, &again, record);
	MUST(str_equal(buf_str(&one), buf_str(&two)));
	buf_free(&one);
	buf_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;

	if (n > 65536)
		return 0;
	arena_init(&a, 1u << 20);
	check_one(&a, str_of(data, n), true);
	check_one(&a, str_of(data, n), false);
	arena_free(&a);
	return 0;
}
