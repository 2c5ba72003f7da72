/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answers.c - what a visit decided becomes durable together with its answer
 *
 * One commit before the answer leaves: session, ticket, counters, and the
 * answer itself, kept sealed for the same browser, so that a double click, a
 * reload or Back gets the same answer and never an error. It must never let an
 * answer leave whose session is not durable.
 */
#include <time.h>

#include "lib/base64url.h"
#include "visit.h"

#define ANSWER_USUAL	3000u	/* bytes: one piece of memory does */
#define WAIT_STEPS	40
#define WAIT_MS		50

/* Bound to the exchange besides the round: another exchange's browser cannot
 * open it. */
static void
answer_context(struct visit *v, struct csn_str key, struct buf *ret)
{
	buf_str_put(ret, key);
	buf_char(ret, '/');
	hex_encode(ret, str_of(v->x.id, sizeof(v->x.id)));
}

int
answer_write(struct visit *v, const struct store_op *op, bool needed)
{
	struct store_op *to = &v->pending[v->npending];

	v->pending_needed |= needed;
	if (v->npending == VISIT_PENDING_MAX)
		return -1;
	*to = *op;
	to->key = arena_str(&v->arena, op->key);
	to->value = arena_str(&v->arena, op->value);
	to->before = arena_str(&v->arena, op->before);
	if (to->key.p == NULL || to->value.p == NULL || to->before.p == NULL)
		return -1;
	v->npending++;
	return 0;
}

/* An answer that could not be kept costs a repeat its comfort only. */
static void
answer_keep(struct visit *v)
{
	struct store_op op = { .kind = STORE_PUT,
	    .expires_ms = v->x.expires_ms };
	uint8_t place[257], name[129];
	struct buf key, context, plain, sealed;

	v->marked = false;
	v->view.cookies = v->cookies;
	buf_init_fixed(&key, name, sizeof(name));
	buf_init_fixed(&context, place, sizeof(place));
	buf_init(&plain, STORE_VALUE_MAX / 2);
	buf_init(&sealed, STORE_VALUE_MAX);
	round_key(v, ROUND_ANSWER, v->round, &key);
	answer_context(v, buf_str(&key), &context);
	buf_reserve(&plain, ANSWER_USUAL);
	buf_u64(&plain, (uint64_t)v->now_ms);
	view_pack(&plain, &v->view);
	if (!buf_failed(&plain) && seal_put(v->gate->sealer, SEAL_ANSWER,
	    buf_str(&context), buf_str(&plain), &sealed) == 0) {
		op.key = buf_str(&key);
		op.value = buf_str(&sealed);
		answer_write(v, &op, false);
	}
	buf_free(&key);
	buf_free(&context);
	buf_free(&plain);
	buf_free(&sealed);
}

/* Nothing of what this answer promised may leave. */
void
answer_withdraw(struct visit *v)
{
	v->npending = 0;
	v->pending_needed = false;
	v->swapped_by = -1;
	v->session_made = false;
	v->session_guarded = false;
	v->have_session = false;
	v->view.ncookies = 0;
}

/* ------------------------------------------------------------------ */
/* the commit */

/* A new session's person is in the commit as this round has read them: then
 * nobody revoked anything before the session was there to be found
 * (security.md S8). */
static void
session_guard(struct visit *v)
{
	struct store_op op;
	uint8_t memory[STORE_KEY_MAX + 1];
	struct buf key;

	v->session_epoch = known_epoch(v->gate->known);
	if (!v->record_read || v->session.stored.n > 0 ||
	    v->session.expires_ms <= v->now_ms ||
	    v->record.generation != v->session.person.generation ||
	    exchange_cut(&v->x, v->record.cuts) ||
	    v->npending == VISIT_PENDING_MAX)
		return;
	buf_init_fixed(&key, memory, sizeof(memory));
	people_expect_op(&op, &key, v->session.person.realm_name,
	    v->session.person.subject, buf_str(&v->raw));
	v->session_guarded = answer_write(v, &op, true) == 0;
	if (v->session_guarded)
		v->guard = v->pending[v->npending - 1].key;
	buf_free(&key);
}

/* The person changed, as people may: read again who they are now. */
static void
session_unguard(struct visit *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->npending; i++)
		if (v->pending[i].key.p != v->guard.p)
			v->pending[n++] = v->pending[i];
	v->npending = n;
	v->session_guarded = false;
}

/* Entered among the known as it was written: a check need not read it. */
static bool
session_enter(struct visit *v)
{
	struct session *s = &v->session;

	s->enrolled_known = true;
	s->nenrolled = v->record.nenrolments;
	for (size_t i = 0; i < s->nenrolled; i++)
		s->enrolled[i] = v->record.enrolments[i].fingerprint;
	return known_enter(v->gate->known, s, v->now_ms, v->session_epoch) ==
	    0;
}

/* Otherwise all is read again: it may have been revoked since the person was
 * pinned. By one of its keys it may have been ended in either case. */
static bool
session_stands(struct visit *v)
{
	struct session s;

	if (v->session_guarded && session_enter(v))
		return session_ended_early(v, &v->session) == STORE_OK;
	return gate_session_load(v->gate, v->conf, &v->arena, v->session.id,
	    v->conf->idle_s * 1000, true, &s) == STORE_OK &&
	    session_ended_early(v, &s) == STORE_OK;
}

/* The login was in the audit log before the commit, for who cannot be recorded
 * must not be let in (security.md O6); now the log is told that it came to
 * nothing. */
static void
login_withdrawn(struct visit *v, const char *why)
{
	if (!v->session_made)
		return;
	visit_reference(v);
	visit_audit(v, "login-withdrawn", why, -1);
}

/* The same proof was given in two places at once: the other was first (P6). */
static void
proof_withdrawn(struct visit *v)
{
	if (v->swapped_by < 0 || v->pending_rc != STORE_STALE)
		return;
	visit_reference(v);
	visit_audit(v, "login-denied", "P6: used elsewhere at the same moment",
	    v->swapped_by);
	atomic_fetch_add(&v->gate->counts[CSN_COUNT_DENY], 1);
}

static void
answer_refused(struct visit *v)
{
	int rc = v->pending_rc;

	proof_withdrawn(v);
	login_withdrawn(v, "it could not be written");
	answer_withdraw(v);
	/* a session that ended or changed while this exchange went on */
	if (rc == STORE_STALE || rc == STORE_ABSENT)
		page_expired(v);
	else
		page_trouble(v, "the store does not answer");
}

static void answer_told(void *, int);

static void
pending_write(struct visit *v)
{
	store_batch_later(v->gate->store, v->pending, v->npending, v->now_ms,
	    answer_told, v);
}

/* On a thread that may wait for the store. */
static void
answer_written(void *arg)
{
	struct visit *v = arg;

	if (v->session_guarded && v->pending_rc != STORE_OK &&
	    v->pending_rc != STORE_FAILED) {
		session_unguard(v);
		pending_write(v);
		return;
	}
	v->npending = 0;
	if (v->pending_rc != STORE_OK && v->pending_needed) {
		answer_refused(v);
		return;
	}
	v->pending_needed = false;
	if (v->session_made && !session_stands(v)) {
		login_withdrawn(v, "ended before it began");
		answer_withdraw(v);
		page_expired(v);
		return;
	}
	v->session_made = false;
	visit_answer(v);
}

static void
answer_wait_for(struct visit *v)
{
	v->task = (struct pool_task){ .run = answer_written, .arg = v };
	if (pool_resume(v->gate->answers, &v->task) == 0)
		return;
	login_withdrawn(v, "no thread could be started");
	answer_withdraw(v);
	page_trouble(v, "no thread can be started");
}

/* On the loop: nothing has to be asked any more. */
static void
answer_durable(void *arg)
{
	struct visit *v = arg;

	if (v->session_made && !session_enter(v)) {
		answer_wait_for(v);
		return;
	}
	v->npending = 0;
	v->pending_needed = false;
	v->session_made = false;
	visit_answer(v);
}

/* As most are: written as it was meant to be, and a session that is in it is
 * one that nothing but its person can have ended. */
static bool
answer_plain(const struct visit *v)
{
	if (v->pending_rc != STORE_OK || v->in->resume == NULL)
		return false;
	for (size_t i = 0; v->session_made && i < v->session.nextras; i++)
		if (v->session.extras[i].session_keys.n > 0)
			return false;
	return !v->session_made || v->session_guarded;
}

/* On the store's thread, mostly. */
static void
answer_told(void *arg, int rc)
{
	struct visit *v = arg;

	v->pending_rc = rc;
	if (!answer_plain(v) || v->in->resume(v->seen_arg, answer_durable,
	    v) < 0)
		answer_wait_for(v);
}

/* 0: it only looks; 1: it may refuse or change something; 2: it changes. */
static int
pending_turn(enum store_op_kind kind)
{
	return store_op_changes(kind) + !store_op_refuses(kind);
}

/* What may refuse goes first: undoing what was changed before it is
 * expensive. */
static void
pending_sort(struct visit *v)
{
	struct store_op sorted[VISIT_PENDING_MAX];
	size_t n = 0;

	for (int turn = 0; turn < 3; turn++)
		for (size_t i = 0; i < v->npending; i++)
			if (pending_turn(v->pending[i].kind) == turn)
				sorted[n++] = v->pending[i];
	memcpy(v->pending, sorted, n * sizeof(sorted[0]));
}

void
answer_send(struct visit *v)
{
	if (v->marked && v->have_exchange)
		answer_keep(v);
	if (v->session_made)
		session_guard(v);
	if (v->npending == 0) {
		v->pending_needed = false;
		visit_answer(v);
		return;
	}
	pending_sort(v);
	v->on_loop = false;
	pending_write(v);
}

/* ------------------------------------------------------------------ */
/* the same answer again */

static int
answer_read(struct visit *v, const uint8_t token[EXCHANGE_TOKEN_LEN],
    struct csn_str *ret)
{
	struct buf key, context, plain, sealed;
	int rc;

	buf_init(&key, 128);
	buf_init(&context, 256);
	buf_init(&plain, STORE_VALUE_MAX);
	buf_init(&sealed, STORE_VALUE_MAX);
	round_key(v, ROUND_ANSWER, token, &key);
	answer_context(v, buf_str(&key), &context);
	rc = store_get(v->gate->store, buf_str(&key), v->now_ms, &sealed);
	if (rc == STORE_OK && seal_open(v->gate->sealer, SEAL_ANSWER,
	    buf_str(&context), buf_str(&sealed), &plain) < 0)
		rc = STORE_FAILED;
	if (rc == STORE_OK) {
		*ret = arena_str(&v->arena, buf_str(&plain));
		rc = ret->p == NULL ? STORE_FAILED : STORE_OK;
	}
	buf_free(&key);
	buf_free(&context);
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

static bool
answer_give(struct visit *v, struct csn_str packed, int64_t max_age_ms)
{
	struct csn_str language = v->language;
	struct csn_view view;
	struct reader r;
	int64_t made;

	reader_init(&r, packed);
	made = (int64_t)reader_u64(&r);
	if (r.failed || v->now_ms - made > max_age_ms ||
	    view_unpack(&v->arena, str_from_at(packed, 8), &view) < 0 ||
	    view.ncookies > VISIT_COOKIES_MAX)
		return false;
	v->view = view;
	for (size_t i = 0; i < view.ncookies; i++)
		v->cookies[i] = view.cookies[i];
	v->view.page.language = language;
	visit_answer(v);
	return true;
}

/* Whether this token was used at all: a made-up one has no answer to wait
 * for. */
static bool
round_used(struct visit *v, const uint8_t token[EXCHANGE_TOKEN_LEN])
{
	struct buf key, value;
	int rc;

	buf_init(&key, 128);
	buf_init(&value, 64);
	round_key(v, ROUND_USED, token, &key);
	rc = store_get(v->gate->store, buf_str(&key), v->now_ms, &value);
	buf_free(&key);
	buf_free(&value);
	return rc == STORE_OK;
}

/* On a thread for waiting: the first of two clicks is at work, and its answer
 * comes in a moment. */
static void
answer_wait(struct visit *v)
{
	struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };
	struct csn_str packed;
	int rc = STORE_ABSENT;

	for (int i = 0; i < WAIT_STEPS && rc == STORE_ABSENT; i++) {
		nanosleep(&pause, NULL);
		rc = answer_read(v, v->wait_token, &packed);
	}
	if (rc != STORE_OK || !answer_give(v, packed, v->wait_age_ms))
		page_done_already(v);
}

bool
answer_again(struct visit *v, const uint8_t token[EXCHANGE_TOKEN_LEN],
    int64_t max_age_ms)
{
	struct csn_str packed;

	switch (answer_read(v, token, &packed)) {
	case STORE_OK:
		return answer_give(v, packed, max_age_ms);
	case STORE_ABSENT:
		break;
	default:
		return false;
	}
	if (!round_used(v, token))
		return false;
	memcpy(v->wait_token, token, sizeof(v->wait_token));
	v->wait_age_ms = max_age_ms;
	return visit_hand_over(v, v->gate->waits, answer_wait) == 0;
}
