/* SPDX-License-Identifier: Apache-2.0 */
/*
 * target.c - return URLs sealed and opened
 *
 * It must never open a URL that was not sealed here, and never seal one whose
 * host no policy names.
 */
#include "lib/base64url.h"
#include "lib/url.h"
#include "pace.h"
#include "target.h"

#define TARGET_VERSION 1u

void
target_pack(struct buf *b, const struct target *t)
{
	buf_u8(b, TARGET_VERSION);
	buf_u64(b, (uint64_t)t->made_ms);
	buf_u8(b, (uint8_t)t->reason);
	buf_u8(b, (uint8_t)(t->has_nonce | t->has_client << 1 |
	    (t->handed_ms != 0) << 2));
	if (t->has_nonce)
		buf_put(b, t->nonce, sizeof(t->nonce));
	if (t->has_client) {
		buf_put(b, t->client.b, sizeof(t->client.b));
		buf_u8(b, t->client.v4);
	}
	if (t->handed_ms != 0)
		buf_u64(b, (uint64_t)t->handed_ms);
	buf_u16(b, t->port);
	buf_lv16(b, t->host);
	buf_lv16(b, t->url);
}

void
target_seal(struct buf *out, struct sealer *sealer, const struct conf *conf,
    const struct target *t)
{
	uint8_t pm[TARGET_URL_MAX + 512], sm[TARGET_URL_MAX + 640];
	struct buf plain, sealed;

	buf_init_fixed(&plain, pm, sizeof(pm));
	buf_init_fixed(&sealed, sm, sizeof(sm));
	target_pack(&plain, t);
	if (t->url.n > TARGET_URL_MAX || buf_failed(&plain) ||
	    seal_put(sealer, SEAL_TARGET, conf->login_host, buf_str(&plain),
	    &sealed) < 0 || buf_failed(&sealed)) {
		out->failed = true;
		return;
	}
	base64url_encode(out, buf_str(&sealed));
}

static int
bytes_copy(struct reader *r, void *to, size_t n)
{
	struct csn_str bytes = reader_bytes(r, n);

	if (r->failed)
		return -1;
	memcpy(to, bytes.p, n);
	return 0;
}

int
target_unpack(struct csn_str packed, struct target *t)
{
	struct reader r;
	uint8_t reason, has;

	reader_init(&r, packed);
	if (reader_u8(&r) != TARGET_VERSION)
		return -1;
	t->made_ms = (int64_t)reader_u64(&r);
	reason = reader_u8(&r);
	t->reason = reason <= TARGET_TWO_SESSIONS ?
	    (enum target_reason)reason : TARGET_FIRST;
	has = reader_u8(&r);
	t->has_nonce = (has & 1) != 0;
	t->has_client = (has & 2) != 0;
	if (t->has_nonce && bytes_copy(&r, t->nonce, sizeof(t->nonce)) < 0)
		return -1;
	if (t->has_client) {
		if (bytes_copy(&r, t->client.b, sizeof(t->client.b)) < 0)
			return -1;
		t->client.v4 = reader_u8(&r) == 1;
	}
	if ((has & 4) != 0)
		t->handed_ms = (int64_t)reader_u64(&r);
	t->port = reader_u16(&r);
	t->host = reader_lv16(&r);
	t->url = reader_lv16(&r);
	return reader_end(&r);
}

int
target_open(struct arena *a, struct sealer *sealer, const struct conf *conf,
    struct csn_str text, int64_t now_ms, struct target *ret)
{
	struct target t = { 0 };
	struct buf sealed, plain;
	void *m, *q;

	if (text.n == 0 || text.n > TARGET_TEXT_MAX)
		return -1;
	m = arena_alloc(a, text.n + 1);
	q = arena_alloc(a, text.n + 1);
	if (m == NULL || q == NULL)
		return -1;
	buf_init_fixed(&sealed, m, text.n + 1);
	buf_init_fixed(&plain, q, text.n + 1);
	if (base64url_decode(&sealed, text) < 0 || seal_open(sealer,
	    SEAL_TARGET, conf->login_host, buf_str(&sealed), &plain) < 0 ||
	    buf_failed(&plain) || target_unpack(buf_str(&plain), &t) < 0)
		return -1;
	if (t.made_ms > now_ms + 60000 || now_ms - t.made_ms > TARGET_LIFE_MS)
		return -1;
	*ret = t;
	return 0;
}

static void
origin_put(struct buf *b, const struct target *t)
{
	buf_puts(b, "https://");
	buf_str_put(b, t->host);
	if (t->port != 443)
		buf_printf(b, ":%u", t->port);
}

void
target_start_url(struct buf *b, struct sealer *sealer,
    const struct conf *conf, const struct target *t)
{
	if (conf->shared_origin) {
		buf_str_put(b, conf->public_url);
		buf_puts(b, "/login?to=");
	} else {
		origin_put(b, t);
		buf_puts(b, "/.countersign/start?to=");
	}
	target_seal(b, sealer, conf, t);
}

int
target_judge(struct arena *a, const struct policy_index *index,
    struct csn_str url, struct target *ret)
{
	struct policy_request rq;
	struct target t = { 0 };
	struct url u;

	/* url_parse() is stricter than what a check accepts: nothing that two
	 * readers could read in two ways may become a redirect */
	if (url.n > TARGET_URL_MAX || url_parse(url, &u) < 0 ||
	    policy_request_read(a, url, &rq) < 0 ||
	    !policy_host_known(index, rq.host, rq.port, false))
		return -1;
	t.url = url;
	t.host = rq.host;
	t.port = rq.port;
	*ret = t;
	return 0;
}

struct csn_str
target_host(struct arena *a, const struct target *t)
{
	return t->port == 443 ? t->host :
	    arena_printf(a, "%.*s:%u", STR_FMT(t->host), t->port);
}

static struct csn_str
host_address(struct arena *a, const struct conf_policy *p,
    const struct conf_host *h)
{
	struct csn_str path = p->npaths == 0 ? STR("/") : p->paths[0].path;

	if (h->port == 0 || h->port == 443)
		return arena_printf(a, "https://%.*s%.*s", STR_FMT(h->name),
		    STR_FMT(path));
	return arena_printf(a, "https://%.*s:%u%.*s", STR_FMT(h->name),
	    h->port, STR_FMT(path));
}

int
target_homes(struct arena *a, const struct conf *conf,
    const struct policy_index *index, struct target **ret, size_t *ret_n)
{
	struct target *v;
	size_t n = 0;

	for (size_t i = 0; i < conf->npolicies; i++)
		n += conf->policies[i].nhosts;
	v = arena_array(a, n, sizeof(*v));
	n = 0;
	for (size_t i = 0; v != NULL && i < conf->npolicies; i++) {
		const struct conf_policy *p = &conf->policies[i];

		for (size_t h = 0; h < p->nhosts && p->kind == CONF_REQUIRE;
		    h++)
			if (!p->hosts[h].wildcard && target_judge(a, index,
			    host_address(a, p, &p->hosts[h]), &v[n]) == 0)
				n++;
		pace();
	}
	*ret = v;
	*ret_n = n;
	return v == NULL || a->over ? -1 : 0;
}
