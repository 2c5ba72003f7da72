/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind.c - base64, deflate and queries, strictly
 *
 * It must never unpack beyond the cap, nor give two readings of one query: the
 * value that is used is the value that was signed.
 */
#include <zlib.h>

#include "bind.h"

#include "lib/base64url.h"
#include "lib/url.h"

#define RAW_WINDOW (-15)	/* RFC 1951 without a wrapper */

static bool
is_break(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* Without the breaks, run by run. */
static void
breaks_drop(struct csn_str text, struct buf *ret)
{
	size_t i = 0, start;

	while (i < text.n) {
		start = i;
		while (i < text.n && !is_break(text.p[i]))
			i++;
		buf_put(ret, text.p + start, i - start);
		while (i < text.n && is_break(text.p[i]))
			i++;
	}
}

int
bind_base64_read(struct csn_str text, size_t max, struct buf *ret)
{
	struct buf tight;
	int rc = -1;

	if (text.n / 4 * 3 > max + max / 16 + 3)
		return -1;
	buf_init(&tight, text.n + 1);
	breaks_drop(text, &tight);
	if (!buf_failed(&tight) && tight.n > 0 &&
	    tight.n / 4 * 3 <= max + 3)
		rc = base64_decode(ret, buf_str(&tight));
	buf_free(&tight);
	return rc;
}

int
bind_post_read(struct csn_str value, struct buf *ret, enum rule *why)
{
	/* with a line break each 60 characters at worst */
	if (value.n / 4 * 3 > BIND_MESSAGE_MAX + BIND_MESSAGE_MAX / 16) {
		*why = RULE_SIZE;
		return -1;
	}
	if (value.n == 0 || memchr(value.p, ' ', value.n) != NULL ||
	    memchr(value.p, '\t', value.n) != NULL ||
	    bind_base64_read(value, BIND_MESSAGE_MAX, ret) < 0) {
		*why = RULE_BASE64;
		return -1;
	}
	return 0;
}

static int
inflate_all(struct csn_str packed, struct buf *ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.p,
	    .avail_in = (uInt)packed.n };
	uint8_t out[16384];
	size_t total = 0, n;
	int rc;

	if (inflateInit2(&z, RAW_WINDOW) != Z_OK)
		return -1;
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		rc = inflate(&z, Z_NO_FLUSH);
		n = sizeof(out) - z.avail_out;
		total += n;
		if ((rc != Z_OK && rc != Z_STREAM_END) ||
		    total > BIND_MESSAGE_MAX)
			break;
		buf_put(ret, out, n);
	} while (rc == Z_OK && (n > 0 || z.avail_in > 0));
	/* nothing may stand behind the message */
	rc = rc == Z_STREAM_END && z.avail_in == 0 && !buf_failed(ret) &&
	    total <= BIND_MESSAGE_MAX ? 0 : -1;
	(void)inflateEnd(&z);
	return rc;
}

int
bind_redirect_read(struct csn_str value, struct buf *ret, enum rule *why)
{
	struct buf packed;
	int rc = -1;

	if (value.n > BIND_MESSAGE_MAX) {
		*why = RULE_SIZE;
		return -1;
	}
	buf_init(&packed, BIND_MESSAGE_MAX);
	if (base64_decode(&packed, value) < 0 || packed.n == 0)
		*why = RULE_BASE64;
	else if (inflate_all(buf_str(&packed), ret) < 0)
		*why = RULE_INFLATE;
	else
		rc = 0;
	buf_free(&packed);
	return rc;
}

static struct csn_str *
query_slot(struct bind_query *q, struct csn_str name)
{
	if (str_is(name, "SAMLRequest") || str_is(name, "SAMLResponse"))
		return &q->message;
	if (str_is(name, "RelayState"))
		return &q->relay;
	if (str_is(name, "SigAlg"))
		return &q->sig_alg;
	if (str_is(name, "Signature"))
		return &q->signature;
	return NULL;
}

/* A name of ours that is spelt with an escape would be read by some and not
 * by others: it is refused. */
static bool
query_name_good(struct csn_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '%' || name.p[i] == '+')
			return false;
	return true;
}

static int
query_part(struct bind_query *q, struct csn_str part)
{
	struct csn_str name, value = part, *slot;

	if (!str_cut(&value, '=', &name) || value.p == NULL)
		return -1;
	if (!query_name_good(name))
		return -1;
	if (str_is(name, "SAMLEncoding"))
		return -1;	/* only the default, deflate */
	slot = query_slot(q, name);
	if (slot == NULL)
		return 0;
	if (slot->p != NULL)
		return -1;
	*slot = value;
	if (slot == &q->message)
		q->name = name;
	return 0;
}

int
bind_query_split(struct csn_str raw, struct bind_query *ret, enum rule *why)
{
	struct bind_query q = { .signed_ = false };
	struct csn_str rest = raw, part;

	*why = RULE_QUERY;
	if (raw.n > 2u * BIND_MESSAGE_MAX || str_index(raw, ';') >= 0)
		return -1;
	while (str_cut(&rest, '&', &part))
		if (query_part(&q, part) < 0)
			return -1;
	if (q.message.p == NULL ||
	    (q.sig_alg.p == NULL) != (q.signature.p == NULL))
		return -1;
	q.signed_ = q.signature.p != NULL;
	*ret = q;
	return 0;
}

void
bind_query_octets(const struct bind_query *q, struct buf *ret)
{
	buf_str_put(ret, q->name);
	buf_char(ret, '=');
	buf_str_put(ret, q->message);
	if (q->relay.p != NULL) {
		buf_puts(ret, "&RelayState=");
		buf_str_put(ret, q->relay);
	}
	buf_puts(ret, "&SigAlg=");
	buf_str_put(ret, q->sig_alg);
}

int
bind_query_value(struct csn_str raw, struct buf *ret)
{
	struct buf spaced;
	int rc;

	buf_init(&spaced, 2u * BIND_MESSAGE_MAX);
	for (size_t i = 0; i < raw.n; i++)
		buf_char(&spaced, raw.p[i] == '+' ? ' ' : raw.p[i]);
	rc = buf_failed(&spaced) ? -1 :
	    url_unescape(ret, buf_str(&spaced));
	buf_free(&spaced);
	return rc;
}

int
bind_redirect_write(struct csn_str name, struct csn_str xml, struct buf *ret)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)xml.p,
	    .avail_in = (uInt)xml.n };
	struct buf packed, text;
	uint8_t *room;
	uLong most;
	int rc = -1;

	if (xml.n > BIND_MESSAGE_MAX || deflateInit2(&z, 9, Z_DEFLATED,
	    RAW_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	buf_init(&packed, 2u * BIND_MESSAGE_MAX);
	buf_init(&text, 4u * BIND_MESSAGE_MAX);
	most = deflateBound(&z, (uLong)xml.n);
	room = buf_grow(&packed, most);
	if (room == NULL)
		goto out;
	z.next_out = room;
	z.avail_out = (uInt)most;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		goto out;
	buf_cut(&packed, z.total_out);
	base64_encode(&text, buf_str(&packed));
	buf_str_put(ret, name);
	buf_char(ret, '=');
	url_escape(ret, buf_str(&text));
	rc = buf_failed(&text) || buf_failed(ret) ? -1 : 0;
out:
	(void)deflateEnd(&z);
	buf_free(&packed);
	buf_free(&text);
	return rc;
}
