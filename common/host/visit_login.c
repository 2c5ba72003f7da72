/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_login.c - /login: a session that suffices goes on, else an exchange
 *
 * A live session that satisfies the policy always wins over an old exchange.
 * It must never begin an exchange for anything but a page load.
 */
#include "cookie.h"
#include "familiar.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "visit.h"

/* ------------------------------------------------------------------ */

bool
visit_is_navigation(const struct csn_visit *in)
{
	if (in->purpose.n > 0)
		return false;
	return in->mode.n == 0 || str_is(in->mode, "navigate");
}

/* ------------------------------------------------------------------ */

void
visit_pass_on(struct visit *v)
{
	/* the same host: its cookie is the anchor itself */
	if (str_equal(target_host(&v->arena, &v->target),
	    v->conf->login_host)) {
		visit_redirect(v, v->target.url);
		return;
	}
	if (!v->target.has_nonce) {
		struct csn_str url;
		struct buf b;

		buf_init(&b, 0);
		v->target.made_ms = v->now_ms;
		target_start_url(&b, v->gate->sealer, v->conf, &v->target);
		url = buf_failed(&b) ? STR("") :
		    arena_str(&v->arena, buf_str(&b));
		buf_free(&b);
		visit_redirect(v, url);
		return;
	}
	handover_ticket(v);
}

void
visit_restart(struct visit *v)
{
	visit_redirect(v, arena_printf(&v->arena, "%.*s/login%s%.*s",
	    STR_FMT(v->conf->public_url), v->target_text.n > 0 ? "?to=" : "",
	    STR_FMT(v->target_text)));
}

static void round_take(struct visit *);

static int
only_one(const struct bits *b)
{
	return bits_count(b) == 1 ? bits_next(b, 0) : -1;
}

void
visit_no_way(struct visit *v)
{
	if (visit_networks_apart(v) != 0)
		page_apart(v);
	else
		page_denied(v, "no way is left for this person");
}

void
visit_offer(struct visit *v)
{
	struct bits offered, shown;
	struct guard_facts facts;
	int one;

	visit_facts(v, &facts);
	offered = exchange_offered(&v->x, v->conf, &facts);
	if (v->x.change != 0)
		bits_keep(&offered, &v->enrolled);
	if (visit_remember_use(v, &offered))
		return;
	shown = conf_shown(v->conf, &offered);
	one = only_one(bits_any(&shown) ? &shown : &offered);
	if (!bits_any(&offered))
		visit_no_way(v);
	else if (one >= 0)
		round_begin(v, one);
	else
		page_choose(v, &shown, STR(""), -1);
}

/* ------------------------------------------------------------------ */

/* Second factors the person has, for guards and for what may be carried. */
static int
person_record(struct visit *v, const struct person *p)
{
	v->record_read = people_read(v->gate->store, p->realm_name,
	    p->subject, v->now_ms, &v->raw, &v->record) == STORE_OK;
	v->enrolled_known = v->record_read;
	if (!v->enrolled_known)
		return -1;
	v->enrolled = people_factors(&v->record, v->conf);
	return 0;
}

/*
 * A step-up carries what is young enough. Who has no second factor at all
 * carries nothing: what is carried cannot enrol (E2), and a way that needs an
 * enrolment must be walked from its beginning, still pinned to the person.
 */
static void
exchange_from_session(struct visit *v)
{
	static const struct proofs none;
	struct person p = v->session.person;
	bool bare;

	bare = person_record(v, &p) < 0 || v->record.nenrolments == 0;
	exchange_carry(&v->x, v->conf, v->session.id, &p,
	    bare ? &none : &v->session.proofs, v->now_ms);
}

static void
exchange_start(struct visit *v, int policy)
{
	struct csn_str with = pairs_get(v->query, STR("with"));
	struct guard_facts facts;
	struct bits offered;
	int factor;

	exchange_begin(&v->x, v->conf, (unsigned)policy, v->now_ms);
	v->have_exchange = true;
	if (v->have_session && !visit_session_too_long(v,
	    &v->conf->policies[policy]))
		exchange_from_session(v);
	/* everything is proved and yet something does not hold (groups that
	 * are too old): from the beginning */
	if (v->x.has_session) {
		visit_facts(v, &facts);
		offered = exchange_offered(&v->x, v->conf, &facts);
		if (!bits_any(&offered))
			exchange_begin(&v->x, v->conf, (unsigned)policy,
			    v->now_ms);
	}
	factor = with.p == NULL ? -1 : conf_factor_find(v->conf, with);
	visit_facts(v, &facts);
	if (exchange_offers(&v->x, v->conf, &facts, factor))
		round_begin(v, factor);
	else
		visit_offer(v);
}

/* A refusal is audited, which is a worker's work: there the visit starts over,
 * since nothing has happened yet. */
static void
login_denied(struct visit *v, const char *why)
{
	if (v->on_loop)
		visit_continue(v, -1, visit_login);
	else
		page_denied(v, why);
}

/* The application's host had this very session a moment ago, and its check did
 * not take it: it would not take it now either. */
static bool
login_turns(const struct visit *v)
{
	return v->target.handed_ms > v->session.issued_ms;
}

static void
login_to_target(struct visit *v)
{
	const struct conf_policy *p;
	const char *why;
	int policy;

	if (visit_target_policy(v, &policy, &why) < 0) {
		login_denied(v, why);
		return;
	}
	p = &v->conf->policies[policy];
	v->policy_name = p->name;
	if (p->kind == CONF_PUBLIC) {
		visit_redirect(v, v->target.url);
		return;
	}
	if (p->kind != CONF_REQUIRE) {
		login_denied(v, "the policy denies");
		return;
	}
	switch (v->have_session ? visit_session_fits(v, p) :
	    FIT_NOT) {
	case FIT_GOES_ON:
		if (login_turns(v))
			page_circles(v);
		else
			visit_pass_on(v);
		return;
	case FIT_FORBIDDEN:
		page_denied(v, "this account may not use this address");
		return;
	case FIT_NOT:
		break;
	}
	exchange_start(v, policy);
}

/* P/login/ID: the page of a round, drawn again (another language, Back); of a
 * WAIT, its end. */
static void
login_redraw(struct visit *v)
{
	if (visit_exchange_find(v, v->rest) < 0 || v->x.policy < 0) {
		visit_restart(v);
	} else if (v->x.awaits == AWAITS_WAKE && v->x.factor >= 0) {
		memcpy(v->round, v->x.token, sizeof(v->round));
		round_mark(v, v->x.factor, round_take);
	} else if (!answer_again(v, v->x.last, EXCHANGE_LIFE_MS)) {
		visit_restart(v);
	}
}

/* Somebody who shows no session: no look into the store is needed before the
 * first page, so the loop goes on by itself. */
bool
visit_login_is_new(const struct visit *v)
{
	struct csn_str unused;

	return v->rest.n == 0 && cookie_values(v->in->cookies,
	    STR(COOKIE_SESSION), &unused, 1) == 0;
}

void
visit_login(struct visit *v)
{
	int policy;

	if (!visit_is_navigation(v->in)) {
		page_unknown(v, 401);
		return;
	}
	if (v->rest.n > 0) {
		login_redraw(v);
		return;
	}
	if (!v->on_loop && visit_session_find(v) == VISIT_SESSION_UNKNOWN &&
	    gate_trouble(v->gate) != NULL) {
		page_trouble(v, "a session cannot be asked about");
		return;
	}
	if (v->have_target) {
		login_to_target(v);
	} else if (v->have_session) {
		page_landing(v);
	} else if (visit_target_default(v, -1, &policy) == 0) {
		login_to_target(v);
	} else {
		page_unknown(v, 404);
	}
}

/* ------------------------------------------------------------------ */
/* a round that was submitted */

static bool
sent_ours(const struct visit *v)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str name, value;

	while (cookie_next(v->in->cookies, &at, &name, &value))
		if (str_starts(name, STR(COOKIE_PREFIX)))
			return true;
	return false;
}

/* Young and without its cookie: the browser keeps none, or it is another
 * browser; otherwise the page was simply left open too long. */
static void
exchange_missing(struct visit *v)
{
	struct csn_str age = pairs_get(v->form, STR(FIELD_AGE));
	struct buf sealed, plain;
	struct reader r;
	int64_t made = 0;

	buf_init(&sealed, 256);
	buf_init(&plain, 256);
	if (age.n > 0 && age.n < 256 && base64url_decode(&sealed, age) == 0 &&
	    seal_open(v->gate->sealer, SEAL_FORM, v->conf->login_host,
	    buf_str(&sealed), &plain) == 0) {
		reader_init(&r, buf_str(&plain));
		made = (int64_t)reader_u64(&r);
	}
	buf_free(&sealed);
	buf_free(&plain);
	if (visit_session_find(v) == 0) {
		/* a live session wins over any old exchange */
		if (v->have_target)
			login_to_target(v);
		else
			page_landing(v);
	} else if (v->now_ms - made < EXCHANGE_LIFE_MS / 3 && !sent_ours(v)) {
		page_cookies(v);
	} else {
		page_expired(v);
	}
}

static int
token_read(struct csn_str text, uint8_t ret[EXCHANGE_TOKEN_LEN])
{
	uint8_t memory[65];
	struct buf b;
	int rc = -1;

	buf_init_fixed(&b, memory, sizeof(memory));
	if (text.n < 64 && base64url_decode(&b, text) == 0 &&
	    b.n == EXCHANGE_TOKEN_LEN) {
		memcpy(ret, b.p, EXCHANGE_TOKEN_LEN);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

static void
choice_made(struct visit *v)
{
	struct csn_str name = pairs_get(v->form, STR(FIELD_FACTOR));
	int factor = name.p == NULL ? -1 : conf_factor_find(v->conf, name);
	struct guard_facts facts;

	/* it has left its mark, and will leave an answer (P4) */
	familiar_source_asked(v);
	/* ended meanwhile, as any round (S8) */
	if (round_person(v) < 0) {
		page_expired(v);
		return;
	}
	visit_facts(v, &facts);
	/* a reminder was put off: what was proved still has to be enough */
	if (pairs_get(v->form, STR(FIELD_LATER)).p != NULL &&
	    exchange_complete(&v->x, v->conf, &facts)) {
		finish(v);
		return;
	}
	if (!exchange_offers(&v->x, v->conf, &facts, factor)) {
		visit_offer(v);
		return;
	}
	round_begin(v, factor);
}

/* Same browser, a round that is over: its answer again, or straight on. */
static void
round_over(struct visit *v)
{
	if (answer_again(v, v->round, 60000))
		return;
	if (visit_session_find(v) == 0 && v->have_target) {
		v->have_exchange = false;
		login_to_target(v);
		return;
	}
	page_done_already(v);
}

static void
round_take(struct visit *v)
{
	int rc = round_marked(v);

	if (rc == STORE_EXISTS) {
		round_over(v);
		return;
	}
	if (rc != STORE_OK) {
		page_trouble(v, "the store does not answer");
		return;
	}
	if (v->x.change == CHANGE_OPEN)
		visit_change_round(v);
	else if (v->x.awaits == AWAITS_CHOICE ||
	    pairs_get(v->form, STR(FIELD_FACTOR)).p != NULL)
		choice_made(v);
	else {
		visit_remember_asked(v);
		round_submit(v, v->x.awaits == AWAITS_WAKE ? CSN_EV_WAKE :
		    CSN_EV_FORM);
	}
}

static void
round_old(struct visit *v)
{
	round_over(v);
}

static void
login_again(struct visit *v)
{
	visit_restart(v);
}

static void
login_with(struct visit *v)
{
	struct csn_str name = pairs_get(v->form, STR(FIELD_FACTOR));
	int factor = conf_factor_find(v->conf, name);

	if (factor < 0) {
		page_unknown(v, 400);
		return;
	}
	visit_redirect(v, arena_printf(&v->arena, "%.*s/login?with=%.*s%s%.*s",
	    STR_FMT(v->conf->public_url),
	    STR_FMT(v->conf->factors[factor].name),
	    v->target_text.n > 0 ? "&to=" : "", STR_FMT(v->target_text)));
}

/* Whether that was all: what leads elsewhere marks no round. */
static bool
round_answered(struct visit *v)
{
	bool other = pairs_get(v->form, STR(FIELD_FACTOR)).p != NULL;

	/* before anything is proved another factor is a plain link: it costs
	 * the store nothing (S6) */
	if (v->x.history.n == 0 && !v->x.has_link && v->x.change == 0 &&
	    other)
		login_with(v);
	/* a form answers a form, nothing else (P2) */
	else if (v->x.awaits == AWAITS_CALLBACK && !other)
		page_unknown(v, 400);
	/* another configuration: a restart, with the same target (S4) */
	else if (v->x.policy < 0 || (v->x.awaits != AWAITS_CHOICE &&
	    v->x.factor < 0))
		visit_continue(v, -1, login_again);
	else
		return false;
	return true;
}

static void
login_post_again(struct visit *v)
{
	v->needs_store = false;
	visit_login_post(v);
}

void
visit_login_post(struct visit *v)
{
	struct csn_str round = pairs_get(v->form, STR(FIELD_ROUND)), id;
	int64_t until;

	if (!visit_same_origin(v)) {
		page_unknown(v, 403);
		return;
	}
	/* the source's limit comes before everything else (P3) */
	if (familiar_source_over(v, &until)) {
		page_throttled(v, until);
		return;
	}
	if (!str_cut(&round, '.', &id) || token_read(round, v->round) < 0) {
		page_unknown(v, 400);
		return;
	}
	if (visit_exchange_find(v, id) < 0) {
		visit_continue(v, -1, v->needs_store ? login_post_again :
		    exchange_missing);
		return;
	}
	if (!secret_equal(str_of(v->round, sizeof(v->round)),
	    str_of(v->x.token, sizeof(v->x.token)))) {
		visit_continue(v, -1, round_old);
		return;
	}
	if (round_answered(v))
		return;
	round_mark(v, v->x.awaits == AWAITS_CHOICE ? -1 : v->x.factor,
	    round_take);
}
