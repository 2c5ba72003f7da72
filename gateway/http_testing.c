/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_testing.c - a server, a handler and a client for the HTTP tests
 *
 * The client is not ours in any part that it tests: it writes bytes and reads
 * bytes, and finds the end of a response by Content-Length alone.
 */
#include "http_testing.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char big[1 << 20];

static void
site_refused(void *arg, const struct http_listener *l,
    const struct http_peer *peer, enum http_fault fault)
{
	struct site *site = arg;

	(void)l;
	(void)peer;
	atomic_fetch_add(&site->faults[fault], 1);
}

struct site *
site_new(void)
{
	struct site *site = calloc(1, sizeof(*site));

	assert_non_null(site);
	(void)signal(SIGPIPE, SIG_IGN);
	http_limits_default(&site->limits);
	/* a crowded machine has a handshake of a client to do as well */
	site->limits.header_ms = site->limits.body_ms = WAIT_MS;
	site->threads = 1;
	site->role.handler = site_handler;
	site->role.arg = site;
	site->role.body_max = 64 * 1024;
	(void)snprintf(site->folder, sizeof(site->folder),
	    "/tmp/countersign-http-XXXXXX");
	assert_non_null(mkdtemp(site->folder));
	(void)snprintf(site->path, sizeof(site->path), "%s/s", site->folder);
	memset(big, 'b', sizeof(big));
	return site;
}

static void
site_server(struct site *site)
{
	if (site->server == NULL)
		site->server = http_server_new(site->threads, &site->limits,
		    site_refused, site);
	assert_non_null(site->server);
}

void
site_listen(struct site *site)
{
	char text[256];
	struct buf err;

	buf_init_fixed(&err, text, sizeof(text));
	site_server(site);
	site->listener = http_listen_unix(site->server, "test", site->path,
	    0600, (gid_t)-1, &site->role, &err);
	if (site->listener == NULL)
		print_error("%s\n", text);
	assert_non_null(site->listener);
}

struct http_listener *
site_listen_tcp(struct site *site, unsigned port)
{
	struct http_listener *l;
	char text[256], address[32];
	struct buf err;

	buf_init_fixed(&err, text, sizeof(text));
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	site_server(site);
	l = http_listen_tcp(site->server, "tcp", str_from(address),
	    &site->role, &err);
	if (l == NULL)
		print_error("%s\n", text);
	assert_non_null(l);
	return l;
}

void
site_start(struct site *site)
{
	site_server(site);
	assert_int_equal(http_server_start(site->server), 0);
}

struct site *
site_open(void)
{
	struct site *site = site_new();

	site_listen(site);
	site_start(site);
	return site;
}

void
site_close(struct site *site)
{
	http_server_stop(site->server, 0);
	while (atomic_load(&site->workers) > 0)
		(void)poll(NULL, 0, 1);	/* they must not outlive the server */
	http_server_free(site->server);
	assert_int_equal(rmdir(site->folder), 0);
	free(site);
}

static struct csn_str
tell(struct buf *b, const struct http_request *q)
{
	struct csn_str value;
	size_t count = http_header(q, STR("x-tell"), &value);

	buf_printf(b, "%.*s\n%.*s\n%.*s\n%.*s\n%zu\n%zu %.*s\n%zu\n",
	    STR_FMT(q->method), STR_FMT(q->path),
	    q->query.p == NULL ? 1 : (int)q->query.n,
	    q->query.p == NULL ? "-" : q->query.p, STR_FMT(q->host),
	    q->headers.n, count, STR_FMT(value), q->body.n);
	buf_str_put(b, q->body);
	return buf_str(b);
}

struct later { struct site *site; struct http_exchange *x; };

static void *
later_main(void *arg)
{
	static const struct csn_pair h = {
		STR_INIT("X-From"), STR_INIT("elsewhere")
	};
	struct later *later = arg;
	struct buf b;

	buf_init(&b, 0);
	http_reply_later(later->x, 200, (struct csn_pairs){ &h, 1 },
	    tell(&b, http_exchange_request(later->x)));
	buf_free(&b);
	atomic_fetch_sub(&later->site->workers, 1);
	free(later);
	return NULL;
}

static void
later_start(struct site *site, struct http_exchange *x)
{
	struct later *later = malloc(sizeof(*later));
	pthread_t thread;

	assert_non_null(later);
	*later = (struct later){ site, x };
	atomic_fetch_add(&site->workers, 1);
	assert_int_equal(pthread_create(&thread, NULL, later_main, later), 0);
	(void)pthread_detach(thread);
}

/* Replies that are none, by path. true if it was one of them. */
static bool
bad_reply(struct http_exchange *x, struct csn_str path)
{
	static const struct { const char *path; struct csn_pair h; } rows[] = {
		{ "/bad-lf", { STR_INIT("X"), STR_INIT("a\nSet-Cookie: b") } },
		{ "/bad-cr", { STR_INIT("X"), STR_INIT("a\rb") } },
		{ "/bad-nul", { STR_INIT("X"), STR_INIT("a\0b") } },
		{ "/bad-name", { STR_INIT("X: y"), STR_INIT("a") } },
		{ "/bad-empty", { STR_INIT(""), STR_INIT("a") } },
		{ "/bad-length",
		    { STR_INIT("content-length"), STR_INIT("3") } },
		{ "/bad-coding",
		    { STR_INIT("Transfer-Encoding"), STR_INIT("chunked") } },
		{ "/bad-close", { STR_INIT("Connection"), STR_INIT("close") } },
	};
	static const struct csn_pairs none = { NULL, 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!str_is(path, rows[i].path))
			continue;
		http_reply(x, 200, (struct csn_pairs){ &rows[i].h, 1 },
		    STR("secret"));
		return true;
	}
	if (str_is(path, "/bad-204"))
		http_reply(x, 204, none, STR("secret"));
	else if (str_is(path, "/bad-100"))
		http_reply(x, 100, none, STR(""));
	else if (str_is(path, "/bad-1000"))
		http_reply(x, 1000, none, STR(""));
	else
		return false;
	return true;
}

void
site_handler(struct http_exchange *x, void *arg)
{
	static const struct csn_pair plain = {
		STR_INIT("Content-Type"), STR_INIT("text/plain")
	};
	const struct csn_pairs headers = { &plain, 1 };
	const struct http_request *q = http_exchange_request(x);
	struct site *site = arg;
	struct buf b;

	atomic_fetch_add(&site->asked, 1);
	if (str_is(q->path, "/later")) {
		later_start(site, x);
		return;
	}
	if (bad_reply(x, q->path))
		return;
	if (str_is(q->path, "/none")) {
		http_reply(x, 204, headers, STR(""));
		return;
	}
	if (str_is(q->path, "/big")) {
		http_reply(x, 200, headers, str_of(big, sizeof(big)));
		return;
	}
	buf_init(&b, 0);
	/* at once, but by the name that works on any thread */
	if (str_is(q->path, "/later-now"))
		http_reply_later(x, 200, headers, tell(&b, q));
	else
		http_reply(x, 200, headers, tell(&b, q));
	buf_free(&b);
}

int
client_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, path, strlen(path));
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

int
client_tcp(unsigned port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

void
client_send(int fd, const void *p, size_t n)
{
	const char *at = p;
	ssize_t r;

	for (; n > 0; at += r, n -= (size_t)r) {
		r = send(fd, at, n, MSG_NOSIGNAL);
		if (r <= 0)
			return;
	}
}

void
client_puts(int fd, const char *s)
{
	client_send(fd, s, strlen(s));
}

/* At most so many bytes more; what recv() says, or -1 when nothing comes. */
static ssize_t
client_more(int fd, struct answer *a, size_t most)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t r;

	if (most > sizeof(a->bytes) - 1 - a->n)
		most = sizeof(a->bytes) - 1 - a->n;
	assert_true(most > 0);
	if (poll(&p, 1, WAIT_MS) != 1)
		return -1;
	r = recv(fd, a->bytes + a->n, most, 0);
	if (r > 0) {
		a->n += (size_t)r;
		a->bytes[a->n] = '\0';
	}
	return r;
}

const char *
answer_header(const struct answer *a, const char *name)
{
	static char value[4096];
	size_t n = strlen(name);
	const char *at = a->bytes, *end;

	while ((at = strstr(at, "\r\n")) != NULL &&
	    at < a->bytes + a->head_n) {
		at += 2;
		if (strncasecmp(at, name, n) != 0 || at[n] != ':')
			continue;
		at += n + 2;
		end = strstr(at, "\r\n");
		(void)snprintf(value, sizeof(value), "%.*s",
		    (int)(end - at), at);
		return value;
	}
	return "";
}

const char *
answer_body(const struct answer *a)
{
	return a->bytes + a->head_n;
}

static void
answer_start(struct answer *a)
{
	a->status = 0;
	a->reset = false;
	a->n = a->head_n = 0;
	a->bytes[0] = '\0';
}

static void
answer_status(struct answer *a)
{
	if (strncmp(a->bytes, "HTTP/1.1 ", 9) == 0)
		a->status = (unsigned)strtoul(a->bytes + 9, NULL, 10);
}

void
client_answer(int fd, bool head, struct answer *a)
{
	size_t body;

	answer_start(a);
	/* byte by byte, so as not to take of the next one */
	while (a->n < 4 || memcmp(a->bytes + a->n - 4, "\r\n\r\n", 4) != 0) {
		if (client_more(fd, a, 1) <= 0)
			return;
	}
	a->head_n = a->n;
	body = strtoul(answer_header(a, "Content-Length"), NULL, 10);
	while (!head && a->n - a->head_n < body) {
		if (client_more(fd, a, a->head_n + body - a->n) <= 0)
			return;
	}
	answer_status(a);
}

bool
client_end(int fd, struct answer *a)
{
	const char *end;
	ssize_t r;

	answer_start(a);
	while ((r = client_more(fd, a, SIZE_MAX)) > 0)
		;
	end = strstr(a->bytes, "\r\n\r\n");
	a->head_n = end == NULL ? a->n : (size_t)(end + 4 - a->bytes);
	answer_status(a);
	a->reset = r < 0 && errno == ECONNRESET;
	return r == 0 || a->reset;
}

void
wait_count(atomic_uint *count, unsigned n)
{
	for (unsigned ms = 0; atomic_load(count) < n && ms < WAIT_MS; ms++)
		(void)poll(NULL, 0, 1);
	assert_true(atomic_load(count) >= n);
}
