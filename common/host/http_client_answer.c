/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client_answer.c - an answer taken in, piece by piece, and a request's
 * headers put together
 *
 * Everything the other side sends is counted before it is kept. It must never
 * let a header of ours or of a plugin's break out of its line.
 */
#include "http_client_impl.h"
#include "lib/text.h"
#include "result.h"

void
http_answer_init(struct http_answer *a, size_t max_body)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->body, max_body);
	buf_init(&a->lines, 2 * HTTP_CLIENT_HEADER_BYTES);
}

void
http_answer_free(struct http_answer *a)
{
	buf_free(&a->body);
	buf_free(&a->lines);
}

/* RFC 9110 5.6.2 */
static bool
is_token(struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool
is_value(struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return false;
	return text_utf8(s);
}

static void
lower_put(struct buf *b, struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_char(b, s.p[i] >= 'A' && s.p[i] <= 'Z' ?
		    (char)(s.p[i] - 'A' + 'a') : s.p[i]);
}

/* What is not a name and a text is left out: no plugin needs it. */
static void
line_keep(struct http_answer *a, struct csn_str line)
{
	struct csn_str value = line, name;

	if (str_index(line, ':') < 0 || !str_cut(&value, ':', &name))
		return;
	value = str_trim(value);
	if (!is_token(name) || !is_value(value))
		return;
	lower_put(&a->lines, name);
	buf_char(&a->lines, '\0');
	buf_str_put(&a->lines, value);
	buf_char(&a->lines, '\0');
	a->nlines++;
}

static struct csn_str
line_end_off(struct csn_str line)
{
	while (line.n > 0 && (line.p[line.n - 1] == '\n' ||
	    line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

/* Each status line begins anew, so that of "100 Continue" nothing stays. What
 * comes behind the body (trailers, RFC 9110 6.5) is not kept. */
size_t
http_answer_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_answer *a = arg;
	struct csn_str line = line_end_off(str_of(p, size * n));

	a->header_bytes += size * n;
	if (a->header_bytes > HTTP_CLIENT_HEADER_BYTES ||
	    a->nlines == HTTP_CLIENT_HEADERS) {
		a->fault = "has too many headers";
		return 0;
	}
	if (a->in_body)
		return size * n;
	if (!a->in_head && str_starts(line, STR("HTTP/"))) {
		a->in_head = true;
		a->nlines = 0;
		buf_clear(&a->lines);
	} else if (line.n == 0) {
		a->in_head = false;
	} else if (a->in_head) {
		line_keep(a, line);
	}
	return size * n;
}

size_t
http_answer_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_answer *a = arg;

	a->in_body = true;
	buf_put(&a->body, p, size * n);
	if (buf_failed(&a->body)) {
		a->fault = "is longer than allowed";
		return size * n + 1;	/* any other number breaks off */
	}
	return size * n;
}

int32_t
http_answer_put(const struct http_answer *a, struct arena *arena,
    struct csn_http_res *ret)
{
	struct csn_str lines, body;
	struct csn_pair *v;
	const char *p;

	if (buf_failed(&a->lines) || !result_fits(arena, a->lines.n +
	    a->body.n + a->nlines * sizeof(*v), 3))
		return CSN_E_LIMIT;
	lines = arena_str(arena, buf_str(&a->lines));
	body = arena_str(arena, buf_str(&a->body));
	v = arena_array(arena, a->nlines, sizeof(*v));
	if (lines.p == NULL || body.p == NULL || v == NULL)
		return CSN_E_LIMIT;
	p = lines.p;
	for (size_t i = 0; i < a->nlines; i++) {
		v[i].name = str_from(p);
		p += v[i].name.n + 1;
		v[i].value = str_from(p);
		p += v[i].value.n + 1;
	}
	ret->headers = (struct csn_pairs){ v, a->nlines };
	ret->body = body;
	return CSN_OK;
}

/* ------------------------------------------------------------------ */
/* what we send */

/* What belongs to the connection, to us, or to nobody (cookies). */
static bool
is_reserved(struct csn_str name)
{
	static const char *const names[] = { "Host", "Connection", "Cookie",
		"Content-Length", "Expect", "Keep-Alive", "TE", "Trailer",
		"Transfer-Encoding", "Upgrade", "User-Agent" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_fold(name, str_from(names[i])))
			return true;
	return name.n >= 6 && str_equal_fold(str_of(name.p, 6), STR("Proxy-"));
}

static const char *
header_put(struct buf *text, const struct csn_pair *h)
{
	if (!is_token(h->name) || !is_value(h->value))
		return "has a header that is none";
	if (is_reserved(h->name))
		return "has a header that is not a plugin's to send";
	buf_str_put(text, h->name);
	/* libcurl: with a colon alone it would send none at all */
	buf_puts(text, h->value.n > 0 ? ": " : ";");
	buf_str_put(text, h->value);
	buf_char(text, '\0');
	return NULL;
}

const char *
http_headers_make(struct http_headers *h, struct csn_pairs pairs)
{
	const char *fault = NULL;
	char *p;

	memset(h, 0, sizeof(*h));
	buf_init(&h->text, HTTP_HEADERS_BYTES);
	if (pairs.n > HTTP_HEADERS_MAX)
		return "has too many headers";
	for (size_t i = 0; i < pairs.n && fault == NULL; i++)
		fault = header_put(&h->text, &pairs.v[i]);
	/* no "100-continue" round before a body */
	buf_puts(&h->text, "Expect:");
	buf_char(&h->text, '\0');
	if (fault != NULL || buf_failed(&h->text))
		return fault != NULL ? fault : "has too long headers";
	p = (char *)h->text.p;
	for (h->n = 0; h->n <= pairs.n; h->n++) {
		h->nodes[h->n].data = p;
		h->nodes[h->n].next = h->n < pairs.n ? &h->nodes[h->n + 1] :
		    NULL;
		p += strlen(p) + 1;
	}
	return NULL;
}

void
http_headers_free(struct http_headers *h)
{
	buf_free(&h->text);
}
