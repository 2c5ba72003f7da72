/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round.c - one round of one factor: the step called, the verdict taken
 *
 * What it is told makes round_req.c, its try counts round_try.c, a GRANT is
 * believed by round_grant.c. It must never advance an exchange otherwise than
 * through exchange_advance().
 */
#include "familiar.h"
#include "round.h"
#include "subject.h"

#define STEP_TIME_MS	15000

void
round_count(struct visit *v, unsigned which)
{
	atomic_fetch_add(&v->gate->counts[which], 1);
}

/* ------------------------------------------------------------------ */
/* the verdict */

/* The reason of a verdict, as audit events spell it. */
static const char *
reason_word(uint32_t reason)
{
	static const char *const words[] = { "unspecified", "credential",
	    "not-enrolled", "replay", "expired", "throttled", "account",
	    "protocol", "assurance", "backend" };

	return reason < sizeof(words) / sizeof(words[0]) ? words[reason] :
	    "unknown";
}

/* Their owner is told, under the name that the host has for them. */
static void
failure_recent(struct round *r, struct person *p)
{
	struct visit *v = r->v;

	if (p->named && subject_canonical(&v->arena,
	    v->conf->realms[r->v->x.person.named ? p->realm : r->f->cf->realm]
	    .keep_case, p->subject, &p->subject) == 0)
		visit_recent(v, p, "login-failed", (int)r->f->index, STR(""),
		    true);
}

/* A failed try's audit event. A name is told only if the factor resolved it:
 * what was merely typed may be a password (security.md O6). */
static void
failure_audit(struct round *r, const char *event)
{
	const struct csn_reply *reply = &r->verdict.reply;
	struct visit *v = r->v;
	struct person p = v->x.person;

	visit_reference(v);
	if (!p.named && reply->subject.n > 0) {
		p.named = true;
		p.realm_name = v->conf->realms[r->f->cf->realm].name;
		p.subject = reply->subject;
	}
	visit_audit_person(v, event, reason_word(reply->reason), &p,
	    (int)r->f->index);
	failure_recent(r, &p);
}

/* In the words of whoever knows: the host, or the plugin. */
static const char *
error_reason(const struct round *r)
{
	if (r->call.taint_why != NULL)
		return r->call.taint_why;
	if (r->verdict.broken != RULE_NONE)
		return verdict_rule_text(r->verdict.broken);
	return r->call.said[0] != '\0' ? r->call.said :
	    "the factor could not tell";
}

void
round_error(struct round *r)
{
	struct visit *v = r->v;
	struct guard_facts facts;
	struct bits others;

	round_count(v, CSN_COUNT_ERROR);
	visit_reference(v);
	visit_audit(v, "login-error", error_reason(r), (int)r->f->index);
	visit_facts(v, &facts);
	others = exchange_offered(&v->x, v->conf, &facts);
	bits_remove(&others, r->f->index);
	others = conf_shown(v->conf, &others);
	if (bits_any(&others))
		page_choose(v, &others, STR("{provider} is not answering "
		    "right now. Log in another way, or try again in a few "
		    "minutes."), (int)r->f->index);
	else
		page_trouble(v, "a factor could not say");
}

static void
deny_result(struct round *r)
{
	struct visit *v = r->v;
	const struct csn_reply *reply = &r->verdict.reply;

	round_count(v, CSN_COUNT_DENY);
	failure_audit(r, "login-denied");
	switch (reply->reason) {
	case CSN_R_NOT_ENROLLED:
		page_not_enrolled(v);
		return;
	case CSN_R_THROTTLED:
		page_throttled(v, r->call.limited_until_ms != 0 ?
		    r->call.limited_until_ms :
		    v->now_ms + (int64_t)reply->retry_s * 1000);
		return;
	case CSN_R_ACCOUNT:
		page_said(v, 16, &r->verdict);
		return;
	default:
		page_said(v, 27, &r->verdict);
		return;
	}
}

static void
continue_result(struct round *r)
{
	struct visit *v = r->v;
	const struct csn_reply *reply = &r->verdict.reply;

	if (reply->reason != 0) {
		v->x.attempt++;
		round_count(v, CSN_COUNT_DENY);
		failure_audit(r, "login-failed");
	}
	if (v->x.attempt >= EXCHANGE_ATTEMPTS_MAX) {
		page_expired(v);
		return;
	}
	v->x.state = reply->state;
	v->x.target = STR("");
	switch (reply->action) {
	case CSN_A_FORM:
		v->x.awaits = AWAITS_FORM;
		page_form(v, &r->verdict);
		return;
	case CSN_A_WAIT:
		v->x.awaits = AWAITS_WAKE;
		page_wait(v, &r->verdict);
		return;
	case CSN_A_REDIRECT:
	case CSN_A_POST:
		v->x.awaits = AWAITS_CALLBACK;
		v->x.endpoint = reply->back_at;
		v->x.methods = reply->back_by;
		page_post(v, &r->verdict);
		return;
	default:
		round_error(r);
		return;
	}
}

/* ------------------------------------------------------------------ */

/* A change of the account does what it was asked to do before it answers. */
static bool
takes_along(const struct round *r)
{
	return r->event == CSN_EV_FORM && r->v->x.change == 0;
}

/* What the step swapped goes with its answer; without it there is none. */
static void
along_write(struct round *r)
{
	const struct store_op *op = &r->call.along;

	if (op->key.n == 0 || (r->verdict.verdict != CSN_GRANT &&
	    r->verdict.verdict != CSN_CONTINUE))
		return;
	if (answer_write(r->v, op, true) == 0) {
		r->v->swapped_by = (int)r->f->index;
		return;
	}
	call_taint(&r->call, "memory");
	r->verdict.verdict = CSN_ERROR;
}

/* Whether it may be tried now; if not, the answer says until when. */
static bool
try_begin(struct round *r)
{
	struct visit *v = r->v;
	int64_t until = 0;
	int rc = round_try_reserve(r, &until);

	if (rc == THROTTLE_LIMIT) {
		visit_reference(v);
		visit_audit(v, "throttled", "P4", v->x.factor);
		familiar_source_failed(v);
		page_throttled(v, until);
		return false;
	}
	if (rc != THROTTLE_OK || round_req_make(r) < 0) {
		page_trouble(v, "the store does not answer");
		return false;
	}
	/* asked again: many may have come at once before the first failed */
	if (r->is_try ? !familiar_source_over(v, &until) :
	    !round_begin_over(r, &until))
		return true;
	/* a blocked address must not fill the person's count */
	if (r->host_reserved)
		throttle_refund(v->gate->store, &r->key, v->now_ms);
	page_throttled(v, until);
	return false;
}

/* The first that may follow in one of the policy's ways, if it is known what
 * it reads. */
static struct factor *
factor_behind(const struct round *r)
{
	struct factor *f = r->v->gc->factors;
	const struct chain *chain;

	if (r->v->x.policy < 0)
		return NULL;
	chain = &r->v->conf->policies[r->v->x.policy].chain;
	for (size_t w = 0; w < chain->nways; w++)
		for (size_t i = 0; i + 1 < chain->ways[w].nsteps; i++) {
			int next = bits_next(&chain->ways[w].steps[i + 1], 0);

			if (next >= 0 && bits_has(&chain->ways[w].steps[i],
			    r->f->index) && f[next].ahead_n != 0)
				return &f[next];
		}
	return NULL;
}

static void
plugin_ask(struct round *r)
{
	_Alignas(16) uint8_t memory[CALL_USUAL];
	struct visit *v = r->v;

	call_begin(&r->call, &v->gate->call_host, r->f, STEP_TIME_MS);
	arena_init_with(&r->call.arena, CALL_BUDGET, memory, sizeof(memory));
	r->call.only_asks = v->on_loop;
	r->call.takes_along = takes_along(r);
	r->call.reference = visit_reference_of_call(v);
	r->call.familiar = familiar_of_visit;
	r->call.familiar_arg = v;
	r->call.account = r->req.account;
	r->call.ahead = v->ahead;
	r->call.next = factor_behind(r);
	verdict_call(&r->call, VERDICT_STEP, &r->req, &v->arena, &r->verdict);
	along_write(r);
	if (r->call.reserved)
		r->call.reserved_subject = arena_str(&v->arena,
		    r->call.reserved_subject);
	if (r->call.person_read)
		r->call.person_raw = arena_str(&v->arena,
		    r->call.person_raw);
	v->ahead = r->call.next_ahead;
	ahead_keep(&v->arena, &v->ahead);
	call_end(&r->call);
}

static void
round_run(struct visit *v, uint32_t event)
{
	struct round *r = arena_alloc(&v->arena, sizeof(*r));
	const char *trouble = gate_trouble(v->gate);

	if (r == NULL || trouble != NULL) {
		page_trouble(v, r == NULL ? "out of memory" : trouble);
		return;
	}
	r->v = v;
	r->f = &v->gc->factors[v->x.factor];
	r->event = event;
	if (!try_begin(r))
		return;
	plugin_ask(r);
	round_try_settle(r);
	switch (r->verdict.verdict) {
	case CSN_GRANT:
		round_grant(r);
		return;
	case CSN_DENY:
		deny_result(r);
		return;
	case CSN_CONTINUE:
		continue_result(r);
		return;
	default:
		round_error(r);
		return;
	}
}

/* What is known of the person is read anew in each round (E4). */
int
round_person(struct visit *v)
{
	const struct person *p = &v->x.person;

	if (!p->named)
		return 0;
	if (!v->record_read)
		v->record_read = people_read(v->gate->store, p->realm_name,
		    p->subject, v->now_ms, &v->raw, &v->record) == STORE_OK;
	v->enrolled_known = v->record_read;
	if (!v->enrolled_known)
		return -1;
	v->enrolled = people_factors(&v->record, v->conf);
	/* all was revoked since this exchange pinned the person (S8) */
	return v->record.generation == p->generation &&
	    !exchange_cut(&v->x, v->record.cuts) ? 0 : -1;
}

static void
begin_work(struct visit *v)
{
	if (round_person(v) < 0) {
		page_expired(v);
		return;
	}
	round_run(v, CSN_EV_BEGIN);
}

void
round_begin(struct visit *v, int factor)
{
	v->x.factor = factor;
	v->x.fingerprint = v->conf->factors[factor].fingerprint;
	v->x.state = STR("");
	v->x.attempt = 0;
	/* a step that may block runs where only its own kind waits; on the
	 * loop only who merely asks */
	if (v->on_loop && !v->x.person.named &&
	    (v->gc->factors[factor].plugin->caps & CSN_CAP_PROMPT) != 0)
		begin_work(v);
	else if (v->on_loop || v->gc->factors[factor].pool != NULL)
		visit_continue(v, factor, begin_work);
	else
		begin_work(v);
}

void
round_submit(struct visit *v, uint32_t event)
{
	if (round_person(v) < 0) {
		page_expired(v);
		return;
	}
	round_run(v, event);
}
