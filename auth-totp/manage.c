/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.c - the ops of the command line and the account page
 *
 * The first device of an account is never made here: whoever has none comes
 * under the rules of enrolment. The last one goes only if that is said; its
 * owner has recovery codes then, or the help desk, and is enrolled as before
 * for the host: what confirms a new one is a recovery code, never a password.
 */
#include "manage.h"

#include "lib/text.h"

#include "enrol.h"
#include "otp.h"
#include "recover.h"
#include "record.h"
#include "temporary.h"
#include "texts.h"
#include "transfer.h"

#define SWAPS_MAX 8u

enum { OP_LIST, OP_RESET, OP_UNLOCK, OP_ADD, OP_REMOVE, OP_CODES,
	OP_RENAME, OP_IMPORT, OP_EXPORT, OP_RESYNC, OP_TEMPORARY };

const struct csn_op manage_ops[MANAGE_OPS] = {
	[OP_LIST] = { .name = "list",
	    .help = "Shows the devices of an account.", .params = "",
	    .flags = CSN_OP_OPERATOR | CSN_OP_SELF },
	[OP_RESET] = { .name = "reset",
	    .help = "Forgets all devices of an account.", .params = "",
	    .flags = CSN_OP_OPERATOR },
	[OP_UNLOCK] = { .name = "unlock",
	    .help = "Enables devices again that too many wrong codes "
	    "disabled.", .params = "",
	    .flags = CSN_OP_OPERATOR },
	[OP_ADD] = { .name = "add",
	    .help = "Adds a device to an account that has one.",
	    .params = "",
	    .flags = CSN_OP_SELF | CSN_OP_FRESH },
	[OP_REMOVE] = { .name = "remove",
	    .help = "Removes one of several devices; with `last=1` the last "
	    "one too.", .params = "last",
	    .flags = CSN_OP_OPERATOR | CSN_OP_SELF | CSN_OP_FRESH },
	[OP_CODES] = { .name = "codes",
	    .help = "Makes new recovery codes; the old ones stop working.",
	    .params = "", .flags = CSN_OP_SELF | CSN_OP_FRESH },
	[OP_RENAME] = { .name = "rename",
	    .help = "Gives a device another name.", .params = "name",
	    .flags = CSN_OP_OPERATOR | CSN_OP_SELF },
	[OP_IMPORT] = { .name = "import",
	    .help = "Takes a device over from a key URI (otpauth://totp/).",
	    .params = "uri,name,dry", .flags = CSN_OP_OPERATOR },
	[OP_EXPORT] = { .name = "export",
	    .help = "Gives the devices out as key URIs, which are secrets.",
	    .params = "", .flags = CSN_OP_OPERATOR },
	[OP_RESYNC] = { .name = "resync",
	    .help = "Sets a device right whose clock is off, by two codes "
	    "that follow each other.", .params = "code,next",
	    .flags = CSN_OP_OPERATOR },
	[OP_TEMPORARY] = { .name = "temporary",
	    .help = "Gives a code that stands in for a device for some hours "
	    "and uses.", .params = "hours,uses", .flags = CSN_OP_OPERATOR },
};

static bool
make_item(const struct round *r, const struct device *d,
    struct csn_item *ret)
{
	*ret = (struct csn_item){
		.title = STR(TEXT_DEVICE),
		.detail = d->disabled_ms != 0 ? STR(TEXT_OFF) : STR(""),
		.created_ms = d->confirmed_ms,
		.used_ms = d->used_ms,
	};
	if (d->label[0] != '\0' &&
	    !round_copy(r, str_from(d->label), &ret->title))
		return false;
	return round_copy(r, str_from(d->id), &ret->id);
}

/* Its id is none of a device's. */
static bool
make_codes_item(const struct round *r, const struct recovery *codes,
    struct csn_item *ret)
{
	char memory[24];
	struct buf b;

	buf_init_fixed(&b, memory, sizeof(memory));
	buf_decimal(&b, codes->n);
	*ret = (struct csn_item){ .id = STR("recovery-codes"),
		.title = STR(TEXT_CODES_LEFT), .created_ms = codes->made_ms };
	return round_copy(r, buf_str(&b), &ret->detail);
}

/* After list, and after each change: what there is now. */
static enum outcome
show_items(const struct round *r, const struct record *record)
{
	struct csn_item *items = round_alloc(r,
	    (TOTP_DEVICES_MAX + 1) * sizeof(*items));
	uint32_t n = 0;

	if (items == NULL)
		return OUTCOME_ERROR;
	for (; n < record->n; n++)
		if (!make_item(r, &record->devices[n], &items[n]))
			return OUTCOME_ERROR;
	if (record->codes.made_ms != 0 &&
	    !make_codes_item(r, &record->codes, &items[n++]))
		return OUTCOME_ERROR;
	r->reply->items = items;
	r->reply->nitems = n;
	r->reply->item_size = sizeof(*items);
	return OUTCOME_DONE;
}

static enum outcome
op_list(const struct round *r)
{
	struct record *record;

	switch (record_read(r, &record)) {
	case CSN_OK:
		return show_items(r, record);
	case CSN_E_ABSENT:
		return OUTCOME_DONE;
	default:
		return OUTCOME_ERROR;
	}
}

/* Does not read: a corrupt record must not stand in its own way. */
static enum outcome
op_reset(const struct round *r)
{
	if (temporary_forget(r) < 0)
		return OUTCOME_ERROR;
	switch (record_delete(r)) {
	case CSN_OK:
		round_audit(r, "reset", STR("all"));
		return OUTCOME_DONE;
	case CSN_E_ABSENT:
		return round_deny(r, CSN_R_NOT_ENROLLED, NULL);
	default:
		return OUTCOME_ERROR;
	}
}

/* A change in memory: DONE to store it, anything else to leave it. */
typedef enum outcome change(const struct round *, struct record *,
    const struct device *);

static enum outcome
change_record(const struct round *r, change *fn, const struct device *d)
{
	enum outcome outcome;
	struct record *record;

	for (unsigned i = 0; i < SWAPS_MAX; i++) {
		if (!record_needed(r, &record, &outcome))
			return outcome;
		outcome = fn(r, record, d);
		if (outcome != OUTCOME_DONE)
			return outcome;
		switch (record_update(r, record)) {
		case CSN_OK:
			return show_items(r, record);
		case CSN_E_STALE:
			continue;
		default:
			return OUTCOME_ERROR;
		}
	}
	return OUTCOME_ERROR;
}

static enum outcome
change_unlock(const struct round *r, struct record *record,
    const struct device *d)
{
	(void)r;
	(void)d;
	for (uint32_t i = 0; i < record->n; i++) {
		record->devices[i].disabled_ms = 0;
		record->devices[i].fails = 0;
	}
	return OUTCOME_DONE;
}

static bool
record_full(const struct round *r, const struct record *record)
{
	return record->n >= r->t->devices || record->n >= TOTP_DEVICES_MAX;
}

static enum outcome
change_add(const struct round *r, struct record *record,
    const struct device *d)
{
	if (record_full(r, record))
		return round_deny(r, 0, TEXT_FULL);
	record->devices[record->n++] = *d;
	return OUTCOME_DONE;
}

static enum outcome
change_remove(const struct round *r, struct record *record,
    const struct device *d)
{
	uint32_t at = 0;

	(void)d;
	while (at < record->n && !str_is(r->req->item, record->devices[at].id))
		at++;
	if (at == record->n)
		return round_deny(r, 0, TEXT_UNKNOWN);
	if (record->n == 1 && pairs_get(r->req->params,
	    STR("last")).n == 0)
		return round_deny(r, 0, TEXT_LAST);
	record->n--;
	for (; at < record->n; at++)
		record->devices[at] = record->devices[at + 1];
	return OUTCOME_DONE;
}

static enum outcome
change_rename(const struct round *r, struct record *record,
    const struct device *d)
{
	struct csn_str name = str_trim(pairs_get(r->req->params,
	    STR("name")));

	(void)d;
	if (name.n == 0 || name.n > DEVICE_LABEL_MAX || !text_plain(name))
		return round_deny(r, 0, TEXT_NO_NAME);
	for (uint32_t i = 0; i < record->n; i++) {
		struct device *own = &record->devices[i];

		if (!str_is(r->req->item, own->id))
			continue;
		memset(own->label, 0, sizeof(own->label));
		memcpy(own->label, name.p, name.n);
		return OUTCOME_DONE;
	}
	return round_deny(r, 0, TEXT_UNKNOWN);
}

static enum outcome
change_resync(const struct round *r, struct record *record,
    const struct device *d)
{
	(void)d;
	return transfer_resync(r, record);
}

static enum outcome
op_add_begin(const struct round *r)
{
	enum outcome outcome;
	struct record *record;

	if (!record_needed(r, &record, &outcome))
		return outcome;
	return record_full(r, record) ? round_deny(r, 0, TEXT_FULL) :
	    enrol_add_ask(r);
}

static enum outcome
op_add(const struct round *r)
{
	struct device *d = round_alloc(r, sizeof(*d));
	enum outcome outcome;

	if (d == NULL)
		return OUTCOME_ERROR;
	if (r->req->state.n == 0)
		return op_add_begin(r);
	outcome = enrol_add_code(r, d);
	if (outcome != OUTCOME_PROVED)
		return outcome;
	outcome = change_record(r, change_add, d);
	if (outcome == OUTCOME_DONE)
		round_audit(r, "device-added", str_from(d->id));
	return outcome;
}

/* Shown first; what replaces the old set is what was kept. */
static enum outcome
op_codes(const struct round *r)
{
	struct state_codes *s = round_alloc(r, sizeof(*s));
	enum outcome outcome;
	struct record *record;

	if (s == NULL)
		return OUTCOME_ERROR;
	if (r->t->recovery_codes == 0)
		return round_deny(r, 0, TEXT_NO_CODES);
	if (!record_needed(r, &record, &outcome))
		return outcome;
	if (r->req->state.n > 0) {
		outcome = recover_replace(r, record);
		/* a proof of a login is none here */
		return outcome == OUTCOME_PROVED ? OUTCOME_ERROR : outcome;
	}
	s->after = AFTER_NOTHING;
	s->before_ms = record->codes.made_ms;
	return recover_show(r, s);
}

/* Who never had a device needs a link, not a code. */
static enum outcome
op_temporary(const struct round *r)
{
	enum outcome outcome;
	struct record *record;

	return record_needed(r, &record, &outcome) ? temporary_make(r) :
	    outcome;
}

static enum outcome
op_change(const struct round *r, change *fn, const char *event)
{
	enum outcome outcome = change_record(r, fn, NULL);

	if (outcome == OUTCOME_DONE)
		round_audit(r, event, r->req->item);
	return outcome;
}

enum outcome
manage_op(const struct round *r)
{
	switch (r->req->op) {
	case OP_LIST:
		return op_list(r);
	case OP_RESET:
		return op_reset(r);
	case OP_UNLOCK:
		return op_change(r, change_unlock, "unlocked");
	case OP_ADD:
		return op_add(r);
	case OP_REMOVE:
		return op_change(r, change_remove, "device-removed");
	case OP_CODES:
		return op_codes(r);
	case OP_RENAME:
		return op_change(r, change_rename, "device-renamed");
	case OP_IMPORT:
		return transfer_import(r);
	case OP_EXPORT:
		return transfer_export(r);
	case OP_RESYNC:
		return op_change(r, change_resync, "device-resynced");
	case OP_TEMPORARY:
		return op_temporary(r);
	default:
		return OUTCOME_ERROR;
	}
}
