/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_answer.c - where an answer begins and ends, and whose it is
 *
 * More lenient than a client of today, so that an odd answer is looked at
 * too. It must never look past what was read.
 */
#include "probe_answer.h"

/* A line without its end; false if there is no whole one. */
static bool
line_take(struct csn_str *rest, struct csn_str *ret)
{
	ptrdiff_t end = str_index(*rest, '\n');

	if (end < 0)
		return false;
	*ret = str_of(rest->p, (size_t)end);
	*rest = str_from_at(*rest, (size_t)end + 1);
	if (ret->n > 0 && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

static int
status_read(struct csn_str line, unsigned *ret)
{
	uint64_t n;

	if (!str_starts(line, STR("HTTP/1.")) || line.n < 12 ||
	    line.p[8] != ' ' || (line.n > 12 && line.p[12] != ' ') ||
	    str_u64(str_of(line.p + 9, 3), 999, &n) < 0 || n < 100)
		return -1;
	*ret = (unsigned)n;
	return 0;
}

struct csn_str
probe_answer_header(const struct probe_answer *a, const char *name,
    size_t nth)
{
	struct csn_str rest = a->head, line, key;

	while (line_take(&rest, &line)) {
		if (!str_cut(&line, ':', &key) || line.p == NULL ||
		    !str_equal_fold(key, str_from(name)))
			continue;
		if (nth-- == 0)
			return str_trim(line);
	}
	return str_of(NULL, 0);
}

static int
chunk_size(struct csn_str line, size_t *ret)
{
	size_t n = 0, i;

	for (i = 0; i < line.n && i < 7; i++) {
		char c = line.p[i];

		if (c >= '0' && c <= '9')
			n = n * 16 + (size_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			n = n * 16 + (size_t)((c | 32) - 'a') + 10;
		else
			break;
	}
	*ret = n;
	return i == 0 ? -1 : 0;
}

/* Bytes of a chunked body, or 0 if it is not whole. */
static size_t
chunks_length(struct csn_str body)
{
	struct csn_str rest = body, line;
	size_t n;

	while (line_take(&rest, &line) && chunk_size(line, &n) == 0) {
		if (n > 0) {
			if (rest.n < n)
				return 0;
			rest = str_from_at(rest, n);
			if (!line_take(&rest, &line))
				return 0;
			continue;
		}
		while (line_take(&rest, &line))
			if (line.n == 0)
				return body.n - rest.n;
		break;
	}
	return 0;
}

/* The body of an answer whose head has been read. */
static void
body_read(struct probe_answer *a, size_t before, struct csn_str rest,
    bool no_body)
{
	struct csn_str length = probe_answer_header(a, "Content-Length", 0);
	size_t n = 0;
	uint64_t said;

	a->body = rest;
	if (no_body || a->status < 200 || a->status == 204 ||
	    a->status == 304) {
		a->body.n = 0;
		a->whole = before;
		return;
	}
	if (str_equal_fold(probe_answer_header(a, "Transfer-Encoding", 0),
	    STR("chunked"))) {
		n = chunks_length(rest);
		a->whole = n == 0 ? 0 : before + n;
	} else if (length.p != NULL &&
	    str_u64(length, UINT32_MAX, &said) == 0) {
		n = said <= rest.n ? (size_t)said : 0;
		a->whole = said <= rest.n ? before + n : 0;
	} else {
		a->until_end = true;
	}
	if (a->whole != 0)
		a->body.n = n;
}

/* One head; false if there is none. */
static bool
head_read(struct csn_str *rest, struct probe_answer *a)
{
	struct csn_str line;
	const char *start;

	if (!line_take(rest, &line)) {
		if (rest->n > 2000)
			a->state = PROBE_NO_HTTP;
		return false;
	}
	if (status_read(line, &a->status) < 0) {
		a->state = PROBE_NO_HTTP;
		return false;
	}
	start = rest->p;
	while (line_take(rest, &line))
		if (line.n == 0) {
			a->head = str_of(start, (size_t)(line.p - start));
			return true;
		}
	return false;
}

void
probe_answer_read(struct csn_str bytes, bool no_body,
    struct probe_answer *ret)
{
	struct csn_str rest = bytes;

	*ret = (struct probe_answer){ .state = PROBE_NO_ANSWER,
	    .head = STR(""), .body = STR("") };
	do {
		if (!head_read(&rest, ret)) {
			ret->status = 0;
			return;
		}
	} while (ret->status == 100 || ret->status == 102 ||
	    ret->status == 103);
	ret->state = PROBE_ANSWERED;
	body_read(ret, bytes.n - rest.n, rest, no_body);
}

/* ------------------------------------------------------------------ */

/* "https://host[:port]/path" into both; a path alone has no host. */
static void
location_cut(struct csn_str where, struct csn_str *ret_host,
    struct csn_str *ret_path)
{
	ptrdiff_t at;

	*ret_host = STR("");
	*ret_path = where;
	at = str_starts(where, STR("//")) ? 0 : str_find(where, STR("://"));
	if (at < 0 || str_index(str_of(where.p, (size_t)at), '/') >= 0 ||
	    str_index(str_of(where.p, (size_t)at), '?') >= 0)
		return;
	where = str_from_at(where, (size_t)at + (where.p[at] == ':' ? 3 : 2));
	*ret_host = where;
	*ret_path = STR("/");
	for (size_t i = 0; i < where.n; i++)
		if (where.p[i] == '/' || where.p[i] == '?') {
			ret_host->n = i;
			*ret_path = str_from_at(where, i);
			return;
		}
}

/* The two ways that a check sends to the login. */
static bool
is_login(struct csn_str path)
{
	ptrdiff_t query = str_index(path, '?');
	struct csn_str bare = path;

	if (query < 0 || !str_starts(str_from_at(path, (size_t)query),
	    STR("?to=")))
		return false;
	bare.n = (size_t)query;
	return str_is(bare, "/.countersign/start") ||
	    str_ends(bare, STR("/login"));
}

static enum probe_said
judge_redirect(const struct probe_answer *a, struct csn_str asked)
{
	struct csn_str host, path;

	location_cut(probe_answer_header(a, "Location", 0), &host, &path);
	if (host.n > 0 && !str_equal_fold(host, asked))
		return SAID_AWAY;
	return is_login(path) ? SAID_LOGIN : SAID_MOVED;
}

bool
probe_answer_ours(const struct probe_answer *a)
{
	return str_is(probe_answer_header(a, "Referrer-Policy", 0),
	    "same-origin") &&
	    str_is(probe_answer_header(a, "X-Content-Type-Options", 0),
	    "nosniff") &&
	    str_starts(probe_answer_header(a, "Content-Security-Policy", 0),
	    STR("default-src 'none'"));
}

enum probe_said
probe_answer_judge(const struct probe_answer *a, struct csn_str host)
{
	if (a->state == PROBE_HUNG_UP || a->state == PROBE_NO_TLS ||
	    a->state == PROBE_NO_HTTP)
		return SAID_REFUSED;
	if (a->state != PROBE_ANSWERED)
		return SAID_NOTHING;
	/* an application may have the same lines: never where it answers */
	if (a->status >= 400 && probe_answer_ours(a))
		return SAID_OURS;
	switch (a->status) {
	case 301: case 302: case 303: case 307: case 308:
		return judge_redirect(a, host);
	case 400: case 401: case 403: case 411: case 413: case 414: case 417:
	case 421: case 426: case 431: case 501: case 505:
		return SAID_REFUSED;
	case 404: case 405: case 410:
		return SAID_MISSING;
	default:
		return a->status >= 500 ? SAID_TROUBLE : SAID_OPEN;
	}
}
