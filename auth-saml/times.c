/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * times.c - xs:dateTime as SAML writes it
 *
 * It must never read a time that has no zone, or another one than UTC.
 */
#include "times.h"

#include "lib/timefmt.h"

int
times_parse(struct csn_str s, int64_t *ret_ms)
{
	/* nobody may write a leap second (Core 1.3.3) */
	if (s.n < 20 || s.n > 40 || s.p[10] != 'T' || s.p[17] == '6' ||
	    s.p[s.n - 1] != 'Z')
		return -1;
	return time_parse(s, ret_ms);
}

void
times_put(struct buf *b, int64_t ms)
{
	char text[40];
	struct buf t;

	buf_init_fixed(&t, text, sizeof(text));
	time_rfc3339(&t, ms - ms % 1000);
	if (t.n > 19) {
		buf_put(b, t.p, 19);
		buf_char(b, 'Z');
	} else {
		b->failed = true;
	}
	buf_free(&t);
}
