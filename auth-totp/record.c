/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - the record's bytes, and the four operations on it
 */
#include "record.h"

#include "lib/text.h"

#include "otp.h"

/* 1 had no recovery codes; 1 and 2 knew a drift of two steps at most */
#define RECORD_VERSION	3u
#define OFFSET_ZERO	0x8000u

struct csn_str
device_secret(const struct device *d)
{
	return str_of(d->secret, d->secret_n);
}

void
device_pack(struct buf *b, const struct device *d)
{
	buf_lv16(b, str_from(d->id));
	buf_lv16(b, str_from(d->label));
	buf_u8(b, (uint8_t)d->params.alg);
	buf_u8(b, (uint8_t)d->params.digits);
	buf_u32(b, d->params.period);
	buf_lv16(b, device_secret(d));
	buf_u64(b, d->last_step);
	buf_u16(b, (uint16_t)(OFFSET_ZERO + (unsigned)d->drift));
	buf_u16(b, (uint16_t)(OFFSET_ZERO + (unsigned)d->seen));
	buf_u32(b, d->seen_count);
	buf_u32(b, d->fails);
	buf_u64(b, (uint64_t)d->disabled_ms);
	buf_u64(b, (uint64_t)d->confirmed_ms);
	buf_u64(b, (uint64_t)d->used_ms);
}

static void
codes_pack(struct buf *b, const struct recovery *codes)
{
	buf_u8(b, (uint8_t)codes->n);
	buf_u64(b, (uint64_t)codes->made_ms);
	buf_put(b, codes->salt, RECOVERY_SALT);
	for (uint32_t i = 0; i < codes->n; i++)
		buf_put(b, codes->hash[i], RECOVERY_HASH);
}

int
record_pack(const struct round *r, const struct record *record,
    struct csn_str *ret)
{
	struct buf b;
	void *memory = round_alloc(r, RECORD_SIZE_MAX);

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, RECORD_SIZE_MAX);
	buf_u8(&b, RECORD_VERSION);
	buf_u8(&b, (uint8_t)record->n);
	for (uint32_t i = 0; i < record->n; i++)
		device_pack(&b, &record->devices[i]);
	codes_pack(&b, &record->codes);
	if (buf_failed(&b))
		return -1;
	*ret = buf_str(&b);
	return 0;
}

static int
field_text(struct reader *in, char *ret, size_t max)
{
	struct csn_str s = reader_lv16(in);

	if (in->failed || s.n > max || !text_plain(s))
		return -1;
	if (s.n != 0)
		memcpy(ret, s.p, s.n);
	ret[s.n] = '\0';
	return 0;
}

static bool
device_valid(const struct device *d)
{
	return strlen(d->id) == DEVICE_ID_LEN && otp_params_valid(&d->params) &&
	    d->last_step > 0 && d->last_step <= INT64_MAX &&
	    d->drift >= -OFFSET_MAX && d->drift <= OFFSET_MAX &&
	    d->seen >= -2 * OFFSET_MAX && d->seen <= 2 * OFFSET_MAX &&
	    d->disabled_ms >= 0 && d->confirmed_ms > 0 && d->used_ms >= 0;
}

static void
offsets_unpack(struct reader *in, uint8_t version, struct device *d)
{
	if (version < 3) {
		d->drift = (int)reader_u8(in) - DRIFT_MAX;
		d->seen = (int)reader_u8(in) - 2 * DRIFT_MAX;
		return;
	}
	d->drift = (int)reader_u16(in) - (int)OFFSET_ZERO;
	d->seen = (int)reader_u16(in) - (int)OFFSET_ZERO;
}

static int
device_read(struct reader *in, uint8_t version, struct device *d)
{
	struct csn_str secret;

	if (field_text(in, d->id, DEVICE_ID_LEN) < 0 ||
	    field_text(in, d->label, DEVICE_LABEL_MAX) < 0)
		return -1;
	d->params.alg = (enum totp_alg)reader_u8(in);
	d->params.digits = reader_u8(in);
	d->params.period = reader_u32(in);
	secret = reader_lv16(in);
	if (secret.n < TOTP_SECRET_MIN || secret.n > TOTP_SECRET_MAX)
		return -1;
	memcpy(d->secret, secret.p, secret.n);
	d->secret_n = secret.n;
	d->last_step = reader_u64(in);
	offsets_unpack(in, version, d);
	d->seen_count = reader_u32(in);
	d->fails = reader_u32(in);
	d->disabled_ms = (int64_t)reader_u64(in);
	d->confirmed_ms = (int64_t)reader_u64(in);
	d->used_ms = (int64_t)reader_u64(in);
	return device_valid(d) ? 0 : -1;
}

int
device_unpack(struct reader *in, struct device *d)
{
	return device_read(in, RECORD_VERSION, d);
}

static int
codes_unpack(struct reader *in, struct recovery *ret)
{
	struct csn_str s;

	ret->n = reader_u8(in);
	ret->made_ms = (int64_t)reader_u64(in);
	s = reader_bytes(in, RECOVERY_SALT);
	if (in->failed || ret->n > RECOVERY_MAX || ret->made_ms < 0 ||
	    (ret->n > 0 && ret->made_ms == 0))
		return -1;
	memcpy(ret->salt, s.p, RECOVERY_SALT);
	for (uint32_t i = 0; i < ret->n; i++) {
		s = reader_bytes(in, RECOVERY_HASH);
		if (in->failed)
			return -1;
		memcpy(ret->hash[i], s.p, RECOVERY_HASH);
	}
	return 0;
}

int
record_unpack(struct csn_str raw, struct record *ret)
{
	struct reader in;
	uint8_t version;

	memset(&ret->codes, 0, sizeof(ret->codes));
	reader_init(&in, raw);
	version = reader_u8(&in);
	if (version == 0 || version > RECORD_VERSION)
		return -1;
	ret->n = reader_u8(&in);
	if (ret->n > TOTP_DEVICES_MAX)
		return -1;
	for (uint32_t i = 0; i < ret->n; i++)
		if (device_read(&in, version, &ret->devices[i]) < 0)
			return -1;
	if (version >= 2 && codes_unpack(&in, &ret->codes) < 0)
		return -1;
	ret->raw = raw;
	return reader_end(&in);
}

/* An account is never empty: all people would share one record. */
static int
record_key(const struct round *r, struct csn_str *ret)
{
	struct buf b;
	void *memory;

	if (r->req->account.n == 0)
		return -1;
	memory = round_alloc(r, CSN_KV_KEY_MAX + 1);
	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, CSN_KV_KEY_MAX + 1);
	buf_puts(&b, RECORD_PREFIX);
	buf_str_put(&b, r->req->account);
	if (buf_failed(&b))
		return -1;
	*ret = buf_str(&b);
	return 0;
}

int32_t
record_read(const struct round *r, struct record **ret)
{
	struct record *record;
	struct csn_str key, raw;

	if (record_key(r, &key) < 0)
		return CSN_E_BACKEND;
	switch (r->t->host->kv_get(r->call, key, &raw)) {
	case CSN_OK:
		break;
	case CSN_E_ABSENT:
		return CSN_E_ABSENT;
	default:
		return CSN_E_BACKEND;
	}
	record = round_alloc(r, sizeof(*record));
	if (record == NULL)
		return CSN_E_BACKEND;
	if (record_unpack(raw, record) < 0) {
		round_log(r, CSN_FAIL, "the record of an account's devices is "
		    "corrupt; restore it, or reset the account");
		return CSN_E_BACKEND;
	}
	*ret = record;
	return CSN_OK;
}

bool
record_needed(const struct round *r, struct record **ret,
    enum outcome *ret_outcome)
{
	switch (record_read(r, ret)) {
	case CSN_OK:
		return true;
	case CSN_E_ABSENT:
		*ret_outcome = round_deny(r, CSN_R_NOT_ENROLLED, NULL);
		return false;
	default:
		*ret_outcome = OUTCOME_ERROR;
		return false;
	}
}

int32_t
record_create(const struct round *r, const struct record *record)
{
	struct csn_str key, value;

	if (record_key(r, &key) < 0 || record_pack(r, record, &value) < 0)
		return CSN_E_BACKEND;
	switch (r->t->host->kv_put_new(r->call, key, value, 0,
	    CSN_KV_DURABLE | CSN_KV_SECRET)) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_EXISTS:
		return CSN_E_EXISTS;
	default:
		return CSN_E_BACKEND;
	}
}

static int32_t
update_by(const struct round *r, const struct record *record,
    int32_t (*swap)(struct csn_call *, struct csn_str, struct csn_str,
	struct csn_str))
{
	struct csn_str key, value;

	if (record_key(r, &key) < 0 || record_pack(r, record, &value) < 0)
		return CSN_E_BACKEND;
	switch (swap(r->call, key, record->raw, value)) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_STALE:
		return CSN_E_STALE;
	case CSN_E_ABSENT:
		return CSN_E_ABSENT;
	default:
		return CSN_E_BACKEND;
	}
}

int32_t
record_update(const struct round *r, const struct record *record)
{
	return update_by(r, record, r->t->host->kv_swap);
}

int32_t
record_update_with(const struct round *r, const struct record *record)
{
	return update_by(r, record, r->t->host->kv_swap_with);
}

int32_t
record_delete(const struct round *r)
{
	struct csn_str key;

	if (record_key(r, &key) < 0)
		return CSN_E_BACKEND;
	switch (r->t->host->kv_del(r->call, key)) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_ABSENT:
		return CSN_E_ABSENT;
	default:
		return CSN_E_BACKEND;
	}
}
