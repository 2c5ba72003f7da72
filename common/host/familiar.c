/* SPDX-License-Identifier: Apache-2.0 */
/*
 * familiar.c - "w/ACCOUNT/NETWORK" in the store, and a cookie of the login
 * host that names the last people who logged in with this browser
 *
 * Both end with the person's generation, as sessions do, and by "this was not
 * me", of which "w/ACCOUNT/" keeps the time: a thief was here as well.
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

struct was_here {
	int64_t ms;
	uint32_t generation;
};

struct names {			/* of a cookie, the newest first */
	size_t n;
	struct { struct was_here at; struct csn_str account; } v[NAMES_MAX];
};

/* ------------------------------------------------------------------ */
/* the browser */

static struct csn_str
context(struct visit *v)
{
	return ARENA_JOIN(&v->arena, STR("familiar "), v->conf->login_host);
}

static struct was_here
was_get(struct reader *r)
{
	struct was_here at = { .ms = (int64_t)reader_u64(r) };

	at.generation = reader_u32(r);
	return at;
}

static void
was_put(struct buf *b, const struct was_here *at)
{
	buf_u64(b, (uint64_t)at->ms);
	buf_u32(b, at->generation);
}

static void
names_get(struct visit *v, struct csn_str plain, struct names *ret)
{
	struct reader r;
	struct was_here at;
	struct csn_str account;

	reader_init(&r, plain);
	if (reader_u8(&r) != COOKIE_VERSION)
		return;
	while (r.n > 0 && ret->n < NAMES_MAX) {
		at = was_get(&r);
		account = arena_str(&v->arena, reader_lv16(&r));
		if (r.failed)
			return;
		if (at.ms > v->now_ms ||
		    v->now_ms - at.ms >= BROWSER_DAYS * DAY_MS)
			continue;
		ret->v[ret->n].at = at;
		ret->v[ret->n++].account = account;
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

static const struct was_here *
names_find(const struct names *names, struct csn_str account)
{
	for (size_t i = 0; i < names->n; i++)
		if (secret_equal(names->v[i].account, account))
			return &names->v[i].at;
	return NULL;
}

static void
names_put(struct buf *b, const struct names *old, struct csn_str account,
    const struct was_here *at)
{
	size_t n = 1;

	buf_u8(b, COOKIE_VERSION);
	was_put(b, at);
	buf_lv16(b, account);
	for (size_t i = 0; i < old->n && n < NAMES_MAX; i++) {
		if (secret_equal(old->v[i].account, account))
			continue;
		was_put(b, &old->v[i].at);
		buf_lv16(b, old->v[i].account);
		n++;
	}
}

static void
browser_keep(struct visit *v, struct csn_str account,
    const struct was_here *at)
{
	uint8_t memory[COOKIE_TEXT_MAX + 1], more[COOKIE_TEXT_MAX + 1];
	struct buf plain, sealed, text;
	struct names names;

	names_read(v, &names);
	buf_init_fixed(&plain, memory, sizeof(memory));
	buf_init_fixed(&sealed, more, sizeof(more));
	buf_init(&text, COOKIE_TEXT_MAX);
	names_put(&plain, &names, account, at);
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
	buf_puts(key, "w/");
	buf_str_put(key, account);
	buf_char(key, '/');
	buf_puts(key, name);
	return buf_failed(key) ? -1 : 0;
}

/* What a row says of when somebody was there; a store result. */
static int
row_read(struct visit *v, struct csn_str key, struct was_here *ret)
{
	struct buf value;
	struct reader r;
	int rc;

	buf_init(&value, 64);
	rc = store_get(v->gate->store, key, v->now_ms, &value);
	if (rc == STORE_OK) {
		reader_init(&r, buf_str(&value));
		*ret = was_get(&r);
		rc = reader_end(&r) < 0 ? STORE_FAILED : STORE_OK;
	}
	buf_free(&value);
	return rc;
}

static int
network_find(struct visit *v, struct csn_str account, struct was_here *ret)
{
	struct buf key;
	int rc = -1;

	buf_init(&key, STORE_KEY_MAX);
	if (network_key(v, account, &key) == 0)
		rc = row_read(v, buf_str(&key), ret);
	buf_free(&key);
	return rc;
}

static void
row_op(struct store_op *op, struct buf *key, struct buf *value,
    const struct was_here *at, int64_t days)
{
	was_put(value, at);
	*op = (struct store_op){ .kind = STORE_PUT, .key = buf_str(key),
	    .value = buf_str(value), .expires_ms = at->ms + days * DAY_MS };
}

static void
network_keep(struct visit *v, struct csn_str account,
    const struct was_here *at)
{
	uint8_t when[65], name[STORE_KEY_MAX + 1];
	struct buf key, value;
	struct store_op op;

	buf_init_fixed(&key, name, sizeof(name));
	buf_init_fixed(&value, when, sizeof(when));
	if (network_key(v, account, &key) == 0) {
		row_op(&op, &key, &value, at, NETWORK_DAYS);
		answer_write(v, &op, false);
	}
	buf_free(&key);
	buf_free(&value);
}

/* ------------------------------------------------------------------ */

/* Since when, and of which generation, being here counts. What cannot be read
 * is no reason to let anybody be at home. 0 or -1. */
static int
since_read(struct visit *v, struct csn_str realm, struct csn_str subject,
    struct csn_str account, struct was_here *ret)
{
	struct csn_str key = arena_printf(&v->arena, "w/%.*s/",
	    STR_FMT(account));
	struct people_record record;
	struct buf raw;
	int rc;

	*ret = (struct was_here){ 0, 0 };
	buf_init(&raw, STORE_VALUE_MAX);
	rc = people_read(v->gate->store, realm, subject, v->now_ms, &raw,
	    &record);
	if (rc == STORE_OK) {
		rc = key.n == 0 ? STORE_FAILED : row_read(v, key, ret);
		ret->generation = record.generation;
	}
	buf_free(&raw);
	return rc == STORE_OK || rc == STORE_ABSENT ? 0 : -1;
}

static bool
counts(const struct was_here *at, const struct was_here *since)
{
	return at != NULL && at->ms > since->ms &&
	    at->generation == since->generation;
}

unsigned
familiar_here(struct visit *v, struct csn_str realm, struct csn_str subject)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct was_here since, at;
	struct names names;
	unsigned where = 0;

	if (people_account(v->gate->sealer, realm, subject, account) < 0 ||
	    since_read(v, realm, subject, str_from(account), &since) < 0)
		return 0;
	names_read(v, &names);
	if (counts(names_find(&names, str_from(account)), &since))
		where |= THROTTLE_BROWSER;
	if (network_find(v, str_from(account), &at) == STORE_OK &&
	    counts(&at, &since))
		where |= THROTTLE_NETWORK;
	return where;
}

int
familiar_forget(struct visit *v, const struct person *p)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct was_here now = { v->now_ms, p->generation };
	struct buf key, value;
	struct store_op op;
	int rc = STORE_FAILED;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 64);
	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) == 0) {
		buf_printf(&key, "w/%s/", account);
		row_op(&op, &key, &value, &now, BROWSER_DAYS);
		if (!buf_failed(&key))
			rc = store_batch(v->gate->store, &op, 1, v->now_ms);
	}
	buf_free(&key);
	buf_free(&value);
	return rc;
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

	if (!v->have_client || (!throttle_source_over(v->gate->throttle,
	    v->conf, &v->client, v->now_ms, ret_until_ms) &&
	    !throttle_forms_over(v->gate->throttle, v->conf, &v->client,
	    v->now_ms, ret_until_ms)))
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

void
familiar_source_asked(struct visit *v)
{
	if (!v->have_client || v->x.person.named)
		return;
	throttle_forms_spend(v->gate->throttle, v->conf, &v->client,
	    v->now_ms);
	v->asked++;
}

void
familiar_source_returned(struct visit *v, unsigned before)
{
	for (v->asked += before; v->have_client && v->asked > 0; v->asked--)
		throttle_forms_refund(v->gate->throttle, v->conf, &v->client,
		    v->now_ms);
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
	struct was_here now = { v->now_ms, p->generation };

	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return;
	browser_keep(v, str_from(account), &now);
	network_keep(v, str_from(account), &now);
}
