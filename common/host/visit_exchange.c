/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_exchange.c - exchanges in cookies: found, sealed, kept within budget
 *
 * One cookie per exchange, so that ten tabs are ten logins. What is too long
 * for a cookie goes to the store once something is proved; before that a
 * visitor costs the store nothing (security.md S6).
 */
#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "visit.h"

#define EXCHANGE_COOKIE_MAX	3900u	/* bytes of one value */
#define EXCHANGE_INLINE_MAX	1024u	/* packed, besides a target; beyond:
					 * the store */
#define EXCHANGES_BYTES		6144u	/* of all, names included */
#define EXCHANGES_MAX		7u
#define ID_TEXT			BASE64URL_LEN(EXCHANGE_ID_LEN)

/* A cookie holds the packed exchange (0), or the store's key of it (1). */
#define HOLDS_ALL	0u
#define HOLDS_KEY	1u

static struct csn_str
text_of(struct visit *v, const uint8_t *bytes, size_t n)
{
	size_t room = BASE64URL_LEN(n) + 1;
	void *m = arena_bytes(&v->arena, room);
	struct buf b;

	if (m == NULL)
		return str_of(NULL, 0);
	buf_init_fixed(&b, m, room);
	base64url_encode(&b, str_of(bytes, n));
	return buf_str(&b);
}

static struct csn_str
cookie_name(struct visit *v, const uint8_t id[EXCHANGE_ID_LEN])
{
	return ARENA_JOIN(&v->arena, STR(COOKIE_EXCHANGE),
	    text_of(v, id, EXCHANGE_ID_LEN));
}

/* The packed exchange behind a cookie's plain text. */
static int
held_read(struct visit *v, struct csn_str plain, struct csn_str *ret)
{
	struct csn_str rest = str_from_at(plain, 1);
	struct buf sealed, b;
	int rc = -1;

	if (plain.n == 0)
		return -1;
	if (plain.p[0] == HOLDS_ALL) {
		*ret = rest;
		return 0;
	}
	if (v->on_loop) {
		v->needs_store = true;
		return -1;
	}
	buf_init(&sealed, STORE_VALUE_MAX);
	buf_init(&b, STORE_VALUE_MAX);
	if (store_get(v->gate->store, rest, v->now_ms, &sealed) == STORE_OK &&
	    seal_open(v->gate->sealer, SEAL_RECORD, rest, buf_str(&sealed),
	    &b) == 0) {
		*ret = arena_str(&v->arena, buf_str(&b));
		rc = ret->p == NULL ? -1 : 0;
	}
	buf_free(&sealed);
	buf_free(&b);
	return rc;
}

static int
exchange_open(struct visit *v, struct csn_str value, struct exchange *ret)
{
	struct csn_str packed;
	struct buf sealed, plain;
	void *m, *q;

	if (value.n == 0 || value.n > EXCHANGE_COOKIE_MAX)
		return -1;
	m = arena_alloc(&v->arena, value.n + 1);
	q = arena_alloc(&v->arena, value.n + 1);
	if (m == NULL || q == NULL)
		return -1;
	buf_init_fixed(&sealed, m, value.n + 1);
	buf_init_fixed(&plain, q, value.n + 1);
	if (base64url_decode(&sealed, value) < 0 ||
	    seal_open(v->gate->sealer, SEAL_EXCHANGE, v->conf->login_host,
	    buf_str(&sealed), &plain) < 0 || buf_failed(&plain) ||
	    held_read(v, buf_str(&plain), &packed) < 0 ||
	    exchange_unpack(&v->arena, packed, ret) < 0)
		return -1;
	if (ret->expires_ms <= v->now_ms) {
		v->lapsed |= secret_equal(str_of(ret->token,
		    sizeof(ret->token)), str_of(v->round, sizeof(v->round)));
		return -1;
	}
	if (ret->created_ms > v->now_ms + SESSION_SKEW_MS ||
	    ret->created_ms <= follow_restored_ms(v->gate->follow))
		return -1;
	exchange_resolve(ret, v->conf);
	return 0;
}

int
visit_exchange_find(struct visit *v, struct csn_str id)
{
	struct csn_str name, value;
	uint8_t memory[65];
	struct buf raw;
	int rc = -1;

	buf_init_fixed(&raw, memory, sizeof(memory));
	if (id.n != ID_TEXT || base64url_decode(&raw, id) < 0)
		goto out;
	name = ARENA_JOIN(&v->arena, STR(COOKIE_EXCHANGE), id);
	if (name.p == NULL || cookie_values(v->in->cookies, name, &value,
	    1) != 1 || exchange_open(v, value, &v->x) < 0)
		goto out;
	/* the name is not sealed, the id inside is */
	if (!secret_equal(buf_str(&raw), str_of(v->x.id, sizeof(v->x.id))))
		goto out;
	v->have_exchange = true;
	rc = 0;
out:
	buf_free(&raw);
	return rc;
}

static bool
is_round_of(const struct visit *v, const struct exchange *x)
{
	struct csn_str round = str_of(v->round, sizeof(v->round));

	return secret_equal(round, str_of(x->token, sizeof(x->token))) ||
	    secret_equal(round, str_of(x->last, sizeof(x->last)));
}

/* Each cookie is looked at once: anybody may come with hundreds. */
int
visit_exchange_of_round(struct visit *v)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;
	struct exchange x;

	while (cookie_next(v->in->cookies, &at, &name, &value))
		if (str_starts(name, STR(COOKIE_EXCHANGE)) &&
		    exchange_open(v, value, &x) == 0 && is_round_of(v, &x))
			return visit_exchange_find(v, str_from_at(name,
			    sizeof(COOKIE_EXCHANGE) - 1));
	return -1;
}

int
visit_exchange_change(struct visit *v)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;
	struct exchange x;

	while (cookie_next(v->in->cookies, &at, &name, &value)) {
		if (!str_starts(name, STR(COOKIE_EXCHANGE)) ||
		    exchange_open(v, value, &x) < 0 ||
		    x.change != CHANGE_OPEN || !x.has_session ||
		    memcmp(x.session, v->session.id, sizeof(x.session)) != 0)
			continue;
		v->x = x;
		v->have_exchange = true;
		return 0;
	}
	return -1;
}

static int
exchange_store(struct visit *v, struct csn_str packed, struct buf *plain)
{
	uint8_t key[EXCHANGE_TOKEN_LEN];
	struct buf name, sealed;
	int rc;

	/* a key of its own for each round: an older cookie finds the state of
	 * its own time, and its token is used up */
	secret_random(key, sizeof(key));
	buf_init(&name, 128);
	buf_init(&sealed, STORE_VALUE_MAX);
	buf_puts(&name, "x/");
	hex_encode(&name, str_of(key, sizeof(key)));
	rc = seal_put(v->gate->sealer, SEAL_RECORD, buf_str(&name), packed,
	    &sealed);
	if (rc == 0)
		rc = store_put(v->gate->store, buf_str(&name),
		    buf_str(&sealed), v->x.expires_ms, v->now_ms);
	buf_u8(plain, HOLDS_KEY);
	buf_str_put(plain, buf_str(&name));
	buf_free(&name);
	buf_free(&sealed);
	return rc == 0 ? 0 : -1;
}

static int
exchange_hold(struct visit *v, struct buf *plain)
{
	struct buf packed;
	int rc = -1;

	buf_u8(plain, HOLDS_ALL);
	exchange_pack(plain, &v->x);
	if (!buf_failed(plain) &&
	    plain->n <= 1 + EXCHANGE_INLINE_MAX + v->x.target.n)
		return 0;
	/* nothing is proved: a state must fit the cookie (S6); who changes
	 * their account has a live session */
	buf_clear(plain);
	if (v->x.history.n == 0 && v->x.change == 0)
		return -1;
	buf_init(&packed, STORE_VALUE_MAX / 2);
	exchange_pack(&packed, &v->x);
	if (!buf_failed(&packed))
		rc = exchange_store(v, buf_str(&packed), plain);
	buf_free(&packed);
	return rc;
}

struct old_exchange {
	struct csn_str name;
	size_t bytes;
	int64_t created_ms;
	bool has_history;
};

static size_t
others_list(struct visit *v, struct csn_str own, struct old_exchange *ret,
    size_t max)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;
	struct exchange x;
	size_t n = 0;

	while (n < max && cookie_next(v->in->cookies, &at, &name, &value)) {
		if (!str_starts(name, STR(COOKIE_EXCHANGE)) ||
		    str_equal(name, own))
			continue;
		ret[n] = (struct old_exchange){ .name = name,
		    .bytes = name.n + value.n + 3 };
		v->needs_store = false;
		if (exchange_open(v, value, &x) == 0) {
			ret[n].created_ms = x.created_ms;
			ret[n].has_history = x.history.n > 0;
		} else if (v->needs_store) {
			/* only one with history goes to the store */
			ret[n].created_ms = v->now_ms;
			ret[n].has_history = true;
		}
		n++;
	}
	return n;
}

/* Those without history first, then the oldest. */
static size_t
worst_of(const struct old_exchange *v, size_t n)
{
	size_t worst = 0;

	for (size_t i = 1; i < n; i++)
		if (v[i].has_history != v[worst].has_history ?
		    !v[i].has_history :
		    v[i].created_ms < v[worst].created_ms)
			worst = i;
	return worst;
}

/* Proxies refuse a Cookie line over 8 KiB: all together stay far below. */
static void
others_evict(struct visit *v, struct csn_str own, size_t own_bytes)
{
	struct old_exchange old[32];
	size_t n = others_list(v, own, old, 32), total = own_bytes, worst;

	for (size_t i = 0; i < n; i++)
		total += old[i].bytes;
	while (n > 0 && (total > EXCHANGES_BYTES || n + 1 > EXCHANGES_MAX)) {
		worst = worst_of(old, n);
		visit_cookie(v, old[worst].name, STR(""), 0, CSN_C_CLEAR);
		total -= old[worst].bytes;
		old[worst] = old[--n];
	}
}

int
visit_exchange_save(struct visit *v, bool cross_site)
{
	uint8_t plain_memory[EXCHANGE_COOKIE_MAX + 1];
	uint8_t sealed_memory[EXCHANGE_COOKIE_MAX + 1];
	struct csn_str name, value;
	struct buf plain, sealed;
	int rc = -1;

	buf_init_fixed(&plain, plain_memory, sizeof(plain_memory));
	buf_init_fixed(&sealed, sealed_memory, sizeof(sealed_memory));
	if (exchange_hold(v, &plain) < 0 || buf_failed(&plain) ||
	    seal_put(v->gate->sealer, SEAL_EXCHANGE, v->conf->login_host,
	    buf_str(&plain), &sealed) < 0 || buf_failed(&sealed))
		goto out;
	name = cookie_name(v, v->x.id);
	value = text_of(v, (const uint8_t *)sealed.p, sealed.n);
	if (name.p == NULL || value.p == NULL ||
	    value.n > EXCHANGE_COOKIE_MAX)
		goto out;
	others_evict(v, name, name.n + value.n + 3);
	visit_cookie(v, name, value, EXCHANGE_LIFE_MS / 1000,
	    cross_site ? CSN_C_NONE : 0);
	rc = 0;
out:
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

void
visit_exchange_clear(struct visit *v)
{
	visit_cookie(v, cookie_name(v, v->x.id), STR(""), 0, CSN_C_CLEAR);
}

/* "ID.TOKEN", the hidden field that a page of this round carries. */
struct csn_str
visit_round_text(struct visit *v)
{
	return ARENA_JOIN(&v->arena,
	    text_of(v, v->x.id, sizeof(v->x.id)), STR("."),
	    text_of(v, v->x.token, sizeof(v->x.token)));
}
