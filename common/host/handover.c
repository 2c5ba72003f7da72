/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover.c - a session carried from the login host to an application's
 *
 * `start` sets a nonce there and goes to the login host; a ticket of 128 bits
 * brings it back, once, within 30 s, bound to nonce, host and session
 * (security.md S1). No cookie is ever valid for two hosts.
 */
#include <openssl/sha.h>

#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "ticket.h"
#include "visit.h"

#define TICKET_LEN	16u
#define TICKET_LIFE_MS	30000
#define NONCE_LEN	16u
#define NONCE_LIFE_S	(12 * 3600)

static struct csn_str
text_b64(struct visit *v, const uint8_t *p, size_t n)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 256);
	base64url_encode(&b, str_of(p, n));
	ret = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

static void
nonce_hash(struct csn_str nonce, uint8_t ret[32])
{
	SHA256((const uint8_t *)nonce.p, nonce.n, ret);
}

/* The nonce that this browser has on this host, or a new one: ten tabs share
 * one, and all end well. */
static struct csn_str
nonce_have(struct visit *v)
{
	uint8_t bytes[NONCE_LEN];
	struct csn_str value;

	if (cookie_values(v->in->cookies, STR(COOKIE_NONCE), &value, 1) ==
	    1 && value.n == BASE64URL_LEN(NONCE_LEN))
		return value;
	secret_random(bytes, sizeof(bytes));
	value = text_b64(v, bytes, sizeof(bytes));
	visit_cookie(v, STR(COOKIE_NONCE), value, NONCE_LIFE_S, 0);
	return value;
}

void
visit_start(struct visit *v)
{
	struct csn_str nonce, url;
	struct buf b;

	if (!v->have_target || !str_equal(target_host(&v->arena, &v->target),
	    v->host)) {
		/* an old link, or one of another host: its root decides */
		visit_redirect(v, arena_printf(&v->arena, "https://%.*s/",
		    STR_FMT(v->host)));
		return;
	}
	nonce = nonce_have(v);
	if (nonce.n == 0) {
		page_trouble(v, "out of memory");
		return;
	}
	v->target.has_nonce = true;
	nonce_hash(nonce, v->target.nonce);
	buf_init(&b, 0);
	buf_str_put(&b, v->conf->public_url);
	buf_puts(&b, "/login?to=");
	target_seal(&b, v->gate->sealer, v->conf, &v->target);
	url = buf_failed(&b) ? STR("") : arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	visit_redirect(v, url);
}

/* ------------------------------------------------------------------ */

static void
ticket_key(struct csn_str ticket, struct buf *ret)
{
	uint8_t md[32];

	SHA256((const uint8_t *)ticket.p, ticket.n, md);
	buf_puts(ret, "h/");
	hex_encode(ret, str_of(md, sizeof(md)));
}

/* To be written with the answer that carries it. */
static int
ticket_put(struct visit *v, struct csn_str ticket)
{
	struct store_op op = { .kind = STORE_PUT_NEW,
	    .expires_ms = v->now_ms + TICKET_LIFE_MS };
	struct ticket t = { .host = target_host(&v->arena, &v->target),
	    .url = v->target.url };
	struct buf key, value;
	int rc = -1;

	memcpy(t.session, v->session.id, sizeof(t.session));
	memcpy(t.nonce, v->target.nonce, sizeof(t.nonce));
	buf_init(&key, 128);
	buf_init(&value, STORE_VALUE_MAX);
	ticket_key(ticket, &key);
	ticket_pack(&value, &t);
	op.key = buf_str(&key);
	op.value = buf_str(&value);
	if (!buf_failed(&value))
		rc = answer_write(v, &op, true);
	buf_free(&key);
	buf_free(&value);
	return rc;
}

void
handover_ticket(struct visit *v)
{
	uint8_t bytes[TICKET_LEN];
	struct csn_str ticket;

	secret_random(bytes, sizeof(bytes));
	ticket = text_b64(v, bytes, sizeof(bytes));
	if (ticket.n == 0 || ticket_put(v, ticket) < 0) {
		page_trouble(v, "out of memory");
		return;
	}
	visit_redirect(v, arena_printf(&v->arena,
	    "https://%.*s/.countersign/enter?t=%.*s",
	    STR_FMT(target_host(&v->arena, &v->target)), STR_FMT(ticket)));
}

/* Reads and takes: of two who come with one ticket, one gets it. */
static int
ticket_take(struct visit *v, struct csn_str text, struct ticket *ret)
{
	struct store_op op = { .kind = STORE_DELETE };
	struct buf key, value;
	struct csn_str copy;
	int rc;

	buf_init(&key, 128);
	buf_init(&value, STORE_VALUE_MAX);
	ticket_key(text, &key);
	rc = store_get(v->gate->store, buf_str(&key), v->now_ms, &value);
	op.key = buf_str(&key);
	if (rc == STORE_OK && (rc = store_batch(v->gate->store, &op, 1,
	    v->now_ms)) == STORE_OK)
		rc = op.ret;
	copy = arena_str(&v->arena, buf_str(&value));
	buf_free(&key);
	buf_free(&value);
	if (rc != STORE_OK || copy.p == NULL)
		return rc == STORE_OK ? STORE_FAILED : rc;
	return ticket_unpack(copy, ret) < 0 ? STORE_FAILED : STORE_OK;
}

/* The browser that `start` gave the nonce to. */
static bool
nonce_fits(struct visit *v, const struct ticket *t)
{
	struct csn_str value;
	uint8_t md[32];

	if (cookie_values(v->in->cookies, STR(COOKIE_NONCE), &value, 1) != 1)
		return false;
	nonce_hash(value, md);
	return secret_equal(str_of(md, sizeof(md)),
	    str_of(t->nonce, sizeof(t->nonce)));
}

static void
ticket_enter(struct visit *v, const struct ticket *t)
{
	struct session s;

	if (!str_equal(t->host, v->host) || !nonce_fits(v, t)) {
		visit_reference(v);
		visit_audit(v, "hand-over-refused", "S1", -1);
		page_cookies(v);
		return;
	}
	switch (gate_session_load(v->gate, v->conf, &v->arena, t->session,
	    v->conf->idle_s * 1000, false, &s)) {
	case STORE_OK:
		break;
	case STORE_ABSENT:
		visit_redirect(v, t->url);
		return;
	default:
		page_trouble(v, "the store does not answer");
		return;
	}
	v->session = s;
	v->have_session = true;
	if (visit_session_cookie(v, &s, v->host) < 0) {
		page_trouble(v, "the session does not fit a cookie");
		return;
	}
	visit_redirect(v, t->url);
}

void
visit_enter(struct visit *v)
{
	struct csn_str text = pairs_get(v->query, STR("t"));
	struct ticket t;

	if (text.n != BASE64URL_LEN(TICKET_LEN)) {
		page_unknown(v, 400);
		return;
	}
	switch (ticket_take(v, text, &t)) {
	case STORE_OK:
		ticket_enter(v, &t);
		return;
	case STORE_ABSENT:
		/* used (a reload) or too old: the host's root decides whether
		 * its cookie is good */
		visit_redirect(v, arena_printf(&v->arena, "https://%.*s/",
		    STR_FMT(v->host)));
		return;
	default:
		page_trouble(v, "the store does not answer");
		return;
	}
}
