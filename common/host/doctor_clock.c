/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_clock.c - is this machine's clock right?
 *
 * A clock that is 40 s off makes every code wrong for everybody. Whether
 * something keeps it right the kernel says; how far it is off, the providers
 * that the configuration names: nobody else is asked.
 */
#include <sys/timex.h>

#include "doctor.h"
#include "lib/timefmt.h"
#include "peer_clock.h"

#define AREA		"clock"
#define ASK_MS		5000
#define OFF_WARNING	10000	/* ms */
#define OFF_ERROR	30000
#define ASK_MAX		16u

static void
sync_look(struct doctor *d)
{
	struct timex t = { .modes = 0 };
	int state = adjtimex(&t);

	doctor_looked(d);
	if (state < 0)
		doctor_say(d, DOCTOR_NOTE, AREA, STR("the kernel"), "",
		    "does not say whether this clock is kept right");
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		doctor_say(d, DOCTOR_WARNING, AREA, STR("the kernel"),
		    "run an NTP client (systemd-timesyncd, chrony)",
		    "nothing keeps this clock right");
}

static void
date_judge(struct doctor *d, struct csn_str origin, int64_t ahead)
{
	bool far = ahead <= -OFF_ERROR || ahead >= OFF_ERROR;

	if (ahead > -OFF_WARNING && ahead < OFF_WARNING)
		return;
	doctor_say(d, far ? DOCTOR_ERROR : DOCTOR_WARNING, AREA, origin,
	    "set the clock right; run NTP. If only this peer differs, it is "
	    "the one", "this clock is %.*s %s of that peer's",
	    STR_FMT(doctor_span(d, ahead)), ahead > 0 ? "behind" : "ahead");
}

static void
origin_ask(struct doctor *d, struct http_client *http, struct csn_str origin,
    const struct http_trust *trust)
{
	struct csn_http_res res = { .struct_size = sizeof(res) };
	struct http_request rq = { .method = STR("GET"), .url = arena_printf(
	    &d->arena, "%.*s/", STR_FMT(origin)), .origins = { &origin, 1 },
	    .trust = trust, .deadline_ms = clock_mono_ms() + ASK_MS };
	int64_t before = clock_wall_ms();
	struct peer_clock clock = { .known = false };
	struct arena a;

	doctor_looked(d);
	arena_init(&a, 8u << 20);
	/* that it does not answer is for the factor's own test to say */
	if (http_client_fetch(http, &a, &rq, &res, NULL) == CSN_OK) {
		peer_clock_read(&clock, res.headers, before, clock_wall_ms());
		date_judge(d, origin, clock.ahead_ms);
	}
	arena_free(&a);
}

/* "https://host[:port]" of a URL. */
static struct csn_str
origin_of(struct csn_str url)
{
	ptrdiff_t at = str_find(url, STR("://")), slash;

	if (at < 0)
		return STR("");
	slash = str_index(str_from_at(url, (size_t)at + 3), '/');
	return slash < 0 ? url : str_of(url.p, (size_t)(at + 3 + slash));
}

struct asked { struct csn_str v[ASK_MAX]; size_t n; };

static bool
asked_before(struct asked *asked, struct csn_str origin)
{
	for (size_t i = 0; i < asked->n; i++)
		if (str_equal(asked->v[i], origin))
			return true;
	if (asked->n == ASK_MAX)
		return true;
	asked->v[asked->n++] = origin;
	return false;
}

static void
factor_ask(struct doctor *d, struct http_client *http, struct asked *asked,
    const struct conf_factor *f)
{
	struct http_trust trust = { .ca_file = STR("") };

	trust.ca_pem = trust.cert_pem = trust.key_pem = STR("");
	/* whom a factor trusts stands in the option that all call so */
	for (size_t i = 0; i < f->nvals; i++)
		if (strcmp(f->plugin->opts[f->vals[i].opt].name, "ca") == 0)
			trust.ca_pem = f->vals[i].text;
	for (size_t i = 0; i < f->nvals; i++) {
		struct csn_str origin = origin_of(f->vals[i].text);

		if (f->plugin->opts[f->vals[i].opt].type ==
		    CSN_T_HTTPS_URL && origin.n > 0 &&
		    !asked_before(asked, origin))
			origin_ask(d, http, origin, &trust);
	}
}

void
doctor_clock(struct doctor *d)
{
	struct http_client *http = d->conf == NULL ? NULL :
	    http_client_new(NULL);
	struct asked asked = { .n = 0 };

	sync_look(d);
	for (size_t i = 0; http != NULL && i < d->conf->nfactors; i++)
		factor_ask(d, http, &asked, &d->conf->factors[i]);
	http_client_free(http);
}
