/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.c - a ticket's record as bytes
 *
 * It must never read one that is cut, or longer than itself.
 */
#include "ticket.h"

void
ticket_pack(struct buf *b, const struct ticket *t)
{
	buf_put(b, t->session, sizeof(t->session));
	buf_put(b, t->nonce, sizeof(t->nonce));
	buf_lv16(b, t->host);
	buf_lv16(b, t->url);
}

int
ticket_unpack(struct csn_str packed, struct ticket *ret)
{
	struct csn_str session, nonce;
	struct reader r;

	reader_init(&r, packed);
	session = reader_bytes(&r, sizeof(ret->session));
	nonce = reader_bytes(&r, sizeof(ret->nonce));
	ret->host = reader_lv16(&r);
	ret->url = reader_lv16(&r);
	if (reader_end(&r) < 0)
		return -1;
	memcpy(ret->session, session.p, sizeof(ret->session));
	memcpy(ret->nonce, nonce.p, sizeof(ret->nonce));
	return 0;
}
