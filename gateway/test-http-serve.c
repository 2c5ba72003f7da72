/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-serve.c - requests that are answered: at once, later, many
 */
#include "http_testing.h"

#include <sys/socket.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "http_impl.h"
#include "lib/timefmt.h"

#define H "Host: app.example.com\r\n"

static struct answer answer;
static _Atomic int64_t stands_ms;	/* where the server's clock stands */

int __wrap_clock_gettime(clockid_t, struct timespec *);
int __real_clock_gettime(clockid_t, struct timespec *);

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int64_t ms = atomic_load(&stands_ms);

	if (id != CLOCK_MONOTONIC_COARSE || ms == 0)
		return __real_clock_gettime(id, t);
	*t = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	return 0;
}

static void
ask(int fd, const char *s, unsigned status)
{
	client_puts(fd, s);
	client_answer(fd, strncmp(s, "HEAD", 4) == 0, &answer);
	if (answer.status != status)
		print_error("%s: %u\n%s\n", s, answer.status, answer.bytes);
	assert_int_equal(answer.status, status);
}

static void
test_request(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	ask(fd, "GET /a/b?c=%20 HTTP/1.1\r\n" H "x-TELL: one\r\nX-Tell: two"
	    "\r\n\r\n", 200);
	assert_string_equal(answer_body(&answer),
	    "GET\n/a/b\nc=%20\napp.example.com\n3\n2 one\n0\n");
	assert_string_equal(answer_header(&answer, "Content-Type"),
	    "text/plain");
	assert_string_equal(answer_header(&answer, "Connection"), "");
	(void)close(fd);
	site_close(site);
}

static void
test_body(void **state)
{
	static const char s[] = "POST /p HTTP/1.1\r\n" H
	    "Content-Length: 5\r\n\r\nab\ncd";
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	for (size_t cut = 0; cut < sizeof(s) - 1; cut++) {
		client_send(fd, s, cut);
		(void)poll(NULL, 0, 1);	/* mostly two reads; both must do */
		client_send(fd, s + cut, sizeof(s) - 1 - cut);
		client_answer(fd, false, &answer);
		assert_string_equal(answer_body(&answer),
		    "POST\n/p\n-\napp.example.com\n2\n0 \n5\nab\ncd");
	}
	(void)close(fd);
	site_close(site);
}

/* Of the largest size that is taken, growing as it comes; with another
 * request right behind it. */
static void
test_body_largest(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);
	char *body = malloc(65536);
	const char *seen;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < 65536; i++)
		body[i] = (char)('a' + i % 23);
	client_puts(fd, "POST /p HTTP/1.1\r\n" H "Content-Length: 65536\r\n"
	    "\r\n");
	client_send(fd, body, 65536);
	client_puts(fd, "GET /none HTTP/1.1\r\n" H "\r\n");
	client_answer(fd, false, &answer);
	assert_int_equal(answer.status, 200);
	seen = strstr(answer_body(&answer), "\n65536\n");
	assert_non_null(seen);
	assert_memory_equal(seen + 7, body, 65536);
	client_answer(fd, false, &answer);
	assert_int_equal(answer.status, 204);
	free(body);
	(void)close(fd);
	site_close(site);
}

static void
test_head(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);
	size_t told;

	(void)state;
	ask(fd, "HEAD /a HTTP/1.1\r\n" H "\r\n", 200);
	told = strtoul(answer_header(&answer, "Content-Length"), NULL, 10);
	assert_in_range(told, 10, 100);
	/* no body in between: the next response begins at once */
	ask(fd, "GET /a HTTP/1.1\r\n" H "\r\n", 200);
	assert_int_equal(answer.n - answer.head_n + 1, told); /* HEAD, GET */
	/* and none with a refusal of HEAD */
	client_puts(fd, "HEAD / HTTP/1.1\r\n" H "Expect: x\r\n\r\n");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 417);
	assert_int_equal(answer.n, answer.head_n);
	(void)close(fd);
	site_close(site);
}

static void
test_keeping(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	ask(fd, "GET /none HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n",
	    204);
	assert_string_equal(answer_header(&answer, "Connection"),
	    "keep-alive");
	assert_string_equal(answer_header(&answer, "Content-Length"), "");
	ask(fd, "GET /none HTTP/1.1\r\n" H "Connection: close\r\n\r\n", 204);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.n, 0);
	(void)close(fd);
	fd = client_unix(site->path);
	client_puts(fd, "GET /a HTTP/1.0\r\n" H "\r\n");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 200);
	(void)close(fd);
	site_close(site);
}

static void
test_upgrade(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	ask(fd, "GET /none HTTP/1.1\r\n" H "Connection: Upgrade\r\n"
	    "Upgrade: websocket\r\n\r\n", 204);
	ask(fd, "GET /none HTTP/1.1\r\n" H "Connection: Upgrade, "
	    "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
	    204);
	(void)close(fd);
	site_close(site);
}

/* What no response may hold becomes an empty 500, and the next is answered. */
static void
test_bad_replies(void **state)
{
	static const char *const paths[] = { "lf", "cr", "nul", "name",
	    "empty", "length", "coding", "close", "204", "100", "1000" };
	const unsigned n = sizeof(paths) / sizeof(paths[0]);
	struct site *site = site_open();
	int fd = client_unix(site->path);
	char s[128];

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(s, sizeof(s), "GET /bad-%s HTTP/1.1\r\n" H
		    "\r\n", paths[i]);
		ask(fd, s, 500);
		assert_string_equal(answer.bytes, "HTTP/1.1 500 Internal "
		    "Server Error\r\nContent-Length: 0\r\n\r\n");
	}
	assert_int_equal(atomic_load(&site->faults[HTTP_REPLY]), n);
	(void)close(fd);
	site_close(site);
}

/* A thousand requests in one go; the answers in order. */
static void
pipeline(struct site *site, const char *const paths[], unsigned npaths)
{
	int fd = client_unix(site->path);
	char want[64];
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&b, "GET %s?%u HTTP/1.1\r\n" H "\r\n",
		    paths[i % npaths], i);
	client_send(fd, b.p, b.n);
	buf_free(&b);
	for (unsigned i = 0; i < 1000; i++) {
		client_answer(fd, false, &answer);
		assert_int_equal(answer.status, 200);
		(void)snprintf(want, sizeof(want), "GET\n%s\n%u\n",
		    paths[i % npaths], i);
		assert_memory_equal(answer_body(&answer), want, strlen(want));
	}
	(void)close(fd);
}

static void
test_pipeline(void **state)
{
	static const char *const plain[] = { "/a" };
	static const char *const mixed[] = { "/a", "/later", "/b",
	    "/later-now" };
	struct site *site = site_open();

	(void)state;
	pipeline(site, plain, 1);
	pipeline(site, mixed, 4);
	site_close(site);
}

static void
test_later(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	/* the request is still whole when the other thread tells it */
	ask(fd, "POST /later?q HTTP/1.1\r\n" H "X-Tell: t\r\n"
	    "Content-Length: 3\r\n\r\nabc", 200);
	assert_string_equal(answer_header(&answer, "X-From"), "elsewhere");
	assert_string_equal(answer_body(&answer),
	    "POST\n/later\nq\napp.example.com\n3\n1 t\n3\nabc");
	ask(fd, "HEAD /later HTTP/1.1\r\n" H "\r\n", 200);
	ask(fd, "GET /none HTTP/1.1\r\n" H "\r\n", 204);
	client_puts(fd, "GET /later HTTP/1.1\r\n" H "Connection: close\r\n"
	    "\r\n");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 200);
	(void)close(fd);
	site_close(site);
}

/* Clients that are gone before their answer comes: none is leaked, the server
 * goes on. Run under a sanitizer this is the test of who owns what. */
static void
test_later_gone(void **state)
{
	struct site *site = site_new();
	int fds[50];

	(void)state;
	site->threads = 2;
	site_listen(site);
	site_start(site);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 50; i++) {
			fds[i] = client_unix(site->path);
			client_puts(fds[i], "GET /later HTTP/1.1\r\n" H "\r\n"
			    "GET /later HTTP/1.1\r\n" H "\r\nGET");
		}
		for (unsigned i = 0; i < 50; i++)
			(void)close(fds[i]);
	}
	fds[0] = client_unix(site->path);
	ask(fds[0], "GET /later HTTP/1.1\r\n" H "\r\n", 200);
	(void)close(fds[0]);
	for (unsigned ms = 0; http_server_connections(site->server) > 0; ms++) {
		assert_true(ms < WAIT_MS);
		(void)poll(NULL, 0, 1);
	}
	site_close(site);
}

static struct http_exchange *_Atomic kept;

static void
keeping_handler(struct http_exchange *x, void *arg)
{
	struct site *site = arg;

	atomic_store(&kept, x);
	atomic_fetch_add(&site->asked, 1);
}

/* Stopped with an exchange unanswered: its client is closed, the late answer
 * is harmless, and so is none at all. */
static void
test_stop_kept(void **state)
{
	const struct csn_pairs none = { NULL, 0 };

	(void)state;
	for (int late = 0; late < 2; late++) {
		struct site *site = site_new();
		int fd;

		site->role.handler = keeping_handler;
		site_listen(site);
		site_start(site);
		fd = client_unix(site->path);
		client_puts(fd, "GET / HTTP/1.1\r\n" H "\r\n");
		wait_count(&site->asked, 1);
		http_server_stop(site->server, 50);
		assert_true(client_end(fd, &answer));
		assert_int_equal(answer.n, 0);
		if (late)
			http_reply_later(atomic_load(&kept), 200, none,
			    STR("late"));
		(void)close(fd);
		site_close(site);
	}
}

/* Where it was asked and where it goes on. */
struct resumed { struct http_exchange *x; pthread_t asked; };

static void
resumed_run(void *arg)
{
	struct resumed *r = arg;

	assert_true(pthread_equal(pthread_self(), r->asked));
	http_reply_later(r->x, 200, (struct csn_pairs){ NULL, 0 },
	    STR("resumed"));
	free(r);
}

static void *
resume_main(void *arg)
{
	struct resumed *r = arg;

	(void)poll(NULL, 0, 1);
	assert_int_equal(http_resume(r->x, resumed_run, r), 0);
	return NULL;
}

static void
resuming_handler(struct http_exchange *x, void *arg)
{
	struct resumed *r = calloc(1, sizeof(*r));
	pthread_t thread;

	(void)arg;
	assert_non_null(r);
	*r = (struct resumed){ x, pthread_self() };
	assert_int_equal(pthread_create(&thread, NULL, resume_main, r), 0);
	(void)pthread_detach(thread);
}

/* Back on the loop: in order with others, and for clients that are gone. */
static void
test_resume(void **state)
{
	struct site *site = site_new();
	int fd, gone;

	(void)state;
	site->role.handler = resuming_handler;
	site_listen(site);
	site_start(site);
	for (int i = 0; i < 20; i++) {
		gone = client_unix(site->path);
		client_puts(gone, "GET / HTTP/1.1\r\n" H "\r\n");
		(void)close(gone);
	}
	fd = client_unix(site->path);
	client_puts(fd, "GET / HTTP/1.1\r\n" H "\r\n"
	    "GET / HTTP/1.1\r\n" H "\r\n");
	for (int i = 0; i < 2; i++) {
		client_answer(fd, false, &answer);
		assert_int_equal(answer.status, 200);
		assert_string_equal(answer_body(&answer), "resumed");
	}
	ask(fd, "HEAD / HTTP/1.1\r\n" H "\r\n", 200);
	(void)close(fd);
	for (unsigned ms = 0; http_server_connections(site->server) > 0; ms++) {
		assert_true(ms < WAIT_MS);
		(void)poll(NULL, 0, 1);
	}
	site_close(site);
}

static void
must_not_run(void *arg)
{
	(void)arg;
	fail();
}

/* A loop that has ended says so, and whoever asked does it himself. */
static void
test_resume_ended(void **state)
{
	struct site *site = site_new();
	int fd;

	(void)state;
	site->role.handler = keeping_handler;
	site_listen(site);
	site_start(site);
	fd = client_unix(site->path);
	client_puts(fd, "GET / HTTP/1.1\r\n" H "\r\n");
	wait_count(&site->asked, 1);
	http_server_stop(site->server, 0);
	assert_int_equal(http_resume(atomic_load(&kept), must_not_run, NULL),
	    -1);
	http_reply_later(atomic_load(&kept), 200,
	    (struct csn_pairs){ NULL, 0 }, STR("late"));
	(void)close(fd);
	site_close(site);
}

static void *
stop_main(void *arg)
{
	struct site *site = arg;

	http_server_stop(site->server, WAIT_MS);
	return NULL;
}

/* Each loop knows of it. What a loop is at ends before it comes by twice. */
static void
stop_begun(const struct site *site)
{
	for (unsigned ms = 0; !atomic_load(&site->server->stopping); ms++) {
		assert_true(ms < WAIT_MS);
		(void)poll(NULL, 0, 1);
	}
	http_server_barrier(site->server);
	http_server_barrier(site->server);
}

/* A stop waits for what has begun, and for nothing else: first the answer,
 * then the end; a request of which half has come too, and its answer says
 * close. A connection at rest ends, but not so soon that a request which is
 * on its way would be lost: its rest is not over, however long that request
 * takes on a busy machine, while the clock stands. */
static void
test_stop_graceful(void **state)
{
	const struct csn_pairs none = { NULL, 0 };
	struct site *site = site_new();
	int fd, idle, half, late;
	struct http_exchange *first;
	pthread_t thread;
	int64_t start;

	(void)state;
	site->role.handler = keeping_handler;
	site_listen(site);
	site_start(site);
	half = client_unix(site->path);
	client_puts(half, "GET / HTTP/1.1\r\n");
	fd = client_unix(site->path);
	idle = client_unix(site->path);
	late = client_unix(site->path);
	client_puts(late, "GET / HTTP/1.1\r\n" H "\r\n");
	wait_count(&site->asked, 1);	/* so the half before it is read */
	http_reply_later(atomic_load(&kept), 200, none, STR("first"));
	client_answer(late, false, &answer);
	client_puts(fd, "GET / HTTP/1.1\r\n" H "\r\n");
	wait_count(&site->asked, 2);
	start = clock_mono_ms();
	atomic_store(&stands_ms, http_now());
	assert_int_equal(pthread_create(&thread, NULL, stop_main, site), 0);
	first = atomic_load(&kept);
	stop_begun(site);
	client_puts(late, "GET / HTTP/1.1\r\n" H "\r\n");
	wait_count(&site->asked, 3);
	atomic_store(&stands_ms, 0);
	http_reply_later(atomic_load(&kept), 200, none, STR("last"));
	assert_true(client_end(late, &answer));
	assert_string_equal(answer_body(&answer), "last");
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	assert_true(client_end(idle, &answer));
	assert_int_equal(answer.n, 0);
	http_reply_later(first, 200, none, STR("done"));
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_body(&answer), "done");
	client_puts(half, H "\r\n");
	wait_count(&site->asked, 4);
	http_reply_later(atomic_load(&kept), 200, none, STR("half"));
	assert_true(client_end(half, &answer));
	assert_string_equal(answer_body(&answer), "half");
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(clock_mono_ms() - start < WAIT_MS / 2);
	assert_int_equal(access(site->path, F_OK), -1);
	(void)close(fd);
	(void)close(idle);
	(void)close(half);
	(void)close(late);
	site_close(site);
}

/* An answer larger than the socket takes, to a reader that is slow; then the
 * pipelined one behind it. */
static void
test_big(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	client_puts(fd, "GET /big HTTP/1.1\r\n" H "\r\n"
	    "GET /big HTTP/1.1\r\n" H "\r\nGET /later HTTP/1.1\r\n" H "\r\n");
	for (int i = 0; i < 2; i++) {
		client_answer(fd, false, &answer);
		assert_int_equal(answer.status, 200);
		assert_int_equal(answer.n - answer.head_n, 1 << 20);
	}
	client_answer(fd, false, &answer);
	assert_int_equal(answer.status, 200);
	(void)close(fd);
	site_close(site);
}

/* A client that has shut its sending side still gets its answers. */
static void
test_half_closed(void **state)
{
	struct site *site = site_open();
	int fd = client_unix(site->path);

	(void)state;
	client_puts(fd, "GET /later HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 200);
	(void)close(fd);
	site_close(site);
}

static void
role_handler(struct http_exchange *x, void *arg)
{
	http_reply(x, 200, (struct csn_pairs){ NULL, 0 }, str_from(arg));
}

static void
test_role(void **state)
{
	static char one[] = "one", two[] = "two";
	struct site *site = site_new();
	struct http_role role = { .handler = role_handler, .arg = two };
	char text[128];
	struct buf err;
	int fd;

	(void)state;
	buf_init_fixed(&err, text, sizeof(text));
	site->threads = 2;
	site->role = (struct http_role){ .handler = role_handler, .arg = one };
	site_listen(site);
	site_start(site);
	fd = client_unix(site->path);
	ask(fd, "GET / HTTP/1.1\r\n" H "\r\n", 200);
	assert_string_equal(answer_body(&answer), "one");
	assert_int_equal(http_listener_set(site->listener, &role, &err), 0);
	ask(fd, "GET / HTTP/1.1\r\n" H "\r\n", 200);
	assert_string_equal(answer_body(&answer), "two");
	role.handler = NULL;
	assert_int_equal(http_listener_set(site->listener, &role, &err), -1);
	ask(fd, "GET / HTTP/1.1\r\n" H "\r\n", 200);
	assert_int_equal(http_server_requests(site->server), 3);
	(void)close(fd);
	site_close(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_body_largest),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_keeping),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_bad_replies),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_later_gone),
		cmocka_unit_test(test_stop_kept),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_resume_ended),
		cmocka_unit_test(test_stop_graceful),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
