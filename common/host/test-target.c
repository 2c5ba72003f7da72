/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-target.c - where a login may lead (security.md S11)
 */
#include "host_testing.h"
#include "lib/base64url.h"
#include "target.h"

static struct rig g;
static struct sealer *sealer;
static struct policy_index *ix;
static const struct conf_host hosts[] = {
	{ .name = STR_INIT("app.example.org") },
	{ .name = STR_INIT("app.example.org"), .port = 8443 },
	{ .name = STR_INIT(".wild.example.org"), .wildcard = true },
};

static int
set_up(void **state)
{
	unsigned p;

	(void)state;
	rig_init(&g);
	rig_factor(&g, "ldap", &rig_identity, rig_realm(&g, "corp"));
	p = rig_policy(&g, "ldap");
	g.policies[p].hosts = hosts;
	g.policies[p].nhosts = COUNT(hosts);
	sealer = rig_sealer();
	ix = policy_index_new(&g.conf);
	assert_non_null(ix);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	policy_index_free(ix);
	sealer_free(sealer);
	rig_free(&g);
	return 0;
}

static int
judge(const char *url, struct target *t)
{
	return target_judge(&g.arena, ix, str_from(url), t);
}

static void
test_judge(void **state)
{
	static const char *const bad[] = {
		"", "/", "//app.example.org/", "app.example.org/",
		"http://app.example.org/", "https:/app.example.org/",
		"https://app.example.org", "https://app.example.org?x",
		"https://other.example.org/", "https://example.org/",
		"https://app.example.org.evil.org/",
		"https://app.example.org:444/",
		"https://app.example.org@evil.org/",
		"https://evil.org\\@app.example.org/",
		"https://user:pw@app.example.org/",
		"https://app.example.org/#x", "https://app.example.org/a b",
		"https://app.example.org/\n", "https://app.example.org/\\x",
		"https://app.example.org\t/", "javascript:alert(1)",
		"https://a.wild.example.org/",	/* wildcards do not count */
		"https://app.example.org:/", "https://app.example.org:0443/",
		"https://xapp.example.org/", "https://[::1]/",
	};
	struct target t;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (judge(bad[i], &t) == 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(judge("https://app.example.org/a/b?c=d", &t), 0);
	assert_str(t.host, "app.example.org");
	assert_int_equal(t.port, 443);
	assert_int_equal(judge("https://APP.example.org:443/", &t), 0);
	assert_str(t.host, "app.example.org");
	assert_int_equal(judge("https://app.example.org:8443/", &t), 0);
	assert_str(target_host(&g.arena, &t), "app.example.org:8443");
}

static struct target
target_one(void)
{
	struct target t = { .url = STR("https://app.example.org/x"),
	    .host = STR("app.example.org"), .port = 443,
	    .reason = TARGET_ENDED, .made_ms = T_NOW, .has_nonce = true };

	memset(t.nonce, 'n', sizeof(t.nonce));
	assert_int_equal(ip_parse(STR("192.0.2.7"), &t.client), 0);
	t.has_client = true;
	t.handed_ms = T_NOW - 5;
	return t;
}

static int
open_at(const struct buf *b, int64_t now_ms, struct target *t)
{
	return target_open(&g.arena, sealer, &g.conf, buf_str(b), now_ms, t);
}

static void
test_seal(void **state)
{
	struct target t = target_one(), back;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	target_seal(&b, sealer, &g.conf, &t);
	assert_false(buf_failed(&b));
	assert_int_equal(open_at(&b, T_NOW, &back), 0);
	assert_str(back.url, "https://app.example.org/x");
	assert_str(back.host, "app.example.org");
	assert_true(back.port == 443 && back.reason == TARGET_ENDED &&
	    back.made_ms == T_NOW && back.has_nonce);
	assert_memory_equal(back.nonce, t.nonce, sizeof(t.nonce));
	assert_true(back.has_client && back.handed_ms == t.handed_ms);
	assert_memory_equal(&back.client, &t.client, sizeof(t.client));
	/* neither too old nor from the future */
	assert_int_equal(open_at(&b, T_NOW + TARGET_LIFE_MS, &back), 0);
	assert_int_equal(open_at(&b, T_NOW + TARGET_LIFE_MS + 1, &back), -1);
	assert_int_equal(open_at(&b, T_NOW - 60000, &back), 0);
	assert_int_equal(open_at(&b, T_NOW - 60001, &back), -1);
	/* sealed for this login host alone */
	g.conf.login_host = STR("other.example.org");
	assert_int_equal(open_at(&b, T_NOW, &back), -1);
	buf_free(&b);
}

static void
test_forged(void **state)
{
	struct target t = target_one(), back;
	struct buf b, sealed, text;

	(void)state;
	buf_init(&b, 0);
	target_seal(&b, sealer, &g.conf, &t);
	for (size_t i = 0; i < b.n; i++) {
		uint8_t was = b.p[i];

		b.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(open_at(&b, T_NOW, &back), -1);
		b.p[i] = was;
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(target_open(&g.arena, sealer, &g.conf,
		    str_of(b.p, n), T_NOW, &back), -1);
	/* what was sealed for another purpose is no target */
	buf_init(&sealed, 0);
	buf_init(&text, 0);
	assert_int_equal(seal_put(sealer, SEAL_FORM, g.conf.login_host,
	    STR("\1\0\0\0\0\0\0\0\0\0\0\1\xbb\0\0\0\0"), &sealed), 0);
	base64url_encode(&text, buf_str(&sealed));
	assert_int_equal(open_at(&text, T_NOW, &back), -1);
	buf_free(&text);
	buf_free(&sealed);
	buf_free(&b);
}

static void
test_too_long(void **state)
{
	struct target t = target_one(), back;
	static char url[TARGET_URL_MAX + 2];
	struct buf b;

	(void)state;
	memset(url, 'x', sizeof(url));
	memcpy(url, "https://app.example.org/", 24);
	t.url = str_of(url, TARGET_URL_MAX);
	buf_init(&b, 0);
	target_seal(&b, sealer, &g.conf, &t);
	assert_false(buf_failed(&b));
	assert_int_equal(open_at(&b, T_NOW, &back), 0);
	assert_int_equal(back.url.n, TARGET_URL_MAX);
	buf_clear(&b);
	t.url.n++;
	target_seal(&b, sealer, &g.conf, &t);
	assert_true(buf_failed(&b));
	buf_free(&b);
	assert_int_equal(target_judge(&g.arena, ix, t.url, &back), -1);
}

static void
test_start_url(void **state)
{
	struct target t = target_one();
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	target_start_url(&b, sealer, &g.conf, &t);
	assert_true(str_starts(buf_str(&b),
	    STR("https://app.example.org/.countersign/start?to=")));
	buf_clear(&b);
	t.port = 8443;
	target_start_url(&b, sealer, &g.conf, &t);
	assert_true(str_starts(buf_str(&b),
	    STR("https://app.example.org:8443/.countersign/start?to=")));
	buf_clear(&b);
	g.conf.shared_origin = true;
	target_start_url(&b, sealer, &g.conf, &t);
	assert_true(str_starts(buf_str(&b),
	    STR("https://login.example.org/login?to=")));
	buf_free(&b);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_judge), TEST(test_seal), TEST(test_forged),
		TEST(test_too_long), TEST(test_start_url),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
