/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.c - people logging in, many at a time: page, password, code
 *
 * Drives the login pages as browsers do, and demands that each login ends with
 * a session's cookie. People are lines "name password secret
 * step" of a file; who has no secret ("-") is enrolled by the login. A code is
 * good once, so a person comes again in the next step of 30 s; the file is
 * written back. Prints "logins failures seconds p50 p99" (times of a login in
 * microseconds). With -r it prints "ready" first, when all are connected, and
 * waits for a line, so that the caller can read the servers' CPU time.
 *
 * A few loops hold all connections, as a proxy's workers do: a thread for each
 * would have the server wake one with every answer, and pay for it.
 */
#include <sys/socket.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define VISITORS_MAX	256u
#define LOOPS_MAX	4u
#define STEP_S		30
#define NOBODY_US	100000		/* all were here in this step */
#define NOBODY_MAX	400u

struct person {
	char name[32], password[32], secret[65];
	long long step;			/* of the code used last */
};

enum asked { ASKED_NOTHING, ASKED_PAGE, ASKED_PASSWORD, ASKED_CODE };

/* One login after the other. */
struct visitor {
	int fd;
	enum asked asked;
	bool over;
	unsigned number, tries;
	int64_t begin_us, wake_us;
	struct person *person;
	struct buf got, cookies, form;
};

struct loop {
	size_t n;
	struct visitor *visitors;
	pthread_t thread;
};

static struct person *people;
static size_t npeople, next_person;
static unsigned nlogins, begun, failed;
static unsigned pause_us;
static bool waits;
static pthread_barrier_t connected, begin;
static int64_t *took_us;
static const char *where, *host;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ------------------------------------------------------------------ */
/* RFC 6238 with its defaults */

static size_t
base32_decode(const char *text, uint8_t *ret, size_t room)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint64_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (; *text != '\0' && strchr(digits, *text) != NULL; text++) {
		bits = bits << 5 |
		    (uint64_t)(strchr(digits, *text) - digits);
		have += 5;
		if (have >= 8 && n < room) {
			have -= 8;
			ret[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

static void
code_of(const struct person *p, long long step, char ret[8])
{
	uint8_t key[64], counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned n, at;
	uint32_t v;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	(void)HMAC(EVP_sha1(), key, (int)base32_decode(p->secret, key,
	    sizeof(key)), counter, sizeof(counter), mac, &n);
	at = mac[n - 1] & 15;
	v = ((uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
	    (uint32_t)mac[at + 2] << 8 | mac[at + 3]) % 1000000;
	(void)snprintf(ret, 8, "%06u", v);
}

/* ------------------------------------------------------------------ */
/* pages */

/* The value of an attribute inside a tag; p NULL: none. */
static struct csn_str
attribute(struct csn_str tag, const char *name)
{
	ptrdiff_t at = str_find(tag, str_from(name));
	struct csn_str rest, value;

	if (at < 0)
		return str_of(NULL, 0);
	rest = str_from_at(tag, (size_t)at + strlen(name));
	(void)str_cut(&rest, '"', &value);
	return value;
}

static void
form_put(struct buf *b, struct csn_str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || c == '-' || c == '_') {
			buf_u8(b, c);
			continue;
		}
		buf_char(b, '%');
		buf_char(b, hex[c >> 4]);
		buf_char(b, hex[c & 15]);
	}
}

/* The hidden fields of the page's forms, as a body's beginning. */
static void
form_read(struct visitor *v, struct csn_str page)
{
	ptrdiff_t at;

	buf_clear(&v->form);
	while ((at = str_find(page, STR("<input"))) >= 0) {
		struct csn_str tag;

		page = str_from_at(page, (size_t)at);
		(void)str_cut(&page, '>', &tag);
		if (str_find(tag, STR("hidden")) < 0)
			continue;
		form_put(&v->form, attribute(tag, "name=\""));
		buf_char(&v->form, '=');
		form_put(&v->form, attribute(tag, "value=\""));
		buf_char(&v->form, '&');
	}
}

/* What the answer sets, as a Cookie line; it replaces what was there, for a
 * visitor has one exchange and its cookie is set whole each time. */
static void
cookies_read(struct visitor *v, struct csn_str head)
{
	static const char name[] = "\r\nSet-Cookie: ";
	struct csn_str line, pair;
	bool first = true;
	ptrdiff_t at;

	while ((at = str_find(head, str_from(name))) >= 0) {
		head = str_from_at(head, (size_t)at + sizeof(name) - 1);
		line = str_of(head.p, (size_t)str_index(head, '\r'));
		if (str_find(line, STR("Max-Age=0")) >= 0)
			continue;
		if (first)
			buf_clear(&v->cookies);
		(void)str_cut(&line, ';', &pair);
		buf_puts(&v->cookies, first ? "" : "; ");
		buf_str_put(&v->cookies, pair);
		first = false;
	}
}

/* One request on the kept connection. */
static int
ask(struct visitor *v, const char *method, struct csn_str body)
{
	struct buf b;
	bool sent;

	buf_init(&b, 0);
	buf_printf(&b, "%s /login HTTP/1.1\r\nHost: %s\r\n"
	    "X-Real-IP: 192.0.2.7\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
	    "x86_64; rv:140.0)\r\nAccept: text/html\r\n"
	    "Accept-Language: en-GB,en;q=0.7\r\nSec-Fetch-Mode: navigate\r\n"
	    "Sec-Fetch-Dest: document\r\n", method, host);
	if (v->cookies.n > 0)
		buf_printf(&b, "Cookie: %.*s\r\n",
		    STR_FMT(buf_str(&v->cookies)));
	if (body.n > 0)
		buf_printf(&b, "Origin: https://%s\r\nSec-Fetch-Site: "
		    "same-origin\r\nContent-Type: "
		    "application/x-www-form-urlencoded\r\n"
		    "Content-Length: %zu\r\n", host, body.n);
	buf_puts(&b, "\r\n");
	buf_str_put(&b, body);
	sent = send(v->fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n;
	buf_free(&b);
	buf_clear(&v->got);
	return sent ? 0 : -1;
}

/* A secret shown on the page is the person's from now on. */
static void
secret_read(struct person *p, struct csn_str page)
{
	ptrdiff_t at = str_find(page, STR("secret="));
	size_t n = 0;

	if (at < 0)
		return;
	page = str_from_at(page, (size_t)at + 7);
	while (n < page.n && n < sizeof(p->secret) - 1 &&
	    ((page.p[n] >= 'A' && page.p[n] <= 'Z') ||
	    (page.p[n] >= '2' && page.p[n] <= '7')))
		n++;
	memcpy(p->secret, page.p, n);
	p->secret[n] = '\0';
}

static int
ask_password(struct visitor *v)
{
	buf_printf(&v->form, "username=%s&password=%s", v->person->name,
	    v->person->password);
	v->asked = ASKED_PASSWORD;
	return ask(v, "POST", buf_str(&v->form));
}

static int
ask_code(struct visitor *v, struct csn_str page)
{
	struct person *p = v->person;
	char code[8];

	if (p->secret[0] == '-')
		secret_read(p, page);
	p->step = (long long)time(NULL) / STEP_S;
	code_of(p, p->step, code);
	buf_printf(&v->form, "code=%s", code);
	v->asked = ASKED_CODE;
	return ask(v, "POST", buf_str(&v->form));
}

/* What comes after this answer; 1: the login is over, -1: it failed. */
static int
visit(struct visitor *v, const struct client_answer *a)
{
	if (v->asked != ASKED_CODE && a->status != 200)
		return -1;
	cookies_read(v, a->head);
	form_read(v, a->body);
	switch (v->asked) {
	case ASKED_PAGE:
		return ask_password(v);
	case ASKED_PASSWORD:
		return ask_code(v, a->body);
	case ASKED_CODE:
		return str_find(a->head, STR("\r\nSet-Cookie: "
		    "__Host-countersign=")) >= 0 ? 1 : -1;
	case ASKED_NOTHING:
		break;
	}
	return -1;
}

/* ------------------------------------------------------------------ */

/* Somebody whose code was not used in this step, or NULL. */
static struct person *
person_next(void)
{
	long long step = (long long)time(NULL) / STEP_S;
	struct person *p = NULL;

	(void)pthread_mutex_lock(&lock);
	for (size_t i = 0; i < npeople && p == NULL; i++) {
		struct person *q = &people[next_person++ % npeople];

		if (q->step < step)
			p = q;
	}
	if (p != NULL)
		p->step = step;
	(void)pthread_mutex_unlock(&lock);
	return p;
}

static bool
one_more(unsigned *ret)
{
	bool more;

	(void)pthread_mutex_lock(&lock);
	more = begun < nlogins;
	if (more)
		*ret = begun++;
	(void)pthread_mutex_unlock(&lock);
	return more;
}

static void
login_failed(const struct visitor *v, const struct client_answer *a)
{
	(void)pthread_mutex_lock(&lock);
	if (failed++ == 0)
		(void)fprintf(stderr, "login: %s: status %u\n%.*s\n%.*s\n",
		    v->person == NULL ? "nobody is left" : v->person->name,
		    a->status, STR_FMT(a->head), STR_FMT(a->body));
	(void)pthread_mutex_unlock(&lock);
}

static void
visitor_connect(struct visitor *v)
{
	if (v->fd < 0 && (v->fd = client_connect(where)) < 0)
		client_fail(where);
}

static void
login_over(struct visitor *v, bool good, const struct client_answer *a)
{
	int64_t now = client_now_us();

	if (!good)
		login_failed(v, a);
	took_us[v->number] = now - v->begin_us;
	v->asked = ASKED_NOTHING;
	v->person = NULL;
	v->over = !one_more(&v->number);
	v->wake_us = now + pause_us;
	v->tries = 0;
}

/* The next person, or a later try where all of them were here. */
static void
login_begin(struct visitor *v, int64_t now)
{
	const struct client_answer none = { 0 };

	if (v->person == NULL)
		v->person = person_next();
	v->begin_us = now;
	if (v->person == NULL && v->tries++ < NOBODY_MAX) {
		v->wake_us = now + NOBODY_US;
		return;
	}
	/* not before: a connection that asks nothing is closed */
	visitor_connect(v);
	buf_clear(&v->cookies);
	v->asked = ASKED_PAGE;
	if (v->person == NULL || ask(v, "GET", STR("")) < 0)
		login_over(v, false, &none);
}

static void
visitor_read(struct visitor *v)
{
	struct client_answer a = { 0 };
	char more[65536];
	ssize_t n = recv(v->fd, more, sizeof(more), 0), whole = -1;
	int rc = -1;

	if (n > 0) {
		buf_put(&v->got, more, (size_t)n);
		whole = client_answer(buf_str(&v->got), &a);
	}
	if (whole == 0)
		return;
	if (whole > 0) {
		/* it stays while the next request is made */
		struct buf got = v->got;

		buf_init(&v->got, 0);
		rc = visit(v, &a);
		if (rc != 0)
			login_over(v, rc == 1, &a);
		buf_free(&got);
		return;
	}
	login_over(v, false, &a);
}

/* Milliseconds until somebody begins. */
static int
pause_ms(const struct loop *l, int64_t now)
{
	int64_t us = 1000000;

	for (size_t i = 0; i < l->n; i++) {
		const struct visitor *v = &l->visitors[i];

		if (!v->over && v->asked == ASKED_NOTHING &&
		    v->wake_us - now < us)
			us = v->wake_us - now;
	}
	return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

/* Those who are not here any more, or not yet, are no reason to wake. */
static size_t
polls_fill(const struct loop *l, struct pollfd *polls)
{
	size_t open = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct visitor *v = &l->visitors[i];

		open += !v->over;
		polls[i] = (struct pollfd){ v->asked == ASKED_NOTHING ? -1 :
		    v->fd, POLLIN, 0 };
	}
	return open;
}

static void
begin_due(struct loop *l)
{
	int64_t now = client_now_us();

	for (size_t i = 0; i < l->n; i++) {
		struct visitor *v = &l->visitors[i];

		if (!v->over && v->asked == ASKED_NOTHING &&
		    v->wake_us <= now)
			login_begin(v, now);
	}
}

/* Who logs in first is there by then as well. */
static void
wait_begin(struct loop *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct visitor *v = &l->visitors[i];

		while ((v->person = person_next()) == NULL &&
		    v->tries++ < NOBODY_MAX)
			(void)usleep(NOBODY_US);
	}
	for (size_t i = 0; i < l->n; i++)
		visitor_connect(&l->visitors[i]);
	(void)pthread_barrier_wait(&connected);
	(void)pthread_barrier_wait(&begin);
}

static void *
loop_run(void *arg)
{
	struct pollfd polls[VISITORS_MAX];
	struct loop *l = arg;

	if (waits)
		wait_begin(l);
	for (;;) {
		begin_due(l);
		if (polls_fill(l, polls) == 0)
			return NULL;
		if (poll(polls, l->n, pause_ms(l, client_now_us())) < 0 &&
		    errno != EINTR)
			client_fail("poll");
		for (size_t i = 0; i < l->n; i++)
			if (polls[i].revents != 0)
				visitor_read(&l->visitors[i]);
	}
}

static void
people_read(const char *path)
{
	struct csn_str text = client_file(path), line;
	size_t room = 1;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '\n';
	people = calloc(room, sizeof(*people));
	while (people != NULL && str_cut(&text, '\n', &line)) {
		struct person *p = &people[npeople];
		char one[256];

		if (line.n == 0 || line.n >= sizeof(one))
			continue;
		memcpy(one, line.p, line.n);
		one[line.n] = '\0';
		if (sscanf(one, "%31s %31s %64s %lld", p->name, p->password,
		    p->secret, &p->step) == 4)
			npeople++;
	}
	if (npeople == 0)
		client_fail(path);
}

static void
people_write(const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		client_fail(path);
	/* from where the next run goes on */
	for (size_t i = 0; i < npeople; i++) {
		const struct person *p = &people[(next_person + i) % npeople];

		(void)fprintf(f, "%s %s %s %lld\n", p->name, p->password,
		    p->secret, p->step);
	}
	if (fclose(f) != 0)
		client_fail(path);
}

static int
by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* With all that takes part in it. */
static void
wait_word(void)
{
	(void)pthread_barrier_wait(&connected);
	(void)printf("ready\n");
	(void)fflush(stdout);
	(void)getchar();
	(void)pthread_barrier_wait(&begin);
}

static void
visitor_init(struct visitor *v)
{
	v->fd = -1;
	v->over = !one_more(&v->number);
	buf_init(&v->got, 0);
	buf_init(&v->cookies, 0);
	buf_init(&v->form, 0);
}

/* Visitors shared out evenly; returns how many loops. */
static unsigned
loops_fill(struct loop *loops, unsigned nvisitors)
{
	static struct visitor visitors[VISITORS_MAX];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = cpus < 1 ? 1 : cpus > LOOPS_MAX ? LOOPS_MAX :
	    (unsigned)cpus;
	size_t at = 0;

	if (n > nvisitors)
		n = nvisitors;
	for (unsigned i = 0; i < n; i++) {
		loops[i].visitors = &visitors[at];
		loops[i].n = nvisitors / n + (i < nvisitors % n);
		at += loops[i].n;
	}
	for (unsigned i = 0; i < nvisitors; i++)
		visitor_init(&visitors[i]);
	return n;
}

static void
run(unsigned nvisitors)
{
	struct loop loops[LOOPS_MAX];
	unsigned n = loops_fill(loops, nvisitors);
	int64_t us;

	(void)pthread_barrier_init(&connected, NULL, n + 1);
	(void)pthread_barrier_init(&begin, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&loops[i].thread, NULL, loop_run,
		    &loops[i]) != 0)
			client_fail("a thread");
	if (waits)
		wait_word();
	us = client_now_us();
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(loops[i].thread, NULL);
	us = client_now_us() - us;
	qsort(took_us, nlogins, sizeof(*took_us), by_time);
	(void)printf("%u %u %.6f %lld %lld\n", nlogins, failed,
	    (double)us / 1e6, (long long)took_us[nlogins / 2],
	    (long long)took_us[(size_t)nlogins * 99 / 100]);
}

int
main(int argc, char *argv[])
{
	unsigned visitors = 64;
	int c;

	nlogins = 64;
	while ((c = getopt(argc, argv, "rt:n:w:")) != -1) {
		if (c == 't')
			visitors = client_number(optarg, VISITORS_MAX);
		else if (c == 'n')
			nlogins = client_number(optarg, 1000000);
		else if (c == 'w')
			pause_us = client_number(optarg, 10000000);
		else if (c == 'r')
			waits = true;
		else
			argc = 0;
	}
	if (argc - optind != 3) {
		(void)fprintf(stderr, "usage: login [-r] [-t at-a-time] "
		    "[-n logins] [-w microseconds-between]\n"
		    "    SOCKET HOST PEOPLE\n");
		return 2;
	}
	where = argv[optind];
	host = argv[optind + 1];
	people_read(argv[optind + 2]);
	took_us = calloc(nlogins, sizeof(*took_us));
	if (took_us == NULL)
		client_fail("memory");
	run(visitors);
	people_write(argv[optind + 2]);
	return failed > 0 ? 1 : 0;
}
