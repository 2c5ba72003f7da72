/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-policy.c - which policy a request falls under, and what is refused
 * because two readers could read it in two ways (security.md R3, R4, R5)
 */
#include <stdio.h>

#include "host_testing.h"
#include "policy.h"

static struct rig g;
static struct policy_index *ix;
static struct conf_host hosts[RIG_MAX][2];
static struct conf_path paths[RIG_MAX][3];
static struct csn_str methods[RIG_MAX][2];

static int
set_up(void **state)
{
	(void)state;
	rig_init(&g);
	rig_factor(&g, "ldap", &rig_identity, rig_realm(&g, "corp"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	policy_index_free(ix);
	ix = NULL;
	rig_free(&g);
	return 0;
}

/* A leading "*" is a wildcard, ":port" a port. */
static struct conf_host
host_of(const char *text)
{
	struct csn_str rest = str_from(text), name;
	struct conf_host h = { .wildcard = text[0] == '*' };
	uint64_t port = 0;

	(void)str_cut(&rest, ':', &name);
	h.name = h.wildcard ? str_from_at(name, 1) : name;
	if (rest.p != NULL)
		assert_int_equal(str_u64(rest, 65535, &port), 0);
	h.port = (uint16_t)port;
	return h;
}

/* "/x" is exact, "/x*" a subtree; NULL ends. */
static unsigned
policy(const char *host, const char *const *which)
{
	unsigned p = rig_policy(&g, "ldap");
	size_t n = 0;

	hosts[p][0] = host_of(host);
	g.policies[p].hosts = hosts[p];
	g.policies[p].nhosts = 1;
	for (; which != NULL && which[n] != NULL; n++) {
		struct csn_str s = str_from(which[n]);

		paths[p][n].under = s.p[s.n - 1] == '*';
		paths[p][n].path = str_of(s.p, s.n - paths[p][n].under);
	}
	g.policies[p].paths = paths[p];
	g.policies[p].npaths = n;
	return p;
}

#define PATHS(...) (const char *const[]){ __VA_ARGS__, NULL }

static struct policy_request rq;
static const char *why;

static int
match_request(void)
{
	if (ix == NULL)
		ix = policy_index_new(&g.conf);
	assert_non_null(ix);
	return policy_match(ix, &rq, &why);
}

/* -2: the URL cannot be judged at all */
static int
match(const char *url)
{
	if (policy_request_read(&g.arena, str_from(url), &rq) < 0)
		return -2;
	rq.method = STR("GET");
	return match_request();
}

/* ------------------------------------------------------------------ */

static void
test_hosts(void **state)
{
	unsigned one = policy("app.example.org", NULL);
	unsigned wild = policy("*.example.org", NULL);
	unsigned deep = policy("*.b.example.org", NULL);
	unsigned port = policy("app.example.org:8443", NULL);

	(void)state;
	assert_int_equal(match("https://app.example.org/"), one);
	assert_int_equal(match("https://APP.Example.ORG./x"), one);
	assert_int_equal(match("https://app.example.org:443/"), one);
	assert_int_equal(match("https://app.example.org:8443/"), port);
	assert_int_equal(match("https://app.example.org:444/"), -1);
	assert_int_equal(match("https://x.example.org/"), wild);
	assert_int_equal(match("https://x.y.example.org/"), wild);
	/* the first of the file, not the longest */
	assert_int_equal(match("https://x.b.example.org/"), wild);
	assert_int_equal(match("https://x.example.org:1/"), -1);
	assert_int_equal(match("https://example.org/"), -1);
	assert_int_equal(match("https://xexample.org/"), -1);
	assert_int_equal(match("https://app.example.org.evil.org/"), -1);
	(void)deep;
}

/* Few hosts are compared, many are hashed: each is found either way, and no
 * other. */
static void
test_many_hosts(void **state)
{
	static char names[RIG_MAX][2][32];
	char url[64];

	(void)state;
	for (unsigned p = 0; p < RIG_MAX; p++) {
		for (unsigned h = 0; h < 2; h++)
			(void)snprintf(names[p][h], sizeof(names[p][h]),
			    "h%u.%u.example.org", p, h);
		assert_int_equal(policy(names[p][0], NULL), p);
		hosts[p][1] = host_of(names[p][1]);
		g.policies[p].nhosts = 2;
		policy_index_free(ix);
		ix = NULL;
		for (unsigned i = 0; i < 2 * RIG_MAX; i++) {
			(void)snprintf(url, sizeof(url),
			    "https://h%u.%u.example.org/", i / 2, i % 2);
			assert_int_equal(match(url), i / 2 <= p ?
			    (int)i / 2 : -1);
		}
	}
}

/* R3: what is no plain https URL of a plain host is not judged. */
static void
test_urls(void **state)
{
	static const char *const bad[] = {
		"", "/", "app.example.org/", "http://app.example.org/",
		"HTTPS://app.example.org/", "https:///", "https://",
		"https://app.example.org", "https://app.example.org?x",
		"https://u@app.example.org/", "https://app.example.org@x/",
		"https://app_1.example.org/", "https://app.example.org:/",
		"https://app.example.org:0/", "https://app.example.org:65536/",
		"https://app.example.org:443:443/", "https://.example.org/",
		"https://app..example.org/", "https://app.example.org../",
		"https://[::1]/", "https://app.example.org%2e/",
		"https://app.ex\xc3\xa4mple.org/", "https:// app.example.org/",
		"https://app.example.org /", "https://app.example.org\\/",
		"https://app.example.org#/",
	};

	(void)state;
	(void)policy("app.example.org", NULL);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (match(bad[i]) != -2)
			fail_msg("judged: %s", bad[i]);
}

static void
test_paths(void **state)
{
	unsigned exact = policy("a.org", PATHS("/admin/x", "/"));
	unsigned under = policy("a.org", PATHS("/admin*", "/api/v1*"));
	unsigned rest = policy("a.org", PATHS("/*"));

	(void)state;
	assert_int_equal(match("https://a.org/"), exact);
	assert_int_equal(match("https://a.org/?q=/admin"), exact);
	assert_int_equal(match("https://a.org/admin/x"), exact);
	assert_int_equal(match("https://a.org/admin/x?y"), exact);
	assert_int_equal(match("https://a.org/admin"), under);
	assert_int_equal(match("https://a.org/admin/"), under);
	assert_int_equal(match("https://a.org/admin/x/y"), under);
	assert_int_equal(match("https://a.org/api/v1/z"), under);
	/* a prefix ends at a segment (R5) */
	assert_int_equal(match("https://a.org/administrator"), rest);
	assert_int_equal(match("https://a.org/api/v10"), rest);
	assert_int_equal(match("https://a.org/api"), rest);
	assert_int_equal(match("https://a.org/other"), rest);
	assert_int_equal(match("https://a.org/%61dmin"), -1);
	assert_int_equal(match("https://a.org/admin/%7e%2d%E3%81%82"), under);
}

/* What a path of two odd characters is, the first at a place. */
static int
canonical_at(size_t n, size_t at, char c, char next, const char **ret_why)
{
	struct csn_str ret;
	struct arena a;
	char text[64];
	int rc;

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[at] = c;
	text[at + 1] = next;
	arena_init(&a, 4096);
	rc = path_canonical(&a, str_of(text, n), &ret, ret_why);
	if (rc == 0 && c != '%' && next != '%')
		assert_true(str_equal(ret, str_of(text, n)));
	arena_free(&a);
	return rc;
}

/* A long path is looked at sixteen bytes at a time: with the same result as a
 * short one, wherever the odd bytes are. */
static void
test_long_paths(void **state)
{
	static const char nexts[] = "a./%";
	const char *one, *other;

	(void)state;
	for (size_t at = 1; at < 48; at++)
		for (unsigned c = 1; c < 256; c++)
			for (size_t i = 0; i < sizeof(nexts) - 1; i++) {
				int rc = canonical_at(8, at == 1 ? 1 : 3,
				    (char)c, nexts[i], &one);

				assert_int_equal(canonical_at(51, at, (char)c,
				    nexts[i], &other), rc);
				assert_ptr_equal(one, other);
			}
}

static void
test_no_path_rules(void **state)
{
	unsigned all = policy("a.org", NULL);

	(void)state;
	/* a host whose only policy has no path takes any (R5) */
	assert_int_equal(match("https://a.org/a//b/../%2f;x"), all);
}

/* R5: what is ambiguous has no canonical form, and where rules look at the
 * path that is a refusal. */
static void
test_ambiguous(void **state)
{
	static const char *const bad[] = {
		"//admin", "/a//b", "/a//", "/./admin", "/a/../admin",
		"/a/..", "/a/.", "/%2e%2e/admin", "/.%2E/admin", "/a%2fb",
		"/a%2Fb", "/a%5cb", "/a\\b", "/a;b", "/a%3bb", "/a%00b",
		"/a%0ab", "/a%7f", "/%2561dmin", "/a%25", "/a%", "/a%4",
		"/a%zz", "/a%c3%28", "/a%ff", "/a\xff", "/a#b", "/a%23b",
		"/a\x01", "/%c0%af", "/%e0%80%af", "/a%u0041",
	};
	char url[128];

	(void)state;
	(void)policy("a.org", PATHS("/admin*"));
	(void)policy("a.org", NULL);
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(url, sizeof(url), "https://a.org%s", bad[i]);
		if (match(url) >= 0)
			fail_msg("judged: %s", bad[i]);
		assert_non_null(why);
	}
	assert_int_equal(match("https://a.org/a.b/..c/%20/%c3%a4"), 1);
}

/* Case chooses no other policy, or it is a refusal. */
static void
test_case(void **state)
{
	unsigned admin = policy("a.org", PATHS("/Admin*"));
	unsigned rest = policy("a.org", NULL);

	(void)state;
	assert_int_equal(match("https://a.org/Admin/x"), admin);
	assert_int_equal(match("https://a.org/admin/x"), -1);
	assert_int_equal(match("https://a.org/ADMIN"), -1);
	assert_int_equal(match("https://a.org/other"), rest);
}

/* Nor does it beyond ASCII, where letters have several spellings besides. */
static void
test_case_of_letters(void **state)
{
	unsigned doctors = policy("a.org", PATHS("/\xc3\x84rzte*"));
	unsigned keys = policy("a.org", PATHS("/keys*", "/ok\xc3\xa9"));
	unsigned rest = policy("a.org", NULL);

	(void)state;
	assert_int_equal(match("https://a.org/%c3%84rzte/x"), doctors);
	assert_int_equal(match("https://a.org/%C3%84rzte"), doctors);
	assert_int_equal(match("https://a.org/%c3%a4rzte/x"), -1);
	assert_int_equal(match("https://a.org/\xc3\xa4RZTE"), -1);
	assert_int_equal(match("https://a.org/A%cc%88rzte"), -1);
	assert_int_equal(match("https://a.org/ok%c3%a9"), keys);
	assert_int_equal(match("https://a.org/OK%c3%89"), -1);
	/* the sign of a degree Kelvin is a k to who compares without case */
	assert_int_equal(match("https://a.org/%e2%84%aaeys"), -1);
	assert_int_equal(match("https://a.org/keys/%c3%a4"), keys);
	assert_int_equal(match("https://a.org/%c3%a4rztin"), rest);
	assert_int_equal(match("https://a.org/%c3%a4"), rest);
	assert_int_equal(match("https://a.org/x/%c3%a4rzte"), rest);
}

/* R4: a fact that some rule of the host reads must have been told. */
static void
test_facts_method(void **state)
{
	unsigned post = policy("a.org", NULL), rest;

	(void)state;
	methods[post][0] = STR("POST");
	g.policies[post].methods = (struct csn_strs){ methods[post], 1 };
	rest = policy("a.org", NULL);
	assert_int_equal(match("https://a.org/"), rest);
	rq.method = STR("POST");
	assert_int_equal(match_request(), post);
	/* which an application may take for the same */
	rq.method = STR("post");
	assert_int_equal(match_request(), -1);
	rq.method = STR("PoST");
	assert_int_equal(match_request(), -1);
	rq.method = STR("M-SEARCH");
	assert_int_equal(match_request(), rest);
	rq.method = STR("");
	assert_int_equal(match_request(), -1);
	rq.method = STR("GET");
	rq.method_overridden = true;
	assert_int_equal(match_request(), -1);
}

static struct ip_net office;
static struct conf_network networks[1] = { { STR_INIT("office"), &office,
	1 } };

static void
client(const char *text)
{
	rq.have_client = ip_parse(str_from(text), &rq.client) == 0;
}

/* And E6: a bypass by network is judged at every request, so that it stays
 * behind in the office. */
static void
test_facts_network(void **state)
{
	unsigned inside = policy("a.org", NULL), outside;

	(void)state;
	assert_int_equal(ip_net_parse(STR("192.0.2.0/24"), &office), 0);
	g.conf.networks = networks;
	g.conf.nnetworks = 1;
	g.policies[inside].networks = 1;
	outside = policy("a.org", NULL);
	assert_int_equal(match("https://a.org/"), -1);
	client("192.0.2.7");
	assert_int_equal(match_request(), inside);
	client("198.51.100.1");
	assert_int_equal(match_request(), outside);
	client("2001:db8::1");
	assert_int_equal(match_request(), outside);
	/* hosts whose rules do not read it are judged without */
	assert_int_equal(policy("b.org", NULL), 2);
	policy_index_free(ix);
	ix = NULL;
	assert_int_equal(match("https://b.org/"), 2);
	assert_int_equal(match("https://a.org/"), -1);
}

static void
test_known(void **state)
{
	(void)state;
	(void)policy("a.org", NULL);
	(void)policy("a.org:8443", NULL);
	(void)policy("*.b.org", NULL);
	(void)match("https://a.org/");
	assert_true(policy_host_known(ix, STR("a.org"), 443, false));
	assert_true(policy_host_known(ix, STR("a.org"), 8443, false));
	assert_false(policy_host_known(ix, STR("a.org"), 80, true));
	assert_false(policy_host_known(ix, STR("x.b.org"), 443, false));
	assert_true(policy_host_known(ix, STR("x.b.org"), 443, true));
	assert_false(policy_host_known(ix, STR("b.org"), 443, true));
	assert_false(policy_host_known(ix, STR("x.b.org"), 8443, true));
	assert_false(policy_host_known(ix, STR(""), 443, true));
}

/* ------------------------------------------------------------------ */
/* all short paths: however an application reads it, or deny */

static int
rule_for(struct csn_str path)
{
	/* the rules of test_readings, said once more */
	if (str_is(path, "/a") || str_starts(path, STR("/a/")))
		return 0;
	if (str_is(path, "/a.") || str_is(path, "/b/a"))
		return 1;
	return 2;
}

static int
hex_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

/* Decodes once, as applications do: what is malformed stays. */
static struct csn_str
decoded(struct csn_str s)
{
	char *p = arena_alloc(&g.arena, s.n + 1);
	size_t n = 0;

	assert_non_null(p);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex_of(s.p[i + 1]) >= 0 &&
		    hex_of(s.p[i + 2]) >= 0) {
			p[n++] = (char)(hex_of(s.p[i + 1]) * 16 +
			    hex_of(s.p[i + 2]));
			i += 2;
		} else {
			p[n++] = s.p[i];
		}
	}
	return str_of(p, n);
}

/* Slashes merged, dot segments resolved, parameters cut, backslashes turned:
 * the boldest reader there is. */
static struct csn_str
resolved(struct csn_str s)
{
	char *p = arena_alloc(&g.arena, s.n + 2);
	struct csn_str rest, seg;
	size_t n = 0;

	assert_non_null(p);
	memcpy(p, s.p, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (p[i] == '\\')
			p[i] = '/';
	rest = arena_str(&g.arena, str_of(p, s.n));
	while (str_cut(&rest, '/', &seg)) {
		ptrdiff_t cut = str_index(seg, ';');

		if (cut >= 0)
			seg.n = (size_t)cut;
		if (seg.n == 0 || str_is(seg, "."))
			continue;
		if (str_is(seg, "..")) {
			while (n > 0 && p[--n] != '/')
				;
			continue;
		}
		p[n++] = '/';
		memcpy(p + n, seg.p, seg.n);
		n += seg.n;
	}
	/* "/a/" is another path than "/a" to every reader */
	if (n == 0 || p[s.n - 1] == '/')
		p[n++] = '/';
	return str_of(p, n);
}

static struct csn_str
lower(struct csn_str s)
{
	struct csn_str ret = arena_str(&g.arena, s);

	for (size_t i = 0; i < ret.n; i++)
		if (ret.p[i] >= 'A' && ret.p[i] <= 'Z')
			((char *)(uintptr_t)ret.p)[i] += 32;
	return ret;
}

static void
reading_check(struct csn_str raw, int got)
{
	struct csn_str once = decoded(raw), twice = decoded(once);
	struct csn_str readings[] = { raw, once, resolved(once), twice,
	    resolved(twice), lower(once), lower(resolved(twice)) };

	for (size_t i = 0; i < COUNT(readings); i++)
		if (rule_for(readings[i]) != got)
			fail_msg("%.*s: policy %d, but %d for a reader of "
			    "%.*s", STR_FMT(raw), got, rule_for(readings[i]),
			    STR_FMT(readings[i]));
}

static void
test_readings(void **state)
{
	static const char *const atoms[] = { "/", "a", "b", "A", ".", "%61",
	    "%2f", "%2e", "%25", "61", "%5c", "\\", ";", "%" };
	unsigned long n = 0, judged = 0;

	(void)state;
	(void)policy("a.org", PATHS("/a*"));
	(void)policy("a.org", PATHS("/a.", "/b/a"));
	(void)policy("a.org", NULL);
	for (unsigned code = 0; code < 14 * 14 * 14 * 14 * 14;
	    code += T_SLOW == 1 ? 1 : 19) {	/* shares nothing with 14 */
		char url[64];
		unsigned rest = code;
		struct buf b;
		int got;

		buf_init_fixed(&b, url, sizeof(url));
		buf_puts(&b, "https://a.org/");
		for (unsigned i = 0; i < 5; i++, rest /= 14)
			buf_puts(&b, atoms[rest % 14]);
		if (code % 256 < T_SLOW)
			arena_free(&g.arena);
		got = match(url);
		n++;
		if (got < 0)
			continue;
		judged++;
		reading_check(str_from(url + 13), got);
	}
	print_message("# %lu paths, %lu judged\n", n, judged);
	assert_true(judged > n / 50);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hosts), TEST(test_many_hosts), TEST(test_urls),
		TEST(test_paths), TEST(test_long_paths),
		TEST(test_no_path_rules), TEST(test_ambiguous),
		TEST(test_case), TEST(test_case_of_letters),
		TEST(test_facts_method),
		TEST(test_facts_network), TEST(test_known),
		TEST(test_readings),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
