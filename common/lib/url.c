/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.c - URLs read strictly
 *
 * It must never repair: what a browser, a proxy and an application may read
 * in different ways is refused.
 */
#include "url.h"

#include "base64url.h"
#include "ip.h"
#include "wide.h"

#define HOST_MAX	253u	/* RFC 1035 2.3.4, without the last dot */
#define LABEL_MAX	63u

static bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What no part of a URL may hold here. */
static bool
url_bytes_valid(struct csn_str s)
{
	size_t i = 0;

	if (s.n > URL_MAX)
		return false;
	for (; s.n - i >= WIDE; i += WIDE) {
		wide v = wide_load(s.p + i);

		if (wide_any((wide)((v <= ' ') | (v >= 0x7f) | (v == '\\') |
		    (v == '#'))))
			return false;
	}
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
			return false;
	}
	return true;
}

static bool
host_v6_valid(struct csn_str s)
{
	struct ip ip;

	if (s.n < 2 || s.p[s.n - 1] != ']')
		return false;
	s = str_of(s.p + 1, s.n - 2);
	/* without a colon it would be a bracketed IPv4 address */
	return str_index(s, ':') >= 0 && ip_parse(s, &ip) == 0;
}

/* Would a browser read this last label as part of an IPv4 address (WHATWG
 * URL, "ends in a number")? Decimal, or 0x and hex digits. */
static bool
label_numeric(struct csn_str label)
{
	bool hex = label.n >= 2 && label.p[0] == '0' &&
	    (label.p[1] == 'x' || label.p[1] == 'X');

	for (size_t i = hex ? 2 : 0; i < label.n; i++) {
		if (hex ? hex_digit(label.p[i]) < 0 : !ascii_digit(label.p[i]))
			return false;
	}
	return true;
}

bool
url_host_valid(struct csn_str s)
{
	struct csn_str rest = s, label = s;
	struct ip ip;

	if (s.n == 0 || s.n > HOST_MAX)
		return false;
	if (s.p[0] == '[')
		return host_v6_valid(s);
	while (str_cut(&rest, '.', &label)) {
		if (label.n == 0 || label.n > LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];

			if (!ascii_letter(c) && !ascii_digit(c) && c != '-')
				return false;
		}
		if (rest.p == NULL && label_numeric(label))
			return ip_parse(s, &ip) == 0;
	}
	return true;
}

/* Takes "scheme://" off. */
static int
scheme_cut(struct csn_str *rest, struct url *u)
{
	ptrdiff_t at = str_index(*rest, ':');

	if (at < 0)
		return -1;
	u->scheme = str_of(rest->p, (size_t)at);
	*rest = str_from_at(*rest, (size_t)at);
	if (str_equal_fold(u->scheme, STR("https")))
		u->port = 443;
	else if (str_equal_fold(u->scheme, STR("http")))
		u->port = 80;
	else
		return -1;
	if (!str_starts(*rest, STR("://")))
		return -1;
	*rest = str_from_at(*rest, 3);
	return 0;
}

/* "host" or "host:port". User info fails by its @. */
static int
authority_parse(struct csn_str s, struct url *u)
{
	size_t end = 0;
	uint64_t port;

	if (s.n > 0 && s.p[0] == '[') {
		ptrdiff_t at = str_index(s, ']');

		end = at < 0 ? s.n : (size_t)at + 1;
	} else {
		while (end < s.n && s.p[end] != ':')
			end++;
	}
	u->host = str_of(s.p, end);
	s = str_from_at(s, end);
	if (!url_host_valid(u->host))
		return -1;
	if (s.n == 0)
		return 0;
	if (s.p[0] != ':')
		return -1;
	s = str_from_at(s, 1);
	if (str_u64(s, 65535, &port) != 0 || s.p[0] == '0')
		return -1;
	u->port = (uint16_t)port;
	u->port_written = true;
	return 0;
}

/* "path?query"; the path may be empty. */
static void
target_split(struct csn_str s, struct csn_str *path, struct csn_str *query)
{
	struct csn_str rest = s;

	(void)str_cut(&rest, '?', path);
	*query = rest;
}

int
url_parse(struct csn_str s, struct url *ret)
{
	struct url u = { 0 };
	size_t end = 0;

	if (!url_bytes_valid(s) || scheme_cut(&s, &u) != 0)
		return -1;
	while (end < s.n && s.p[end] != '/' && s.p[end] != '?')
		end++;
	if (authority_parse(str_of(s.p, end), &u) != 0)
		return -1;
	target_split(str_from_at(s, end), &u.path, &u.query);
	*ret = u;
	return 0;
}

int
url_parse_local(struct csn_str s, struct csn_str *ret_path,
    struct csn_str *ret_query)
{
	/* "//host" and "/\host" are other hosts to a browser */
	if (!url_bytes_valid(s) || !str_starts(s, STR("/")) ||
	    str_starts(s, STR("//")))
		return -1;
	target_split(s, ret_path, ret_query);
	return 0;
}

static void
lower_put(struct buf *b, struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		buf_char(b, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
}

void
url_origin(struct buf *b, const struct url *u)
{
	uint16_t own = str_equal_fold(u->scheme, STR("https")) ? 443 : 80;

	lower_put(b, u->scheme);
	buf_puts(b, "://");
	lower_put(b, u->host);
	if (u->port != own) {
		buf_char(b, ':');
		buf_decimal(b, u->port);
	}
}
