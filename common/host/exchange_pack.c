/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_pack.c - an exchange and a person as bytes, to be sealed
 *
 * What is read was sealed by us; it is read as if a stranger had written it.
 */
#include "exchange.h"

#define EXCHANGE_VERSION 4u
#define STRS_MAX 512u

static void
strs_pack(struct buf *b, struct csn_strs s)
{
	buf_u16(b, (uint16_t)s.n);
	for (size_t i = 0; i < s.n; i++)
		buf_lv16(b, s.v[i]);
}

static inline int
strs_unpack(struct arena *a, struct reader *r, struct csn_strs *ret)
{
	size_t n = reader_u16(r);
	struct csn_str *v;

	if (r->failed || n > STRS_MAX)
		return -1;
	v = arena_bytes(a, n * sizeof(*v));
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		v[i] = reader_lv16(r);
	*ret = (struct csn_strs){ v, n };
	return r->failed ? -1 : 0;
}

void
person_pack(struct buf *b, const struct person *p, bool whole)
{
	buf_u8(b, p->named);
	if (!p->named)
		return;
	buf_lv16(b, p->realm_name);
	buf_lv16(b, p->subject);
	if (whole)
		buf_lv16(b, p->subject_id);
	buf_u8(b, p->groups_known);
	buf_u64(b, (uint64_t)p->groups_ms);
	strs_pack(b, p->groups);
	buf_lv16(b, p->name);
	buf_lv16(b, p->mail);
	buf_u32(b, p->generation);
	if (whole)
		buf_u64(b, p->source);
}

int
person_unpack(struct arena *a, struct reader *from, bool whole,
    struct person *ret)
{
	struct reader r = *from;	/* in registers: a check reads it */

	memset(ret, 0, sizeof(*ret));
	ret->named = reader_u8(&r) == 1;
	if (ret->named) {
		ret->realm_name = reader_lv16(&r);
		ret->subject = reader_lv16(&r);
		if (whole)
			ret->subject_id = reader_lv16(&r);
		ret->groups_known = reader_u8(&r) == 1;
		ret->groups_ms = (int64_t)reader_u64(&r);
		if (strs_unpack(a, &r, &ret->groups) < 0)
			return -1;
		ret->name = reader_lv16(&r);
		ret->mail = reader_lv16(&r);
		ret->generation = reader_u32(&r);
		if (whole)
			ret->source = reader_u64(&r);
	}
	*from = r;
	return r.failed || (ret->named && ret->subject.n == 0) ? -1 : 0;
}

static void
extra_pack(struct buf *b, const struct grant_extra *e)
{
	buf_u64(b, e->fingerprint);
	buf_lv16(b, e->keep);
	strs_pack(b, e->session_keys);
	buf_u64(b, (uint64_t)e->not_after_ms);
	buf_u8(b, e->renew);
	buf_u64(b, (uint64_t)e->asked_ms);
}

static int
extra_unpack(struct arena *a, struct reader *r, struct grant_extra *e)
{
	e->fingerprint = reader_u64(r);
	e->keep = reader_lv16(r);
	if (strs_unpack(a, r, &e->session_keys) < 0)
		return -1;
	e->not_after_ms = (int64_t)reader_u64(r);
	e->renew = reader_u8(r) == 1;
	e->asked_ms = (int64_t)reader_u64(r);
	return r->failed ? -1 : 0;
}

static void
origin_pack(struct buf *b, const struct exchange *x)
{
	buf_u8(b, x->has_session);
	if (x->has_session)
		buf_put(b, x->session, sizeof(x->session));
	buf_u8(b, x->has_link);
	if (x->has_link)
		buf_put(b, x->link, sizeof(x->link));
}

static void
bytes_unpack(struct reader *r, uint8_t *ret, size_t n)
{
	struct csn_str s = reader_bytes(r, n);

	if (!r->failed)
		memcpy(ret, s.p, n);
}

static void
origin_unpack(struct reader *r, struct exchange *x)
{
	x->has_session = reader_u8(r) == 1;
	if (x->has_session)
		bytes_unpack(r, x->session, sizeof(x->session));
	x->has_link = reader_u8(r) == 1;
	if (x->has_link)
		bytes_unpack(r, x->link, sizeof(x->link));
}

void
exchange_pack(struct buf *b, const struct exchange *x)
{
	buf_u8(b, EXCHANGE_VERSION);
	buf_put(b, x->id, sizeof(x->id));
	buf_put(b, x->token, sizeof(x->token));
	buf_put(b, x->last, sizeof(x->last));
	buf_put(b, x->policy_hash, sizeof(x->policy_hash));
	buf_u64(b, (uint64_t)x->created_ms);
	buf_u64(b, (uint64_t)x->expires_ms);
	origin_pack(b, x);
	person_pack(b, &x->person, true);
	buf_u32(b, x->cuts);
	proofs_pack(b, &x->history);
	buf_u8(b, (uint8_t)x->nextras);
	for (size_t i = 0; i < x->nextras; i++)
		extra_pack(b, &x->extras[i]);
	buf_u64(b, x->fingerprint);
	buf_u8(b, (uint8_t)x->awaits);
	buf_u32(b, x->endpoint);
	buf_u8(b, (uint8_t)x->methods);
	buf_u8(b, x->unsolicited);
	buf_u32(b, x->attempt);
	buf_u64(b, x->remember);
	buf_u8(b, x->change);
	if (x->change != 0)
		buf_lv16(b, x->kept);
	buf_lv16(b, x->wish);
	buf_lv16(b, x->target);
	buf_lv16(b, x->state);
}

static int
extras_unpack(struct arena *a, struct reader *r, struct exchange *x)
{
	x->nextras = reader_u8(r);
	if (x->nextras > PROOFS_MAX)
		return -1;
	for (size_t i = 0; i < x->nextras; i++)
		if (extra_unpack(a, r, &x->extras[i]) < 0)
			return -1;
	return 0;
}

int
exchange_unpack(struct arena *a, struct csn_str packed, struct exchange *ret)
{
	struct exchange x = { 0 };
	struct reader r;
	uint8_t awaits;

	reader_init(&r, packed);
	if (reader_u8(&r) != EXCHANGE_VERSION)
		return -1;
	bytes_unpack(&r, x.id, sizeof(x.id));
	bytes_unpack(&r, x.token, sizeof(x.token));
	bytes_unpack(&r, x.last, sizeof(x.last));
	bytes_unpack(&r, x.policy_hash, sizeof(x.policy_hash));
	x.created_ms = (int64_t)reader_u64(&r);
	x.expires_ms = (int64_t)reader_u64(&r);
	origin_unpack(&r, &x);
	if (person_unpack(a, &r, true, &x.person) < 0)
		return -1;
	x.cuts = reader_u32(&r);
	if (proofs_unpack(&r, &x.history) < 0 || extras_unpack(a, &r, &x) < 0)
		return -1;
	x.fingerprint = reader_u64(&r);
	awaits = reader_u8(&r);
	x.endpoint = reader_u32(&r);
	x.methods = reader_u8(&r);
	x.unsolicited = reader_u8(&r) == 1;
	x.attempt = reader_u32(&r);
	x.remember = reader_u64(&r);
	x.change = reader_u8(&r);
	if (x.change != 0)
		x.kept = reader_lv16(&r);
	x.wish = reader_lv16(&r);
	x.target = reader_lv16(&r);
	x.state = reader_lv16(&r);
	x.policy = x.factor = -1;
	if (reader_end(&r) < 0 || awaits < AWAITS_CHOICE ||
	    awaits > AWAITS_WAKE || x.change > CHANGE_OPEN)
		return -1;
	x.awaits = (enum exchange_awaits)awaits;
	*ret = x;
	return 0;
}
