/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-policy.c - an address that is read has one plain host and, if any, a
 * path that no further decoding changes
 */
#include "lib/fuzzing.h"
#include "lib/text.h"
#include "lib/url.h"
#include "policy.h"

static void
check_path(struct arena *a, struct csn_str path)
{
	struct csn_str again, rest = path, seg;
	const char *why;

	MUST(path.n > 0 && path.p[0] == '/' && text_utf8(path));
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		MUST(c >= 0x20 && c != 0x7f && c != '%' && c != '\\' &&
		    c != ';' && c != '#');
	}
	rest = str_from_at(rest, 1);
	while (str_cut(&rest, '/', &seg))
		MUST(!str_is(seg, ".") && !str_is(seg, "..") &&
		    (seg.n > 0 || rest.p == NULL));
	MUST(path_canonical(a, path, &again, &why) == 0);
	MUST(str_equal(path, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n), path;
	struct policy_request rq;
	struct arena a;
	const char *why;

	if (n > POLICY_URL_MAX + 1)
		return 0;
	arena_init(&a, 1u << 20);
	if (policy_request_read(&a, s, &rq) == 0) {
		MUST(n <= POLICY_URL_MAX && rq.port != 0);
		MUST(url_host_valid(rq.host) && rq.host.p[0] != '[');
		for (size_t i = 0; i < rq.host.n; i++)
			MUST(rq.host.p[i] < 'A' || rq.host.p[i] > 'Z');
		MUST(rq.path.p != NULL || rq.path_fault != NULL);
		if (rq.path.p != NULL)
			check_path(&a, rq.path);
	}
	if (path_canonical(&a, s, &path, &why) == 0)
		check_path(&a, path);
	else
		MUST(why != NULL);
	arena_free(&a);
	return 0;
}
