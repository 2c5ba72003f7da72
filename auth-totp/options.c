/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - the table that is also the manual, and its reading
 *
 * The host has checked types and ranges. It must never open an instance whose
 * codes no app could show.
 */
#include "options.h"

#include <stdlib.h>

#include "lib/text.h"
#include "lib/vals.h"

#include "recovery.h"

#define ISSUER_MAX	64u
#define PERIOD_NIST	120	/* NIST SP 800-63B-4 3.1.4.1 */

enum { OPT_ISSUER, OPT_ALGORITHM, OPT_DIGITS, OPT_PERIOD, OPT_WINDOW,
	OPT_DEVICES, OPT_RECOVERY_CODES };

const struct csn_opt options_table[OPTIONS_COUNT] = {
	[OPT_ISSUER] = { .name = "issuer", .type = CSN_T_STRING,
	    .flags = CSN_O_REQUIRED,
	    .help = "Whose codes these are, as the app will show it." },
	[OPT_ALGORITHM] = { .name = "algorithm", .type = CSN_T_CHOICE,
	    .choices = "sha1|sha256|sha512", .fallback = "sha1",
	    .help = "The hash of new devices; many apps know sha1 only." },
	[OPT_DIGITS] = { .name = "digits", .type = CSN_T_INT,
	    .min = 6, .max = 8, .fallback = "6",
	    .help = "The length of the codes of new devices." },
	[OPT_PERIOD] = { .name = "period", .type = CSN_T_SECONDS,
	    .min = TOTP_PERIOD_MIN, .max = TOTP_PERIOD_MAX,
	    .fallback = "30s",
	    .help = "How long each code of new devices is shown." },
	[OPT_WINDOW] = { .name = "window", .type = CSN_T_INT,
	    .min = 0, .max = TOTP_WINDOW_MAX, .fallback = "1",
	    .help = "How many codes before and after the present one are "
	    "accepted." },
	[OPT_DEVICES] = { .name = "devices", .type = CSN_T_INT,
	    .min = 1, .max = TOTP_DEVICES_MAX, .fallback = "5",
	    .help = "How many devices a person may have." },
	[OPT_RECOVERY_CODES] = { .name = "recovery_codes", .type = CSN_T_INT,
	    .min = 0, .max = RECOVERY_MAX, .fallback = "0",
	    .help = "How many recovery codes a person gets; each works once "
	    "where recover_by, or a policy's accept, says that it counts. "
	    "0: there are none." },
};

static int
read_issuer(struct totp *t, struct csn_str s)
{
	if (s.n == 0 || s.n > ISSUER_MAX || !text_plain(s) ||
	    str_index(s, ':') >= 0 || str_trim(s).n != s.n)
		return -1;
	t->issuer = strndup(s.p, s.n);
	return t->issuer == NULL ? -1 : 0;
}

static void
read_algorithm(struct totp *t, struct csn_str s)
{
	t->params.alg = TOTP_SHA1;
	if (str_is(s, "sha256"))
		t->params.alg = TOTP_SHA256;
	else if (str_is(s, "sha512"))
		t->params.alg = TOTP_SHA512;
}

static int
read_val(struct totp *t, const struct csn_val *v)
{
	switch (v->opt) {
	case OPT_ISSUER:
		return read_issuer(t, v->text);
	case OPT_ALGORITHM:
		read_algorithm(t, v->text);
		return 0;
	case OPT_DIGITS:
		t->params.digits = (uint32_t)v->num;
		return 0;
	case OPT_PERIOD:
		t->params.period = (uint32_t)v->num;
		return 0;
	case OPT_WINDOW:
		t->window = (int)v->num;
		return 0;
	case OPT_DEVICES:
		t->devices = (uint32_t)v->num;
		return 0;
	case OPT_RECOVERY_CODES:
		t->recovery_codes = (uint32_t)v->num;
		return 0;
	default:
		return -1;
	}
}

static void
warn(const struct csn_host *host, struct csn_call *call,
    const struct totp *t)
{
	if (t->params.alg != TOTP_SHA1 || t->params.digits != 6 ||
	    t->params.period != 30)
		host->report(call, CSN_WARN, 0, STR("some authenticator apps "
		    "ignore algorithm, digits and period and show codes of "
		    "sha1, 6, 30s; try the apps that your people use"));
	if (t->params.period > PERIOD_NIST)
		host->report(call, CSN_WARN, 0, STR("period is over 2m, the "
		    "longest that NIST SP 800-63B permits"));
}

int
options_read(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, struct totp *t)
{
	const struct csn_val *v;
	int rc = 0;

	for (size_t i = 0; i < conf->n; i++) {
		v = vals_at(conf, i);
		if (read_val(t, v) == 0)
			continue;
		rc = -1;
		if (v->opt == OPT_ISSUER)
			host->report(call, CSN_FAIL, (uint32_t)i + 1,
			    STR("is not a name that apps can show; use 1 to 64 "
			    "bytes of plain text without a colon"));
		else
			host->report(call, CSN_FAIL, (uint32_t)i + 1,
			    STR("the plugin does not know this option"));
	}
	if (rc == 0)
		warn(host, call, t);
	return rc;
}
