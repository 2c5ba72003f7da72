/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-probe-answer.c - answers of a proxy that is anybody's
 *
 * Every slice lies in what was read; an answer that is whole is the same when
 * nothing follows it, and is not whole with a byte less; a login is never
 * found in what is no redirect.
 */
#include "lib/fuzzing.h"
#include "probe_answer.h"

static bool
within(struct csn_str all, struct csn_str part)
{
	return part.n == 0 || (part.p >= all.p &&
	    part.p + part.n <= all.p + all.n);
}

static void
whole(struct csn_str all, bool no_body, const struct probe_answer *a)
{
	struct probe_answer again;

	MUST(a->whole <= all.n && !a->until_end);
	probe_answer_read(str_of(all.p, a->whole), no_body, &again);
	MUST(again.state == a->state && again.status == a->status);
	MUST(again.whole == a->whole && again.body.n == a->body.n);
	probe_answer_read(str_of(all.p, a->whole - 1), no_body, &again);
	MUST(again.whole != a->whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str all = str_of(data, n), line;
	struct probe_answer a;
	enum probe_said said;

	for (int no_body = 0; no_body < 2; no_body++) {
		probe_answer_read(all, no_body != 0, &a);
		said = probe_answer_judge(&a, STR("app.example.com"));
		if (a.state != PROBE_ANSWERED) {
			MUST(a.status == 0 && a.whole == 0);
			MUST(said == SAID_NOTHING || said == SAID_REFUSED);
			continue;
		}
		MUST(a.status >= 100 && a.status <= 999);
		MUST(within(all, a.head) && within(all, a.body));
		for (size_t i = 0; i < 20; i++) {
			line = probe_answer_header(&a, "Set-Cookie", i);
			MUST(line.p == NULL || within(all, line));
		}
		MUST(said != SAID_LOGIN || (a.status > 300 &&
		    a.status < 309));
		if (a.whole != 0)
			whole(all, no_body != 0, &a);
	}
	return 0;
}
