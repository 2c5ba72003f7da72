/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - the state's bytes
 */
#include "state.h"

#include "lib/text.h"

#include "otp.h"

#define STATE_SIZE_MAX 1024u

int
state_kind(struct csn_str state, enum state_kind *ret)
{
	if (state.n == 0) {
		*ret = STATE_NONE;
		return 0;
	}
	switch (state.p[0]) {
	case STATE_PENDING:
	case STATE_HINT:
	case STATE_CODES:
	case STATE_LEFT:
		*ret = (enum state_kind)state.p[0];
		return 0;
	default:
		return -1;
	}
}

static int
state_buf(const struct round *r, struct buf *b, enum state_kind kind)
{
	void *memory = round_alloc(r, STATE_SIZE_MAX);

	if (memory == NULL)
		return -1;
	buf_init_fixed(b, memory, STATE_SIZE_MAX);
	buf_u8(b, (uint8_t)kind);
	return 0;
}

static int
state_end(const struct buf *b, struct csn_str *ret)
{
	if (buf_failed(b))
		return -1;
	*ret = buf_str(b);
	return 0;
}

int
state_pending_write(const struct round *r, const struct state_pending *p,
    struct csn_str *ret)
{
	struct buf b;

	if (state_buf(r, &b, STATE_PENDING) < 0)
		return -1;
	buf_lv16(&b, r->req->account);
	buf_lv16(&b, str_from(p->device.id));
	buf_u8(&b, (uint8_t)p->device.params.alg);
	buf_u8(&b, (uint8_t)p->device.params.digits);
	buf_u32(&b, p->device.params.period);
	buf_lv16(&b, device_secret(&p->device));
	buf_u8(&b, (uint8_t)p->tries);
	return state_end(&b, ret);
}

int
state_pending_read(const struct round *r, struct state_pending *ret)
{
	struct device *d = &ret->device;
	struct csn_str account, id, secret;
	struct reader in;

	memset(ret, 0, sizeof(*ret));
	reader_init(&in, r->req->state);
	if (reader_u8(&in) != STATE_PENDING)
		return -1;
	account = reader_lv16(&in);
	id = reader_lv16(&in);
	d->params.alg = (enum totp_alg)reader_u8(&in);
	d->params.digits = reader_u8(&in);
	d->params.period = reader_u32(&in);
	secret = reader_lv16(&in);
	ret->tries = reader_u8(&in);
	if (reader_end(&in) < 0 || !str_equal(account, r->req->account) ||
	    id.n != DEVICE_ID_LEN || !text_plain(id) ||
	    secret.n < TOTP_SECRET_MIN || secret.n > TOTP_SECRET_MAX ||
	    !otp_params_valid(&d->params))
		return -1;
	memcpy(d->id, id.p, id.n);
	memcpy(d->secret, secret.p, secret.n);
	d->secret_n = secret.n;
	return 0;
}

int
state_codes_write(const struct round *r, const struct state_codes *s,
    struct csn_str *ret)
{
	struct buf b;

	if (state_buf(r, &b, STATE_CODES) < 0)
		return -1;
	buf_lv16(&b, r->req->account);
	buf_u8(&b, (uint8_t)s->after);
	buf_u64(&b, (uint64_t)s->proved_ms);
	buf_u64(&b, (uint64_t)s->before_ms);
	buf_u8(&b, (uint8_t)s->codes.n);
	for (uint32_t i = 0; i < s->codes.n; i++)
		buf_put(&b, s->codes.v[i].text, RECOVERY_LEN);
	if (s->after == AFTER_ENROL)
		device_pack(&b, &s->device);
	return state_end(&b, ret);
}

static int
codes_read(struct reader *in, struct recovery_codes *ret)
{
	struct csn_str s;

	ret->n = reader_u8(in);
	if (ret->n > RECOVERY_MAX)
		return -1;
	for (uint32_t i = 0; i < ret->n; i++) {
		s = reader_bytes(in, RECOVERY_LEN);
		if (in->failed)
			return -1;
		memcpy(ret->v[i].text, s.p, RECOVERY_LEN);
	}
	return 0;
}

int
state_codes_read(const struct round *r, struct state_codes *ret)
{
	struct csn_str account;
	struct reader in;
	uint8_t after;

	memset(ret, 0, sizeof(*ret));
	reader_init(&in, r->req->state);
	if (reader_u8(&in) != STATE_CODES)
		return -1;
	account = reader_lv16(&in);
	after = reader_u8(&in);
	ret->proved_ms = (int64_t)reader_u64(&in);
	ret->before_ms = (int64_t)reader_u64(&in);
	if (in.failed || after < AFTER_NOTHING || after > AFTER_RECOVERY ||
	    ret->proved_ms < 0 || !str_equal(account, r->req->account) ||
	    codes_read(&in, &ret->codes) < 0)
		return -1;
	ret->after = (enum codes_after)after;
	if (ret->after == AFTER_ENROL &&
	    device_unpack(&in, &ret->device) < 0)
		return -1;
	return reader_end(&in);
}

int
state_left_write(const struct round *r, const struct state_left *s,
    struct csn_str *ret)
{
	struct buf b;

	if (state_buf(r, &b, STATE_LEFT) < 0)
		return -1;
	buf_lv16(&b, r->req->account);
	buf_u64(&b, (uint64_t)s->proved_ms);
	buf_u32(&b, s->left);
	return state_end(&b, ret);
}

int
state_left_read(const struct round *r, struct state_left *ret)
{
	struct csn_str account;
	struct reader in;

	reader_init(&in, r->req->state);
	if (reader_u8(&in) != STATE_LEFT)
		return -1;
	account = reader_lv16(&in);
	ret->proved_ms = (int64_t)reader_u64(&in);
	ret->left = reader_u32(&in);
	if (reader_end(&in) < 0 || ret->proved_ms < 0 ||
	    !str_equal(account, r->req->account))
		return -1;
	return 0;
}

int
state_hint_write(const struct round *r, const struct state_hint *hint,
    struct csn_str *ret)
{
	struct buf b;

	if (state_buf(r, &b, STATE_HINT) < 0)
		return -1;
	buf_u16(&b, (uint16_t)hint->steps);
	buf_u64(&b, hint->step);
	buf_lv16(&b, hint->device);
	return state_end(&b, ret);
}

int
state_hint_read(struct csn_str state, struct state_hint *ret)
{
	struct reader in;

	*ret = (struct state_hint){ .steps = 0, .device = STR("") };
	if (state.n == 0)
		return 0;
	reader_init(&in, state);
	if (reader_u8(&in) != STATE_HINT)
		return -1;
	ret->steps = reader_u16(&in);
	ret->step = reader_u64(&in);
	ret->device = reader_lv16(&in);
	return reader_end(&in);
}
