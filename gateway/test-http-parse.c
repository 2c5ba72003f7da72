/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-parse.c - the reader: heads in and out, however they are cut
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http_parse.h"

static struct http_parse parse;
static struct http_limits limits;

/* Fed in pieces of `piece` bytes, each time from memory of exact size. */
static int
feed(const char *s, size_t n, size_t piece)
{
	int r = HTTP_PARSE_MORE;
	char *copy;

	http_parse_start(&parse, &limits, 1000);
	for (size_t have = 0; r == HTTP_PARSE_MORE && have < n;) {
		have = n - have < piece ? n : have + piece;
		copy = malloc(have);
		assert_non_null(copy);
		memcpy(copy, s, have);
		r = http_parse_head(&parse, copy, have);
		free(copy);
	}
	return r;
}

/* Whole and in all small pieces it is the same. */
static int
verdict(const char *s, size_t n)
{
	int r = feed(s, n, n), small;

	for (size_t piece = 1; piece < 40; piece++) {
		small = feed(s, n, piece);
		if (small != r)
			print_error("%d, in pieces of %zu %d: %.60s\n", r,
			    piece, small, s);
		assert_int_equal(small, r);
	}
	return feed(s, n, n);
}

#define HEAD "GET / HTTP/1.1\r\nHost: a\r\n"
#define ROW(fault, s) { fault, s, sizeof(s) - 1 }

static const struct { int fault; const char *s; size_t n; } rows[] = {
	ROW(HTTP_SOUND, HEAD "\r\n"),
	ROW(HTTP_SOUND, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
	ROW(HTTP_SOUND, "PROPFIND /a?b@c=http://d/ HTTP/1.1\r\nhOST:a\r\n\r\n"),
	ROW(HTTP_SOUND, "GET /@scope/x HTTP/1.1\r\nHost: a.b-c:8443\r\n\r\n"),
	ROW(HTTP_SOUND, "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"),
	ROW(HTTP_SOUND, "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"),
	ROW(HTTP_SOUND, "GET / HTTP/1.1\r\nHost: up_stream\r\n\r\n"),
	ROW(HTTP_SOUND, HEAD "X:\r\nY: \t \r\nZ:a\tb\xc3\xa9\xff\r\n\r\n"),
	ROW(HTTP_SOUND, HEAD "Content-Length: 0\r\n\r\n"),
	ROW(HTTP_SOUND, "POST / HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1000\r\n\r\n"),
	ROW(HTTP_SOUND, HEAD "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "\r\n"),
	ROW(HTTP_PARSE_MORE, HEAD),
	ROW(HTTP_PARSE_MORE, HEAD "\r"),
	ROW(HTTP_PARSE_MORE, "G"),
	/* no request line */
	ROW(HTTP_GARBAGE, "\r\n" HEAD "\r\n"),
	ROW(HTTP_GARBAGE, "GET /\r\n"),
	ROW(HTTP_GARBAGE, "GET\r\n"),
	ROW(HTTP_GARBAGE, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "G\tT / HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "GET / http/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "GET / x HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABC / HTTP/1.1\r\n"
	    "Host: a\r\n\r\n"),
	ROW(HTTP_GARBAGE, "\x16\x03\x01\x02\x00\x01"),
	ROW(HTTP_GARBAGE, "\x80"),
	ROW(HTTP_VERSION, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
	ROW(HTTP_VERSION, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
	ROW(HTTP_VERSION, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
	ROW(HTTP_VERSION, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	/* targets */
	ROW(HTTP_TARGET_FORM, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_FORM, "GET @b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_FORM, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_FORM, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_FORM, "GET  HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
	ROW(HTTP_TARGET_BYTES, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
	/* line ends */
	ROW(HTTP_GARBAGE, "\n"),
	ROW(HTTP_BARE_LF, "GET / HTTP/1.1\nHost: a\n\n"),
	ROW(HTTP_BARE_LF, HEAD "X: b\n\r\n"),
	ROW(HTTP_BARE_LF, HEAD "\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: a\rb\r\n\r\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: b\r\r\n\r\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: 12345678\0\r\n\r\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: a\0b\r\n\r\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: abcdefgh\x01\x62\r\n\r\n"),
	ROW(HTTP_FIELD_BYTES, HEAD "X: abcdefghi\x7fjklmnopq\r\n\r\n"),
	ROW(HTTP_FIELD_FOLDED, HEAD "X: a\r\n b\r\n\r\n"),
	ROW(HTTP_FIELD_FOLDED, HEAD "X: a\r\n\tb: c\r\n\r\n"),
	ROW(HTTP_FIELD_FOLDED, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X : a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X\t: a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD ": a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X\0Y: a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X(Y): a\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "\r\r\n\r\n"),
	ROW(HTTP_FIELD_NAME, HEAD "X\xc3: a\r\n\r\n"),
	/* Host */
	ROW(HTTP_HOST_MISSING, "GET / HTTP/1.1\r\n\r\n"),
	ROW(HTTP_HOST_MISSING, "GET / HTTP/1.0\r\nX-Host: a\r\n\r\n"),
	ROW(HTTP_HOST_TWICE, HEAD "host: a\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a%2e\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"),
	ROW(HTTP_HOST_BYTES, "GET / HTTP/1.1\r\nHost: \xe2\x84\xa1\r\n\r\n"),
	/* lengths */
	ROW(HTTP_LENGTH_TWICE, HEAD "Content-Length: 0\r\n"
	    "Content-Length: 0\r\n\r\n"),
	ROW(HTTP_LENGTH_TWICE, "POST / HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1\r\ncontent-length: 2\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: +3\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: -1\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: 0x3\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: 3, 3\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: 3 3\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length:\r\n\r\n"),
	ROW(HTTP_LENGTH_BYTES, HEAD "Content-Length: three\r\n\r\n"),
	ROW(HTTP_BODY_SIZE, HEAD "Content-Length: 18446744073709551617\r\n"
	    "\r\n"),
	ROW(HTTP_BODY_SIZE, "POST / HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1001\r\n\r\n"),
	ROW(HTTP_BODY_UNWANTED, HEAD "Content-Length: 1\r\n\r\n"),
	ROW(HTTP_BODY_UNWANTED, "HEAD / HTTP/1.1\r\nHost: a\r\n"
	    "Content-Length: 1\r\n\r\n"),
	ROW(HTTP_CODED, HEAD "Transfer-Encoding: chunked\r\n\r\n"),
	ROW(HTTP_CODED, HEAD "transfer-encoding: gzip, chunked\r\n\r\n"),
	ROW(HTTP_CODED, HEAD "Transfer-Encoding: identity\r\n\r\n"),
	ROW(HTTP_CODED, HEAD "Transfer-Encoding:\r\n\r\n"),
	ROW(HTTP_CODED, HEAD "Content-Length: 3\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"),
	ROW(HTTP_CODED, "GET / HTTP/1.0\r\nHost: a\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"),
	ROW(HTTP_EXPECTING, HEAD "Expect: 100-continue\r\n\r\n"),
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = verdict(rows[i].s, rows[i].n);

		if (r != rows[i].fault)
			print_error("row %zu: %d, not %d: %s\n", i, r,
			    rows[i].fault, rows[i].s);
		assert_int_equal(r, rows[i].fault);
	}
}

/* Each byte in each place of a name, a value, a target: only what the grammar
 * has. */
static void
test_bytes(void **state)
{
	static const char tchar[] = "!#$%&'*+-.^_`|~";
	char s[] = "GET /12345678x HTTP/1.1\r\nHost: a\r\nXy: 1234567890"
	    "123456789012345678901234567890\r\n\r\n";
	const size_t n = sizeof(s) - 1;
	char *target = strchr(s, 'x'), *name = strchr(s, 'y');

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z');
		bool visible = c > ' ' && c < 0x7f && c != '#';
		bool plain = (c >= ' ' && c != 0x7f) || c == '\t';

		*target = (char)c;	/* a blank makes three words */
		assert_int_equal(feed(s, n, n) == 0, visible);
		*target = 'x';
		*name = (char)c;
		assert_int_equal(feed(s, n, n) == 0, digit || c == ':' ||
		    (c != 0 && strchr(tchar, c) != NULL));
		*name = 'y';
		for (int i = 3; i < 43; i++) {
			char was = name[i];

			name[i] = (char)c;
			assert_int_equal(feed(s, n, n) == 0, plain);
			name[i] = was;
		}
	}
}

static void
test_request(void **state)
{
	static const char s[] = "PUT /a/b?c=d?e HTTP/1.1\r\nHost: h:81\r\n"
	    "Cookie:  x=1 \r\nEmpty:\r\ncookie: y\r\n"
	    "Content-Length: 4\r\n\r\nbodyNEXT";
	struct csn_pair pairs[HTTP_FIELDS_MAX];
	struct http_request q = { 0 };
	struct csn_str value;

	(void)state;
	assert_int_equal(verdict(s, sizeof(s) - 1), HTTP_SOUND);
	assert_int_equal(parse.at, sizeof(s) - 1 - 8);
	assert_int_equal(parse.length, 4);
	http_parse_request(&parse, s, pairs, &q);
	assert_true(str_is(q.method, "PUT"));
	assert_true(str_is(q.target, "/a/b?c=d?e"));
	assert_true(str_is(q.path, "/a/b"));
	assert_true(str_is(q.query, "c=d?e"));
	assert_true(str_is(q.host, "h:81"));
	assert_true(str_is(q.body, "body"));
	assert_int_equal(q.headers.n, 5);
	assert_true(str_is(q.headers.v[3].name, "cookie"));
	assert_int_equal(http_header(&q, STR("COOKIE"), &value), 2);
	assert_true(str_is(value, "x=1"));
	assert_int_equal(http_header(&q, STR("empty"), &value), 1);
	assert_true(value.p != NULL && value.n == 0);
	assert_int_equal(http_header(&q, STR("cooki"), &value), 0);
	assert_null(value.p);
}

static void
test_query_absent(void **state)
{
	static const char s[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
	static const char empty[] = "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n";
	struct csn_pair pairs[HTTP_FIELDS_MAX];
	struct http_request q = { 0 };

	(void)state;
	assert_int_equal(verdict(s, sizeof(s) - 1), HTTP_SOUND);
	http_parse_request(&parse, s, pairs, &q);
	assert_null(q.query.p);
	assert_int_equal(verdict(empty, sizeof(empty) - 1), HTTP_SOUND);
	http_parse_request(&parse, empty, pairs, &q);
	assert_true(q.query.p != NULL && q.query.n == 0);
	assert_true(str_is(q.path, "/a"));
}

static void
test_keeps(void **state)
{
	static const struct { const char *version, *value; bool keeps; } t[] = {
		{ "1.1", "x", true }, { "1.0", "x", false },
		{ "1.1", "close", false }, { "1.1", "CLOSE", false },
		{ "1.1", "upgrade, Close", false },
		{ "1.1", "closed", true }, { "1.0", "Keep-Alive", true },
		{ "1.0", "keep-alive, close", false },
		{ "1.1", "keep-alive\r\nConnection: close", false },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_init(&b, 0);
		buf_printf(&b, "GET / HTTP/%s\r\nHost: a\r\nConnection: %s\r\n"
		    "\r\n", t[i].version, t[i].value);
		assert_int_equal(verdict(buf_str(&b).p, b.n), HTTP_SOUND);
		assert_int_equal(http_parse_keeps(&parse), t[i].keeps);
		buf_free(&b);
	}
}

/* A head of `before`, n times c, `after`. */
static int
sized(const char *before, char c, size_t n, const char *after)
{
	struct buf b;
	int r;

	buf_init(&b, 0);
	buf_puts(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_char(&b, c);
	buf_puts(&b, after);
	r = feed(buf_str(&b).p, b.n, b.n);
	assert_int_equal(feed(buf_str(&b).p, b.n, 997), r);
	buf_free(&b);
	return r;
}

static void
test_sizes(void **state)
{
	const size_t line = limits.line_max - 15;	/* "GET / HTTP/1.1\r" */
	const size_t head = limits.head_max - strlen(HEAD "X: \r\n\r\n");

	(void)state;
	assert_int_equal(sized("GET /", 'a', line,
	    " HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_SOUND);
	assert_int_equal(sized("GET /", 'a', line + 1,
	    " HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_LINE_SIZE);
	assert_int_equal(sized("GET /", 'a', line + 200, ""), HTTP_LINE_SIZE);
	assert_int_equal(sized(HEAD "X: ", 'a', head, "\r\n\r\n"), HTTP_SOUND);
	assert_int_equal(sized(HEAD "X: ", 'a', head + 1, "\r\n\r\n"),
	    HTTP_HEAD_SIZE);
	assert_int_equal(sized(HEAD "X: ", 'a', head + 200, ""),
	    HTTP_HEAD_SIZE);
}

static void
test_many(void **state)
{
	struct buf b;

	(void)state;
	for (size_t n = 99; n <= 101; n++) {
		buf_init(&b, 0);
		buf_puts(&b, HEAD);
		for (size_t i = 1; i < n; i++)
			buf_puts(&b, "X: y\r\n");
		buf_puts(&b, "\r\n");
		assert_int_equal(verdict(buf_str(&b).p, b.n),
		    n > 100 ? HTTP_FIELDS_MANY : HTTP_SOUND);
		buf_free(&b);
	}
}

/* Each fault has a status and a text of its own. */
static void
test_faults(void **state)
{
	(void)state;
	for (int i = 0; i < HTTP_FAULTS; i++) {
		assert_non_null(http_fault_text((enum http_fault)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    http_fault_text((enum http_fault)i),
			    http_fault_text((enum http_fault)j));
	}
	assert_int_equal(http_fault_status(HTTP_CODED), 501);
	assert_int_equal(http_fault_status(HTTP_PEER), 0);
	assert_int_equal(http_fault_status(HTTP_FAULTS), 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_query_absent),
		cmocka_unit_test(test_keeps),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_faults),
	};

	http_limits_default(&limits);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
