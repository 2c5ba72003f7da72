/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-url.c - what url_parse() accepts is plainly a URL
 *
 * It lies in the text, is spelt as the header says, and its origin is read
 * as itself.
 */
#include "fuzzing.h"

#include "url.h"

static bool
within(struct csn_str part, struct csn_str s)
{
	return part.n == 0 ||
	    (part.p >= s.p && part.p + part.n <= s.p + s.n);
}

static void
check_bytes(struct csn_str s)
{
	MUST(s.n > 0 && s.n <= URL_MAX);
	for (size_t i = 0; i < s.n; i++) {
		MUST(s.p[i] > ' ' && s.p[i] < 0x7f);
		MUST(s.p[i] != '\\' && s.p[i] != '#');
	}
}

static void
check_url(struct csn_str s, const struct url *u)
{
	struct url again;
	struct buf b;

	check_bytes(s);
	MUST(within(u->scheme, s) && within(u->host, s));
	MUST(within(u->path, s) && within(u->query, s));
	MUST(url_host_valid(u->host));
	MUST(str_index(u->host, '@') < 0 && str_index(u->host, '/') < 0);
	MUST(u->path.n == 0 || u->path.p[0] == '/');
	MUST(u->port != 0);
	buf_init(&b, 0);
	url_origin(&b, u);
	MUST(!buf_failed(&b));
	MUST(url_parse(buf_str(&b), &again) == 0);
	MUST(str_equal_fold(again.scheme, u->scheme));
	MUST(str_equal_fold(again.host, u->host));
	MUST(again.port == u->port && again.path.n == 0);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str s = str_of(data, n), path, query;
	struct url u;

	if (url_parse(s, &u) == 0)
		check_url(s, &u);
	if (url_parse_local(s, &path, &query) == 0) {
		check_bytes(s);
		MUST(path.n > 0 && path.p == s.p && path.p[0] == '/');
		MUST(s.n < 2 || s.p[1] != '/');
		MUST(path.n + (query.p == NULL ? 0 : query.n + 1) == s.n);
	}
	(void)url_host_valid(s);
	return 0;
}
