/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest.c - `countersign test`: what is wrong, and what the other side needs
 *
 * It must never log a person in, nor change what logins use.
 */
#include "selftest.h"

#include <stdarg.h>
#include <stdio.h>

#include "leave.h"
#include "provider.h"

#define DAY_MS INT64_C(86400000)
#define SOON_DAYS 30

static void
say(const struct job *j, uint32_t severity, uint32_t val, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
say(const struct job *j, uint32_t severity, uint32_t val, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		j->host->report(j->call, severity, val, str_of(text,
		    (size_t)n < sizeof(text) ? (size_t)n :
		    sizeof(text) - 1));
}

/* What to give to the identity provider's administrator. */
static void
ours_say(const struct job *j)
{
	const struct options *o = j->opt;

	say(j, CSN_INFO, 0, "our metadata: %.*smetadata",
	    STR_FMT(o->base_url));
	say(j, CSN_INFO, 0, "by hand: entity ID %.*s, assertion consumer "
	    "service %.*s (HTTP-POST), single logout %.*s",
	    STR_FMT(o->entity_id), STR_FMT(o->acs), STR_FMT(o->slo));
	if (o->alg.n == 0)
		say(j, CSN_WARN, 0, "without `signing_key` nothing that we "
		    "send is signed, and nobody is signed out there");
	else if (o->certificate.n == 0)
		say(j, CSN_WARN, o->val_key, "without `certificate` our "
		    "metadata does not hold the key");
	if (o->ndecrypt == 0)
		say(j, CSN_INFO, 0, "no RSA key: encrypted assertions cannot "
		    "be read");
}

static bool
keys_say(const struct job *j, const struct idp *i)
{
	struct keys k;
	int64_t now = job_now(j);
	size_t over = 0;

	if (idp_keys(i, &k) < 0) {
		say(j, CSN_FAIL, 0, "%.*s: none of its keys can be used",
		    STR_FMT(i->entity_id));
		return false;
	}
	for (size_t n = 0; n < k.n; n++) {
		if (k.until_ms[n] < now)
			over++;
		else if (k.until_ms[n] < now + SOON_DAYS * DAY_MS)
			say(j, CSN_INFO, 0, "%.*s: a signing certificate "
			    "ends in %d days; its key goes on counting as "
			    "long as the metadata names it",
			    STR_FMT(i->entity_id),
			    (int)((k.until_ms[n] - now) / DAY_MS));
	}
	if (over > 0)
		say(j, CSN_INFO, 0, "%.*s: %zu of %zu signing certificates "
		    "are over; the keys count all the same",
		    STR_FMT(i->entity_id), over, k.n);
	keys_free(&k);
	return true;
}

static bool
idp_say(const struct job *j, const struct idp *i)
{
	const struct options *o = j->opt;
	bool good = keys_say(j, i);

	if (i->until_ms != INT64_MAX && i->until_ms < job_now(j) + 3 * DAY_MS)
		say(j, CSN_WARN, o->val_metadata, "the metadata of %.*s is "
		    "valid for %d hours more", STR_FMT(i->entity_id),
		    (int)((i->until_ms - job_now(j)) / 3600000));
	if (i->want_signed && (o->alg.n == 0 || o->signing == SIGN_NEVER)) {
		say(j, CSN_FAIL, o->val_key, "%.*s demands signed requests: "
		    "give `signing_key`", STR_FMT(i->entity_id));
		good = false;
	}
	if ((o->binding == BIND_POST && i->sso_post.n == 0) ||
	    (o->binding == BIND_REDIRECT && i->sso_redirect.n == 0)) {
		say(j, CSN_FAIL, 0, "%.*s does not take requests by the "
		    "binding of `binding`", STR_FMT(i->entity_id));
		good = false;
	}
	if (o->artifact && o->artifact_url.n + i->artifact[0].n +
	    i->artifact[1].n == 0) {
		say(j, CSN_FAIL, 0, "%.*s has no artifact resolution service",
		    STR_FMT(i->entity_id));
		good = false;
	}
	if (o->logout && !leave_possible(o, i))
		say(j, CSN_INFO, 0, "%.*s has no single logout by the binding "
		    "of `logout_binding`: people are signed out here only",
		    STR_FMT(i->entity_id));
	return good;
}

static struct idp_set *
set_take(const struct job *j, bool live)
{
	struct idp_set *set = NULL;
	const char *why;

	if (live && (j->opt->metadata.n > 0 || j->opt->mdq.n > 0)) {
		if (provider_fetch(j, &set, &why) == 0)
			return set;
		say(j, CSN_FAIL, j->opt->val_metadata, "the metadata %s",
		    why);
	}
	return provider_get(j);
}

int32_t
selftest_run(const struct job *j, bool live)
{
	struct idp_set *set;
	bool good = true;
	size_t n;

	ours_say(j);
	set = set_take(j, live);
	n = idp_set_count(set);
	if (set == NULL)
		say(j, live ? CSN_FAIL : CSN_INFO, j->opt->val_metadata,
		    "no metadata yet");
	else if (n > 1)
		say(j, CSN_INFO, 0, "%zu identity providers to choose from",
		    n);
	else
		say(j, CSN_INFO, 0, "identity provider %.*s",
		    STR_FMT(idp_set_at(set, 0)->entity_id));
	for (size_t k = 0; k < n && n <= 16; k++)
		good = idp_say(j, idp_set_at(set, k)) && good;
	idp_set_unref(set);
	return good && (set != NULL || !live) ? CSN_OK : CSN_E_INVALID;
}
