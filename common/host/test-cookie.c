/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-cookie.c - our cookies found, and never left for an application (R6)
 */
#include "cookie.h"
#include "host_testing.h"

#define OURS COOKIE_SESSION

static struct arena a;

static int
set_up(void **state)
{
	(void)state;
	arena_init(&a, 1 << 16);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
stripped(const char *one, const char *two, const char *want)
{
	struct csn_str lines[] = { str_from(one), str_from(two) };
	struct csn_str got = cookie_strip(&a,
	    (struct csn_strs){ lines, two == NULL ? 1 : 2 });

	assert_non_null(got.p);
	assert_str(got, want);
}

static void
test_strip(void **state)
{
	(void)state;
	stripped("", NULL, "");
	stripped("a=1", NULL, "a=1");
	stripped("a=1; b=2", NULL, "a=1; b=2");
	stripped("a=1;b=2", NULL, "a=1; b=2");
	stripped(OURS "=x", NULL, "");
	stripped("a=1; " OURS "=x; b=2", NULL, "a=1; b=2");
	stripped(OURS "-x-AAAA=1; a=1", NULL, "a=1");
	stripped("a=1", "b=2; " OURS "-n=y", "a=1; b=2");
	stripped(OURS "=x", OURS "=y", "");
	stripped(" \t; ;; a=1 ;", NULL, "a=1");
}

/* However its name is spelt. */
static void
test_strip_spelt(void **state)
{
	(void)state;
	stripped("__host-COUNTERSIGN=x; a=1", NULL, "a=1");
	stripped("\t" OURS " = x; a=1", NULL, "a=1");
	stripped(OURS, NULL, "");
	stripped(OURS "-of-later=1", NULL, "");
	/* commas and quotation marks do not part cookies (RFC 6265 5.4): what
	 * stands in another's value is the other's */
	stripped("a=\"1; " OURS "=x; b=2\"", NULL, "a=\"1; b=2\"");
	stripped("a=1, " OURS "=x", NULL, "a=1, " OURS "=x");
	stripped("a=" OURS "=x", NULL, "a=" OURS "=x");
	stripped("__Host-countersig=1; __Secure-countersign=2", NULL,
	    "__Host-countersig=1; __Secure-countersign=2");
}

/* No byte of another is changed. */
static void
test_strip_bytes(void **state)
{
	(void)state;
	stripped("a=%3B\x80\xff=\"=; =b", NULL, "a=%3B\x80\xff=\"=; =b");
	stripped("a  b = c  d", NULL, "a  b = c  d");
}

static void
test_strip_many(void **state)
{
	char line[2001];
	struct csn_str lines[8], got;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(line); i += 2)
		memcpy(line + i, "a;", 2);
	for (size_t i = 0; i < COUNT(lines); i++)
		lines[i] = str_of(line, 2000);
	got = cookie_strip(&a, (struct csn_strs){ lines, COUNT(lines) });
	assert_int_equal(got.n, 8 * 1000 * 3 - 2);
	/* no room is no line, never half of one */
	a.budget = a.used + 64;
	got = cookie_strip(&a, (struct csn_strs){ lines, COUNT(lines) });
	assert_null(got.p);
}

static void
test_values(void **state)
{
	struct csn_str lines[] = { STR_INIT("a=1; " OURS "= x ;" OURS "-n=n"),
	    STR_INIT(OURS "=y; __HOST-countersign=z; " OURS) };
	struct csn_strs all = { lines, 2 };
	struct csn_str v[2];

	(void)state;
	/* three by that exact name, of which two are given */
	assert_int_equal(cookie_values(all, STR(OURS), v, 2), 3);
	assert_str(v[0], "x");
	assert_str(v[1], "y");
	assert_int_equal(cookie_values(all, STR(COOKIE_NONCE), v, 2), 1);
	assert_str(v[0], "n");
	assert_int_equal(cookie_values(all, STR("b"), v, 2), 0);
}

/* Both in one pass, and nothing else than the two would say. */
static void
test_split(void **state)
{
	struct csn_str lines[] = { STR_INIT("a=1; " OURS "= x ;" OURS "-n=n"),
	    STR_INIT(OURS "=y; b; __HOST-countersign=z; " OURS "; =c ;" OURS
	    "=1=2;" OURS "=5") };
	struct csn_strs all = { lines, 2 };
	struct cookie_found f;

	(void)state;
	assert_int_equal(cookie_split(&a, all, STR(OURS), &f), 0);
	assert_int_equal(f.n, 5);
	assert_str(f.v[0], "x");
	assert_str(f.v[1], "y");
	assert_str(f.v[2], "");
	assert_str(f.v[3], "1=2");
	assert_str(f.others, "a=1; b; =c");
	assert_int_equal(cookie_split(&a, (struct csn_strs){ NULL, 0 },
	    STR(OURS), &f), 0);
	assert_int_equal(f.n, 0);
	assert_str(f.others, "");
	a.budget = a.used + 16;
	assert_int_equal(cookie_split(&a, all, STR(OURS), &f), -1);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_strip), TEST(test_strip_spelt),
		TEST(test_strip_bytes), TEST(test_strip_many),
		TEST(test_values), TEST(test_split),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
