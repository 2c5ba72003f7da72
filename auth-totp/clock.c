/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - whether this machine's clock is one that phones agree with
 *
 * Phones are kept in time by their networks: where many of them are off by the
 * same, it is not they who are. It must never move anything by what it finds.
 */
#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timex.h>

#include "lib/text.h"

#include "record.h"

#define ACCOUNTS	500u	/* looked at */
#define KEYS_AT_ONCE	100u
#define DEVICES_MIN	10u	/* fewer say nothing about us */
#define SEEN_MIN	2u	/* codes in a row at one offset */

struct sample {
	int offset_s[ACCOUNTS * TOTP_DEVICES_MAX];
	size_t n;
};

static void
tell(const struct totp *t, struct csn_call *call, uint32_t severity,
    const char *text)
{
	t->host->report(call, severity, 0, str_from(text));
}

/* Nobody keeps it in time, as the kernel was told. Not allowed to ask: not
 * known. */
static void
kernel_check(const struct totp *t, struct csn_call *call)
{
	struct timex tx = { .modes = 0 };

	if (adjtimex(&tx) == TIME_ERROR && (tx.status & STA_UNSYNC) != 0)
		tell(t, call, CSN_WARN, "nothing keeps this machine's clock in "
		    "time (NTP): when it is off by more than the window, no "
		    "code is accepted; is chrony or systemd-timesyncd "
		    "running?");
}

static void
record_look(struct sample *s, const struct record *record)
{
	for (uint32_t i = 0; i < record->n; i++) {
		const struct device *d = &record->devices[i];

		if (d->used_ms != 0 && d->seen_count >= SEEN_MIN)
			s->offset_s[s->n++] = d->seen * (int)d->params.period;
	}
}

/* What cannot be read is not this check's to complain of. */
static void
sample_take(const struct round *r, struct sample *s)
{
	struct csn_str after = STR(""), raw;
	struct record *record = round_alloc(r, sizeof(*record));
	struct csn_strs keys;
	size_t seen = 0;

	while (record != NULL && seen < ACCOUNTS &&
	    r->t->host->kv_list(r->call, STR(RECORD_PREFIX), after,
	    KEYS_AT_ONCE, &keys) == CSN_OK && keys.n > 0) {
		for (size_t i = 0; i < keys.n && seen < ACCOUNTS; i++, seen++)
			if (r->t->host->kv_get(r->call, keys.v[i], &raw) ==
			    CSN_OK && record_unpack(raw, record) == 0)
				record_look(s, record);
		after = keys.v[keys.n - 1];
	}
}

static int
by_size(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
devices_check(const struct totp *t, struct csn_call *call)
{
	struct round r = { .t = t, .call = call };
	struct sample *s = round_alloc(&r, sizeof(*s));
	char text[256];
	int off;

	if (s == NULL)
		return;
	sample_take(&r, s);
	if (s->n < DEVICES_MIN)
		return;
	qsort(s->offset_s, s->n, sizeof(s->offset_s[0]), by_size);
	off = s->offset_s[s->n / 2];
	if (off == 0)
		return;
	(void)snprintf(text, sizeof(text), "most of %zu devices are about %d "
	    "seconds %s this machine: it is its clock that is %s; set it, and "
	    "have it kept in time (NTP)", s->n, abs(off), off > 0 ?
	    "ahead of" : "behind", off > 0 ? "slow" : "fast");
	tell(t, call, CSN_WARN, text);
}

int
clock_check(const struct totp *t, struct csn_call *call, bool live)
{
	if (t->host->now_ms(call) < TOTP_EARLIEST_MS) {
		tell(t, call, CSN_FAIL, "the clock of this machine is not "
		    "set; no code will be accepted");
		return -1;
	}
	if (live) {
		kernel_check(t, call);
		devices_check(t, call);
	}
	return 0;
}
