/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-check.c - each dialect: what the gate is asked, what the proxy is told
 *
 * The gate is a stub that remembers its question and answers as the test
 * says; between it and the socket everything is real.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "http_testing.h"

static struct csn_answer next;		/* what the stub answers */
static char url[9300], method[64];	/* what it was asked */
static size_t ncookies;
static unsigned asked, astray;

static void
keep(char *to, size_t cap, struct csn_str s)
{
	(void)snprintf(to, cap, "%.*s", STR_FMT(s));
}

void
csn_gate_check(struct csn_gate *g, const struct csn_facts *f, void *memory,
    size_t n, struct csn_answer *ret)
{
	(void)g;
	(void)memory;
	(void)n;
	keep(url, sizeof(url), f->url);
	keep(method, sizeof(method), f->method);
	ncookies = f->cookies.n;
	asked++;
	*ret = next;
}

void
csn_gate_check_blocking(struct csn_gate *g, const struct csn_facts *f,
    void *memory, size_t n, struct csn_answer *ret)
{
	csn_gate_check(g, f, memory, n, ret);
	ret->outcome = CSN_ALLOW;
}

int
csn_gate_run(struct csn_gate *g, void (*fn)(void *), void *arg)
{
	(void)g;
	fn(arg);
	return 0;
}

/* ------------------------------------------------------------------ */

static struct check_role role;

static void
ask(uint32_t dialect, const char *request, struct answer *a)
{
	struct site *s = site_new();
	int fd;

	role = (struct check_role){ NULL, STR("X-Real-IP"),
	    check_dialect(dialect) };
	assert_non_null(role.dialect);
	s->role.handler = check_handle;
	s->role.arg = &role;
	s->role.body_max = 0;
	site_listen(s);
	site_start(s);
	url[0] = method[0] = '\0';
	asked = 0;
	fd = client_unix(s->path);
	client_puts(fd, request);
	client_answer(fd, false, a);
	close(fd);
	astray = atomic_load(&s->faults[HTTP_ASTRAY]);
	site_close(s);
}

#define END "Host: x\r\nCookie: a=b\r\n\r\n"
#define FORWARDED "X-Forwarded-Proto: https\r\nX-Forwarded-Host: " \
	"wiki.example.org\r\nX-Forwarded-Uri: /a?b=c\r\n" \
	"X-Forwarded-Method: PUT\r\n"
#define ORIGINAL "X-Original-URL: https://desk.example.org/o\r\n" \
	"X-Original-Method: POST\r\n"
#define CHECK "GET /check HTTP/1.1\r\n"

static const struct row {
	uint32_t dialect;
	const char *request, *url, *method;
} rows[] = {
	{ CSN_DIALECT_NGINX, CHECK ORIGINAL END, "https://desk.example.org/o",
	    "POST" },
	{ CSN_DIALECT_NGINX, CHECK ORIGINAL FORWARDED END,
	    "https://desk.example.org/o", "POST" },
	/* another dialect's headers are the client's */
	{ CSN_DIALECT_NGINX, CHECK FORWARDED END, "", "" },
	{ CSN_DIALECT_NGINX, CHECK ORIGINAL ORIGINAL END, "", "" },
	{ CSN_DIALECT_HAPROXY, CHECK ORIGINAL END,
	    "https://desk.example.org/o", "POST" },
	{ CSN_DIALECT_CADDY, "GET /check?b=c HTTP/1.1\r\n" FORWARDED END,
	    "https://wiki.example.org/a?b=c", "PUT" },
	{ CSN_DIALECT_CADDY, CHECK ORIGINAL FORWARDED END,
	    "https://wiki.example.org/a?b=c", "PUT" },
	{ CSN_DIALECT_CADDY, CHECK ORIGINAL END, "", "" },
	{ CSN_DIALECT_TRAEFIK, CHECK FORWARDED END,
	    "https://wiki.example.org/a?b=c", "PUT" },
	{ CSN_DIALECT_TRAEFIK, CHECK FORWARDED "X-Forwarded-Uri: /x\r\n" END,
	    "", "PUT" },
	{ CSN_DIALECT_TRAEFIK, CHECK FORWARDED
	    "X-Forwarded-Host: evil.example.org\r\n" END, "", "PUT" },
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: wss\r\n"
	    "X-Forwarded-Host: a.org\r\nX-Forwarded-Uri: /\r\n" END,
	    "https://a.org/", "" },
	/* parts that would change the next one */
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: http\r\n"
	    "X-Forwarded-Host: a.org\r\nX-Forwarded-Uri: /\r\n" END, "", "" },
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: https\r\n"
	    "X-Forwarded-Host: a.org/x\r\nX-Forwarded-Uri: /\r\n" END, "",
	    "" },
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: https\r\n"
	    "X-Forwarded-Host: u@a.org\r\nX-Forwarded-Uri: /\r\n" END, "",
	    "" },
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: https\r\n"
	    "X-Forwarded-Host: a.org\r\nX-Forwarded-Uri: .evil.org/\r\n" END,
	    "", "" },
	{ CSN_DIALECT_TRAEFIK, CHECK "X-Forwarded-Proto: https\r\n"
	    "X-Forwarded-Host:\r\nX-Forwarded-Uri: /a.org/\r\n" END, "", "" },
	{ CSN_DIALECT_ENVOY, "DELETE /check/a/b?c HTTP/1.1\r\n"
	    "Content-Length: 0\r\n" FORWARDED END,
	    "https://wiki.example.org/a?b=c", "PUT" },
	{ CSN_DIALECT_ENVOY, "POST /check HTTP/1.1\r\n" FORWARDED END,
	    "https://wiki.example.org/a?b=c", "PUT" },
};

static void
test_questions(void **state)
{
	static struct answer a;

	(void)state;
	next = (struct csn_answer){ .outcome = CSN_REFUSE };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(rows[i].dialect, rows[i].request, &a);
		if (asked != 1 || strcmp(url, rows[i].url) != 0 ||
		    strcmp(method, rows[i].method) != 0 || ncookies != 1 ||
		    a.status != 403)
			fail_msg("row %zu: asked %u times for %s %s, status "
			    "%u", i, asked, method, url, a.status);
	}
}

static void
test_no_checks(void **state)
{
	static const struct { uint32_t dialect; const char *request;
	    unsigned status; } no[] = {
		{ CSN_DIALECT_NGINX, "GET /check/a HTTP/1.1\r\n" END, 404 },
		{ CSN_DIALECT_NGINX, "POST /check HTTP/1.1\r\n"
		    "Content-Length: 0\r\n" END, 405 },
		{ CSN_DIALECT_CADDY, "GET /checks HTTP/1.1\r\n" END, 404 },
		{ CSN_DIALECT_ENVOY, "GET /checks HTTP/1.1\r\n" END, 404 },
		{ CSN_DIALECT_ENVOY, "GET / HTTP/1.1\r\n" END, 404 },
	};
	static struct answer a;

	(void)state;
	next = (struct csn_answer){ .outcome = CSN_ALLOW };
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		ask(no[i].dialect, no[i].request, &a);
		assert_int_equal(a.status, no[i].status);
		assert_string_equal(answer_header(&a, "Allow"),
		    a.status == 405 ? "GET, HEAD" : "");
		assert_int_equal(asked, 0);
		/* pages that are sent here are told in the log */
		assert_int_equal(astray, a.status == 404);
	}
	assert_null(check_dialect(0));
	assert_null(check_dialect(CSN_DIALECT_HAPROXY + 1));
	assert_null(check_dialect(UINT32_MAX));
}

static void
test_answers(void **state)
{
	static const struct csn_pair user = { STR_INIT("Remote-User"),
	    STR_INIT("") };
	static struct answer a;

	(void)state;
	for (uint32_t d = CSN_DIALECT_NGINX; d <= CSN_DIALECT_HAPROXY; d++) {
		bool nginx = d == CSN_DIALECT_NGINX;

		/* R6: empty or not, every line is there */
		next = (struct csn_answer){ .outcome = CSN_ALLOW,
		    .headers = { &user, 1 }, .cookie = STR("") };
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, 200);
		assert_non_null(strstr(a.bytes, "\r\nCookie:"));
		assert_non_null(strstr(a.bytes, "\r\nRemote-User:"));
		next = (struct csn_answer){ .outcome = CSN_LOGIN,
		    .login_url = STR("https://l.example.org/x") };
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, nginx ? 401 : 302);
		assert_string_equal(answer_header(&a, nginx ?
		    "X-Countersign-Login" : "Location"),
		    "https://l.example.org/x");
		next.login_url = STR("");
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, 401);
		assert_string_equal(answer_header(&a, "Location"), "");
		assert_int_equal(strstr(answer_body(&a), "not logged in") ==
		    NULL, nginx);
		next = (struct csn_answer){ .outcome = CSN_REFUSE,
		    .reference = STR("7KQ4-M2XD") };
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, 403);
		assert_string_equal(answer_header(&a,
		    "X-Countersign-Reference"), "7KQ4-M2XD");
		assert_int_equal(strstr(answer_body(&a), "7KQ4") == NULL,
		    nginx);
		/* what is none of these is no 200 */
		next = (struct csn_answer){ .outcome = 0 };
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, 403);
		next.outcome = CSN_ALLOW ^ 1;
		ask(d, CHECK END, &a);
		assert_int_equal(a.status, 403);
	}
}

/* What has to ask the store asks the same thing again, later. */
static void
test_later(void **state)
{
	static struct answer a;

	(void)state;
	next = (struct csn_answer){ .outcome = CSN_LATER, .cookie = STR("") };
	ask(CSN_DIALECT_CADDY, CHECK FORWARDED END, &a);
	assert_int_equal(a.status, 200);
	assert_int_equal(asked, 2);
	assert_string_equal(url, "https://wiki.example.org/a?b=c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_no_checks),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_later),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
