/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/fuzzing.h"
#include "lib/text.h"
#include "subject.h"

/* A name that is taken is plain, short, and canonical again by both rules. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str raw = str_of(data, n), name, again;
	struct arena a;

	arena_init(&a, 1 << 16);
	for (int keep = 0; keep < 2; keep++) {
		if (subject_canonical(&a, keep, raw, &name) != 0)
			continue;
		MUST(name.n > 0 && name.n <= SUBJECT_MAX && text_plain(name));
		MUST(subject_canonical(&a, keep, name, &again) == 0);
		MUST(str_equal(name, again));
		MUST(subject_canonical(&a, !keep, name, &again) == 0);
		MUST(subject_matches(name, name));
		MUST(subject_matches(STR("*"), name));
	}
	(void)subject_matches(raw, raw);
	arena_free(&a);
	return 0;
}
