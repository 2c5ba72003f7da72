/* SPDX-License-Identifier: Apache-2.0 */
/*
 * familiar.c - "n/ACCOUNT/NETWORK" in the store, and a cookie of the login
 * host that names the last people who logged in with this browser
 *
 * Both say only where somebody was. Neither must be looked at before a limit
 * is reached, so that no login costs more for it, and nobody be told what was
 * found.
 */
#include "familiar.h"

#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"

#define COOKIE_VERSION	1u
#define NAMES_MAX	4u
#define COOKIE_TEXT_MAX	1024u
#define DAY_MS		86400000LL
#define BROWSER_DAYS	180
#define NETWORK_DAYS	60
#define RENEW_DAYS	30	/* a cookie that is younger stays */

struct names {			/* of a cookie, the newest first */
	size_t n;
	struct { int64_t ms; struct csn_str account; } v[NAMES_MAX];
};

/* ------------------------------------------------------------------ */
/* the browser */

static struct csn_str
context(struct visit *v)
{
	return arena_printf(&v->arena, "familiar %.*s",
	    STR_FMT(v->conf->login_host));
}

static void
names_get(struct visit *v, struct csn_str plain, struct names *ret)
{
	struct reader r;
	int64_t ms;

	reader_init(&r, plain);
	if (reader_u8(&r) != COOKIE_VERSION)
		return;
	while (r.n > 0 && ret->n < NAMES_MAX) {
		ms = (int64_t)reader_u64(&r);
		ret->v[ret->n].account = arena_str(&v->arena,
		    reader_lv16(&r));
		if (r.failed)
			return;
		ret->v[ret->n].ms = ms;
		if (ms <= v->now_ms && v->now_ms - ms < BROWSER_DAYS * DAY_MS)
			ret->n++;
	}
}

static void
names_read(struct visit *v, struct names *ret)
{
	struct buf plain, sealed;
	struct csn_str value;

	ret->n = 0;
	if (cookie_values(v->in->cookies, STR(COOKIE_FAMILIAR), &value, 1) !=
	    1 || value.n > COOKIE_TEXT_MAX)
		return;
	buf_init(&plain, COOKIE_TEXT_MAX);
	buf_init(&sealed, COOKIE_TEXT_MAX);
	if (base64url_decode(&sealed, value) == 0 && seal_open(
	    v->gate->sealer, SEAL_BROWSER, context(v), buf_str(&sealed),
	    &plain) == 0)
		names_get(v, buf_str(&plain), ret);
	buf_free(&plain);
	buf_free(&sealed);
}

static const int64_t *
names_find(const struct names *names, struct csn_str account)
{
	for (size_t i = 0; i < names->n; i++)
		if (secret_equal(names->v[i].account, account))
			return &names->v[i].ms;
	return NULL;
}

static void
names_put(struct visit *v, struct buf *b, const struct names *old,
    struct csn_str account)
{
	size_t n = 1;

	buf_u8(b, COOKIE_VERSION);
	buf_u64(b, (uint64_t)v->now_ms);
	buf_lv16(b, account);
	for (size_t i = 0; i < old->n && n < NAMES_MAX; i++) {
		if (secret_equal(old->v[i].account, account))
			continue;
		buf_u64(b, (uint64_t)old->v[i].ms);
		buf_lv16(b, old->v[i].account);
		n++;
	}
}

static void
browser_keep(struct visit *v, struct csn_str account)
{
	struct buf plain, sealed, text;
	struct names names;
	const int64_t *ms;

	names_read(v, &names);
	ms = names_find(&names, account);
	if (ms != NULL && v->now_ms - *ms < RENEW_DAYS * DAY_MS)
		return;
	buf_init(&plain, COOKIE_TEXT_MAX);
	buf_init(&sealed, COOKIE_TEXT_MAX);
	buf_init(&text, COOKIE_TEXT_MAX);
	names_put(v, &plain, &names, account);
	if (!buf_failed(&plain) && seal_put(v->gate->sealer, SEAL_BROWSER,
	    context(v), buf_str(&plain), &sealed) == 0) {
		base64url_encode(&text, buf_str(&sealed));
		if (!buf_failed(&text))
			visit_cookie(v, STR(COOKIE_FAMILIAR), arena_str(
			    &v->arena, buf_str(&text)),
			    BROWSER_DAYS * DAY_MS / 1000, 0);
	}
	buf_free(&plain);
	buf_free(&sealed);
	buf_free(&text);
}

/* ------------------------------------------------------------------ */
/* the network */

/* Sources as they are counted; under a name that says nothing by itself. */
static int
network_key(struct visit *v, struct csn_str account, struct buf *key)
{
	struct ip net = ip_mask(&v->client, v->client.v4 ? 128 : 64);
	char name[PEOPLE_ACCOUNT_LEN + 1];

	/* no realm has such a name */
	if (!v->have_client || people_account(v->gate->sealer,
	    STR(" network"), str_of(net.b, sizeof(net.b)), name) < 0)
		return -1;
	buf_puts(key, "n/");
	buf_str_put(key, account);
	buf_char(key, '/');
	buf_puts(key, name);
	return buf_failed(key) ? -1 : 0;
}

static bool
network_known(struct visit *v, struct csn_str account)
{
	struct buf key, value;
	bool known;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 64);
	known = network_key(v, account, &key) == 0 && store_get(
	    v->gate->store, buf_str(&key), v->now_ms, &value) == STORE_OK;
	buf_free(&key);
	buf_free(&value);
	return known;
}

static void
network_keep(struct visit *v, struct csn_str account)
{
	struct buf key;
	struct store_op op = { .kind = STORE_PUT, .value = STR("1"),
	    .expires_ms = v->now_ms + NETWORK_DAYS * DAY_MS };

	buf_init(&key, STORE_KEY_MAX);
	if (network_key(v, account, &key) == 0) {
		op.key = buf_str(&key);
		answer_write(v, &op, false);
	}
	buf_free(&key);
}

/* ------------------------------------------------------------------ */

unsigned
familiar_here(struct visit *v, struct csn_str realm, struct csn_str subject)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct names names;
	unsigned where = 0;

	if (people_account(v->gate->sealer, realm, subject, account) < 0)
		return 0;
	names_read(v, &names);
	if (names_find(&names, str_from(account)) != NULL)
		where |= THROTTLE_BROWSER;
	if (network_known(v, str_from(account)))
		where |= THROTTLE_NETWORK;
	return where;
}

/* The address is over its limit: whom this browser is known by, or "". */
static struct csn_str
known_by(struct visit *v)
{
	struct names names;

	names_read(v, &names);
	return names.n > 0 ? names.v[0].account : STR("");
}

bool
familiar_source_over(struct visit *v, int64_t *ret_until_ms)
{
	struct csn_str account;

	if (!v->have_client || !throttle_source_over(v->gate->throttle,
	    v->conf, &v->client, v->now_ms, ret_until_ms))
		return false;
	account = known_by(v);
	return account.n == 0 || throttle_browser_over(v->gate->throttle,
	    v->conf, account, v->now_ms, ret_until_ms);
}

void
familiar_source_failed(struct visit *v)
{
	struct csn_str account;
	int64_t until;

	if (!v->have_client)
		return;
	account = throttle_source_over(v->gate->throttle, v->conf,
	    &v->client, v->now_ms, &until) ? known_by(v) : STR("");
	if (account.n > 0)
		throttle_browser_failed(v->gate->throttle, v->conf, account,
		    v->now_ms);
	else
		throttle_source_failed(v->gate->throttle, v->conf,
		    &v->client, v->now_ms);
}

unsigned
familiar_of_visit(void *arg, struct csn_str realm, struct csn_str subject)
{
	return familiar_here(arg, realm, subject);
}

void
familiar_keep(struct visit *v, const struct person *p)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];

	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return;
	browser_keep(v, str_from(account));
	network_keep(v, str_from(account));
}
