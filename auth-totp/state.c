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
