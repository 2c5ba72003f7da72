/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c - events as lines of JSON in a file that only grows
 *
 * It must never say 0 for a line that is not wholly in the file, nor let the
 * rest of a line that failed run into the next.
 */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/apart.h"
#include "lib/text.h"
#include "lib/timefmt.h"

#define LINE_USUAL	1000u	/* bytes: one piece of memory does */

struct audit {
	pthread_mutex_t lock;
	char *path;		/* empty: standard error */
	int fd;
	bool torn;		/* the last line in the file has no end */
};

static const char *
file_fault(const struct stat *st)
{
	if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode))
		return NULL;
	if (!S_ISREG(st->st_mode))
		return "is no file; name a file in a folder of ours";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs to somebody else; give it to us (chown)";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "can be written by others; take that away "
		    "(chmod go-w)";
	return NULL;
}

/* Never blocks: a pipe that nobody reads is a log that cannot be written. */
static int
file_open(const char *path, struct buf *error)
{
	const char *fault;
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOCTTY | O_NONBLOCK, 0600);

	if (fd < 0) {
		buf_printf(error, "audit log %s: cannot be opened (%s); name "
		    "a file in a folder that we may write", path,
		    strerrordesc_np(errno));
		return -1;
	}
	fault = fstat(fd, &st) != 0 ? "cannot be looked at" : file_fault(&st);
	if (fault != NULL) {
		buf_printf(error, "audit log %s: %s", path, fault);
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* The last line of a file that a crash or a full disk cut has no end. */
static bool
file_torn(const char *path)
{
	struct stat st;
	char last = '\n';
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    pread(fd, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	(void)close(fd);
	return last != '\n';
}

struct audit *
audit_open(struct csn_str path, struct buf *error)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (a == NULL || (a->path = strndup(path.p == NULL ? "" : path.p,
	    path.n)) == NULL) {
		buf_puts(error, "audit log: no memory");
		free(a);
		return NULL;
	}
	a->fd = STDERR_FILENO;
	if (path.n > 0)
		a->fd = file_open(a->path, error);
	if (a->fd < 0) {
		free(a->path);
		free(a);
		return NULL;
	}
	a->torn = path.n > 0 && file_torn(a->path);
	(void)pthread_mutex_init(&a->lock, NULL);
	return a;
}

void
audit_close(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->path[0] != '\0')
		(void)close(a->fd);
	(void)pthread_mutex_destroy(&a->lock);
	free(a->path);
	free(a);
}

int
audit_reopen(struct audit *a, struct buf *error)
{
	int fd, old;

	if (a->path[0] == '\0')
		return 0;
	fd = file_open(a->path, error);
	if (fd < 0)
		return -1;
	(void)pthread_mutex_lock(&a->lock);
	old = a->fd;
	a->fd = fd;
	a->torn = file_torn(a->path);
	(void)pthread_mutex_unlock(&a->lock);
	(void)close(old);
	return 0;
}

/* ------------------------------------------------------------------ */
/* the line */

/* At most AUDIT_TEXT_MAX bytes, cut between characters. */
static struct csn_str
text_cut(struct csn_str s)
{
	size_t n = AUDIT_TEXT_MAX;

	if (s.n <= n)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_of(s.p, n);
}

static void
member(struct buf *b, struct csn_str name, struct csn_str value)
{
	if (value.n == 0)
		return;
	buf_str_put(b, name);
	text_json(b, text_cut(value));
}

#define MEMBER(b, name, value) \
    member((b), STR(",\"" name "\":"), (value))

static void
event_name(struct buf *b, const struct audit_event *e)
{
	char memory[AUDIT_TEXT_MAX + 16];
	struct buf name;

	buf_init_fixed(&name, memory, sizeof(memory));
	buf_puts(&name, e->plugin ? "plugin:" : "");
	buf_str_put(&name, text_cut(e->event));
	buf_puts(b, ",\"event\":");
	text_json(b, buf_str(&name));
	buf_free(&name);
}

/* A name twice would mean one thing to one reader and another to the next. */
static bool
name_before(struct csn_pairs pairs, size_t i)
{
	struct csn_str name = text_cut(pairs.v[i].name);

	for (size_t k = 0; k < i; k++)
		if (str_equal(text_cut(pairs.v[k].name), name))
			return true;
	return false;
}

static void
details(struct buf *b, struct csn_pairs pairs)
{
	if (pairs.n == 0)
		return;
	buf_puts(b, ",\"details\":{");
	for (size_t i = 0; i < pairs.n && i < AUDIT_PAIRS_MAX; i++) {
		if (name_before(pairs, i))
			continue;
		if (i > 0)
			buf_char(b, ',');
		text_json(b, text_cut(pairs.v[i].name));
		buf_char(b, ':');
		text_json(b, text_cut(pairs.v[i].value));
	}
	buf_char(b, '}');
}

void
audit_line(struct buf *b, const struct audit_event *e)
{
	buf_puts(b, "{\"time\":\"");
	time_rfc3339(b, e->time_ms);
	buf_char(b, '"');
	event_name(b, e);
	MEMBER(b, "reference", e->reference);
	MEMBER(b, "realm", e->realm);
	MEMBER(b, "subject", e->subject);
	MEMBER(b, "factor", e->factor);
	MEMBER(b, "policy", e->policy);
	MEMBER(b, "reason", e->reason);
	MEMBER(b, "host", e->host);
	MEMBER(b, "client", e->client);
	MEMBER(b, "user_agent", e->user_agent);
	details(b, e->details);
	buf_char(b, '}');
}

/* ------------------------------------------------------------------ */

APART static bool
line_write(struct audit *a, struct csn_str line)
{
	ssize_t n;

	do {
		n = write(a->fd, line.p, line.n);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		a->torn = (size_t)n < line.n;
	return n > 0 && (size_t)n == line.n;
}

int
audit_write(struct audit *a, const struct audit_event *e)
{
	struct csn_str line;
	struct buf b;
	bool written;

	buf_init(&b, AUDIT_LINE_MAX);
	buf_reserve(&b, LINE_USUAL);
	buf_char(&b, '\n');	/* to end a torn line; else left out */
	audit_line(&b, e);
	buf_char(&b, '\n');
	if (buf_failed(&b)) {
		buf_free(&b);
		return -1;
	}
	line = buf_str(&b);
	(void)pthread_mutex_lock(&a->lock);
	written = line_write(a, a->torn ? line : str_from_at(line, 1));
	(void)pthread_mutex_unlock(&a->lock);
	buf_free(&b);
	return written ? 0 : -1;
}
