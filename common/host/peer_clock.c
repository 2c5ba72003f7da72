/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_clock.c - how far the clock of who answered a request is from ours
 *
 * For words only. No login may ever hang on it: a header is not signed.
 */
#include "peer_clock.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/str.h"
#include "lib/timefmt.h"

/* The second that Date names began up to a second ago, and the answer was
 * written between the two times: only what lies outside of that is off. */
static int64_t
distance(int64_t date_ms, int64_t from_ms, int64_t to_ms)
{
	if (date_ms > to_ms)
		return date_ms - to_ms;
	if (date_ms + 999 < from_ms)
		return date_ms + 999 - from_ms;
	return 0;
}

void
peer_clock_read(struct peer_clock *p, struct csn_pairs headers,
    int64_t from_ms, int64_t to_ms)
{
	struct csn_str date = pairs_get(headers, STR("date"));
	char text[64];
	int64_t ahead;
	time_t t;

	if (date.n == 0 || date.n >= sizeof(text))
		return;
	memcpy(text, date.p, date.n);
	text[date.n] = '\0';
	t = curl_getdate(text, NULL);
	if (t <= 0)
		return;
	ahead = distance((int64_t)t * 1000, from_ms, to_ms);
	if (!p->known || llabs(ahead) > llabs(p->ahead_ms))
		p->ahead_ms = ahead;
	p->known = true;
}

bool
peer_clock_words(const struct peer_clock *p, struct buf *b)
{
	int64_t off = llabs(p->ahead_ms);

	if (!p->known)
		return false;
	if (off <= PEER_CLOCK_OFF_MS) {
		buf_puts(b, "its clock and ours agree");
		return false;
	}
	buf_printf(b, "its clock is %" PRId64 " seconds %s ours: what it "
	    "signs looks %s here; see which of the two is wrong (timedatectl), "
	    "and let both follow a time server", off / 1000,
	    p->ahead_ms > 0 ? "ahead of" : "behind",
	    p->ahead_ms > 0 ? "made in the future" : "old or over");
	return true;
}
