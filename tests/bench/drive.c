/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drive.c - sends one request again and again, and demands one status
 *
 * For the benchmarks: each client has one request on its way. With a rate it
 * sends by the clock, however slow the answers are, as far as it has clients.
 * Prints "answers others seconds"; the driven server's CPU time is for the
 * caller to read before and after. SIGTERM ends it before its time, with what
 * it has by then. With -l each answer has a line before that
 * one: when its request was sent (by the monotonic clock), how long it took,
 * and how long without the time in which the server's threads or this program
 * waited for a processor, all in microseconds. That is how a lock is told from
 * a crowded machine.
 */
#include <sys/socket.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

#define CLIENTS_MAX	256u
#define ROOM		(64u * 1024)
#define THREADS_MAX	64u
#define TIMES_MAX	1000000u

struct client {
	size_t got;
	int64_t sent_us, waited_ns;
	bool busy;
	char room[ROOM];
};

static struct client clients[CLIENTS_MAX];
static struct pollfd polled[CLIENTS_MAX];
static volatile sig_atomic_t ended;

struct drive {
	const char *where;
	struct csn_str before, after;	/* of the request, around the cookie */
	struct csn_str *cookies;
	size_t ncookies, next;
	unsigned nclients, status, rate;
	uint64_t requests;		/* to send; 0: until the end */
	int64_t begin_us, end_us;
	uint64_t sent, good, bad;
	bool show;
	/* -l: what the kernel says of the threads that answer, and of us */
	int waits[THREADS_MAX];
	size_t nwaits;
	struct took { int64_t sent_us, us, run_us; } *took;
	size_t ntook;
};

static void
usage(void)
{
	(void)fprintf(stderr, "usage: drive [-c clients] [-n requests] "
	    "[-s milliseconds]\n    [-r per-second] [-e status] [-p] "
	    "SOCKET REQUEST [COOKIES]\n"
	    "REQUEST is a file with a request, whose @ stands for a line of "
	    "COOKIES.\n-p prints the head of the first answer, -l of each "
	    "answer of the process\nwhen it was asked for, how long it took, "
	    "and without waits for a processor\n");
	exit(2);
}

/* ------------------------------------------------------------------ */
/* how long answers take */

static void
wait_add(struct drive *d, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || d->nwaits == THREADS_MAX)
		client_fail(path);
	d->waits[d->nwaits++] = fd;
}

static void
thread_file(char *path, size_t n, unsigned pid, const char *tid,
    const char *file)
{
	(void)snprintf(path, n, "/proc/%u/task/%s/%s", pid, tid, file);
}

static void
thread_name(char *ret, int n, unsigned pid, const char *tid)
{
	char path[320];
	FILE *f;

	thread_file(path, sizeof(path), pid, tid, "comm");
	f = fopen(path, "re");
	if (f == NULL || fgets(ret, n, f) == NULL)
		client_fail(path);
	(void)fclose(f);
}

/* The threads of a daemon that still have its own name answer requests; the
 * first one only waits for signals, and reloads. */
static void
waits_open(struct drive *d, unsigned pid)
{
	char path[320], first[16], own[64], name[64];
	struct dirent *e;
	DIR *dir;

	(void)snprintf(first, sizeof(first), "%u", pid);
	thread_name(own, sizeof(own), pid, first);
	(void)snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	if (dir == NULL)
		client_fail(path);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, first) == 0)
			continue;
		thread_name(name, sizeof(name), pid, e->d_name);
		thread_file(path, sizeof(path), pid, e->d_name, "schedstat");
		if (strcmp(name, own) == 0)
			wait_add(d, path);
	}
	(void)closedir(dir);
	wait_add(d, "/proc/self/schedstat");
	d->took = calloc(TIMES_MAX, sizeof(*d->took));
	if (d->took == NULL)
		client_fail("memory");
}

/* How long all of them were ready to run and did not, up to now. */
static int64_t
waited_ns(const struct drive *d)
{
	char text[128];
	long long ns, sum = 0;
	ssize_t n;

	for (size_t i = 0; i < d->nwaits; i++) {
		n = pread(d->waits[i], text, sizeof(text) - 1, 0);
		text[n < 0 ? 0 : n] = '\0';
		if (sscanf(text, "%*d %lld", &ns) == 1)
			sum += ns;
	}
	return sum;
}

static void
took(struct drive *d, const struct client *c)
{
	int64_t us = client_now_us() - c->sent_us;

	if (d->ntook < TIMES_MAX)
		d->took[d->ntook++] = (struct took){ c->sent_us, us,
		    us - (waited_ns(d) - c->waited_ns) / 1000 };
}

/* At the end: whoever reads it meanwhile would take a processor. */
static void
took_print(const struct drive *d)
{
	for (size_t i = 0; i < d->ntook; i++)
		(void)printf("%lld %lld %lld\n",
		    (long long)d->took[i].sent_us, (long long)d->took[i].us,
		    (long long)d->took[i].run_us);
}

/* ------------------------------------------------------------------ */

static void
cookies_read(struct drive *d, const char *path)
{
	struct csn_str text = client_file(path), line;
	size_t room = 1;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '\n';
	d->cookies = calloc(room, sizeof(*d->cookies));
	if (d->cookies == NULL)
		client_fail("cookies");
	while (str_cut(&text, '\n', &line))
		if (line.n > 0 && d->ncookies < room)
			d->cookies[d->ncookies++] = line;
}

static void
request_read(struct drive *d, const char *path)
{
	struct csn_str text = client_file(path);
	ssize_t at = str_index(text, '@');

	d->before = at < 0 ? text : str_of(text.p, (size_t)at);
	d->after = at < 0 ? STR("") : str_from_at(text, (size_t)at + 1);
}

static void
on_term(int unused)
{
	(void)unused;
	ended = 1;
}

static bool
more(const struct drive *d)
{
	if (ended)
		return false;
	return d->requests > 0 ? d->sent < d->requests :
	    client_now_us() < d->end_us;
}

static void
client_send(struct drive *d, unsigned i)
{
	struct csn_str cookie = STR("");
	char text[ROOM];
	struct buf b;

	if (d->ncookies > 0)
		cookie = d->cookies[d->next++ % d->ncookies];
	buf_init_fixed(&b, text, sizeof(text));
	buf_str_put(&b, d->before);
	buf_str_put(&b, cookie);
	buf_str_put(&b, d->after);
	if (d->nwaits > 0) {
		clients[i].waited_ns = waited_ns(d);
		clients[i].sent_us = client_now_us();
	}
	if (send(polled[i].fd, b.p, b.n, MSG_NOSIGNAL) != (ssize_t)b.n)
		client_fail("send");
	clients[i].busy = true;
	clients[i].got = 0;
	d->sent++;
}

static void
client_read(struct drive *d, unsigned i)
{
	struct client *c = &clients[i];
	struct client_answer a;
	ssize_t n, whole;

	n = recv(polled[i].fd, c->room + c->got, ROOM - c->got, 0);
	if (n <= 0)
		client_fail("the server closed a connection");
	c->got += (size_t)n;
	whole = client_answer(str_of(c->room, c->got), &a);
	if (whole < 0) {
		errno = EPROTO;
		client_fail("an answer");
	}
	if (whole == 0)
		return;
	if (d->show)
		(void)fwrite(a.head.p, 1, a.head.n, stdout);
	d->show = false;
	if (d->nwaits > 0)
		took(d, c);
	if (a.status == d->status)
		d->good++;
	else
		d->bad++;
	c->busy = false;
}

/* How many may be sent by now. */
static uint64_t
due(const struct drive *d)
{
	if (d->rate == 0)
		return UINT64_MAX;
	return 1 + (uint64_t)(client_now_us() - d->begin_us) * d->rate /
	    1000000;
}

static void
drive(struct drive *d)
{
	uint64_t open = 0;

	do {
		uint64_t now = due(d);

		for (unsigned i = 0; i < d->nclients; i++)
			if (!clients[i].busy && d->sent < now && more(d))
				client_send(d, i);
		if (poll(polled, d->nclients, d->rate > 0 ? 1 : 100) < 0 &&
		    errno != EINTR)
			client_fail("poll");
		for (unsigned i = 0; i < d->nclients; i++)
			if (polled[i].revents != 0 && clients[i].busy)
				client_read(d, i);
		open = d->sent - d->good - d->bad;
		/* nothing here may last */
		if (client_now_us() > d->end_us + 10000000) {
			errno = ETIMEDOUT;
			client_fail("the server");
		}
	} while (open > 0 || more(d));
}

static void
options_read(struct drive *d, int argc, char **argv)
{
	int64_t ms = 60000;
	int c;

	while ((c = getopt(argc, argv, "c:n:s:r:e:l:p")) != -1) {
		if (c == 'c')
			d->nclients = client_number(optarg, CLIENTS_MAX);
		else if (c == 'n')
			d->requests = client_number(optarg, 10000000);
		else if (c == 's')
			ms = client_number(optarg, 600000);
		else if (c == 'r')
			d->rate = client_number(optarg, 1000000);
		else if (c == 'e')
			d->status = client_number(optarg, 599);
		else if (c == 'l')
			waits_open(d, client_number(optarg, 4194304));
		else if (c == 'p')
			d->show = true;
		else
			usage();
	}
	if (argc - optind != 2 && argc - optind != 3)
		usage();
	d->where = argv[optind];
	request_read(d, argv[optind + 1]);
	if (argc - optind == 3)
		cookies_read(d, argv[optind + 2]);
	d->begin_us = client_now_us();
	d->end_us = d->begin_us + ms * 1000;
}

int
main(int argc, char *argv[])
{
	static struct drive d = { .nclients = 8, .status = 200 };

	options_read(&d, argc, argv);
	(void)signal(SIGTERM, on_term);
	for (unsigned i = 0; i < d.nclients; i++) {
		polled[i].fd = client_connect(d.where);
		polled[i].events = POLLIN;
		if (polled[i].fd < 0)
			client_fail(d.where);
	}
	drive(&d);
	if (d.nwaits > 0)
		took_print(&d);
	(void)printf("%llu %llu %.6f\n", (unsigned long long)d.good,
	    (unsigned long long)d.bad,
	    (double)(client_now_us() - d.begin_us) / 1e6);
	return 0;
}
