/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - a code is looked for, and its step consumed, in one swap
 *
 * A step is accepted only if it is greater than the device's last one, and
 * what follows from that is in one commit with the greater one: two logins
 * with the same code have one winner, on all nodes, also if a clock steps
 * back. It must never tell how a comparison ended before a failure is counted.
 */
#include "verify.h"

#include "lib/secret.h"

#include "form.h"
#include "hint.h"
#include "recover.h"
#include "texts.h"

#define SWAPS_MAX	8u	/* others were quicker, so often */
#define DRIFT_EVIDENCE	3u	/* codes in a row with the same offset */

struct match {			/* what one look at all devices gave */
	struct device *fresh;
	const struct device *used;
	struct otp_found found;	/* of fresh */
	uint32_t tried;		/* devices with codes of this length */
};

void
verify_range(const struct device *d, int window, int *ret_from, int *ret_to)
{
	/* a clock that was set by hand far from ours: around that only, or a
	 * hundred codes would do */
	if (d->drift > DRIFT_MAX || d->drift < -DRIFT_MAX) {
		*ret_from = d->drift - window;
		*ret_to = d->drift + window;
		return;
	}
	/* around zero and around the remembered offset */
	*ret_from = -window + (d->drift < 0 ? d->drift : 0);
	*ret_to = window + (d->drift > 0 ? d->drift : 0);
}

void
verify_consume(struct device *d, uint64_t step, int offset, int64_t now_ms)
{
	d->last_step = step;
	d->used_ms = now_ms;
	if (offset == d->seen && d->seen_count > 0) {
		if (d->seen_count < DRIFT_EVIDENCE)
			d->seen_count++;
	} else {
		d->seen = offset;
		d->seen_count = 1;
	}
	if (d->seen_count < DRIFT_EVIDENCE)
		return;
	/* one that was set by hand moves by a step at a time, with its codes */
	if (d->drift > DRIFT_MAX || d->drift < -DRIFT_MAX) {
		d->drift = offset;
		return;
	}
	d->drift = offset;
	if (d->drift > DRIFT_MAX)
		d->drift = DRIFT_MAX;
	if (d->drift < -DRIFT_MAX)
		d->drift = -DRIFT_MAX;
}

static bool
device_tried(const struct device *d, const struct otp_code *code)
{
	return d->disabled_ms == 0 && d->params.digits == code->n;
}

/* Every device is looked at, whatever the earlier ones gave. */
static int
match_devices(const struct round *r, struct record *record,
    const struct otp_code *code, struct match *ret)
{
	struct match m = { .tried = 0 };
	struct otp_found found;

	for (uint32_t i = 0; i < record->n; i++) {
		struct device *d = &record->devices[i];
		struct otp_search s = { .params = &d->params,
			.secret = device_secret(d), .after = d->last_step };

		if (!device_tried(d, code))
			continue;
		m.tried++;
		verify_range(d, r->t->window, &s.from, &s.to);
		if (otp_step(&d->params, r->now_ms, &s.step) < 0 ||
		    otp_search(&s, code, &found) < 0)
			return -1;
		if (found.fresh && m.fresh == NULL) {
			m.fresh = d;
			m.found = found;
		} else if (found.used && m.used == NULL)
			m.used = d;
	}
	*ret = m;
	return 0;
}

static void
record_passed(struct record *record)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (record->devices[i].disabled_ms == 0)
			record->devices[i].fails = 0;
}

static void
record_failed(const struct round *r, struct record *record,
    const struct otp_code *code)
{
	for (uint32_t i = 0; i < record->n; i++) {
		struct device *d = &record->devices[i];

		if (device_tried(d, code) && ++d->fails >= TOTP_FAILS_MAX)
			d->disabled_ms = r->now_ms;
	}
}

static void
audit_disabled(const struct round *r, const struct record *record)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (record->devices[i].disabled_ms == r->now_ms)
			round_audit(r, "device-disabled",
			    str_from(record->devices[i].id));
}

static bool
record_usable(const struct record *record)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (record->devices[i].disabled_ms == 0)
			return true;
	return false;
}

/* Recovery codes go on working: a lock must not be a weapon. */
static enum outcome
say_disabled(const struct round *r, const struct record *record)
{
	const char *why = record->n == 0 ? TEXT_NONE : TEXT_DISABLED;

	return recover_offered(r, record) ? recover_ask(r, why) :
	    round_deny(r, CSN_R_ACCOUNT, why);
}

static enum outcome
say_replay(const struct round *r, const struct record *record,
    const struct device *d)
{
	struct form f = { .message = TEXT_REPLAY, .arg = "s",
		.reason = CSN_R_REPLAY };
	int64_t next_ms = (int64_t)(d->last_step + 1) *
	    (int64_t)d->params.period * 1000;

	f.value = next_ms > r->now_ms ? (next_ms - r->now_ms + 999) / 1000 : 1;
	if (f.value > TOTP_PERIOD_MAX)
		round_log(r, CSN_WARN, "the last code of a device is of more "
		    "than an hour from now: has the clock stepped back?");
	r->reply->retry_s = f.value > UINT32_MAX ? UINT32_MAX :
	    (uint32_t)f.value;
	return form_ask(r, &f, recover_offered(r, record));
}

static enum outcome
say_wrong(const struct round *r, const struct record *record,
    const struct otp_code *code)
{
	struct form f = { .message = TEXT_WRONG, .reason = CSN_R_CREDENTIAL };

	if (code != NULL && hint_clock(r, record, code, &f) < 0)
		return OUTCOME_ERROR;
	return form_ask(r, &f, recover_offered(r, record));
}

/* One try on one reading of the record. *ret_again: it was stale. */
static enum outcome
try_code(const struct round *r, struct record *record,
    const struct otp_code *code, bool *ret_again)
{
	struct match m;
	int32_t rc;

	if (!record_usable(record))
		return say_disabled(r, record);
	if (match_devices(r, record, code, &m) < 0)
		return OUTCOME_ERROR;
	if (m.fresh == NULL && m.used != NULL)
		return say_replay(r, record, m.used);
	if (m.tried == 0)
		return say_wrong(r, record, NULL);
	if (m.fresh != NULL) {
		verify_consume(m.fresh, m.found.step, m.found.offset,
		    r->now_ms);
		record_passed(record);
		rc = record_update_with(r, record);
	} else {
		record_failed(r, record, code);
		rc = record_update(r, record);
	}
	switch (rc) {
	case CSN_OK:
		break;
	case CSN_E_STALE:
		*ret_again = true;
		return OUTCOME_ERROR;
	case CSN_E_ABSENT:
		return round_deny(r, CSN_R_NOT_ENROLLED, NULL);
	default:
		return OUTCOME_ERROR;
	}
	if (m.fresh != NULL)
		return OUTCOME_PROVED;
	audit_disabled(r, record);
	return record_usable(record) ? say_wrong(r, record, code) :
	    say_disabled(r, record);
}

static enum outcome
try_until_current(const struct round *r, struct record **record,
    const struct otp_code *code)
{
	enum outcome outcome;
	bool again;

	for (unsigned i = 0; i < SWAPS_MAX; i++) {
		again = false;
		outcome = try_code(r, *record, code, &again);
		if (!again)
			return outcome;
		if (!record_needed(r, record, &outcome))
			return outcome;
	}
	round_log(r, CSN_WARN, "the record of an account's devices changed "
	    "again and again while a code was looked at");
	return OUTCOME_ERROR;
}

enum outcome
verify_ask(const struct round *r, const struct record *record)
{
	struct form f = { .message = TEXT_ASK };

	return record_usable(record) ?
	    form_ask(r, &f, recover_offered(r, record)) :
	    say_disabled(r, record);
}

enum outcome
verify_code(const struct round *r, struct record **record)
{
	struct csn_str typed = pairs_get(r->req->params, STR("code"));
	struct otp_code code;
	enum outcome outcome;

	if (otp_read(typed, &code) < 0)
		return record_usable(*record) ? say_wrong(r, *record, NULL) :
		    say_disabled(r, *record);
	outcome = try_until_current(r, record, &code);
	secret_wipe(&code, sizeof(code));
	return outcome;
}
