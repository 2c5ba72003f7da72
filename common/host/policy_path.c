/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_path.c - the original URL taken apart, its path in one spelling
 *
 * A path that could be read in two ways has no canonical form. It is not
 * repaired: a rule that looks at paths then refuses the request.
 */
#include "lib/text.h"
#include "lib/url.h"
#include "policy.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
byte_fault(unsigned char c)
{
	switch (c) {
	case '/':
		return "the path has %2F";
	case '\\':
		return "the path has a backslash";
	case ';':
		return "the path has ';'";
	case '#':
		return "the path has '#'";
	case '%':
		return "the path is encoded twice";
	case 0x7f:
		return "the path has a control character";
	default:
		return c < 0x20 ? "the path has a control character" : NULL;
	}
}

/* Decodes once into b; a reason, or NULL. */
static const char *
path_decode(struct csn_str raw, struct buf *b)
{
	const char *why = NULL;

	for (size_t i = 0; i < raw.n && why == NULL; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c == '%') {
			int hi = i + 2 < raw.n ? hex_digit(raw.p[i + 1]) : -1;
			int lo = i + 2 < raw.n ? hex_digit(raw.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return "the path has a malformed %XX";
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
			why = byte_fault(c);
		} else if (c != '/') {
			why = byte_fault(c);
		}
		buf_u8(b, c);
	}
	return why;
}

static const char *
segments_fault(struct csn_str path)
{
	struct csn_str rest = str_from_at(path, 1), seg;

	while (str_cut(&rest, '/', &seg)) {
		if (seg.n == 0 && rest.p != NULL)
			return "the path has two slashes in a row";
		if (str_is(seg, ".") || str_is(seg, ".."))
			return "the path has a dot segment";
	}
	return NULL;
}

/* Most paths are canonical as they come: nothing to decode, nothing to find
 * fault with. What is not sure goes the long way. */
static bool
path_is_plain(struct csn_str raw)
{
	char before = '\0';

	for (size_t i = 0; i < raw.n; before = raw.p[i++]) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '%' || c == '\\' ||
		    c == ';' || c == '#' ||
		    (before == '/' && (c == '/' || c == '.')))
			return false;
	}
	return raw.n > 0 && raw.p[0] == '/';
}

int
path_canonical(struct arena *a, struct csn_str raw, struct csn_str *ret,
    const char **ret_why)
{
	struct csn_str path;
	struct buf b;
	char *memory;

	*ret_why = NULL;
	if (path_is_plain(raw)) {
		*ret = raw;
		return 0;
	}
	memory = arena_alloc(a, raw.n + 1);
	*ret_why = "out of memory";
	if (memory == NULL)
		return -1;
	*ret_why = "the path does not begin with a slash";
	if (raw.n == 0 || raw.p[0] != '/')
		return -1;
	buf_init_fixed(&b, memory, raw.n + 1);
	*ret_why = path_decode(raw, &b);
	if (*ret_why != NULL)
		return -1;
	path = buf_str(&b);
	*ret_why = "the path is not UTF-8";
	if (buf_failed(&b) || !text_utf8(path))
		return -1;
	*ret_why = segments_fault(path);
	if (*ret_why != NULL)
		return -1;
	*ret = path;
	return 0;
}

static int
host_read(struct arena *a, struct csn_str text, struct policy_request *rq)
{
	ptrdiff_t colon = str_index(text, ':');
	struct csn_str host = text;
	uint64_t port = 443;
	char *lower;

	if (colon >= 0) {
		host = str_of(text.p, (size_t)colon);
		if (str_u64(str_from_at(text, (size_t)colon + 1), 65535,
		    &port) < 0 || port == 0)
			return -1;
	}
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	/* an address in brackets has no policy; letters, digits, hyphen and
	 * dot only (R3) */
	if (!url_host_valid(host) || host.p[0] == '[')
		return -1;
	lower = arena_alloc(a, host.n);
	if (lower == NULL)
		return -1;
	for (size_t i = 0; i < host.n; i++)
		lower[i] = host.p[i] >= 'A' && host.p[i] <= 'Z' ?
		    (char)(host.p[i] + 32) : host.p[i];
	rq->host = str_of(lower, host.n);
	rq->port = (uint16_t)port;
	return 0;
}

/* No request target has a blank or a control character (RFC 9112 3.2): two
 * header lines that a hop joined to one have. */
static bool
url_plain(struct csn_str url)
{
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= 0x20 || url.p[i] == 0x7f)
			return false;
	return true;
}

int
policy_request_read(struct arena *a, struct csn_str url,
    struct policy_request *ret)
{
	struct csn_str rest = url, authority;
	struct policy_request rq = { 0 };
	size_t end = 0;

	if (url.n > POLICY_URL_MAX || !url_plain(url) ||
	    !str_starts(url, STR("https://")))
		return -1;
	rest = str_from_at(url, 8);
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
		end++;
	authority = str_of(rest.p, end);
	rest = str_from_at(rest, end);
	if (rest.n == 0 || rest.p[0] != '/' || host_read(a, authority, &rq) < 0)
		return -1;
	for (end = 0; end < rest.n && rest.p[end] != '?'; end++)
		;
	rq.raw_path = str_of(rest.p, end);
	rq.path_fault = "the path cannot be read";
	if (path_canonical(a, rq.raw_path, &rq.path, &rq.path_fault) < 0)
		rq.path = str_of(NULL, 0);
	*ret = rq;
	return 0;
}
