/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - URLs read strictly, forms, percent encoding
 *
 * What is not plainly a URL of the wanted scheme is refused: a browser, a
 * proxy and an application may read an odd one in three ways.
 */
#ifndef COUNTERSIGN_LIB_URL_H
#define COUNTERSIGN_LIB_URL_H

#include "arena.h"
#include "buf.h"

#define URL_MAX 8192u

struct url {			/* borrowed from the text that was read */
	struct csn_str scheme;	/* as written: compare lower-case "https" */
	struct csn_str host;	/* letters, digits, hyphen, dot; or [v6] */
	struct csn_str path;	/* begins with / ; empty if none was written */
	struct csn_str query;	/* without ?; p is NULL if there is no ? */
	uint16_t port;		/* the scheme's own if none is written */
	bool port_written;
};

/* Absolute http or https URL, at most URL_MAX bytes. Refused: user info (@
 * before the path), fragment (#), control characters, blanks, backslash,
 * bytes >= 0x80, a host that url_host_valid() refuses, a port that is empty,
 * 0, over 65535 or begins with 0. Escapes (%) are not looked at. 0 or -1. */
int url_parse(struct csn_str, struct url *ret);
/* A path beginning with one / and an optional query, under the same rules;
 * "//" and "/\" at the start are refused. 0 or -1. */
int url_parse_local(struct csn_str, struct csn_str *ret_path,
    struct csn_str *ret_query);
/* Writes "scheme://host[:port]" in lower case, the port only if it is not
 * the scheme's own. */
void url_origin(struct buf *, const struct url *);
/* A host name of a URL or Host line, without a port: letters, digits, hyphen,
 * dot; at most 253 bytes in labels of 1 to 63, so no dot at an edge. Or an
 * IPv4 address as ip_parse() reads it: what else ends in a number (127.1,
 * 0x7f000001) is an address to some and a name to others, and refused. Or an
 * IPv6 address in brackets, without zone. */
bool url_host_valid(struct csn_str);

/* %XX for everything but unreserved characters (RFC 3986 2.3). */
void url_escape(struct buf *, struct csn_str);
/* Decodes %XX once; '+' stays. Appends; -1 on a malformed escape or when the
 * buffer fails, and then nothing was appended. */
int url_unescape(struct buf *, struct csn_str);

/* application/x-www-form-urlencoded, also a query. Decoded into the arena, in
 * the order written; "a" is "a=". An empty text has no pairs. Refused:
 * malformed escapes, a name twice, an empty name (so "&&" and a last "&"),
 * invalid UTF-8 or NUL in a name or value, more than max_pairs, of which a
 * few hundred are sensible: each name is compared with each. 0 or -1. */
int form_parse(struct arena *, struct csn_str, size_t max_pairs,
    struct csn_pairs *ret);
/* Appends name=value, with & before it if needed: '&' is written when the
 * buffer's last byte is neither '?' nor the buffer is empty. */
void form_add(struct buf *, struct csn_str name, struct csn_str value);

#endif
