/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * refused.c - the provider's refusals and ours, said to the person
 *
 * The description is somebody else's text: shown as quoted plain text, cut,
 * and only for codes that we have no words of our own for.
 */
#include "refused.h"

#include "lib/text.h"

#include "texts.h"

#define QUOTED_MAX	200u

/* What `prompt: none` may come to (OIDC Core 3.1.2.6) is nobody's failed try:
 * the provider looked, and asked nobody for anything. */
static const struct {
	const char *error, *text;
	uint32_t reason;
} known[] = {
	{ "access_denied", TEXT_CANCELLED, CSN_R_CREDENTIAL },
	{ "login_required", TEXT_ASKS, CSN_R_BACKEND },
	{ "interaction_required", TEXT_ASKS, CSN_R_BACKEND },
	{ "consent_required", TEXT_ASKS, CSN_R_BACKEND },
	{ "account_selection_required", TEXT_ASKS, CSN_R_BACKEND },
	{ "unmet_authentication_requirements", TEXT_WEAK, CSN_R_ASSURANCE },
	{ "temporarily_unavailable", TEXT_BUSY, CSN_R_BACKEND },
	{ "server_error", TEXT_BUSY, CSN_R_BACKEND },
};

/* Printable, at most 200 bytes, cut between two characters. */
static struct csn_str
quoted(const struct round *r, struct csn_str words)
{
	struct csn_str one;
	struct buf b;
	size_t at = 0;

	round_buf(r, &b, QUOTED_MAX + 8);
	while (at < words.n) {
		size_t from = at;

		(void)text_next(words, &at);
		one = str_of(words.p + from, at - from);
		if (b.n + one.n > QUOTED_MAX)
			break;
		if (text_plain(one))
			buf_str_put(&b, one);
		else
			buf_char(&b, ' ');
	}
	return buf_str(&b);
}

static void
quote(const struct round *r, struct csn_str error, struct csn_str words)
{
	struct csn_pair *arg = round_alloc(r, sizeof(*arg));
	struct csn_str text = quoted(r, words.n > 0 ? words : error);

	r->reply->message = STR(TEXT_NOT_LET);
	if (arg == NULL || text.n == 0)
		return;
	*arg = (struct csn_pair){ STR("text"), text };
	r->reply->message = STR(TEXT_QUOTED);
	r->reply->message_args = (struct csn_pairs){ arg, 1 };
}

enum outcome
refused_by_provider(const struct round *r, struct csn_str error,
    struct csn_str description)
{
	(void)round_refuse(r, CSN_R_CREDENTIAL, "provider-refused", error);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is(error, known[i].error)) {
			r->reply->reason = known[i].reason;
			r->reply->message = str_from(known[i].text);
			return OUTCOME_DENY;
		}
	quote(r, error, description);
	return OUTCOME_DENY;
}

static enum outcome
refused_in_words(const struct round *r, uint32_t reason, const char *why,
    const char *detail, const char *text)
{
	(void)round_refuse(r, reason, why, str_from(detail));
	r->reply->message = str_from(text);
	return OUTCOME_DENY;
}

enum outcome
refused_as_weak(const struct round *r, const char *why)
{
	return refused_in_words(r, CSN_R_ASSURANCE, why, "", TEXT_WEAK);
}

enum outcome
refused_as_old(const struct round *r, const char *why)
{
	return refused_in_words(r, CSN_R_ASSURANCE, why, "", TEXT_OLD);
}

enum outcome
refused_as_stranger(const struct round *r, const char *why,
    const char *detail)
{
	return refused_in_words(r, CSN_R_ACCOUNT, why, detail,
	    TEXT_NOT_MEANT);
}
