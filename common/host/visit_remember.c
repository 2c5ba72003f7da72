/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_remember.c - a remembered browser in a login: offered, used, made
 *
 * Offered only where the policy takes one, and made only behind a code that
 * was typed in this very login (security.md E6). What it yields is a proof of
 * its own kind, with the time at which it was made. It must never count where
 * its record is not in the store at the moment of the commit.
 */
#include "cookie.h"
#include "lib/secret.h"
#include "remembered.h"
#include "round.h"

#define COOKIES_MAX	4u

/* A fresh one is asked for: this one never is. */
static int64_t
remember_s(const struct visit *v, int factor)
{
	const struct conf_policy *p;

	if (v->x.policy < 0 || v->x.change != 0 || factor < 0 ||
	    !bits_has(&v->conf->second, (size_t)factor))
		return 0;
	p = &v->conf->policies[v->x.policy];
	return conf_fresh_s(p, (unsigned)factor) == 0 ?
	    conf_remember_s(p, (unsigned)factor) : 0;
}

int64_t
visit_remember_offered(const struct visit *v)
{
	if (!v->x.person.named || !v->enrolled_known || v->x.factor < 0 ||
	    !bits_has(&v->enrolled, (size_t)v->x.factor))
		return 0;
	return remember_s(v, v->x.factor);
}

void
visit_remember_asked(struct visit *v)
{
	if (pairs_get(v->form, STR(FIELD_REMEMBER_ASKED)).p == NULL ||
	    v->x.factor < 0)
		return;
	v->x.remember = pairs_get(v->form, STR(FIELD_REMEMBER)).n > 0 ?
	    v->x.fingerprint : 0;
}

/* ------------------------------------------------------------------ */
/* used */

struct using {
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct csn_str name;		/* of the cookie */
	struct remembered b;
	int factor;
};

/* This browser's, for the pinned person and the factor, if it is good now. 0
 * or -1: then the factor is asked, whatever the reason. */
static int
use_find(struct visit *v, struct using *u)
{
	const struct person *p = &v->x.person;
	uint64_t fingerprint = v->conf->factors[u->factor].fingerprint;
	uint8_t id[REMEMBERED_ID_LEN];
	struct csn_str value;

	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    u->account) < 0)
		return -1;
	u->name = remembered_name(&v->arena, str_from(u->account),
	    fingerprint);
	if (u->name.p == NULL || cookie_values(v->in->cookies, u->name,
	    &value, 1) != 1 || remembered_open(v->gate->sealer,
	    v->conf->login_host, str_from(u->account), fingerprint, value,
	    id) < 0)
		return -1;
	if (remembered_read(v->gate, &v->arena, str_from(u->account), id,
	    &u->b) != STORE_OK || u->b.fingerprint != fingerprint ||
	    !remembered_stands(&u->b, &v->record, v->now_ms) ||
	    v->now_ms - u->b.made_ms > remember_s(v, u->factor) * 1000)
		return -1;
	return 0;
}

/* With the session's commit: forgotten by then is refused. */
static int
use_write(struct visit *v, struct using *u)
{
	struct buf key, value;
	struct store_op op;
	int rc = -1;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 8192);
	u->b.used_ms = v->now_ms;
	if (remembered_op(v->gate->sealer, str_from(u->account), &u->b, &op,
	    &key, &value) == 0)
		rc = answer_write(v, &op, true);
	if (rc == 0)
		bits_add(&v->stood_for, (size_t)u->factor);
	buf_free(&key);
	buf_free(&value);
	return rc;
}

static enum exchange_outcome
use_advance(struct visit *v, const struct using *u)
{
	struct exchange_event ev = { .factor = u->factor,
	    .verdict = CSN_GRANT, .proof = { .kind = PROOF_REMEMBERED,
	    .auth_time_ms = u->b.made_ms } };
	struct guard_facts facts;

	for (size_t i = 0; i < v->record.nenrolments; i++)
		if (v->record.enrolments[i].fingerprint == u->b.fingerprint)
			ev.proof.enrolment = v->record.enrolments[i].how;
	v->x.factor = u->factor;
	v->x.fingerprint = u->b.fingerprint;
	memcpy(ev.token, v->x.token, sizeof(ev.token));
	visit_facts(v, &facts);
	return exchange_advance(&v->x, v->conf, &ev, &facts);
}

static bool
use_one(struct visit *v, struct using *u)
{
	enum exchange_outcome outcome = use_advance(v, u);

	if (outcome != EXCHANGE_COMPLETE && outcome != EXCHANGE_ADVANCED)
		return false;
	if (visit_audit(v, "factor-remembered", "", u->factor) < 0 ||
	    use_write(v, u) < 0) {
		answer_withdraw(v);
		page_trouble(v, "a remembered browser cannot be recorded");
	} else if (outcome == EXCHANGE_COMPLETE) {
		round_completed(v);
	} else {
		v->x.state = STR("");
		v->x.attempt = 0;
		visit_offer(v);
	}
	return true;
}

bool
visit_remember_use(struct visit *v, const struct bits *offered)
{
	struct using u;

	if (v->on_loop || !v->x.person.named || v->x.history.n == 0 ||
	    v->x.has_link || !v->record_read)
		return false;
	for (int f = bits_next(offered, 0); f >= 0;
	    f = bits_next(offered, f + 1)) {
		u.factor = f;
		if (!bits_has(&v->enrolled, (size_t)f) ||
		    remember_s(v, f) == 0)
			continue;
		if (use_find(v, &u) == 0 && use_one(v, &u))
			return true;
	}
	return false;
}

int
visit_remember_stands(struct visit *v)
{
	for (size_t i = 0; i < v->x.history.n; i++) {
		const struct proof *p = &v->x.history.v[i];
		struct using u = { .factor = p->factor };

		if (p->carried || p->kind != PROOF_REMEMBERED ||
		    (p->factor >= 0 &&
		    bits_has(&v->stood_for, (size_t)p->factor)))
			continue;
		if (p->factor < 0 || use_find(v, &u) < 0 ||
		    u.b.made_ms != p->auth_time_ms || use_write(v, &u) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------------ */
/* made */

/* Not without end: the oldest gives way. */
static void
room_make(struct visit *v, uint64_t fingerprint)
{
	struct remembered *all = arena_array(&v->arena,
	    REMEMBERED_MAX * PROOFS_MAX, sizeof(*all));
	const uint8_t *oldest = NULL;
	size_t n = 0, own = 0;

	if (all == NULL || remembered_list(v->gate, &v->arena, &v->x.person,
	    all, REMEMBERED_MAX * PROOFS_MAX, &n) != STORE_OK)
		return;
	for (size_t i = 0; i < n; i++)
		if (all[i].fingerprint == fingerprint) {
			own++;
			oldest = all[i].id;
		}
	if (own >= REMEMBERED_MAX)
		(void)remembered_forget(v->gate, v->conf, &v->arena,
		    &v->x.person, fingerprint, oldest, NULL);
}

/* A browser that many people use does not send the cookies of all of them. */
static void
others_clear(struct visit *v, struct csn_str own)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;
	unsigned n = 1;

	while (cookie_next(v->in->cookies, &at, &name, &value))
		if (str_starts(name, STR(COOKIE_BROWSER)) &&
		    !str_equal(name, own) && ++n > COOKIES_MAX)
			visit_cookie(v, name, STR(""), 0, CSN_C_CLEAR);
}

static int
made_write(struct visit *v, const char *account, const struct remembered *b)
{
	struct csn_str name = remembered_name(&v->arena, str_from(account),
	    b->fingerprint);
	struct csn_str value = remembered_seal(&v->arena, v->gate->sealer,
	    v->conf->login_host, str_from(account), b);
	struct buf key, sealed;
	struct store_op op;
	int rc = -1;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&sealed, 8192);
	if (name.p != NULL && value.p != NULL && remembered_op(
	    v->gate->sealer, str_from(account), b, &op, &key, &sealed) == 0)
		rc = answer_write(v, &op, true);
	if (rc == 0) {
		others_clear(v, name);
		visit_cookie(v, name, value, (b->until_ms - v->now_ms) / 1000,
		    0);
	}
	buf_free(&key);
	buf_free(&sealed);
	return rc;
}

static int
make(struct visit *v, int factor)
{
	const struct person *p = &v->x.person;
	struct remembered b = { .made_ms = v->now_ms, .used_ms = v->now_ms,
	    .until_ms = v->now_ms + remember_s(v, factor) * 1000,
	    .client = v->in->client, .user_agent = v->in->user_agent };
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct people_record record;
	struct buf raw;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	rc = people_read(v->gate->store, p->realm_name, p->subject,
	    v->now_ms, &raw, &record);
	buf_free(&raw);
	if (rc != STORE_OK || remembered_bind(&record,
	    v->conf->factors[factor].fingerprint, &b) < 0 ||
	    people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return -1;
	secret_random(b.id, sizeof(b.id));
	room_make(v, b.fingerprint);
	if (visit_audit(v, "browser-remembered", "", factor) < 0)
		return -1;
	visit_recent(v, p, "browser-remembered", factor, STR(""), false);
	visit_notice_with(v, NOTICE_BROWSER, factor);
	return made_write(v, account, &b);
}

int
visit_remember_keep(struct visit *v)
{
	for (size_t i = 0; i < v->x.history.n; i++) {
		const struct proof *p = &v->x.history.v[i];

		/* typed here, and not a recovery code: that is for who has
		 * lost something */
		if (!p->carried && p->kind == PROOF_PROVED &&
		    p->fingerprint == v->x.remember && p->factor >= 0 &&
		    remember_s(v, p->factor) > 0)
			return make(v, p->factor);
	}
	return 0;
}
