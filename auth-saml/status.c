/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.c - how an identity provider refuses, and how that is told
 *
 * It must never take an unknown code for a success.
 */
#include "status.h"

#include "texts.h"

#define DETAIL_MAX 512u

static const struct { const char *word, *text; } texts[] = {
	{ "AuthnFailed", TEXT_AUTHN_FAILED },
	{ "NoPassive", TEXT_NO_PASSIVE },
	{ "NoAuthnContext", TEXT_NO_CONTEXT },
	{ "RequestDenied", TEXT_DENIED },
	{ "UnknownPrincipal", TEXT_UNKNOWN_PERSON },
	{ "InvalidNameIDPolicy", TEXT_NAME_POLICY },
	{ "NoAvailableIDP", TEXT_NO_IDP },
	{ "NoSupportedIDP", TEXT_NO_IDP },
	{ "RequestUnsupported", TEXT_UNSUPPORTED },
	{ "UnsupportedBinding", TEXT_UNSUPPORTED },
	{ "VersionMismatch", TEXT_UNSUPPORTED },
	{ "Requester", TEXT_REQUESTER },
	{ "Responder", TEXT_RESPONDER },
};

struct csn_str
status_word(struct csn_str uri)
{
	struct csn_str prefix = STR(STATUS);

	return str_starts(uri, prefix) ? str_from_at(uri, prefix.n) : uri;
}

static struct csn_str
code_of(const xmlNode *n)
{
	struct csn_str s = xml_attr(n, "Value");

	return s.p == NULL || s.n > DETAIL_MAX ? STR("") : s;
}

void
status_read(struct gate *g, const xmlNode *response, struct status *ret)
{
	const xmlNode *s = xml_child(response, NS_SAMLP, "Status");
	const xmlNode *top = xml_child(s, NS_SAMLP, "StatusCode");
	const xmlNode *sub = xml_child(top, NS_SAMLP, "StatusCode");

	memset(ret, 0, sizeof(*ret));
	ret->code = code_of(top);
	ret->sub = code_of(sub);
	ret->message = xml_text(xml_child(s, NS_SAMLP, "StatusMessage"),
	    &g->arena);
	if (ret->message.p == NULL || ret->message.n > DETAIL_MAX)
		ret->message = STR("");
	ret->success = xml_count(response, NS_SAMLP, "Status") == 1 &&
	    xml_count(s, NS_SAMLP, "StatusCode") == 1 &&
	    str_is(ret->code, STATUS "Success") && sub == NULL;
}

const char *
status_text(const struct status *s)
{
	struct csn_str codes[] = { status_word(s->sub),
		status_word(s->code) };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			if (str_is(codes[k], texts[i].word))
				return texts[i].text;
	return TEXT_RESPONDER;
}

/* Who may not be asked anything, being `passive`, has failed at nothing: it
 * is nobody's try (security.md P4). */
uint32_t
status_reason(const struct status *s)
{
	struct csn_str word = status_word(s->sub);

	if (str_is(word, "NoPassive"))
		return CSN_R_BACKEND;
	return str_is(word, "NoAuthnContext") ? CSN_R_ASSURANCE :
	    CSN_R_CREDENTIAL;
}
