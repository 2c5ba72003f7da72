/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-http.c - the reader of heads under arbitrary bytes
 *
 * The first byte says into what pieces the rest is cut. Whole and in pieces
 * the verdict must be the same, and what is accepted must keep the promises
 * of http.h; read once more after being written out plainly, it must mean the
 * same.
 */
#include <stdlib.h>

#include "http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct http_limits limits;

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static int
feed(struct http_parse *p, const char *s, size_t n, size_t piece)
{
	int r = HTTP_PARSE_MORE;

	http_parse_start(p, &limits, 4096);
	for (size_t have = 0; r == HTTP_PARSE_MORE && have < n;) {
		have = n - have < piece ? n : have + piece;
		r = http_parse_head(p, s, have);
	}
	return r;
}

static void
promises(const struct http_request *q)
{
	must(http_token(q->method));
	must(q->target.n > 0 && q->target.p[0] == '/');
	for (size_t i = 0; i < q->target.n; i++)
		must(q->target.p[i] > ' ' && q->target.p[i] < 0x7f);
	must(str_index(q->path, '?') < 0 && q->path.n > 0);
	must(q->host.n > 0 && str_index(q->host, '@') < 0);
	must(http_header(q, STR("Host"), NULL) == 1);
	must(http_header(q, STR("Content-Length"), NULL) <= 1);
	must(http_header(q, STR("Transfer-Encoding"), NULL) == 0);
	must(http_header(q, STR("Expect"), NULL) == 0);
	for (size_t i = 0; i < q->headers.n; i++) {
		const struct csn_pair *h = &q->headers.v[i];

		must(http_token(h->name));
		for (size_t j = 0; j < h->value.n; j++)
			must((unsigned char)h->value.p[j] >= ' ' ||
			    h->value.p[j] == '\t');
		must(str_equal(str_trim(h->value), h->value));
	}
}

/* Written plainly and read again. */
static void
again(const struct http_parse *p, const struct http_request *q)
{
	static struct http_parse second;
	struct csn_pair pairs[HTTP_FIELDS_MAX];
	struct http_request other;
	struct buf b;

	buf_init(&b, 0);
	buf_str_put(&b, q->method);
	buf_char(&b, ' ');
	buf_str_put(&b, q->target);
	buf_printf(&b, " HTTP/1.%d\r\n", p->minor);
	for (size_t i = 0; i < q->headers.n; i++) {
		buf_str_put(&b, q->headers.v[i].name);
		buf_char(&b, ':');
		buf_str_put(&b, q->headers.v[i].value);
		buf_puts(&b, "\r\n");
	}
	buf_puts(&b, "\r\n");
	must(feed(&second, buf_str(&b).p, b.n, b.n) == HTTP_SOUND);
	must(second.at == b.n && second.length == p->length);
	must(http_parse_keeps(&second) == http_parse_keeps(p));
	http_parse_request(&second, buf_str(&b).p, pairs, &other);
	must(str_equal(other.target, q->target));
	must(str_equal(other.host, q->host));
	must(other.headers.n == q->headers.n);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct http_parse whole, pieces;
	struct csn_pair pairs[HTTP_FIELDS_MAX];
	const char *s = (const char *)data + 1;
	struct http_request q = { 0 };
	int r;

	if (n < 2)
		return 0;
	n--;
	http_limits_default(&limits);
	limits.line_max = 256;		/* within a fuzzer's reach */
	limits.head_max = 2048;
	r = feed(&whole, s, n, n);
	must(feed(&pieces, s, n, (size_t)data[0] + 1) == r);
	must(r >= HTTP_PARSE_MORE && r < HTTP_FAULTS);
	if (r != HTTP_SOUND)
		return 0;
	must(whole.at <= n && pieces.at == whole.at);
	if (whole.length > n - whole.at)
		whole.length = 0;	/* it has not come */
	http_parse_request(&whole, s, pairs, &q);
	promises(&q);
	whole.length = pieces.length;
	again(&whole, &q);
	return 0;
}
