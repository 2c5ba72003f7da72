/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - the rounds about recovery codes: used, shown, made anew
 *
 * A code is used up by one swap of the record, before a word is said. It must
 * never be taken where the host has not said that it counts (security.md E6),
 * and a set that nobody said they kept must never replace one.
 */
#include "recover.h"

#include "lib/secret.h"

#include "form.h"
#include "temporary.h"
#include "texts.h"

#define SWAPS_MAX	8u
#define FEW_LEFT	3u	/* then new ones are urged */

bool
recover_offered(const struct round *r, const struct record *record)
{
	if ((r->req->flags & CSN_RQ_MAY_TEMPORARY) != 0)
		return true;	/* whether there is one is not looked up */
	return (r->req->flags & CSN_RQ_MAY_RECOVER) != 0 &&
	    r->t->recovery_codes > 0 && record->codes.n > 0;
}

enum outcome
recover_ask(const struct round *r, const char *message)
{
	struct form f = { .message = message != NULL ? message :
	    (r->req->flags & CSN_RQ_MAY_TEMPORARY) != 0 ?
	    TEXT_TEMPORARY_ASK : TEXT_RECOVERY_ASK };

	return form_recovery(r, &f);
}

/* ------------------------------------------------------------------ */
/* used */

static enum outcome
say_wrong(const struct round *r)
{
	struct form f = { .message = TEXT_RECOVERY_WRONG,
	    .reason = CSN_R_CREDENTIAL };

	return form_recovery(r, &f);
}

static enum outcome
say_left(const struct round *r, uint32_t left)
{
	struct state_left s = { .proved_ms = r->now_ms, .left = left };
	struct form f = { .message = left > FEW_LEFT ? TEXT_RECOVERY_LEFT :
	    TEXT_RECOVERY_FEW, .arg = "n", .value = left };

	round_audit_number(r, "recovery-code-used", "left", left);
	if (state_left_write(r, &s, &f.state) < 0)
		return OUTCOME_ERROR;
	return form_left(r, &f);
}

/* One try on one reading of the record. *ret_again: it was stale. */
static enum outcome
try_code(const struct round *r, struct record *record,
    const struct recovery_code *code, bool *ret_again)
{
	if (!recover_offered(r, record))
		return round_deny(r, CSN_R_CREDENTIAL, TEXT_RECOVERY_WRONG);
	/* where only the help desk's count, those that are kept do not */
	if ((r->req->flags & CSN_RQ_MAY_RECOVER) == 0 ||
	    r->t->recovery_codes == 0)
		return say_wrong(r);
	switch (recovery_take(&record->codes, code)) {
	case 1:
		break;
	case 0:
		return say_wrong(r);
	default:
		return OUTCOME_ERROR;
	}
	switch (record_update(r, record)) {
	case CSN_OK:
		return say_left(r, record->codes.n);
	case CSN_E_STALE:
		*ret_again = true;
		return OUTCOME_ERROR;
	case CSN_E_ABSENT:
		return round_deny(r, CSN_R_NOT_ENROLLED, NULL);
	default:
		return OUTCOME_ERROR;
	}
}

static enum outcome
try_until_current(const struct round *r, struct record *record,
    const struct recovery_code *code)
{
	for (unsigned i = 0; i < SWAPS_MAX; i++) {
		bool again = false;
		enum outcome outcome = try_code(r, record, code, &again);

		if (!again)
			return outcome;
		if (!record_needed(r, &record, &outcome))
			return outcome;
	}
	return OUTCOME_ERROR;
}

static enum outcome
proved(const struct round *r, int64_t proved_ms, bool recovery)
{
	r->reply->auth_time_ms = proved_ms;
	if (recovery)
		r->reply->flags |= CSN_RP_RECOVERY;
	return OUTCOME_PROVED;
}

/* The help desk's code first: it is the one that was asked for now. */
static enum outcome
try_both(const struct round *r, struct record *record,
    const struct recovery_code *code)
{
	int rc = (r->req->flags & CSN_RQ_MAY_TEMPORARY) != 0 ?
	    temporary_take(r, code) : 0;

	if (rc < 0)
		return OUTCOME_ERROR;
	return rc == 1 ? proved(r, r->now_ms, true) :
	    try_until_current(r, record, code);
}

enum outcome
recover_code(const struct round *r, struct record *record)
{
	struct recovery_code code;
	enum outcome outcome;

	if (recovery_read(pairs_get(r->req->params, STR("recovery-code")),
	    &code) < 0)
		return recover_offered(r, record) ? say_wrong(r) :
		    round_deny(r, CSN_R_CREDENTIAL, TEXT_RECOVERY_WRONG);
	outcome = try_both(r, record, &code);
	secret_wipe(&code, sizeof(code));
	return outcome;
}

enum outcome
recover_go_on(const struct round *r, const struct record *record)
{
	struct state_codes *s = round_alloc(r, sizeof(*s));
	struct state_left left;

	if (s == NULL || state_left_read(r, &left) < 0)
		return OUTCOME_ERROR;
	if (pairs_get(r->req->params, STR("new")).n == 0)
		return proved(r, left.proved_ms, true);
	s->after = AFTER_RECOVERY;
	s->proved_ms = left.proved_ms;
	s->before_ms = record->codes.made_ms;
	return recover_show(r, s);
}

/* ------------------------------------------------------------------ */
/* shown */

static enum outcome
page(const struct round *r, const struct state_codes *s, const char *message)
{
	struct form f = { .message = message };
	struct csn_str lines;

	if (state_codes_write(r, s, &f.state) < 0 ||
	    recovery_lines(r, &s->codes, &lines) < 0)
		return OUTCOME_ERROR;
	return form_codes(r, &f, lines, s->after == AFTER_CODE);
}

enum outcome
recover_show(const struct round *r, struct state_codes *s)
{
	recovery_make(r, r->t->recovery_codes, &s->codes);
	return page(r, s, TEXT_RECOVERY_KEEP);
}

bool
recover_kept(const struct round *r, const struct state_codes *s,
    enum outcome *ret)
{
	if (str_is(pairs_get(r->req->params, STR("kept")), "1"))
		return true;
	*ret = page(r, s, TEXT_RECOVERY_TICK);
	return false;
}

/* Somebody else's set that came in between is not replaced unseen. */
static enum outcome
replace(const struct round *r, struct record *record,
    const struct state_codes *s)
{
	if (record->codes.made_ms != s->before_ms)
		return round_deny(r, CSN_R_EXPIRED, TEXT_RECOVERY_MEANWHILE);
	if (recovery_hash(r, &s->codes, &record->codes) < 0)
		return OUTCOME_ERROR;
	for (unsigned i = 0; i < SWAPS_MAX; i++) {
		struct recovery codes = record->codes;

		switch (record_update(r, record)) {
		case CSN_OK:
			round_audit_number(r, "recovery-codes-made", "n",
			    codes.n);
			return OUTCOME_DONE;
		case CSN_E_STALE:
			break;
		default:
			return OUTCOME_ERROR;
		}
		if (record_read(r, &record) != CSN_OK)
			return OUTCOME_ERROR;
		if (record->codes.made_ms != s->before_ms)
			return round_deny(r, CSN_R_EXPIRED,
			    TEXT_RECOVERY_MEANWHILE);
		record->codes = codes;
	}
	return OUTCOME_ERROR;
}

enum outcome
recover_replace(const struct round *r, struct record *record)
{
	struct state_codes *s = round_alloc(r, sizeof(*s));
	bool later = pairs_get(r->req->params, STR("later")).n > 0;
	enum outcome outcome;

	if (s == NULL || state_codes_read(r, s) < 0)
		return OUTCOME_ERROR;
	if (s->after == AFTER_ENROL)
		return round_deny(r, CSN_R_EXPIRED, TEXT_MEANWHILE);
	if (s->after == AFTER_CODE && later)
		return proved(r, s->proved_ms, false);
	if (!recover_kept(r, s, &outcome))
		return outcome;
	outcome = replace(r, record, s);
	if (outcome != OUTCOME_DONE || s->after == AFTER_NOTHING)
		return outcome;
	return proved(r, s->proved_ms, s->after == AFTER_RECOVERY);
}
