/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-probe-outside.c - what was not asked any more is not told of
 *
 * What is found where somebody answers: tests/e2e/test_probe.py.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/testing.h"
#include "probe.h"

/* A port that nobody listens at: bound, so that it is nobody else's. */
static int
closed_port(uint16_t *ret)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*ret = ntohs(a.sin_port);
	return fd;
}

/* Sixteen back ends behind a packet filter take ten seconds each. */
static void
test_no_time(void **state)
{
	struct probe_options o = { .url = "https://app.example.com/" };
	struct probe p = { .o = &o, .host = "app.example.com",
	    .netloc = "app.example.com", .node = "127.0.0.1",
	    .guarded = STR("/") };
	int fd = closed_port(&p.port);

	(void)state;
	p.ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(p.ctx);
	buf_init(&p.answer, 1u << 17);
	buf_init(&p.sent, 1u << 16);
	p.end_ms = 0;			/* over long ago */
	probe_outside(&p);
	for (size_t i = 0; i < PROBE_WORDS; i++)
		if (p.found[i].n > 0)
			fail_msg("word %zu: %s", i, p.found[i].seen[0]);
	SSL_CTX_free(p.ctx);
	buf_free(&p.answer);
	buf_free(&p.sent);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
