/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_reply.c - composing responses
 *
 * A response is checked as a whole, measured, and then written in one go into
 * one block. It must never let a header value end its line, frame a body in
 * two ways, or send half of what was refused.
 */
#include "http_impl.h"

#include "lib/secret.h"

#define REPLY_MAX	((size_t)32 << 20)
#define DIGITS_MAX	20u
#define FRAME_MAX	128u	/* status line, length, connection, ends */

static struct csn_str
reason_of(unsigned status)
{
	switch (status) {
	case 200: return STR("OK");
	case 204: return STR("No Content");
	case 302: return STR("Found");
	case 303: return STR("See Other");
	case 304: return STR("Not Modified");
	case 307: return STR("Temporary Redirect");
	case 400: return STR("Bad Request");
	case 401: return STR("Unauthorized");
	case 403: return STR("Forbidden");
	case 404: return STR("Not Found");
	case 405: return STR("Method Not Allowed");
	case 408: return STR("Request Timeout");
	case 413: return STR("Content Too Large");
	case 414: return STR("URI Too Long");
	case 415: return STR("Unsupported Media Type");
	case 417: return STR("Expectation Failed");
	case 421: return STR("Misdirected Request");
	case 429: return STR("Too Many Requests");
	case 431: return STR("Request Header Fields Too Large");
	case 500: return STR("Internal Server Error");
	case 501: return STR("Not Implemented");
	case 503: return STR("Service Unavailable");
	case 505: return STR("HTTP Version Not Supported");
	default: return STR("");	/* RFC 9112 4: it may be empty */
	}
}

/* The lines that frame a response are written here and nowhere else. */
static bool
name_framing(struct csn_str name)
{
	return str_equal_fold(name, STR("Content-Length")) ||
	    str_equal_fold(name, STR("Transfer-Encoding")) ||
	    str_equal_fold(name, STR("Connection"));
}

static bool
bodiless(unsigned status)
{
	return status == 204 || status == 304;
}

/* The size of headers and body, or SIZE_MAX: no response. */
static size_t
reply_measure(unsigned status, struct csn_pairs headers, struct csn_str body)
{
	size_t n = FRAME_MAX;

	if (status < 200 || status > 599 || (bodiless(status) && body.n > 0) ||
	    body.n > REPLY_MAX)
		return SIZE_MAX;
	n += body.n;
	for (size_t i = 0; i < headers.n; i++) {
		const struct csn_pair *h = &headers.v[i];

		if (!http_token(h->name) || name_framing(h->name) ||
		    !http_field_plain(h->value) || h->value.n > REPLY_MAX)
			return SIZE_MAX;
		n += h->name.n + h->value.n + 4;
		if (n > REPLY_MAX)
			return SIZE_MAX;
	}
	return n;
}

/* Room was made before: reply_measure() counts each byte that is put. */
static inline char *
put(char *at, const char *p, size_t n)
{
	if (n > 0)
		memcpy(at, p, n);
	return at + n;
}

static inline char *
put_str(char *at, struct csn_str s)
{
	return put(at, s.p, s.n);
}

static char *
put_decimal(char *at, size_t v)
{
	char digits[DIGITS_MAX];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	return put(at, digits + i, sizeof(digits) - i);
}

static char *
put_status(char *at, unsigned status)
{
	at = put_str(at, STR("HTTP/1.1 "));
	at = put_decimal(at, status);
	*at++ = ' ';
	return put_str(at, reason_of(status));
}

static char *
put_connection(char *at, const struct http_exchange *x)
{
	if (!x->keep)
		return put_str(at, STR("\r\nConnection: close"));
	/* what HTTP/1.0 does not take for granted */
	if (!x->parse.minor)
		return put_str(at, STR("\r\nConnection: keep-alive"));
	return at;
}

int
http_reply_compose(struct http_pool *pool, struct http_block **out,
    const struct http_exchange *x, unsigned status, struct csn_pairs headers,
    struct csn_str body)
{
	size_t n = reply_measure(status, headers, body);
	int r = 0;
	char *at;

	if (n == SIZE_MAX) {
		status = 500;
		headers.n = body.n = 0;
		n = FRAME_MAX;
		r = 1;
	}
	if (http_block_room(pool, out, n) != 0)
		return -1;
	at = put_status((*out)->p + (*out)->n, status);
	for (size_t i = 0; i < headers.n; i++) {
		at = put(at, "\r\n", 2);
		at = put_str(at, headers.v[i].name);
		at = put(at, ": ", 2);
		at = put_str(at, headers.v[i].value);
	}
	if (!bodiless(status)) {	/* RFC 9110 8.6: not with 204 */
		at = put_str(at, STR("\r\nContent-Length: "));
		at = put_decimal(at, body.n);
	}
	at = put_connection(at, x);
	at = put(at, "\r\n\r\n", 4);
	if (!x->parse.head)
		at = put_str(at, body);
	(*out)->n = (size_t)(at - (*out)->p);
	return r;
}

int
http_reply_fault(struct http_pool *pool, struct http_block **out,
    const struct http_exchange *x, enum http_fault fault)
{
	static const struct csn_pair headers[] = {
		{ STR_INIT("Content-Type"), STR_INIT("text/plain") },
		{ STR_INIT("Cache-Control"), STR_INIT("no-store") },
	};
	char text[128];
	struct buf b;

	buf_init_fixed(&b, text, sizeof(text));
	buf_printf(&b, "Refused: %s.\n", http_fault_text(fault));
	return http_reply_compose(pool, out, x, http_fault_status(fault),
	    (struct csn_pairs){ headers, 2 }, buf_str(&b));
}

void
http_exchange_refused(const struct http_exchange *x, enum http_fault fault)
{
	const struct http_conn *c = x->conn;

	http_server_refused(c->loop->server, c->listener, &c->peer, fault);
}

static void
reply_told(struct http_exchange *x, int r)
{
	if (r != 0)
		http_exchange_refused(x, HTTP_REPLY);
}

void
http_reply(struct http_exchange *x, unsigned status, struct csn_pairs headers,
    struct csn_str body)
{
	struct http_conn *c = x->conn;
	int r = http_reply_compose(&c->loop->pool, &c->out, x, status, headers,
	    body);

	x->answered = true;
	if (r < 0)
		c->closing = true;	/* without a word: there is no memory */
	reply_told(x, r);
}

void
http_reply_later(struct http_exchange *x, unsigned status,
    struct csn_pairs headers, struct csn_str body)
{
	struct http_loop *loop = x->conn->loop;
	int r;

	if (http_loop_here() == loop && loop->inside == x) {
		http_reply(x, status, headers, body);
		return;
	}
	r = http_reply_compose(NULL, &x->reply, x, status, headers, body);
	reply_told(x, r);
	http_loop_post(loop, x);	/* no reply: the connection is closed */
}

int
http_resume(struct http_exchange *x, void (*run)(void *), void *arg)
{
	x->run = run;
	x->run_arg = arg;
	return http_loop_resume(x->conn->loop, x);
}

const struct http_request *
http_exchange_request(const struct http_exchange *x)
{
	return &x->request;
}

unsigned
http_exchange_loop(const struct http_exchange *x)
{
	return x->conn->loop->index;
}
