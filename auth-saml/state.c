/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.c - what a login in progress and a session remember, packed
 *
 * The host seals it; still, it must never be read in another form than it was
 * written.
 */
#include "state.h"

#define STATE_FORM 1u
#define KEEP_FORM 2u
#define LEAVING_FORM 3u

void
state_pack(const struct state *s, struct buf *b)
{
	buf_u8(b, STATE_FORM);
	buf_lv16(b, s->request_id);
	buf_lv16(b, s->idp);
	buf_u64(b, (uint64_t)s->asked_ms);
	buf_u8(b, s->force);
}

int
state_unpack(struct csn_str packed, struct state *ret)
{
	struct state s = { .force = true };
	struct reader r;

	reader_init(&r, packed);
	if (reader_u8(&r) != STATE_FORM)
		return -1;
	s.request_id = reader_lv16(&r);
	s.idp = reader_lv16(&r);
	s.asked_ms = (int64_t)reader_u64(&r);
	s.force = reader_u8(&r) != 0;
	if (reader_end(&r) != 0 || s.request_id.n == 0 || s.idp.n == 0)
		return -1;
	*ret = s;
	return 0;
}

void
keep_pack(const struct keep *k, struct buf *b)
{
	buf_u8(b, KEEP_FORM);
	buf_lv16(b, k->idp);
	buf_lv16(b, k->session_index);
	buf_lv16(b, k->name_id.value);
	buf_lv16(b, k->name_id.format);
	buf_lv16(b, k->name_id.name_qualifier);
	buf_lv16(b, k->name_id.sp_name_qualifier);
}

int
keep_unpack(struct csn_str packed, struct keep *ret)
{
	struct keep k;
	struct reader r;

	reader_init(&r, packed);
	if (reader_u8(&r) != KEEP_FORM)
		return -1;
	k.idp = reader_lv16(&r);
	k.session_index = reader_lv16(&r);
	k.name_id.value = reader_lv16(&r);
	k.name_id.format = reader_lv16(&r);
	k.name_id.name_qualifier = reader_lv16(&r);
	k.name_id.sp_name_qualifier = reader_lv16(&r);
	if (reader_end(&r) != 0 || k.idp.n == 0)
		return -1;
	*ret = k;
	return 0;
}

void
leaving_pack(const struct leaving *l, struct buf *b)
{
	buf_u8(b, LEAVING_FORM);
	buf_lv16(b, l->request_id);
	buf_lv16(b, l->idp);
}

int
leaving_unpack(struct csn_str packed, struct leaving *ret)
{
	struct leaving l;
	struct reader r;

	reader_init(&r, packed);
	if (reader_u8(&r) != LEAVING_FORM)
		return -1;
	l.request_id = reader_lv16(&r);
	l.idp = reader_lv16(&r);
	if (reader_end(&r) != 0 || l.request_id.n == 0 || l.idp.n == 0)
		return -1;
	*ret = l;
	return 0;
}
