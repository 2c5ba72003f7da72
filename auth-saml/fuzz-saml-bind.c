/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-saml-bind.c - nothing unpacks beyond its cap, and a query has one
 * reading
 */
#include "lib/fuzzing.h"

#include "bind.h"

static void
round_trip(struct csn_str s)
{
	struct buf written, again;
	struct bind_query q;
	enum rule why;

	if (s.n == 0 || s.n > 4096)
		return;
	buf_init(&written, 0);
	buf_init(&again, 0);
	MUST(bind_redirect_write(STR("SAMLRequest"), s, &written) == 0);
	MUST(bind_query_split(buf_str(&written), &q, &why) == 0);
	MUST(!q.signed_ && str_is(q.name, "SAMLRequest"));
	MUST(bind_query_value(q.message, &again) == 0);
	buf_clear(&written);
	MUST(bind_redirect_read(buf_str(&again), &written, &why) == 0);
	MUST(str_equal(buf_str(&written), s));
	buf_free(&written);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n);
	struct bind_query q;
	enum rule why = RULE_NONE;
	struct buf b;

	buf_init(&b, 0);
	if (bind_post_read(s, &b, &why) == 0)
		MUST(b.n > 0 && b.n <= BIND_MESSAGE_MAX + 3);
	else
		MUST(why != RULE_NONE && b.n == 0);
	buf_clear(&b);
	if (bind_redirect_read(s, &b, &why) == 0)
		MUST(b.n <= BIND_MESSAGE_MAX);
	buf_clear(&b);
	if (bind_query_split(s, &q, &why) == 0) {
		MUST(q.message.p != NULL && q.name.n >= 11);
		if (q.signed_) {
			bind_query_octets(&q, &b);
			MUST(b.n < n + 64);
		}
	}
	buf_free(&b);
	round_trip(s);
	return 0;
}
