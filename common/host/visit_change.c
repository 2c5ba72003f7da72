/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_change.c - devices and codes of one's own account, changed
 *
 * Who has a second factor changes them only behind a GRANT of one, or of a
 * recovery code, in this exchange, and of these last minutes (security.md E5);
 * where the login shares its origin, the request that makes a change has a
 * code of its own (S2): what was typed before is kept in the exchange, sealed.
 * The exchange is bound to the session that it began from, and is no way to
 * log in: nothing of it goes to a session. It must never ask a plugin for a
 * change that is not in the audit log.
 */
#include "account.h"
#include "lib/base64url.h"
#include "remembered.h"

#define KEPT_MAX 16u		/* fields of a form */

static const struct proofs no_proofs;

/* The exchange's second factor still counts: young, and of this person. */
static bool
change_fresh(struct visit *v)
{
	const struct conf *conf = v->conf;
	const struct exchange *x = &v->x;

	return x->policy >= 0 && x->policy == conf->change_policy &&
	    x->history.n == 1 && account_own(v, &x->person) &&
	    proof_accepted(&x->history.v[0], conf,
	    &conf->policies[x->policy], v->now_ms);
}

static void
change_begin_with(struct visit *v, struct csn_str wish, struct csn_str kept)
{
	const struct person *p = &v->session.person;

	v->record_read = people_read(v->gate->store, p->realm_name,
	    p->subject, v->now_ms, &v->raw, &v->record) == STORE_OK;
	if (!v->record_read || v->conf->change_policy < 0) {
		page_trouble(v, "what is enrolled cannot be read");
		return;
	}
	v->enrolled_known = true;
	v->enrolled = people_factors(&v->record, v->conf);
	/* who has none falls under E1: by a login, not from here */
	if (!bits_any(&v->enrolled)) {
		page_denied(v, "E5: there is no second factor to ask for");
		return;
	}
	exchange_begin(&v->x, v->conf, (unsigned)v->conf->change_policy,
	    v->now_ms);
	exchange_carry(&v->x, v->conf, v->session.id, p, &no_proofs,
	    v->now_ms);
	v->x.change = CHANGE_PROVE;
	v->x.wish = wish;
	v->x.kept = kept;
	v->have_exchange = true;
	v->marked = false;
	visit_target_account(v);
	visit_offer(v);
}

static void
change_begin(struct visit *v, struct csn_str wish)
{
	change_begin_with(v, wish, STR(""));
}

/* ------------------------------------------------------------------ */
/* done, or not */

/* Changes go on for as long as the proof is young, but where the origin is an
 * application's as well. */
static bool
change_close(struct visit *v)
{
	v->x.wish = v->x.state = STR("");
	v->x.awaits = AWAITS_CHOICE;
	v->x.factor = -1;
	v->x.fingerprint = 0;
	v->x.attempt = 0;
	if (v->conf->shared_origin) {
		visit_exchange_clear(v);
		return true;
	}
	exchange_turn(&v->x);
	return visit_exchange_save(v, false) == 0;
}

/* Their owner hears of it elsewhere too: it may have been somebody else. */
static void
change_tell(struct visit *v, const struct account_wish *w)
{
	visit_recent(v, &v->x.person, account_word(w->verb), w->factor,
	    STR(""), false);
	if (w->verb == ACCOUNT_ADD)
		visit_notice(v, NOTICE_DEVICE_ADDED, w->factor);
	else if (w->verb == ACCOUNT_REMOVE)
		visit_notice(v, NOTICE_DEVICE_REMOVED, w->factor);
}

static void
change_done(struct visit *v, const struct account_wish *w)
{
	const char *word = account_word(w->verb);

	change_tell(v, w);
	if (change_close(v))
		account_done(v, word);
	else
		page_trouble(v, "the exchange does not fit its cookie");
}

static void
change_refused(struct visit *v, const struct account_wish *w,
    const struct verdict *verdict)
{
	visit_reference(v);
	visit_audit(v, "account-change-withdrawn", account_word(w->verb),
	    w->factor);
	page_account_refused(v, verdict);
}

/* ------------------------------------------------------------------ */
/* the operation */

static int
change_audit(struct visit *v, const struct account_wish *w)
{
	struct csn_str why = arena_printf(&v->arena, "%s%s%.*s",
	    account_word(w->verb), w->item.n > 0 ? " " : "",
	    STR_FMT(w->item));

	if (why.p != NULL && visit_audit(v, "account-change", why.p,
	    w->factor) == 0)
		return 0;
	page_trouble(v, "the audit log cannot be written");
	return -1;
}

static void
change_again(struct visit *v, const struct account_wish *w, bool asked,
    const struct verdict *verdict)
{
	if (asked)
		visit_audit(v, "account-change-withdrawn", account_word(
		    w->verb), w->factor);
	if (verdict->reply.reason != 0 &&
	    ++v->x.attempt >= EXCHANGE_ATTEMPTS_MAX) {
		page_expired(v);
		return;
	}
	v->x.state = verdict->reply.state;
	v->x.awaits = AWAITS_FORM;
	if (verdict->reply.action == CSN_A_FORM)
		page_form(v, verdict);
	else
		page_trouble(v, "an operation asks for more than a form");
}

/* `asked`: what was typed may make it happen. */
static void
change_call(struct visit *v, const struct account_wish *w,
    struct csn_pairs params, bool asked)
{
	struct csn_req req = { .item = w->item, .params = params,
	    .state = v->x.state };
	int op = account_op(v, w->factor, account_word(w->verb));
	struct verdict verdict;

	/* a factor that they do not have is no device of theirs (E1) */
	if (op < 0 || !bits_has(&v->enrolled, (size_t)w->factor)) {
		page_unknown(v, 400);
		return;
	}
	if (asked && change_audit(v, w) < 0)
		return;
	if (account_call(v, w->factor, op, &req, &verdict) < 0) {
		page_trouble(v, "the keys cannot be used");
		return;
	}
	switch (verdict.verdict) {
	case CSN_DONE:
		change_done(v, w);
		return;
	case CSN_CONTINUE:
		change_again(v, w, asked, &verdict);
		return;
	case CSN_DENY:
		change_refused(v, w, &verdict);
		return;
	default:
		page_trouble(v, "a factor could not do it");
		return;
	}
}

/* Devices there are now, and the one that is meant, or NULL. */
static const struct csn_item *
device_find(const struct verdict *items, struct csn_str id, size_t *ret_n)
{
	const struct csn_item *found = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < items->reply.nitems; i++) {
		const struct csn_item *item = &items->reply.items[i];

		if (str_is(item->id, ACCOUNT_CODES_ITEM))
			continue;
		(*ret_n)++;
		if (str_equal(item->id, id))
			found = item;
	}
	return found;
}

/* A wish about one device. Removed twice is removed. */
static void
change_device(struct visit *v, const struct account_wish *w)
{
	static const struct csn_pairs none;
	const struct csn_item *item;
	struct verdict items;
	size_t n;

	if (account_items(v, w->factor, &items) < 0) {
		page_trouble(v, "a factor could not list its devices");
		return;
	}
	item = device_find(&items, w->item, &n);
	if (item == NULL && w->verb == ACCOUNT_REMOVE && change_close(v)) {
		account_done(v, account_word(w->verb));
	} else if (item == NULL) {
		visit_redirect(v, visit_account_url(v));
	} else if (w->verb == ACCOUNT_RENAME) {
		v->x.awaits = AWAITS_FORM;
		page_account_name(v, item->title);
	} else if (n == 1) {
		v->x.awaits = AWAITS_FORM;
		page_account_last(v, arena_printf(&v->arena, "add:%.*s",
		    STR_FMT(v->conf->factors[w->factor].name)));
	} else {
		change_call(v, w, none, true);
	}
}

/* Browsers; this session goes on, for its owner has just shown a factor. */
static void
change_forget(struct visit *v, const struct account_wish *w)
{
	bool one = w->verb == ACCOUNT_FORGET;
	struct buf id;
	int rc;

	buf_init(&id, 64);
	if (one && (hex_decode(&id, w->item) < 0 ||
	    id.n != REMEMBERED_ID_LEN)) {
		page_unknown(v, 400);
	} else if (change_audit(v, w) == 0) {
		rc = remembered_forget(v->gate, v->conf, &v->arena,
		    &v->x.person, v->conf->factors[w->factor].fingerprint,
		    one ? id.p : NULL, v->session.id);
		if (rc == STORE_OK || rc == STORE_ABSENT)
			change_done(v, w);
		else
			page_trouble(v, "the store does not answer");
	}
	buf_free(&id);
}

/* The wish of the open exchange, from its beginning. */
static void
change_go(struct visit *v)
{
	static const struct csn_pairs none;
	struct account_wish w;

	if (account_wish_read(v->conf, v->x.wish, &w) < 0 || w.factor < 0) {
		page_unknown(v, 400);
		return;
	}
	v->x.factor = w.factor;
	v->x.fingerprint = v->conf->factors[w.factor].fingerprint;
	v->x.state = STR("");
	v->x.attempt = 0;
	if (w.verb == ACCOUNT_FORGET || w.verb == ACCOUNT_FORGET_ALL)
		change_forget(v, &w);
	else if (w.item.n > 0)
		change_device(v, &w);
	else
		change_call(v, &w, none, false);
}

/* ------------------------------------------------------------------ */

void
account_change(struct visit *v, struct csn_str wish)
{
	if (!v->conf->shared_origin && visit_exchange_change(v) == 0 &&
	    round_person(v) == 0 && change_fresh(v)) {
		v->x.wish = wish;
		change_go(v);
		return;
	}
	v->have_exchange = false;
	change_begin(v, wish);
}

/* The session that it began from must still live, in this browser (S5). */
static bool
session_still(struct visit *v)
{
	return visit_session_find(v) == 0 && v->x.has_session &&
	    memcmp(v->x.session, v->session.id, SESSION_ID_LEN) == 0;
}

/* What was typed for a change, and the plugin's state, until a code that is
 * typed for this change comes in the request that makes it. Another site's
 * page on this origin could use up one that was typed before. */
static void
change_keep(struct visit *v, const struct csn_pairs *params)
{
	struct csn_str kept;
	struct buf b;

	buf_init(&b, 4096);
	buf_lv16(&b, v->x.state);
	for (size_t i = 0; i < params->n; i++) {
		buf_lv16(&b, params->v[i].name);
		buf_lv16(&b, params->v[i].value);
	}
	kept = buf_failed(&b) ? str_of(NULL, 0) :
	    arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	if (kept.p == NULL)
		page_trouble(v, "what was typed is too long");
	else
		change_begin_with(v, v->x.wish, kept);
}

static void
change_kept(struct visit *v)
{
	struct csn_pair p[KEPT_MAX];
	struct csn_pairs params = { p, 0 };
	struct account_wish w;
	struct reader r;

	reader_init(&r, v->x.kept);
	v->x.kept = STR("");
	v->x.state = reader_lv16(&r);
	while (r.n > 0 && !r.failed && params.n < KEPT_MAX) {
		p[params.n].name = reader_lv16(&r);
		p[params.n++].value = reader_lv16(&r);
	}
	if (reader_end(&r) < 0 || account_wish_read(v->conf, v->x.wish,
	    &w) < 0 || w.factor < 0) {
		page_unknown(v, 400);
		return;
	}
	v->x.factor = w.factor;
	v->x.fingerprint = v->conf->factors[w.factor].fingerprint;
	v->x.attempt = 0;
	change_call(v, &w, params, true);
}

void
visit_change_proved(struct visit *v)
{
	if (!session_still(v) || !change_fresh(v)) {
		page_expired(v);
		return;
	}
	v->x.change = CHANGE_OPEN;
	if (v->x.kept.n > 0)
		change_kept(v);
	else
		change_go(v);
}

void
visit_change_round(struct visit *v)
{
	struct csn_str other = pairs_get(v->form, STR(FIELD_WISH));
	struct csn_pairs params;
	struct account_wish w;

	if (round_person(v) < 0 || !session_still(v)) {
		page_expired(v);
	} else if (other.p != NULL && (v->conf->shared_origin ||
	    !change_fresh(v))) {
		change_begin(v, other);
	} else if (!change_fresh(v)) {
		change_begin(v, v->x.wish);
	} else if (other.p != NULL) {
		v->x.wish = other;
		change_go(v);
	} else if (account_wish_read(v->conf, v->x.wish, &w) < 0 ||
	    w.factor < 0 || round_params(v, &params) < 0) {
		visit_redirect(v, visit_account_url(v));
	} else if (v->conf->shared_origin) {
		change_keep(v, &params);
	} else {
		change_call(v, &w, params, true);
	}
}
