/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-probe-answer.c - where an answer ends, and what is said of it
 */
#include <stdio.h>

#include "lib/testing.h"
#include "probe_answer.h"

#define HOST "app.example.com:8443"

static struct probe_answer
answer(const char *text)
{
	struct probe_answer a;

	probe_answer_read(str_from(text), false, &a);
	return a;
}

static void
test_lengths(void **state)
{
	static const struct { const char *text; size_t whole; } all[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", 41 },
		{ "HTTP/1.1 200\r\ncontent-length: 3\r\n\r\nab", 0 },
		{ "HTTP/1.1 204 No\r\n\r\nabc", 19 },
		{ "HTTP/1.1 101 Up\r\n\r\nabc", 19 },
		{ "HTTP/1.0 200 OK\r\n\r\nabc", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "3\r\nabc\r\n0\r\n\r\nHTTP/1.1", 60 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "3\r\nabc\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "fffffff\r\nabc\r\n0\r\n\r\n", 0 },
		{ "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 38 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct probe_answer a = answer(all[i].text);

		assert_int_equal(a.state, PROBE_ANSWERED);
		assert_int_equal(a.whole, all[i].whole);
	}
}

static void
test_none(void **state)
{
	(void)state;
	assert_int_equal(answer("").state, PROBE_NO_ANSWER);
	assert_int_equal(answer("HTTP/1.1 200 OK\r\nA: b\r\n").state,
	    PROBE_NO_ANSWER);
	assert_int_equal(answer("HTTP/1.1 20 OK\r\n\r\n").state,
	    PROBE_NO_HTTP);
	assert_int_equal(answer("HTTP/1.1 2000\r\n\r\n").state,
	    PROBE_NO_HTTP);
	assert_int_equal(answer("\x15\x03\x03\n\n").state, PROBE_NO_HTTP);
	assert_int_equal(probe_answer_judge(&(struct probe_answer){
	    .state = PROBE_NO_CONNECTION }, STR(HOST)), SAID_NOTHING);
}

static void
test_headers(void **state)
{
	struct probe_answer a = answer("HTTP/1.1 200 OK\r\nSet-Cookie: a=b"
	    "\r\nset-cookie:\tc=d \r\nX:\r\n\r\nSet-Cookie: e=f\r\n");

	(void)state;
	assert_str(probe_answer_header(&a, "Set-Cookie", 0), "a=b");
	assert_str(probe_answer_header(&a, "Set-Cookie", 1), "c=d");
	assert_null(probe_answer_header(&a, "Set-Cookie", 2).p);
	assert_non_null(probe_answer_header(&a, "X", 0).p);
	assert_null(probe_answer_header(&a, "Set", 0).p);
}

static void
test_judge(void **state)
{
	static const struct { const char *rest; enum probe_said said; } a[] = {
		{ "302 x\r\nLocation: https://" HOST
		    "/.countersign/start?to=x", SAID_LOGIN },
		{ "302 x\r\nLocation: /auth/login?to=x", SAID_LOGIN },
		{ "302 x\r\nLocation: https://" HOST "/login?to=x",
		    SAID_LOGIN },
		/* the application's own login is none of ours */
		{ "302 x\r\nLocation: /login", SAID_MOVED },
		{ "302 x\r\nLocation: /login?next=/", SAID_MOVED },
		{ "302 x\r\nLocation: https://evil.example/.countersign/"
		    "start?to=x", SAID_AWAY },
		{ "302 x\r\nLocation: https://app.example.com/.countersign/"
		    "start?to=x", SAID_AWAY },
		{ "302 x\r\nLocation: //evil.example/login?to=x",
		    SAID_AWAY },
		{ "302 x\r\nLocation: /x?y=https://evil/login?to=",
		    SAID_MOVED },
		{ "302 x", SAID_MOVED },
		{ "200 x", SAID_OPEN }, { "206 x", SAID_OPEN },
		{ "101 x", SAID_OPEN }, { "304 x", SAID_OPEN },
		{ "300 x", SAID_OPEN }, { "418 x", SAID_OPEN },
		{ "400 x", SAID_REFUSED }, { "401 x", SAID_REFUSED },
		{ "403 x", SAID_REFUSED }, { "421 x", SAID_REFUSED },
		{ "404 x", SAID_MISSING }, { "405 x", SAID_MISSING },
		{ "500 x", SAID_TROUBLE }, { "503 x", SAID_TROUBLE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(a); i++) {
		char text[400];
		struct probe_answer r;

		snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n\r\n",
		    a[i].rest);
		r = answer(text);
		assert_int_equal(probe_answer_judge(&r, STR(HOST)),
		    a[i].said);
	}
}

#define OURS "\r\nReferrer-Policy: same-origin\r\nX-Content-Type-Options: " \
	"nosniff\r\nContent-Security-Policy: default-src 'none'; x\r\n\r\n"

/* Our page that says no is ours; an application that answers is not, whatever
 * header lines it has. */
static void
test_ours(void **state)
{
	struct probe_answer no = answer("HTTP/1.1 404 x" OURS);
	struct probe_answer yes = answer("HTTP/1.1 200 x" OURS);

	(void)state;
	assert_int_equal(probe_answer_judge(&no, STR(HOST)), SAID_OURS);
	assert_int_equal(probe_answer_judge(&yes, STR(HOST)), SAID_OPEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
