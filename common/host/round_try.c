/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round_try.c - a try, reserved before the step looks at it, and what the
 * verdict makes of the reservation
 *
 * Only a GRANT clears the count, and only our own trouble or a step without a
 * guess gives a try back. It must never leave a failed try uncounted (P4).
 */
#include "familiar.h"
#include "round.h"

/* A second factor's person is known: the host reserves. An identity factor
 * does it itself, by throttle(), once it knows whom the name means. */
static bool
host_reserves(const struct visit *v)
{
	/* behind a change's own proof nothing is guessed at any more */
	return v->x.person.named && v->x.factor >= 0 &&
	    v->x.change != CHANGE_OPEN && (v->conf->factors[
	    v->x.factor].plugin->caps & CSN_CAP_IDENTITY) == 0;
}

static struct throttle_key
host_key(const struct visit *v)
{
	return (struct throttle_key){
	    .factor = v->conf->factors[v->x.factor].name,
	    .realm = v->x.person.realm_name, .subject = v->x.person.subject };
}

bool
round_reserve_op(struct visit *v, struct store_op *op, struct buf *key)
{
	struct throttle_key k;

	if (!host_reserves(v) || (v->x.awaits != AWAITS_FORM &&
	    v->x.awaits != AWAITS_WAKE))
		return false;
	k = host_key(v);
	throttle_op(op, key, v->conf, &k, v->now_ms);
	return true;
}

int
round_try_reserve(struct round *r, int64_t *ret_until)
{
	struct visit *v = r->v;
	int rc;

	/* a page that waits may have prompts: what they bring is a try too */
	r->is_try = r->event != CSN_EV_BEGIN;
	if (!r->is_try || !host_reserves(v))
		return THROTTLE_OK;
	r->key = host_key(v);
	if (v->reserve_done) {
		*ret_until = v->reserve_until_ms;
		rc = v->reserve_rc;
	} else {
		rc = throttle_reserve(v->gate->store, v->conf, &r->key,
		    v->now_ms, ret_until);
	}
	if (rc == THROTTLE_LIMIT)
		rc = throttle_reserve_familiar(v->gate->store, v->conf,
		    &r->key, familiar_here(v, r->key.realm, r->key.subject),
		    v->now_ms, ret_until);
	r->host_reserved = rc == THROTTLE_OK;
	return rc;
}

/* With the answer's commit: a count that stays too high by a fault costs its
 * person a wait, nothing else. */
static void
try_clear(struct round *r)
{
	struct store_op op;
	uint8_t memory[STORE_KEY_MAX + 1];
	struct buf key;

	buf_init_fixed(&key, memory, sizeof(memory));
	throttle_clear_op(&op, &key, &r->key);
	answer_write(r->v, &op, false);
	buf_free(&key);
}

/* Our trouble, and what only leads on, are nobody's failed try (P4). */
static bool
no_failure(const struct round *r)
{
	return r->verdict.verdict == CSN_ERROR ||
	    (r->verdict.verdict == CSN_CONTINUE &&
	    r->verdict.reply.reason == 0);
}

/* A no that is the peer's trouble, in its own words. */
static bool
is_trouble(const struct round *r)
{
	return r->verdict.verdict == CSN_DENY &&
	    r->verdict.reply.reason == CSN_R_BACKEND;
}

/* Anybody's visit makes such a factor ask its peer, before anything is known
 * of them. */
static bool
begins_costly(const struct round *r)
{
	return atomic_load(&r->f->costly) && !r->v->x.person.named;
}

static void
begin_settle(struct round *r)
{
	if (!r->call.costly)
		return;
	atomic_store(&r->f->costly, true);
	familiar_source_asked(r->v);
}

bool
round_begin_over(struct round *r, int64_t *ret_until)
{
	return begins_costly(r) && familiar_source_over(r->v, ret_until);
}

/* Each leaves rows in the store: what is no failed try comes to an end as
 * well, later. A provider that is down locks nobody out who shares an
 * address. */
void
round_try_settle(struct round *r)
{
	struct visit *v = r->v;
	bool reserved = r->host_reserved || r->call.reserved;

	if (r->call.reserved)
		r->key = (struct throttle_key){ r->f->cf->name,
		    v->conf->realms[r->f->cf->realm].name,
		    r->call.reserved_subject, r->call.reserved_place };
	if (reserved && r->verdict.verdict == CSN_GRANT)
		try_clear(r);
	else if (reserved && no_failure(r))
		throttle_refund(v->gate->store, &r->key, v->now_ms);
	if (!r->is_try) {
		begin_settle(r);
		return;
	}
	if (r->verdict.verdict == CSN_GRANT) {
		familiar_source_returned(v, begins_costly(r));
		return;
	}
	if (no_failure(r) || is_trouble(r))
		familiar_source_asked(v);
	else
		familiar_source_failed(v);
}
