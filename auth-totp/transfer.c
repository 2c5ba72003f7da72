/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.c - devices that an operator brings in, takes out, or sets right
 *
 * What comes in counts from its next code on: all steps up to now are taken as
 * used, for the system that it comes from may have seen them.
 */
#include "transfer.h"

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/text.h"

#include "key_uri.h"
#include "otp.h"
#include "texts.h"

#define SWAPS_MAX 8u

static int
device_new(const struct round *r, struct device *d)
{
	struct csn_str name = str_trim(pairs_get(r->req->params,
	    STR("name")));
	uint8_t id[DEVICE_ID_LEN / 2];
	struct buf b;

	if (key_uri_read(pairs_get(r->req->params, STR("uri")), d) < 0 ||
	    name.n > DEVICE_LABEL_MAX || !text_plain(name) ||
	    otp_step(&d->params, r->now_ms, &d->last_step) < 0)
		return -1;
	if (name.n > 0)
		memcpy(d->label, name.p, name.n);
	r->t->host->random(r->call, id, sizeof(id));
	buf_init_fixed(&b, d->id, sizeof(d->id));
	hex_encode(&b, str_of(id, sizeof(id)));
	d->confirmed_ms = r->now_ms;
	return 0;
}

static bool
has_key(const struct record *record, const struct device *d)
{
	for (uint32_t i = 0; i < record->n; i++)
		if (secret_equal(device_secret(&record->devices[i]),
		    device_secret(d)))
			return true;
	return false;
}

/* The record with the device in it; *ret_there: it was there already. */
static enum outcome
import_into(const struct round *r, struct record *record,
    const struct device *d, bool *ret_there)
{
	*ret_there = has_key(record, d);
	if (*ret_there)
		return OUTCOME_DONE;
	if (record->n >= r->t->devices || record->n >= TOTP_DEVICES_MAX)
		return round_deny(r, 0, TEXT_FULL);
	record->devices[record->n++] = *d;
	return OUTCOME_DONE;
}

static enum outcome
import_once(const struct round *r, const struct device *d, bool *ret_again)
{
	bool dry = pairs_get(r->req->params, STR("dry")).n > 0, there;
	struct record *record = NULL;
	int32_t rc = record_read(r, &record);
	enum outcome outcome;

	if (rc != CSN_OK && rc != CSN_E_ABSENT)
		return OUTCOME_ERROR;
	if (rc == CSN_E_ABSENT)
		record = round_alloc(r, sizeof(*record));
	if (record == NULL)
		return OUTCOME_ERROR;
	outcome = import_into(r, record, d, &there);
	if (outcome != OUTCOME_DONE || there || dry) {
		if (outcome == OUTCOME_DONE && there)
			r->reply->message = STR(TEXT_THERE);
		return outcome;
	}
	switch (rc == CSN_OK ? record_update(r, record) :
	    record_create(r, record)) {
	case CSN_OK:
		round_audit(r, "device-imported", str_from(d->id));
		return OUTCOME_DONE;
	case CSN_E_STALE:
	case CSN_E_EXISTS:
	case CSN_E_ABSENT:
		*ret_again = true;
		return OUTCOME_ERROR;
	default:
		return OUTCOME_ERROR;
	}
}

enum outcome
transfer_import(const struct round *r)
{
	struct device *d = round_alloc(r, sizeof(*d));
	enum outcome outcome = OUTCOME_ERROR;
	bool again = true;

	if (d == NULL)
		return OUTCOME_ERROR;
	if (device_new(r, d) < 0)
		return round_deny(r, CSN_R_PROTOCOL, TEXT_NO_KEY);
	for (unsigned i = 0; i < SWAPS_MAX && again; i++) {
		again = false;
		outcome = import_once(r, d, &again);
	}
	return outcome;
}

enum outcome
transfer_export(const struct round *r)
{
	struct csn_item *items = round_alloc(r,
	    TOTP_DEVICES_MAX * sizeof(*items));
	enum outcome outcome;
	struct record *record;

	if (items == NULL)
		return OUTCOME_ERROR;
	if (!record_needed(r, &record, &outcome))
		return outcome;
	for (uint32_t i = 0; i < record->n; i++) {
		const struct device *d = &record->devices[i];

		items[i].title = str_from(d->label);
		items[i].id = str_from(d->id);
		items[i].created_ms = d->confirmed_ms;
		items[i].used_ms = d->used_ms;
		if (key_uri_write(r, d, &items[i].detail) < 0)
			return OUTCOME_ERROR;
	}
	round_audit_number(r, "devices-exported", "n", record->n);
	r->reply->items = items;
	r->reply->nitems = record->n;
	r->reply->item_size = sizeof(*items);
	return OUTCOME_DONE;
}

/* ------------------------------------------------------------------ */

/* The offset at which the device shows one code and then the other; only of
 * steps that it has not used. 0 with *ret, 1: there is none, -1: no code could
 * be made. */
static int
offset_find(const struct round *r, const struct device *d,
    const struct otp_code *code, const struct otp_code *next, int *ret)
{
	char want[OTP_DIGITS_MAX + 1];
	uint64_t now, step;
	bool before = false, found = false;
	int rc = 0;

	if (otp_step(&d->params, r->now_ms, &now) < 0)
		return -1;
	for (int i = -OFFSET_MAX; i <= OFFSET_MAX && rc == 0; i++) {
		step = now + (uint64_t)(int64_t)i;
		if (otp_generate(&d->params, device_secret(d), step,
		    want) < 0) {
			rc = -1;
			break;
		}
		if (before && !found && step > d->last_step &&
		    secret_equal(str_of(want, d->params.digits),
		    str_of(next->digits, next->n))) {
			*ret = i;
			found = true;
		}
		before = secret_equal(str_of(want, d->params.digits),
		    str_of(code->digits, code->n));
	}
	secret_wipe(want, sizeof(want));
	return rc < 0 ? -1 : found ? 0 : 1;
}

static enum outcome
resync_with(const struct round *r, struct record *record,
    const struct otp_code *code, const struct otp_code *next)
{
	for (uint32_t i = 0; i < record->n; i++) {
		struct device *d = &record->devices[i];
		int offset = 0;

		if (d->params.digits != code->n || code->n != next->n)
			continue;
		switch (offset_find(r, d, code, next, &offset)) {
		case 0:
			break;
		case 1:
			continue;
		default:
			return OUTCOME_ERROR;
		}
		d->drift = offset;
		d->seen = offset;
		d->seen_count = 1;
		d->last_step = (uint64_t)((int64_t)(r->now_ms / 1000 /
		    d->params.period) + offset);
		d->fails = 0;
		d->disabled_ms = 0;
		return OUTCOME_DONE;
	}
	return round_deny(r, CSN_R_CREDENTIAL, TEXT_NO_PAIR);
}

enum outcome
transfer_resync(const struct round *r, struct record *record)
{
	struct otp_code code = { .n = 0 }, next = { .n = 0 };
	enum outcome outcome;

	if (otp_read(pairs_get(r->req->params, STR("code")), &code) < 0 ||
	    otp_read(pairs_get(r->req->params, STR("next")), &next) < 0)
		outcome = round_deny(r, CSN_R_CREDENTIAL, TEXT_NO_PAIR);
	else
		outcome = resync_with(r, record, &code, &next);
	secret_wipe(&code, sizeof(code));
	secret_wipe(&next, sizeof(next));
	return outcome;
}
