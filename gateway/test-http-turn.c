/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-turn.c - connections that have something at the same time
 */
#include "http_testing.h"

#include <sys/socket.h>

#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define TOGETHER	40u	/* more than a loop takes at once */
#define CUT		"st: a\r\n\r\n"

static sem_t gate_open;
static int first_client;
static atomic_uint holding, asked_together, answered_early;

/* Holds the loop until all clients have sent; then watches whether the first
 * answer is out before the first turn's requests have been looked at. */
static void
together_handler(struct http_exchange *x, void *arg)
{
	const struct http_request *rq = http_exchange_request(x);
	char byte;

	(void)arg;
	if (str_is(rq->path, "/hold")) {
		atomic_fetch_add(&holding, 1);
		(void)sem_wait(&gate_open);
	} else if (atomic_fetch_add(&asked_together, 1) < 8 &&
	    recv(first_client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		atomic_fetch_add(&answered_early, 1);
	}
	http_reply(x, 200, (struct csn_pairs){ NULL, 0 }, rq->path);
}

/* Each client's requests: one, two at once, one in halves, or none that is
 * answered, because the client goes away. */
static void
together_send(int fd, unsigned i)
{
	char text[256];
	int n;

	n = snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\nHost: a\r\n"
	    "\r\n%s", i, i % 4 == 1 ? "GET /more HTTP/1.1\r\n"
	    "Host: a\r\n\r\n" : "");
	client_send(fd, text, (size_t)n - (i % 4 == 2 ? sizeof(CUT) - 1 : 0));
	if (i % 4 == 3)
		(void)close(fd);
}

static void
together_expect(int fd, const char *path)
{
	static struct answer a;

	client_answer(fd, false, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(answer_body(&a), path);
}

static void
together_answers(int fd, unsigned i)
{
	char path[16];

	if (i % 4 == 3)
		return;
	if (i % 4 == 2)
		client_puts(fd, CUT);
	(void)snprintf(path, sizeof(path), "/%u", i);
	together_expect(fd, path);
	if (i % 4 == 1)
		together_expect(fd, "/more");
	(void)close(fd);
}

static struct site *
together_open(int fd[TOGETHER])
{
	struct site *s = site_new();

	(void)sem_init(&gate_open, 0, 0);
	s->role.handler = together_handler;
	site_listen(s);
	site_start(s);
	for (unsigned i = 0; i < TOGETHER; i++) {
		fd[i] = client_unix(s->path);
		client_puts(fd[i], "GET /warm HTTP/1.1\r\nHost: a\r\n\r\n");
		together_expect(fd[i], "/warm");
	}
	first_client = fd[0];
	atomic_store(&asked_together, 0);
	atomic_store(&answered_early, 0);
	return s;
}

/* Connections of which something came at the same time are served together,
 * and each gets its own answers, in order. */
static void
test_together(void **state)
{
	int hold, fd[TOGETHER];
	struct site *s = together_open(fd);

	(void)state;
	hold = client_unix(s->path);
	client_puts(hold, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	wait_count(&holding, 1);
	for (unsigned i = 0; i < TOGETHER; i++)
		together_send(fd[i], i);
	(void)sem_post(&gate_open);
	together_expect(hold, "/hold");
	for (unsigned i = 0; i < TOGETHER; i++)
		together_answers(fd[i], i);
	assert_int_equal(atomic_load(&answered_early), 0);
	(void)close(hold);
	site_close(s);
	(void)sem_destroy(&gate_open);
}

/* ------------------------------------------------------------------ */
/* what others bring back */

#define RESUMED		12u	/* no more than are answered together */

static struct http_exchange *kept[RESUMED];
static atomic_uint nkept;

static void
keeping_handler(struct http_exchange *x, void *arg)
{
	const struct http_request *rq = http_exchange_request(x);

	if (str_is(rq->path, "/hold"))
		together_handler(x, arg);
	else
		kept[atomic_fetch_add(&nkept, 1)] = x;
}

static void
kept_answer(void *arg)
{
	struct http_exchange *x = arg;
	char byte;

	if (recv(first_client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		atomic_fetch_add(&answered_early, 1);
	http_reply_later(x, 200, (struct csn_pairs){ NULL, 0 },
	    http_exchange_request(x)->path);
}

static struct site *
resumed_open(int fd[RESUMED])
{
	struct site *s = site_new();
	char text[64];

	(void)sem_init(&gate_open, 0, 0);
	atomic_store(&nkept, 0);
	atomic_store(&holding, 0);
	atomic_store(&answered_early, 0);
	s->role.handler = keeping_handler;
	site_listen(s);
	site_start(s);
	for (unsigned i = 0; i < RESUMED; i++) {
		fd[i] = client_unix(s->path);
		(void)snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\n"
		    "Host: a\r\n\r\n", i);
		client_puts(fd[i], text);
		wait_count(&nkept, i + 1);
	}
	first_client = fd[0];
	return s;
}

/* What goes on at the same time is answered when all of it has gone on, to a
 * client that is gone as well. */
static void
test_resumed_together(void **state)
{
	int hold, fd[RESUMED];
	struct site *s = resumed_open(fd);
	char path[16];

	(void)state;
	(void)close(fd[RESUMED / 2]);
	hold = client_unix(s->path);
	client_puts(hold, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	wait_count(&holding, 1);
	for (unsigned i = 0; i < RESUMED; i++)
		assert_int_equal(http_resume(kept[i], kept_answer, kept[i]),
		    0);
	(void)sem_post(&gate_open);
	together_expect(hold, "/hold");
	for (unsigned i = 0; i < RESUMED; i++) {
		(void)snprintf(path, sizeof(path), "/%u", i);
		if (i == RESUMED / 2)
			continue;
		together_expect(fd[i], path);
		(void)close(fd[i]);
	}
	assert_int_equal(atomic_load(&answered_early), 0);
	(void)close(hold);
	site_close(s);
	(void)sem_destroy(&gate_open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_resumed_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
