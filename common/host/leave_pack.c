/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leave_pack.c - a logout on its way, as bytes to be sealed
 *
 * What is read was sealed by us; it is read as if a stranger had written it.
 */
#include "leave.h"

#define LEAVE_VERSION	1u

void
leave_pack(struct buf *b, const struct leave *l)
{
	buf_u8(b, LEAVE_VERSION);
	buf_lv16(b, l->realm);
	buf_lv16(b, l->subject);
	buf_u8(b, l->everywhere);
	buf_u8(b, (uint8_t)l->n);
	buf_u8(b, (uint8_t)l->at);
	for (size_t i = l->at; i < l->n; i++) {
		buf_u64(b, l->legs[i].fingerprint);
		buf_lv16(b, l->legs[i].keep);
	}
	buf_u64(b, l->unconfirmed);
	buf_put(b, l->token, sizeof(l->token));
	buf_u32(b, l->endpoint);
	buf_u32(b, l->methods);
	buf_u8(b, (uint8_t)l->rounds);
	buf_lv16(b, l->state);
}

static int
legs_unpack(struct reader *r, struct leave *l)
{
	l->n = reader_u8(r);
	l->at = reader_u8(r);
	if (r->failed || l->n > PROOFS_MAX || l->at >= l->n)
		return -1;
	for (size_t i = l->at; i < l->n; i++) {
		l->legs[i].fingerprint = reader_u64(r);
		l->legs[i].keep = reader_lv16(r);
	}
	return r->failed ? -1 : 0;
}

int
leave_unpack(struct csn_str packed, struct leave *ret)
{
	struct leave l = { 0 };
	struct csn_str token;
	struct reader r;

	reader_init(&r, packed);
	if (reader_u8(&r) != LEAVE_VERSION)
		return -1;
	l.realm = reader_lv16(&r);
	l.subject = reader_lv16(&r);
	l.everywhere = reader_u8(&r) == 1;
	if (legs_unpack(&r, &l) < 0)
		return -1;
	l.unconfirmed = reader_u64(&r);
	token = reader_bytes(&r, sizeof(l.token));
	if (r.failed)
		return -1;
	memcpy(l.token, token.p, sizeof(l.token));
	l.endpoint = reader_u32(&r);
	l.methods = reader_u32(&r);
	l.rounds = reader_u8(&r);
	l.state = reader_lv16(&r);
	if (reader_end(&r) < 0)
		return -1;
	*ret = l;
	return 0;
}
