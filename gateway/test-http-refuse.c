/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-refuse.c - what a connection is refused for, over real sockets
 *
 * Each row: the status, that the handler never saw it, that the fault was
 * told, that the connection was closed, and that a request hidden behind it
 * was not answered either.
 */
#include "http_testing.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define H "Host: app.example.com\r\n"
#define G "GET / HTTP/1.1\r\n"
#define HIDDEN "GET /hidden HTTP/1.1\r\n" H "\r\n"
#define ROW(name, fault, status, s) { name, s, sizeof(s) - 1, fault, status }

static struct answer answer;

static const struct row {
	const char *name, *s;
	size_t n;
	enum http_fault fault;
	unsigned status;
} rows[] = {
	ROW("no Host", HTTP_HOST_MISSING, 400, G "\r\n"),
	ROW("no Host, 1.0", HTTP_HOST_MISSING, 400, "GET / HTTP/1.0\r\n\r\n"),
	ROW("two Hosts", HTTP_HOST_TWICE, 400, G H "Host: b\r\n\r\n"),
	ROW("two equal Hosts", HTTP_HOST_TWICE, 400, G H H "\r\n"),
	ROW("@ in Host", HTTP_HOST_BYTES, 400, G "Host: a@b\r\n\r\n"),
	ROW("NUL in a value", HTTP_FIELD_BYTES, 400, G H "X: a\0b\r\n\r\n"),
	ROW("NUL in a name", HTTP_FIELD_NAME, 400, G H "X\0: a\r\n\r\n"),
	ROW("bare LF", HTTP_BARE_LF, 400, G H "X: y\n\r\n"),
	ROW("bare LFs only", HTTP_BARE_LF, 400, "GET / HTTP/1.1\nHost: a\n\n"),
	ROW("bare CR", HTTP_FIELD_BYTES, 400, G H "X: y\rZ: z\r\n\r\n"),
	ROW("folded line", HTTP_FIELD_FOLDED, 400, G H "X: y\r\n z\r\n\r\n"),
	ROW("folded first", HTTP_FIELD_FOLDED, 400, G " X: y\r\n" H "\r\n"),
	ROW("blank before colon", HTTP_FIELD_NAME, 400, G "Host : a\r\n\r\n"),
	ROW("empty name", HTTP_FIELD_NAME, 400, G H ": y\r\n\r\n"),
	ROW("no colon", HTTP_FIELD_NAME, 400, G H "X\r\n\r\n"),
	ROW("two lengths", HTTP_LENGTH_TWICE, 400, "POST / HTTP/1.1\r\n" H
	    "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
	ROW("two equal lengths", HTTP_LENGTH_TWICE, 400, "POST / HTTP/1.1\r\n"
	    H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	ROW("length +3", HTTP_LENGTH_BYTES, 400, "POST / HTTP/1.1\r\n" H
	    "Content-Length: +3\r\n\r\nabc"),
	ROW("length 0x3", HTTP_LENGTH_BYTES, 400, "POST / HTTP/1.1\r\n" H
	    "Content-Length: 0x3\r\n\r\nabc"),
	ROW("length abc", HTTP_LENGTH_BYTES, 400, "POST / HTTP/1.1\r\n" H
	    "Content-Length: abc\r\n\r\nabc"),
	ROW("chunked", HTTP_CODED, 501, "POST / HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
	ROW("gzip, chunked", HTTP_CODED, 501, "POST / HTTP/1.1\r\n" H
	    "Transfer-Encoding: gzip, chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
	ROW("identity", HTTP_CODED, 501, G H
	    "Transfer-Encoding: identity\r\n\r\n"),
	ROW("length and coding", HTTP_CODED, 501, "POST / HTTP/1.1\r\n" H
	    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
	ROW("tab in target", HTTP_TARGET_BYTES, 400,
	    "GET /a\tb HTTP/1.1\r\n" H "\r\n"),
	ROW("NUL in target", HTTP_TARGET_BYTES, 400,
	    "GET /a\0b HTTP/1.1\r\n" H "\r\n"),
	ROW("CR in target", HTTP_TARGET_BYTES, 400,
	    "GET /a\rb HTTP/1.1\r\n" H "\r\n"),
	ROW("DEL in target", HTTP_TARGET_BYTES, 400,
	    "GET /a\x7f HTTP/1.1\r\n" H "\r\n"),
	ROW("raw UTF-8 in target", HTTP_TARGET_BYTES, 400,
	    "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
	ROW("absolute form", HTTP_TARGET_FORM, 400,
	    "GET http://a/ HTTP/1.1\r\n" H "\r\n"),
	ROW("@ form", HTTP_TARGET_FORM, 400, "GET @a/ HTTP/1.1\r\n" H "\r\n"),
	ROW("CONNECT", HTTP_TARGET_FORM, 400,
	    "CONNECT a:443 HTTP/1.1\r\n" H "\r\n"),
	ROW("asterisk", HTTP_TARGET_FORM, 400,
	    "OPTIONS * HTTP/1.1\r\n" H "\r\n"),
	ROW("version 2.0", HTTP_VERSION, 505, "GET / HTTP/2.0\r\n" H "\r\n"),
	ROW("version 1.2", HTTP_VERSION, 505, "GET / HTTP/1.2\r\n" H "\r\n"),
	ROW("version 0.9", HTTP_VERSION, 505, "GET / HTTP/0.9\r\n" H "\r\n"),
	ROW("HTTP/2 preface", HTTP_VERSION, 505,
	    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	ROW("HTTP/0.9 request", HTTP_GARBAGE, 400, "GET /\r\n"),
	ROW("empty line first", HTTP_GARBAGE, 400, "\r\n" G H "\r\n"),
	ROW("garbage", HTTP_GARBAGE, 400, "\x01\x02\x03garbage"),
	ROW("words", HTTP_GARBAGE, 400, "what is this\r\n\r\n"),
	ROW("TLS hello", HTTP_GARBAGE, 400, "\x16\x03\x01\x00\xa5\x01\x00\x00"
	    "\xa1\x03\x03\x5c\x9e"),
	ROW("body on GET", HTTP_BODY_UNWANTED, 400,
	    G H "Content-Length: 3\r\n\r\nabc"),
	ROW("body on HEAD", HTTP_BODY_UNWANTED, 400,
	    "HEAD / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc"),
	ROW("Expect", HTTP_EXPECTING, 417, "POST / HTTP/1.1\r\n" H
	    "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"),
};

/* What came must be one response, told as the fault, and the end. */
static void
refused(struct site *site, int fd, const char *name, enum http_fault fault,
    unsigned status)
{
	if (!client_end(fd, &answer) || answer.status != status)
		print_error("%s: %u, not %u: %s\n", name, answer.status,
		    status, answer.bytes);
	assert_int_equal(answer.status, status);
	assert_false(answer.reset);	/* what came was read first */
	assert_null(strstr(answer_body(&answer), "HTTP/1.1 2"));
	assert_int_equal(atomic_load(&site->asked), 0);
	assert_int_equal(atomic_exchange(&site->faults[fault], 0), 1);
	if (status != 0)
		assert_string_equal(answer_header(&answer, "Connection"),
		    "close");
	(void)close(fd);
}

static void
row_try(struct site *site, const struct row *row, int fd)
{
	client_send(fd, row->s, row->n);
	client_puts(fd, HIDDEN);
	refused(site, fd, row->name, row->fault, row->status);
}

static void
test_rows(void **state)
{
	struct site *site = site_open();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_try(site, &rows[i], client_unix(site->path));
	site_close(site);
}

static void
test_rows_tcp(void **state)
{
	struct site *site = site_new();

	(void)state;
	site_listen(site);
	(void)site_listen_tcp(site, 23400);
	site_start(site);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_try(site, &rows[i], client_tcp(23400));
	site_close(site);
}

/* The same behind a good request on the same connection, cut in two. */
static void
test_rows_second(void **state)
{
	struct site *site = site_open();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = client_unix(site->path);

		client_puts(fd, "GET /none HTTP/1.1\r\n" H "\r\n");
		client_send(fd, rows[i].s, rows[i].n / 2);
		client_answer(fd, false, &answer);
		assert_int_equal(answer.status, 204);
		atomic_store(&site->asked, 0);
		client_send(fd, rows[i].s + rows[i].n / 2,
		    rows[i].n - rows[i].n / 2);
		refused(site, fd, rows[i].name, rows[i].fault,
		    rows[i].status);
	}
	site_close(site);
}

static void
send_many(int fd, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		client_puts(fd, s);
}

static void
test_sizes(void **state)
{
	struct site *site = site_open();
	int fd;

	(void)state;
	fd = client_unix(site->path);
	client_puts(fd, "GET /");
	send_many(fd, "0123456789", 1000);
	refused(site, fd, "long line", HTTP_LINE_SIZE, 414);

	fd = client_unix(site->path);
	client_puts(fd, G H "X: ");
	send_many(fd, "0123456789", 4000);
	refused(site, fd, "long head", HTTP_HEAD_SIZE, 431);

	fd = client_unix(site->path);
	client_puts(fd, G H);
	send_many(fd, "X: 0123456789012345678901234567890\r\n", 99);
	client_puts(fd, "One: more\r\n\r\n");
	refused(site, fd, "101 headers", HTTP_FIELDS_MANY, 431);

	fd = client_unix(site->path);
	client_puts(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 65537\r\n"
	    "\r\n");
	refused(site, fd, "long body", HTTP_BODY_SIZE, 413);
	site_close(site);
}

/* The answer arrives although a megabyte was on its way. */
static void
big_body(struct site *site, int fd)
{
	client_puts(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 1048576\r\n"
	    "\r\n");
	send_many(fd, "0123456789abcdef", 1048576 / 16);
	refused(site, fd, "1 MiB body", HTTP_BODY_SIZE, 413);
}

static void
test_big_body(void **state)
{
	struct site *site = site_new();

	(void)state;
	site_listen(site);
	(void)site_listen_tcp(site, 23401);
	site_start(site);
	big_body(site, client_unix(site->path));
	big_body(site, client_tcp(23401));
	site_close(site);
}

static void
test_check_body(void **state)
{
	static const struct row row = ROW("body where none is taken",
	    HTTP_BODY_UNWANTED, 400,
	    "POST / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\na");
	struct site *site = site_new();
	int fd;

	(void)state;
	site->role.body_max = 0;
	site_listen(site);
	site_start(site);
	row_try(site, &row, client_unix(site->path));
	/* what Envoy sends with each method */
	fd = client_unix(site->path);
	client_puts(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n");
	client_answer(fd, false, &answer);
	assert_int_equal(answer.status, 200);
	(void)close(fd);
	site_close(site);
}

/* Drips `s` for ever, a byte each few ms; the server must end it. */
static void
drip(struct site *site, const char *start, enum http_fault fault)
{
	int fd = client_unix(site->path);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned n;

	client_puts(fd, start);
	for (n = 0; n < 2000 && poll(&p, 1, 5) == 0; n++)
		client_puts(fd, "x");
	assert_in_range(n, 1, 1999);
	refused(site, fd, "drip", fault, 408);
}

static void
test_drip(void **state)
{
	struct site *site = site_new();
	int fd;

	(void)state;
	site->limits.header_ms = 200;
	site->limits.body_ms = 200;
	site_listen(site);
	site_start(site);
	drip(site, "G", HTTP_HEAD_LATE);
	drip(site, "GET / HTTP/1.1\r\nX: ", HTTP_HEAD_LATE);
	drip(site, "POST / HTTP/1.1\r\n" H "Content-Length: 60000\r\n\r\n",
	    HTTP_BODY_LATE);
	/* and who never says anything is closed without a word */
	fd = client_unix(site->path);
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.n, 0);
	(void)close(fd);
	site_close(site);
}

static void
test_idle(void **state)
{
	struct site *site = site_new();
	int fd;

	(void)state;
	site->limits.idle_ms = 100;
	site_listen(site);
	site_start(site);
	fd = client_unix(site->path);
	client_puts(fd, "GET /none HTTP/1.1\r\n" H "\r\n");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 204);
	assert_int_equal(answer.n, answer.head_n);
	(void)close(fd);
	site_close(site);
}

/* Who asks and never reads is closed; the memory goes. */
static void
test_send_late(void **state)
{
	struct site *site = site_new();
	int fd;

	(void)state;
	site->limits.send_ms = 200;
	site_listen(site);
	site_start(site);
	fd = client_unix(site->path);
	client_puts(fd, "GET /big HTTP/1.1\r\n" H "\r\n");
	wait_count(&site->faults[HTTP_SEND_LATE], 1);
	assert_true(client_end(fd, &answer));
	assert_true(answer.n < 1 << 20);
	(void)close(fd);
	site_close(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_tcp),
		cmocka_unit_test(test_rows_second),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_big_body),
		cmocka_unit_test(test_check_body),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_send_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
