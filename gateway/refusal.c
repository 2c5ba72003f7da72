/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.c - a line about a connection that was refused, but few of a kind
 *
 * What a stranger can send at will is not for the log, but who is at the wrong
 * door is: a proxy that is not listed lets nobody in. It must never let who
 * knocks fill a disk, or push other lines out of the journal.
 */
#include "refusal.h"

#include "lib/timefmt.h"

/* What to do; NULL: not for the log. */
static const char *
advice(enum http_fault fault, const struct http_peer *peer)
{
	switch (fault) {
	case HTTP_PEER:
		if (peer != NULL && peer->local)
			return "if that is your proxy's user, list it in "
			    "`peers` of this listener";
		return "if that is your proxy, list its address in `peers` of "
		    "this listener";
	case HTTP_TLS:
		return "if that is your proxy, have it speak TLS and show a "
		    "certificate of `client_ca`";
	case HTTP_CROWDED:
		return "what comes waits; too many at once, or no descriptors "
		    "left (LimitNOFILE=)";
	case HTTP_REPLY:
		return "its status or a header was none; please report this";
	case HTTP_ASTRAY:
		return "a check asks for /check, and pages are at the "
		    "listener `pages`: which one does your proxy connect to?";
	default:
		return NULL;
	}
}

bool
refusal_line(struct refusals *r, const char *listener,
    const struct http_peer *peer, enum http_fault fault, struct buf *b)
{
	const char *hint = advice(fault, peer);
	int64_t minute = clock_mono_tick_ms() / 60000 + 1;
	unsigned untold;

	if (hint == NULL)
		return false;
	if (atomic_exchange(&r->kinds[fault].minute, minute) != minute)
		atomic_store(&r->kinds[fault].told, 0);
	if (atomic_fetch_add(&r->kinds[fault].told, 1) >=
	    REFUSALS_PER_MINUTE) {
		atomic_fetch_add(&r->kinds[fault].untold, 1);
		return false;
	}
	untold = atomic_exchange(&r->kinds[fault].untold, 0);
	buf_printf(b, "listener %s: %s", listener, http_fault_text(fault));
	if (peer != NULL) {
		buf_puts(b, ", ");
		http_peer_put(b, peer);
	}
	buf_printf(b, "; %s", hint);
	if (untold > 0)
		buf_printf(b, " (and %u more since the last line)", untold);
	return !buf_failed(b);
}
