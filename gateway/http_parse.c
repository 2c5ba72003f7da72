/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_parse.c - the strict reader of a request's head
 *
 * RFC 9112 without its leniences: what a recipient MAY repair is refused here
 * (notes on each below), since the proxy before us has already repaired what
 * was honest. It must never read past n, accept a head in two spellings that
 * another reader could take for two requests, or guess a body's length.
 */
#include "http_parse.h"

#include <limits.h>

#include "lib/wide.h"

#define METHOD_MAX	32u
#define PORT_DIGITS_MAX	5u
#define LENGTH_DIGITS_MAX 18u	/* fits 63 bits */

/* 1: a character of a token (RFC 9110 5.6.2); 2: of a host name or a
 * bracketed address besides. */
static const uint8_t kind[256] = {
	['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1,
	['*'] = 1, ['+'] = 1, ['-'] = 3, ['.'] = 3, ['^'] = 1, ['_'] = 3,
	['`'] = 1, ['|'] = 1, ['~'] = 1,
	['0'] = 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	['A'] = 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	3, 3, 3, 3, 3,
	['a'] = 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
	3, 3, 3, 3, 3,
};

static bool
all_of(struct csn_str s, uint8_t bit)
{
	uint8_t all = bit;

	for (size_t i = 0; i < s.n; i++)
		all &= kind[(uint8_t)s.p[i]];
	return all != 0 && s.n > 0;
}

bool
http_token(struct csn_str s)
{
	return all_of(s, 1);
}

static bool
byte_control(char c)
{
	return ((uint8_t)c < 0x20 && c != '\t') || (uint8_t)c == 0x7f;
}

/* The bytes of sixteen that are such. */
static inline wide
wide_control(const char *p)
{
	wide v = wide_load(p);

	return (wide)(((v < 0x20) & (v != '\t')) | (v == 0x7f));
}

bool
http_field_plain(struct csn_str s)
{
	wide found = { 0 };
	size_t i = 0;

	for (; s.n - i >= WIDE; i += WIDE)
		found |= wide_control(s.p + i);
	/* the end, once more with some of what comes before it */
	if (i > 0)
		return !wide_any(found | wide_control(s.p + s.n - WIDE));
	for (; i < s.n; i++)
		if (byte_control(s.p[i]))
			return false;
	return true;
}

/* Visible ASCII without '#': a fragment is never sent (RFC 9112 3.2). */
static bool
target_plain(struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '#')
			return false;
	}
	return true;
}

static struct http_span
span_of(const char *bytes, struct csn_str s)
{
	return (struct http_span){ (uint32_t)(s.p - bytes), (uint32_t)s.n };
}

static struct csn_str
span_str(const char *bytes, struct http_span s)
{
	return str_of(bytes + s.at, s.n);
}

void
http_parse_start(struct http_parse *p, const struct http_limits *limits,
    uint64_t body_max)
{
	/* not the fields: they are many, and nfields says which hold */
	memset(p, 0, offsetof(struct http_parse, fields));
	p->line_max = limits->line_max;
	p->head_max = limits->head_max;
	p->body_max = body_max;
}

static int
version_read(struct http_parse *p, struct csn_str s)
{
	p->minor = str_equal(s, STR("HTTP/1.1"));
	if (p->minor || str_equal(s, STR("HTTP/1.0")))
		return HTTP_SOUND;
	return str_starts(s, STR("HTTP/")) ? HTTP_VERSION : HTTP_GARBAGE;
}

/* RFC 9112 3: one blank each, no blanks elsewhere, no empty line before it. */
static int
request_line_read(struct http_parse *p, const char *bytes, struct csn_str line)
{
	struct csn_str rest = line, method, target;
	int r;

	if (!str_cut(&rest, ' ', &method) || !http_token(method) ||
	    method.n > METHOD_MAX || rest.p == NULL)
		return HTTP_GARBAGE;
	if (!str_cut(&rest, ' ', &target) || rest.p == NULL)
		return HTTP_GARBAGE;
	r = version_read(p, rest);
	if (r != HTTP_SOUND)
		return r;
	if (target.n == 0 || target.p[0] != '/')
		return HTTP_TARGET_FORM;
	if (!target_plain(target))
		return HTTP_TARGET_BYTES;
	p->started = true;
	p->head = str_equal(method, STR("HEAD"));
	p->bodiless = p->head || str_equal(method, STR("GET"));
	p->method = span_of(bytes, method);
	p->target = span_of(bytes, target);
	return HTTP_SOUND;
}

/* 1 to 5 digits, 1 to 65535. */
static bool
port_valid(struct csn_str s)
{
	uint64_t port;

	return s.n <= PORT_DIGITS_MAX && str_u64(s, UINT16_MAX, &port) == 0 &&
	    port != 0;
}

/* RFC 3986 3.2.2 narrowed: a name, an IPv4 address, or a bracketed IPv6 one,
 * and a port. '_' is in the names of nginx's upstreams; whether a name is one
 * of ours is not decided here. */
static bool
host_valid(struct csn_str s)
{
	struct csn_str name = s, port = { NULL, 0 };
	struct ip ip;
	ptrdiff_t end;

	if (s.n > 0 && s.p[0] == '[') {
		end = str_index(s, ']');
		if (end < 0 || ip_parse(str_of(s.p + 1, (size_t)end - 1),
		    &ip) != 0 || memchr(s.p, ':', (size_t)end) == NULL)
			return false;
		port = str_from_at(s, (size_t)end + 1);
		if (port.n == 0)
			return true;
		return port.p[0] == ':' && port_valid(str_from_at(port, 1));
	}
	end = str_index(s, ':');
	if (end >= 0) {
		name = str_of(s.p, (size_t)end);
		port = str_from_at(s, (size_t)end + 1);
		if (!port_valid(port))
			return false;
	}
	return all_of(name, 2);
}

static int
host_read(struct http_parse *p, const char *bytes, struct csn_str value)
{
	if (p->has_host)
		return HTTP_HOST_TWICE;
	if (!host_valid(value))
		return HTTP_HOST_BYTES;
	p->has_host = true;
	p->host = span_of(bytes, value);
	return HTTP_SOUND;
}

/* RFC 9112 6.3: a second line is refused even if it says the same, and so is
 * a list; digits are all there is. */
static int
length_read(struct http_parse *p, struct csn_str value)
{
	uint64_t length = 0;

	if (p->has_length)
		return HTTP_LENGTH_TWICE;
	if (value.n == 0)
		return HTTP_LENGTH_BYTES;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return HTTP_LENGTH_BYTES;
		if (i < LENGTH_DIGITS_MAX)
			length = length * 10 + (uint64_t)(value.p[i] - '0');
	}
	if (value.n > LENGTH_DIGITS_MAX)
		return HTTP_BODY_SIZE;
	p->has_length = true;
	p->length = length;
	return HTTP_SOUND;
}

static void
connection_read(struct http_parse *p, struct csn_str value)
{
	struct csn_str word;

	while (str_cut(&value, ',', &word)) {
		word = str_trim(word);
		if (str_equal_fold(word, STR("close")))
			p->close = true;
		else if (str_equal_fold(word, STR("keep-alive")))
			p->keep = true;
	}
}

/* The lines that frame the request. Others are the handler's. */
static int
framing_read(struct http_parse *p, const char *bytes, struct csn_str name,
    struct csn_str value)
{
	switch (name.n) {
	case 4:
		if (str_equal_fold(name, STR("Host")))
			return host_read(p, bytes, value);
		break;
	case 6:
		if (str_equal_fold(name, STR("Expect")))
			return HTTP_EXPECTING;
		break;
	case 10:
		if (str_equal_fold(name, STR("Connection")))
			connection_read(p, value);
		break;
	case 14:
		if (str_equal_fold(name, STR("Content-Length")))
			return length_read(p, value);
		break;
	case 17:
		if (str_equal_fold(name, STR("Transfer-Encoding")))
			return HTTP_CODED;
		break;
	default:
		break;
	}
	return HTTP_SOUND;
}

/* RFC 9112 5; folded lines (5.2) and a blank before the colon (5.1) are
 * refused as the RFC asks of a server. */
static int
field_read(struct http_parse *p, const char *bytes, struct csn_str line)
{
	struct csn_str name, value = line;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return HTTP_FIELD_FOLDED;
	(void)str_cut(&value, ':', &name);
	if (value.p == NULL || !http_token(name))
		return HTTP_FIELD_NAME;
	value = str_trim(value);
	if (!http_field_plain(value))
		return HTTP_FIELD_BYTES;
	if (p->nfields == HTTP_FIELDS_MAX)
		return HTTP_FIELDS_MANY;
	p->fields[p->nfields].name = span_of(bytes, name);
	p->fields[p->nfields].value = span_of(bytes, value);
	p->nfields++;
	return framing_read(p, bytes, name, value);
}

static int
head_end(const struct http_parse *p)
{
	if (!p->has_host)
		return HTTP_HOST_MISSING;
	if (p->length > 0 && (p->bodiless || p->body_max == 0))
		return HTTP_BODY_UNWANTED;
	if (p->length > p->body_max)
		return HTTP_BODY_SIZE;
	return HTTP_SOUND;
}

/* A line that has not ended yet: is it too long already? */
static int
line_pending(struct http_parse *p, size_t n)
{
	if (!p->started && n > p->line_max)
		return HTTP_LINE_SIZE;
	if (n >= p->head_max)
		return HTTP_HEAD_SIZE;
	p->seen = (uint32_t)n;
	return HTTP_PARSE_MORE;
}

int
http_parse_head(struct http_parse *p, const char *bytes, size_t n)
{
	struct csn_str line;
	const char *end;
	int r;

	/* TLS and noise need not wait for a line to end */
	if (!p->started && n > 0 && !http_token(str_of(bytes, 1)))
		return HTTP_GARBAGE;
	for (;;) {
		end = memchr(bytes + p->seen, '\n', n - p->seen);
		if (end == NULL)
			return line_pending(p, n);
		line = str_of(bytes + p->at, (size_t)(end - bytes) - p->at);
		if (!p->started && line.n > p->line_max)
			return HTTP_LINE_SIZE;
		if (p->at + line.n >= p->head_max)
			return HTTP_HEAD_SIZE;
		if (line.n == 0 || end[-1] != '\r')
			return HTTP_BARE_LF;
		line.n--;
		p->at = p->seen = (uint32_t)(end - bytes) + 1;
		if (!p->started)
			r = request_line_read(p, bytes, line);
		else if (line.n > 0)
			r = field_read(p, bytes, line);
		else
			return head_end(p);
		if (r != HTTP_SOUND)
			return r;
	}
}

void
http_parse_request(const struct http_parse *p, const char *bytes,
    struct csn_pair *pairs, struct http_request *ret)
{
	struct csn_str rest = span_str(bytes, p->target);

	ret->method = span_str(bytes, p->method);
	ret->target = rest;
	(void)str_cut(&rest, '?', &ret->path);
	ret->query = rest;
	ret->host = span_str(bytes, p->host);
	for (uint32_t i = 0; i < p->nfields; i++) {
		pairs[i].name = span_str(bytes, p->fields[i].name);
		pairs[i].value = span_str(bytes, p->fields[i].value);
	}
	ret->headers.v = pairs;
	ret->headers.n = p->nfields;
	ret->body = str_of(bytes + p->at, (size_t)p->length);
}

bool
http_parse_keeps(const struct http_parse *p)
{
	return !p->close && (p->minor || p->keep);
}

size_t
http_header(const struct http_request *q, struct csn_str name,
    struct csn_str *ret_value)
{
	struct csn_str first = { NULL, 0 };
	size_t count = 0;

	for (size_t i = 0; i < q->headers.n; i++) {
		if (!str_equal_fold(q->headers.v[i].name, name))
			continue;
		if (count++ == 0)
			first = q->headers.v[i].value;
	}
	if (ret_value != NULL)
		*ret_value = first;
	return count;
}
