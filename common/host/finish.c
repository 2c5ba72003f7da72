/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finish.c - the history is a word: the session's record, then its cookie
 *
 * The record is durable before the cookie is made: no record, no session
 * (security.md S8). A login from nobody always gets a new id; a step-up keeps
 * the id of a session that must still live (S5).
 */
#include "cookie.h"
#include "familiar.h"
#include "lib/secret.h"
#include "people_kept.h"
#include "session_keys.h"
#include "visit.h"

static void
extras_merge(struct session *s, const struct exchange *x)
{
	for (size_t i = 0; i < x->nextras; i++) {
		size_t k = 0;

		while (k < s->nextras && s->extras[k].fingerprint !=
		    x->extras[i].fingerprint)
			k++;
		if (k == PROOFS_MAX)
			continue;
		s->extras[k] = x->extras[i];
		if (k == s->nextras)
			s->nextras++;
		/* the provider's end caps ours (design.md 5) */
		if (x->extras[i].not_after_ms > 0 &&
		    x->extras[i].not_after_ms < s->expires_ms)
			s->expires_ms = x->extras[i].not_after_ms;
	}
}

static int
proofs_merge(struct session *s, const struct exchange *x)
{
	for (size_t i = 0; i < x->history.n; i++) {
		struct proof p = x->history.v[i];

		if (p.carried)
			continue;
		if (proofs_add(&s->proofs, &p) < 0)
			return -1;
	}
	return 0;
}

static void
enrolled_set(struct visit *v, struct session *s)
{
	s->enrolled_known = v->enrolled_known;
	s->nenrolled = 0;
	for (int f = bits_next(&v->enrolled, 0); f >= 0;
	    f = bits_next(&v->enrolled, f + 1))
		if (s->nenrolled < PROOFS_MAX)
			s->enrolled[s->nenrolled++] =
			    v->conf->factors[f].fingerprint;
}

/* A new one, or the live one that the exchange began from. */
static int
session_base(struct visit *v, struct session *s)
{
	memset(s, 0, sizeof(*s));
	if (v->x.has_session) {
		if (gate_session_load(v->gate, v->conf, &v->arena,
		    v->x.session, v->conf->idle_s * 1000, false, s) != STORE_OK)
			return -1;
		return s->person.realm == v->x.person.realm &&
		    str_equal(s->person.subject, v->x.person.subject) ?
		    0 : -1;
	}
	secret_random(s->id, sizeof(s->id));
	s->created_ms = v->now_ms;
	s->expires_ms = v->now_ms + v->conf->lifetime_s * 1000;
	return 0;
}

static int
session_make(struct visit *v, struct session *s)
{
	if (session_base(v, s) < 0)
		return -1;
	s->person = v->x.person;
	s->issued_ms = v->now_ms;
	s->seen_ms = v->now_ms;
	s->client = v->in->client;
	s->user_agent = v->in->user_agent.n > 200 ?
	    str_of(v->in->user_agent.p, 200) : v->in->user_agent;
	enrolled_set(v, s);
	extras_merge(s, &v->x);
	return proofs_merge(s, &v->x);
}

/* A record that was read is only replaced as it was read: one that ended
 * meanwhile must not come back, nor a step-up's proofs go. */
int
session_op(struct csn_gate *gate, const struct session *s,
    struct store_op *op, struct buf *key, struct buf *value)
{
	char text[SESSION_KEY_LEN + 1];
	struct buf plain;
	int rc = -1;

	session_key(s->id, text);
	buf_puts(key, text);
	buf_init(&plain, STORE_VALUE_MAX / 2);
	session_pack(&plain, s, true);
	if (!buf_failed(&plain) && !buf_failed(key) && seal_put(gate->sealer,
	    SEAL_RECORD, buf_str(key), buf_str(&plain), value) == 0)
		rc = 0;
	buf_free(&plain);
	*op = (struct store_op){ .kind = s->stored.n == 0 ? STORE_PUT_NEW :
	    STORE_SWAP, .key = buf_str(key), .value = buf_str(value),
	    .before = s->stored, .expires_ms = s->expires_ms };
	return rc;
}

int
session_write(struct csn_gate *gate, const struct session *s, int64_t now_ms)
{
	struct buf key, value;
	struct store_op op;
	int rc = STORE_FAILED;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	if (session_op(gate, s, &op, &key, &value) == 0)
		rc = store_batch(gate->store, &op, 1, now_ms);
	buf_free(&key);
	buf_free(&value);
	return rc;
}

static bool
allowed(struct visit *v, const struct session *s)
{
	struct guard_facts facts;

	session_facts(s, v->conf, v->now_ms, &facts);
	return allow_holds(&v->conf->policies[v->x.policy].allow, &facts);
}

static struct csn_str
factor_name(const struct conf *conf, uint64_t fingerprint)
{
	int f = conf_factor_of(conf, fingerprint);

	return f >= 0 ? conf->factors[f].name : STR("");
}

/* So that a provider's message finds the session by its own name for it, and
 * its owner finds it at all. */
static int
session_index(struct visit *v, const struct session *s)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct store_op op;
	uint8_t memory[STORE_KEY_MAX + 1];
	struct buf key;
	int rc = people_account(v->gate->sealer, s->person.realm_name,
	    s->person.subject, account);

	buf_init_fixed(&key, memory, sizeof(memory));
	if (rc == 0) {
		session_keys_op(&op, &key, SESSION_KEYS_PERSON,
		    str_from(account), s);
		rc = answer_write(v, &op, true);
	}
	for (size_t i = 0; i < s->nextras; i++)
		for (size_t k = 0; k < s->extras[i].session_keys.n; k++) {
			buf_clear(&key);
			session_keys_op(&op, &key, factor_name(v->conf,
			    s->extras[i].fingerprint),
			    s->extras[i].session_keys.v[k], s);
			rc |= answer_write(v, &op, true);
		}
	buf_free(&key);
	return rc;
}

/* Read again: the commit did not see to it. */
static int
person_uncut(struct visit *v, const struct session *s)
{
	int rc = people_read(v->gate->store, s->person.realm_name,
	    s->person.subject, v->now_ms, &v->raw, &v->record);

	return rc == STORE_OK && exchange_cut(&v->x, v->record.cuts) ?
	    STORE_ABSENT : rc;
}

int
session_ended_early(struct visit *v, const struct session *s)
{
	int rc = v->session_guarded || v->x.has_session ? STORE_OK :
	    person_uncut(v, s);

	for (size_t i = 0; i < s->nextras && rc == STORE_OK; i++)
		rc = session_keys_check(v->gate->store, factor_name(v->conf,
		    s->extras[i].fingerprint), s->extras[i].session_keys,
		    v->x.created_ms, v->now_ms);
	if (rc != STORE_OK)
		session_end(v->gate, s->id, v->now_ms);
	return rc;
}

/* For whoever asks who has not been here for long. It changes no access, so
 * that no login fails for it. */
static void
login_keep(struct visit *v, const struct session *s)
{
	uint8_t when[65], name[STORE_KEY_MAX + 1];
	struct buf key, value;
	struct store_op op;

	buf_init_fixed(&key, name, sizeof(name));
	buf_init_fixed(&value, when, sizeof(when));
	people_login_op(&op, &key, &value, s->person.realm_name,
	    s->person.subject, v->language, v->now_ms);
	if (!v->x.has_session && !buf_failed(&key))
		answer_write(v, &op, false);
	buf_free(&key);
	buf_free(&value);
}

/* To be written with the answer. */
static int
session_keep(struct visit *v, const struct session *s)
{
	uint8_t name[STORE_KEY_MAX + 1];
	struct buf key, value;
	struct store_op op;
	int rc = -1;

	buf_init_fixed(&key, name, sizeof(name));
	buf_init(&value, STORE_VALUE_MAX);
	if (session_op(v->gate, s, &op, &key, &value) == 0)
		rc = answer_write(v, &op, true) | session_index(v, s);
	buf_free(&key);
	buf_free(&value);
	v->session = *s;
	v->have_session = true;
	v->session_made = rc == 0;
	login_keep(v, s);
	return rc;
}

void
finish(struct visit *v)
{
	const char *trouble = gate_trouble(v->gate);
	struct session s;

	/* what it ends in may be no round: a browser that is remembered, a
	 * reminder put off */
	if (trouble != NULL) {
		answer_withdraw(v);
		page_trouble(v, trouble);
		return;
	}
	if (session_make(v, &s) < 0 || visit_remember_stands(v) < 0) {
		/* the session it began from is gone, or is another's; or a
		 * browser that stood for a factor is forgotten */
		page_expired(v);
		return;
	}
	/* not writable: logins fail (security.md O6) */
	if (visit_audit(v, v->x.has_session ? "step-up" : "login", "", -1) <
	    0) {
		page_trouble(v, "the audit log cannot be written");
		return;
	}
	if (session_keep(v, &s) < 0 || visit_remember_keep(v) < 0) {
		visit_audit(v, "login-withdrawn", "it could not be kept", -1);
		answer_withdraw(v);
		page_trouble(v, "the session cannot be kept");
		return;
	}
	if (visit_session_cookie(v, &s, v->conf->login_host) < 0) {
		visit_audit(v, "login-withdrawn", "the session does not fit "
		    "a cookie", -1);
		answer_withdraw(v);
		page_trouble(v, "the session does not fit a cookie");
		return;
	}
	if (!v->x.has_session) {
		visit_recent(v, &s.person, "login", -1, STR(""), false);
		familiar_keep(v, &s.person);
	}
	visit_exchange_clear(v);
	if (!allowed(v, &s))
		page_denied(v, "this account may not use this address");
	else if (v->have_target)
		visit_pass_on(v);
	else
		page_landing(v);
}
