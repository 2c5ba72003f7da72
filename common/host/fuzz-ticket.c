/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-ticket.c - what is read as a hand-over's ticket, or as the plain text
 * of a sealed target, keeps its bounds, and written again it reads the same
 */
#include "lib/fuzzing.h"
#include "target.h"
#include "ticket.h"

static void
ticket_check(struct csn_str s)
{
	struct ticket t, again;
	struct buf b;

	if (ticket_unpack(s, &t) < 0)
		return;
	buf_init(&b, 0);
	ticket_pack(&b, &t);
	MUST(!buf_failed(&b) && str_equal(buf_str(&b), s));
	MUST(ticket_unpack(buf_str(&b), &again) == 0);
	MUST(str_equal(t.host, again.host) && str_equal(t.url, again.url));
	buf_free(&b);
}

static void
target_check(struct csn_str s)
{
	struct target t = { 0 }, again = { 0 };
	struct buf one, two;

	if (target_unpack(s, &t) < 0)
		return;
	MUST(t.reason <= TARGET_TWO_SESSIONS);
	buf_init(&one, 0);
	buf_init(&two, 0);
	target_pack(&one, &t);
	MUST(!buf_failed(&one));
	MUST(target_unpack(buf_str(&one), &again) == 0);
	target_pack(&two, &again);
	MUST(str_equal(buf_str(&one), buf_str(&two)));
	buf_free(&one);
	buf_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n > 16384)
		return 0;
	ticket_check(str_of(data, n));
	target_check(str_of(data, n));
	return 0;
}
