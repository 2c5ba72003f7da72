/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol.c - the key stays the same through typing errors of one exchange, and
 * counts for nothing until a code has confirmed it
 *
 * Whether somebody may enrol is the host's to say, anew in each round; the
 * caller has looked. It must never write over a device: the first one is put
 * only where there is none (security.md E4).
 */
#include "enrol.h"

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/text.h"

#include "form.h"
#include "hint.h"
#include "recover.h"
#include "state.h"
#include "texts.h"
#include "verify.h"

#define TRIES_MAX 20u		/* wrong codes for one key */

static void
device_new(const struct round *r, struct device *d)
{
	const struct csn_host *host = r->t->host;
	uint8_t id[DEVICE_ID_LEN / 2];
	struct buf b;

	memset(d, 0, sizeof(*d));
	d->params = r->t->params;
	d->secret_n = otp_secret_size(d->params.alg);
	host->random(r->call, d->secret, d->secret_n);
	host->random(r->call, id, sizeof(id));
	buf_init_fixed(&b, d->id, sizeof(d->id));
	hex_encode(&b, str_of(id, sizeof(id)));
}

static enum outcome
show_key(const struct round *r, const struct state_pending *p,
    struct form *f, bool name)
{
	if (state_pending_write(r, p, &f->state) < 0)
		return OUTCOME_ERROR;
	return form_enrol(r, f, &p->device.params, device_secret(&p->device),
	    name);
}

static enum outcome
ask(const struct round *r, bool name)
{
	struct state_pending *p = round_alloc(r, sizeof(*p));
	struct form f = { .message = NULL };

	if (p == NULL)
		return OUTCOME_ERROR;
	device_new(r, &p->device);
	return show_key(r, p, &f, name);
}

static enum outcome
say_wrong(const struct round *r, struct state_pending *p,
    const struct otp_code *code, bool name)
{
	struct form f = { .message = TEXT_WRONG, .reason = CSN_R_CREDENTIAL };

	if (++p->tries >= TRIES_MAX)
		return round_deny(r, CSN_R_CREDENTIAL, TEXT_TOO_MANY);
	if (code != NULL && hint_clock_shown(r, &p->device, code, &f) < 0)
		return OUTCOME_ERROR;
	return show_key(r, p, &f, name);
}

/* PROVED: the code is the device's, and its step is consumed in *p. */
static enum outcome
confirm(const struct round *r, struct state_pending *p,
    const struct otp_code *code, bool name)
{
	struct device *d = &p->device;
	struct otp_search s = { .params = &d->params,
		.secret = device_secret(d) };
	struct otp_found found;

	verify_range(d, r->t->window, &s.from, &s.to);
	if (otp_step(&d->params, r->now_ms, &s.step) < 0 ||
	    otp_search(&s, code, &found) < 0)
		return OUTCOME_ERROR;
	if (!found.fresh)
		return say_wrong(r, p, code, name);
	d->confirmed_ms = r->now_ms;
	verify_consume(d, found.step, found.offset, r->now_ms);
	return OUTCOME_PROVED;
}

static enum outcome
confirm_typed(const struct round *r, struct state_pending *p, bool name)
{
	struct otp_code code;
	enum outcome outcome;

	if (otp_read(pairs_get(r->req->params, STR("code")), &code) < 0)
		return say_wrong(r, p, NULL, name);
	outcome = confirm(r, p, &code, name);
	secret_wipe(&code, sizeof(code));
	return outcome;
}

/* The pending device of the state, in the call's memory. */
static struct state_pending *
pending(const struct round *r)
{
	struct state_pending *p = round_alloc(r, sizeof(*p));

	if (p == NULL || state_pending_read(r, p) < 0)
		return NULL;
	return p;
}

enum outcome
enrol_ask(const struct round *r)
{
	return ask(r, false);
}

/* Device and codes are stored in one put, only where there is nothing yet. */
static enum outcome
store_first(const struct round *r, const struct device *d,
    const struct recovery_codes *codes)
{
	struct record *record = round_alloc(r, sizeof(*record));

	if (record == NULL || (codes != NULL &&
	    recovery_hash(r, codes, &record->codes) < 0))
		return OUTCOME_ERROR;
	record->n = 1;
	record->devices[0] = *d;
	switch (record_create(r, record)) {
	case CSN_OK:
		break;
	case CSN_E_EXISTS:
		return round_deny(r, CSN_R_EXPIRED, TEXT_MEANWHILE);
	default:
		return OUTCOME_ERROR;
	}
	round_audit(r, "enrolled", str_from(d->id));
	if (codes != NULL)
		round_audit_number(r, "recovery-codes-made", "n", codes->n);
	r->reply->flags |= CSN_RP_ENROLLED;
	return OUTCOME_PROVED;
}

enum outcome
enrol_code(const struct round *r)
{
	struct state_pending *p = pending(r);
	struct state_codes *s = round_alloc(r, sizeof(*s));
	enum outcome outcome;

	if (p == NULL || s == NULL)
		return OUTCOME_ERROR;
	outcome = confirm_typed(r, p, false);
	if (outcome != OUTCOME_PROVED)
		return outcome;
	if (r->t->recovery_codes == 0)
		return store_first(r, &p->device, NULL);
	s->after = AFTER_ENROL;
	s->device = p->device;
	return recover_show(r, s);
}

enum outcome
enrol_kept(const struct round *r)
{
	struct state_codes *s = round_alloc(r, sizeof(*s));
	enum outcome outcome;

	if (s == NULL || state_codes_read(r, s) < 0)
		return OUTCOME_ERROR;
	if (s->after != AFTER_ENROL)
		return round_deny(r, CSN_R_NOT_ENROLLED, NULL);
	if (!recover_kept(r, s, &outcome))
		return outcome;
	return store_first(r, &s->device, &s->codes);
}
enum outcome
enrol_add_ask(const struct round *r)
{
	return ask(r, true);
}

enum outcome
enrol_add_code(const struct round *r, struct device *ret)
{
	struct state_pending *p = pending(r);
	struct csn_str name = str_trim(pairs_get(r->req->params,
	    STR("name")));
	enum outcome outcome;

	if (p == NULL)
		return OUTCOME_ERROR;
	outcome = confirm_typed(r, p, true);
	if (outcome != OUTCOME_PROVED)
		return outcome;
	*ret = p->device;
	if (name.n > 0 && name.n <= DEVICE_LABEL_MAX && text_plain(name))
		memcpy(ret->label, name.p, name.n);
	return OUTCOME_PROVED;
}
