/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc-login.c - people logging in by OpenID Connect, many at a time
 *
 * Each client is a browser with nothing in it: it asks for a page as a proxy
 * does for it, is sent to log in, on to the provider, comes back with the code
 * that oidc-provider.c understands, and has its session when the
 * application's host sets the cookie. It speaks to the daemon's two sockets
 * itself; the page of the provider, where people would type, it leaves out.
 * With a rate it begins logins by the clock, as far as it has clients. Prints
 * a line "failed NUMBER STEP STATUS" for each login that failed, and last
 * "logins failures seconds p50 p99 cpu": times of a login, and the CPU time
 * of this program, in microseconds.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define CLIENTS_MAX	256u
#define TIMES_MAX	1000000u
#define COOKIES		8u
#define LOGIN_HOST	"login.example.com"
#define APP_HOST	"app.example.com"
#define IDLE_US		1000000		/* a connection is kept so long */

enum step { CHECK, START, LOGIN, CALLBACK, ENTER, DONE };

struct cookie {
	struct buf name, value;		/* kept by the host that set it */
	bool login;
};

struct visitor {
	int check, pages;		/* connections, or -1 */
	enum step step;			/* of what was asked last */
	bool busy;
	unsigned long long number;
	int64_t begun_us;
	struct buf got, out;
	struct cookie cookies[COOKIES];
	size_t ncookies;
};

static struct visitor visitors[CLIENTS_MAX];
static struct pollfd polled[CLIENTS_MAX];
static const char *pages_socket, *check_socket;
static unsigned nclients = 32, rate, nproviders = 1;
static unsigned long long first_number, begun, good, bad;
static int64_t begin_us, end_us;
static int64_t took_us[TIMES_MAX];

/* ------------------------------------------------------------------ */
/* cookies */

static void
cookie_keep(struct visitor *v, bool login, struct csn_str name,
    struct csn_str value)
{
	size_t i = 0;

	while (i < v->ncookies && (v->cookies[i].login != login ||
	    !str_equal(buf_str(&v->cookies[i].name), name)))
		i++;
	if (i == COOKIES)
		client_fail("so many cookies");
	if (i == v->ncookies)
		v->ncookies++;
	v->cookies[i].login = login;
	buf_clear(&v->cookies[i].name);
	buf_str_put(&v->cookies[i].name, name);
	buf_clear(&v->cookies[i].value);
	buf_str_put(&v->cookies[i].value, value);
}

static void
cookies_read(struct visitor *v, bool login, struct csn_str head)
{
	static const char field[] = "\r\nSet-Cookie: ";
	struct csn_str rest, line, name, value;
	ptrdiff_t at;

	while ((at = str_find(head, str_from(field))) >= 0) {
		head = str_from_at(head, (size_t)at + sizeof(field) - 1);
		rest = head;
		(void)str_cut(&rest, ';', &line);
		(void)str_cut(&line, '=', &name);
		value = line;
		cookie_keep(v, login, name, value);
	}
}

static void
cookies_put(struct visitor *v, bool login)
{
	const char *before = "Cookie: ";

	for (size_t i = 0; i < v->ncookies; i++) {
		struct cookie *c = &v->cookies[i];

		/* without a value it was taken away */
		if (c->login != login || c->value.n == 0)
			continue;
		buf_printf(&v->out, "%s%.*s=%.*s", before,
		    STR_FMT(buf_str(&c->name)), STR_FMT(buf_str(&c->value)));
		before = "; ";
	}
	if (before[0] == ';')
		buf_puts(&v->out, "\r\n");
}

/* ------------------------------------------------------------------ */
/* asking */

static void
failed(struct visitor *v, unsigned status, struct csn_str said)
{
	(void)printf("failed %llu %u %u\n", v->number, (unsigned)v->step,
	    status);
	if (bad++ == 0)
		(void)fprintf(stderr, "oidc-login: login %llu at step %u: "
		    "status %u\n%.*s\n", v->number, (unsigned)v->step, status,
		    STR_FMT(said));
	v->busy = false;
}

static void
sent(struct visitor *v, int fd)
{
	unsigned i = (unsigned)(v - visitors);

	if (send(fd, v->out.p, v->out.n, MSG_NOSIGNAL) !=
	    (ssize_t)v->out.n)
		client_fail("send");
	buf_clear(&v->got);
	polled[i].fd = fd;
	polled[i].events = POLLIN;
}

/* What a proxy sends with each page. */
static void
check_ask(struct visitor *v)
{
	v->step = CHECK;
	buf_clear(&v->out);
	buf_printf(&v->out, "GET /check HTTP/1.1\r\nHost: " APP_HOST "\r\n"
	    "X-Original-URL: https://" APP_HOST "/p%llu/\r\n"
	    "X-Original-Method: GET\r\nX-Real-IP: 192.0.2.7\r\n"
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)\r\n"
	    "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"
	    "Sec-Fetch-Dest: document\r\n\r\n", v->number % nproviders);
	sent(v, v->check);
}

static void
page_ask(struct visitor *v, enum step step, bool login, struct csn_str path)
{
	v->step = step;
	buf_clear(&v->out);
	buf_printf(&v->out, "GET %.*s HTTP/1.1\r\nHost: %s\r\n"
	    "X-Real-IP: 192.0.2.7\r\n"
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)\r\n"
	    "Accept: text/html\r\nAccept-Language: en-GB,en;q=0.7\r\n"
	    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
	    "Sec-Fetch-Site: %s\r\n", STR_FMT(path),
	    login ? LOGIN_HOST : APP_HOST,
	    step == CALLBACK ? "cross-site" : "same-site");
	cookies_put(v, login);
	buf_puts(&v->out, "\r\n");
	sent(v, v->pages);
}

static void
connect_again(struct visitor *v)
{
	if (v->check >= 0)
		(void)close(v->check);
	if (v->pages >= 0)
		(void)close(v->pages);
	v->check = client_connect(check_socket);
	v->pages = client_connect(pages_socket);
	if (v->check < 0 || v->pages < 0)
		client_fail(pages_socket);
}

static void
login_begin(struct visitor *v)
{
	int64_t now = client_now_us();

	/* one that is not used is closed over there */
	if (v->pages < 0 || now - v->begun_us > IDLE_US)
		connect_again(v);
	v->number = first_number + begun++;
	v->begun_us = now;
	v->ncookies = 0;
	v->busy = true;
	check_ask(v);
}

/* ------------------------------------------------------------------ */
/* answers */

static struct csn_str
header(const struct client_answer *a, const char *name)
{
	ptrdiff_t at = str_find(a->head, str_from(name));
	struct csn_str rest, line;

	if (at < 0)
		return STR("");
	rest = str_from_at(a->head, (size_t)at + strlen(name));
	(void)str_cut(&rest, '\r', &line);
	return line;
}

static struct csn_str
parameter(struct csn_str url, const char *name)
{
	ptrdiff_t at = str_find(url, str_from(name));
	struct csn_str rest, value;

	if (at < 0)
		return STR("");
	rest = str_from_at(url, (size_t)at + strlen(name));
	(void)str_cut(&rest, '&', &value);
	return value;
}

/* What it would come back with from there; the issuer is written in the URL
 * as the answer has to have it. */
static int
callback_ask(struct visitor *v, struct csn_str url)
{
	struct csn_str state = parameter(url, "&state="),
	    nonce = parameter(url, "&nonce=");
	ptrdiff_t end = str_find(url, STR("/authorize?"));
	char path[4096];
	int n;

	if (state.n == 0 || nonce.n == 0 || end < 0)
		return -1;
	n = snprintf(path, sizeof(path), "/f/p%llu/callback?code=%llu.%.*s&"
	    "state=%.*s&iss=%.*s", v->number % nproviders, v->number,
	    STR_FMT(nonce), STR_FMT(state), (int)end, url.p);
	if (n < 0 || n >= (int)sizeof(path))
		return -1;
	page_ask(v, CALLBACK, true, str_of(path, (size_t)n));
	return 0;
}

/* On to where the answer leads, if that is where it has to. */
static int
follow(struct visitor *v, struct csn_str url, enum step step, bool login)
{
	struct csn_str host = login ? STR("https://" LOGIN_HOST) :
	    STR("https://" APP_HOST);

	if (!str_starts(url, host))
		return -1;
	page_ask(v, step, login, str_from_at(url, host.n));
	return 0;
}

static int
login_done(struct visitor *v, const struct client_answer *a)
{
	if (str_find(a->head, STR("\r\nSet-Cookie: __Host-countersign=")) < 0)
		return -1;
	if (good < TIMES_MAX)
		took_us[good] = client_now_us() - v->begun_us;
	good++;
	v->step = DONE;
	v->busy = false;
	return 0;
}

static int
onward(struct visitor *v, const struct client_answer *a)
{
	struct csn_str to = header(a, "\r\nLocation: ");

	switch (v->step) {
	case CHECK:
		return follow(v, header(a, "\r\nX-Countersign-Login: "),
		    START, false);
	case START:
		return follow(v, to, LOGIN, true);
	case LOGIN:
		return callback_ask(v, to);
	case CALLBACK:
		return follow(v, to, ENTER, false);
	default:
		return login_done(v, a);
	}
}

static void
answer_read(struct visitor *v, int fd)
{
	char more[16384];
	struct client_answer a;
	ssize_t n = recv(fd, more, sizeof(more), 0), whole;

	if (n <= 0)
		client_fail("the server closed a connection");
	buf_put(&v->got, more, (size_t)n);
	whole = client_answer(buf_str(&v->got), &a);
	if (whole == 0)
		return;
	if (whole < 0) {
		errno = EPROTO;
		client_fail("an answer");
	}
	cookies_read(v, v->step == LOGIN || v->step == CALLBACK, a.head);
	if (onward(v, &a) < 0)
		failed(v, a.status, buf_str(&v->got));
}

/* ------------------------------------------------------------------ */

/* How many may have begun by now. */
static unsigned long long
due(void)
{
	int64_t now = client_now_us();

	if (now >= end_us)
		return begun;
	return rate == 0 ? begun + nclients : 1 + (unsigned long long)
	    (now - begin_us) * rate / 1000000;
}

static void
drive(void)
{
	do {
		unsigned long long most = due();

		for (unsigned i = 0; i < nclients; i++)
			if (!visitors[i].busy && begun < most)
				login_begin(&visitors[i]);
		if (poll(polled, nclients, rate > 0 ? 1 : 100) < 0)
			client_fail("poll");
		for (unsigned i = 0; i < nclients; i++)
			if (polled[i].revents != 0 && visitors[i].busy)
				answer_read(&visitors[i], polled[i].fd);
			else if (!visitors[i].busy)
				polled[i].fd = -1;
		/* nothing here may last */
		if (client_now_us() > end_us + 30000000) {
			errno = ETIMEDOUT;
			client_fail("the server");
		}
	} while (begun > good + bad || client_now_us() < end_us);
}

static int
by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
report(void)
{
	int64_t us = client_now_us() - begin_us;
	size_t n = good < TIMES_MAX ? good : TIMES_MAX;
	struct timespec cpu;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	qsort(took_us, n, sizeof(*took_us), by_time);
	(void)printf("%llu %llu %.6f %lld %lld %lld\n", good, bad,
	    (double)us / 1e6, (long long)took_us[n / 2],
	    (long long)took_us[n * 99 / 100],
	    (long long)cpu.tv_sec * 1000000 + cpu.tv_nsec / 1000);
}

static void
visitor_init(struct visitor *v)
{
	v->check = v->pages = -1;
	buf_init(&v->got, 0);
	buf_init(&v->out, 0);
	for (size_t i = 0; i < COOKIES; i++) {
		buf_init(&v->cookies[i].name, 0);
		buf_init(&v->cookies[i].value, 0);
	}
}

int
main(int argc, char *argv[])
{
	unsigned ms = 1000;
	int c;

	while ((c = getopt(argc, argv, "c:s:r:b:p:")) != -1) {
		if (c == 'c')
			nclients = client_number(optarg, CLIENTS_MAX);
		else if (c == 's')
			ms = client_number(optarg, 600000);
		else if (c == 'r')
			rate = client_number(optarg, 1000000);
		else if (c == 'b')
			first_number = client_number(optarg, 1000000000);
		else if (c == 'p')
			nproviders = client_number(optarg, 8);
		else
			argc = 0;
	}
	if (argc - optind != 2) {
		(void)fprintf(stderr, "usage: oidc-login [-c clients] "
		    "[-s milliseconds] [-r per-second] [-b first-number]\n"
		    "    [-p providers] PAGES-SOCKET CHECK-SOCKET\n");
		return 2;
	}
	pages_socket = argv[optind];
	check_socket = argv[optind + 1];
	for (unsigned i = 0; i < nclients; i++) {
		visitor_init(&visitors[i]);
		polled[i].fd = -1;
	}
	begin_us = client_now_us();
	end_us = begin_us + (int64_t)ms * 1000;
	drive();
	report();
	return 0;
}
