/* SPDX-License-Identifier: Apache-2.0 */
/* test-url.c - what a URL is here, and above all what is not */
#include "testing.h"

#include "url.h"

static const struct {
	const char *text, *host, *path, *query, *origin;
	unsigned port;
	bool written;
} good[] = {
	{ "https://a.example", "a.example", "", NULL, "https://a.example",
	    443, false },
	{ "https://a.example/", "a.example", "/", NULL, "https://a.example",
	    443, false },
	{ "http://a.example/b/c?d=e&f", "a.example", "/b/c", "d=e&f",
	    "http://a.example", 80, false },
	{ "https://a?", "a", "", "", "https://a", 443, false },
	{ "https://a?b?c/d", "a", "", "b?c/d", "https://a", 443, false },
	{ "https://a/?", "a", "/", "", "https://a", 443, false },
	{ "HTTPS://A-Z.Example:443/X", "A-Z.Example", "/X", NULL,
	    "https://a-z.example", 443, true },
	{ "https://0a.a.0a/", "0a.a.0a", "/", NULL, "https://0a.a.0a", 443,
	    false },
	{ "https://a:8443/", "a", "/", NULL, "https://a:8443", 8443, true },
	{ "http://a:443", "a", "", NULL, "http://a:443", 443, true },
	{ "https://a:80", "a", "", NULL, "https://a:80", 80, true },
	{ "https://a:65535", "a", "", NULL, "https://a:65535", 65535, true },
	{ "https://a:1", "a", "", NULL, "https://a:1", 1, true },
	{ "https://192.0.2.1/", "192.0.2.1", "/", NULL, "https://192.0.2.1",
	    443, false },
	{ "https://[2001:DB8::1]:8443/x", "[2001:DB8::1]", "/x", NULL,
	    "https://[2001:db8::1]:8443", 8443, true },
	{ "https://[::1]", "[::1]", "", NULL, "https://[::1]", 443, false },
	{ "https://a/b@c:d//e;f=%zz|{}", "a", "/b@c:d//e;f=%zz|{}", NULL,
	    "https://a", 443, false },
	{ "https://x-1--2.a/", "x-1--2.a", "/", NULL, "https://x-1--2.a",
	    443, false },
};

static void
test_good(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(good); i++) {
		struct url u;

		if (url_parse(str_from(good[i].text), &u) != 0)
			fail_msg("refused %s", good[i].text);
		assert_str(u.host, good[i].host);
		assert_str(u.path, good[i].path);
		assert_int_equal(u.query.p == NULL, good[i].query == NULL);
		assert_str(u.query, good[i].query);
		assert_int_equal(u.port, good[i].port);
		assert_int_equal(u.port_written, good[i].written);
		/* borrowed from the text */
		assert_ptr_equal(u.scheme.p, good[i].text);
		url_origin(&b, &u);
		assert_str(buf_str(&b), good[i].origin);
		buf_clear(&b);
	}
	buf_free(&b);
}

static const struct csn_str bad[] = {
	/* no URL, or of another scheme */
	STR_INIT(""), STR_INIT("https"), STR_INIT("https:"),
	STR_INIT("https:/"), STR_INIT("https://"), STR_INIT("https:///a"),
	STR_INIT("https:a"), STR_INIT("https:/a"), STR_INIT("//a"),
	STR_INIT("/a"), STR_INIT("a"), STR_INIT("://a"),
	STR_INIT("ftp://a"), STR_INIT("javascript://a"),
	STR_INIT("javascript:alert(1)"), STR_INIT("data:text/html,x"),
	STR_INIT("httpss://a"), STR_INIT("xhttps://a"),
	STR_INIT(" https://a"), STR_INIT("https://a "),
	STR_INIT("\thttps://a"), STR_INIT("ht\ntps://a"),
	STR_INIT("https ://a"), STR_INIT("https%3a//a"),
	/* user info */
	STR_INIT("https://u@a/"), STR_INIT("https://u:p@a/"),
	STR_INIT("https://@a/"), STR_INIT("https://a@"),
	STR_INIT("https://a.example:443@evil.example/"),
	STR_INIT("https://a%40evil.example/"),
	/* what a browser turns into another thing */
	STR_INIT("https:\\\\a"), STR_INIT("https://a\\b"),
	STR_INIT("https://a/\\b"), STR_INIT("https://a\\@b/"),
	STR_INIT("https://a#"), STR_INIT("https://a/b#c"),
	STR_INIT("https://a?b#c"), STR_INIT("https://a#@b/"),
	STR_INIT("https://a/b c"), STR_INIT("https://a/b\tc"),
	STR_INIT("https://a/\r\nb"), STR_INIT("https://a/\0b"),
	STR_INIT("https://a\0.b/"), STR_INIT("https://a/\x7f"),
	STR_INIT("https://a/\x80"), STR_INIT("https://\xc3\xa4/"),
	STR_INIT("https://a/\xe2\x80\xae"), STR_INIT("https://a?\x01"),
	/* hosts */
	STR_INIT("https://?a"), STR_INIT("https://:443/"),
	STR_INIT("https://.a/"), STR_INIT("https://a./"),
	STR_INIT("https://a..b/"), STR_INIT("https://./"),
	STR_INIT("https://a_b/"), STR_INIT("https://a,b/"),
	STR_INIT("https://a%2eb/"), STR_INIT("https://*.a/"),
	STR_INIT("https://a;b/"), STR_INIT("https://a|b/"),
	STR_INIT("https://127.1/"), STR_INIT("https://2130706433/"),
	STR_INIT("https://0x7f000001/"), STR_INIT("https://0X7F.1/"),
	STR_INIT("https://0X7F000001/"), STR_INIT("https://a.0X/"),
	STR_INIT("https://a.0x/"), STR_INIT("https://0/"),
	STR_INIT("https://a.1/"), STR_INIT("https://127.0.0.0x1/"),
	STR_INIT("https://010.0.0.1/"), STR_INIT("https://256.0.0.1/"),
	STR_INIT("https://1.2.3.4.5/"), STR_INIT("https://1.2.3.4./"),
	STR_INIT("https://[/"), STR_INIT("https://[]/"),
	STR_INIT("https://]/"), STR_INIT("https://[::1/"),
	STR_INIT("https://::1/"), STR_INIT("https://[a]/"),
	STR_INIT("https://[127.0.0.1]/"), STR_INIT("https://[::1]a/"),
	STR_INIT("https://[::1]]/"), STR_INIT("https://[[::1]]/"),
	STR_INIT("https://[fe80::1%25eth0]/"),
	STR_INIT("https://[fe80::1%eth0]/"), STR_INIT("https://[v1.a]/"),
	STR_INIT("https://[::1].a/"), STR_INIT("https://a[::1]/"),
	/* ports */
	STR_INIT("https://a:/"), STR_INIT("https://a:"),
	STR_INIT("https://a:0/"), STR_INIT("https://a:00443/"),
	STR_INIT("https://a:0443/"), STR_INIT("https://a:65536/"),
	STR_INIT("https://a:99999999999999999999/"),
	STR_INIT("https://a:-1/"), STR_INIT("https://a:+1/"),
	STR_INIT("https://a:1a/"), STR_INIT("https://a:1:1/"),
	STR_INIT("https://a::1/"), STR_INIT("https://a:%34/"),
	STR_INIT("https://[::1]:/"), STR_INIT("https://[::1]:0/"),
};

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct url u = { .port = 7 };

		if (url_parse(bad[i], &u) != -1)
			fail_msg("accepted %.*s", STR_FMT(bad[i]));
		assert_int_equal(u.port, 7);
		assert_null(u.host.p);
	}
	assert_int_equal(url_parse(str_of(NULL, 0), &(struct url){ 0 }), -1);
}

/* Each byte that stands alone in a host, a path, a query. */
static void
test_bytes(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "https://aXb/cX?dX";
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool in_host = letter || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '/' || c == '?';
		bool plain = c > ' ' && c < 0x7f && c != '\\' && c != '#';
		struct csn_str s = str_of(text, sizeof(text) - 1);
		struct url u;

		text[9] = (char)c;
		assert_int_equal(url_parse(s, &u), in_host ? 0 : -1);
		text[9] = 'x';
		text[13] = (char)c;
		assert_int_equal(url_parse(s, &u), plain ? 0 : -1);
		text[13] = 'x';
		text[16] = (char)c;
		assert_int_equal(url_parse(s, &u), plain ? 0 : -1);
	}
}

/* Each byte at each place of a longer path. */
static void
test_places(void **state)
{
	char text[] = "/0123456789012345678901234567890123456789";
	struct csn_str s = str_of(text, sizeof(text) - 1), path, query;

	(void)state;
	for (size_t i = 2; i < s.n; i++)
		for (int c = 0; c < 256; c++) {
			bool plain = c > ' ' && c < 0x7f && c != '\\' &&
			    c != '#';
			char was = text[i];

			text[i] = (char)c;
			assert_int_equal(url_parse_local(s, &path, &query),
			    plain ? 0 : -1);
			text[i] = was;
		}
}

static void
test_lengths(void **state)
{
	char text[URL_MAX + 1], host[300];
	struct csn_str path, query;
	struct url u;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://a/", 10);
	assert_int_equal(url_parse(str_of(text, URL_MAX), &u), 0);
	assert_int_equal(url_parse(str_of(text, URL_MAX + 1), &u), -1);
	text[0] = '/';
	text[1] = 'x';
	assert_int_equal(url_parse_local(str_of(text, URL_MAX), &path,
	    &query), 0);
	assert_int_equal(url_parse_local(str_of(text, URL_MAX + 1), &path,
	    &query), -1);

	memset(host, 'a', sizeof(host));
	assert_true(url_host_valid(str_of(host, 63)));
	assert_false(url_host_valid(str_of(host, 64)));
	for (size_t i = 50; i < sizeof(host); i += 51)
		host[i] = '.';
	assert_true(url_host_valid(str_of(host, 253)));
	assert_false(url_host_valid(str_of(host, 254)));
	assert_false(url_host_valid(STR("")));
	assert_false(url_host_valid(str_of(NULL, 0)));
	assert_false(url_host_valid(STR("a:443")));
	assert_true(url_host_valid(STR("xn--bcher-kva.example")));
	assert_true(url_host_valid(STR("1a")));
	assert_true(url_host_valid(STR("1.0xg")));
	assert_true(url_host_valid(STR("[::ffff:192.0.2.1]")));
}

static void
test_local(void **state)
{
	static const struct csn_str refused[] = {
		STR_INIT(""), STR_INIT("a"), STR_INIT("?a"), STR_INIT("//"),
		STR_INIT("//evil.example"), STR_INIT("/\\evil.example"),
		STR_INIT("\\/evil.example"), STR_INIT("///a"),
		STR_INIT("/a\\b"), STR_INIT("/a#b"), STR_INIT("/a b"),
		STR_INIT(" /a"), STR_INIT("/\t/evil.example"),
		STR_INIT("/\n/evil.example"), STR_INIT("/a\0"),
		STR_INIT("/\x80"), STR_INIT("/a?b\r\nc"),
		STR_INIT("https://a/"), STR_INIT("./a"), STR_INIT("/\x7f"),
	};
	struct csn_str path = STR("old"), query = STR("old");

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (url_parse_local(refused[i], &path, &query) != -1)
			fail_msg("accepted %.*s", STR_FMT(refused[i]));
		assert_str(path, "old");
		assert_str(query, "old");
	}
	assert_int_equal(url_parse_local(STR("/"), &path, &query), 0);
	assert_str(path, "/");
	assert_null(query.p);
	assert_int_equal(url_parse_local(STR("/a//b?"), &path, &query), 0);
	assert_str(path, "/a//b");
	assert_non_null(query.p);
	assert_str(query, "");
	assert_int_equal(url_parse_local(STR("/?//a?b"), &path, &query), 0);
	assert_str(path, "/");
	assert_str(query, "//a?b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_local),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
