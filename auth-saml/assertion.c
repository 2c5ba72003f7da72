/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assertion.c - who issued it, to whom, for whom, when and how
 *
 * Everything here is read from signed bytes, but for a Response without a
 * signature of its own, which may refuse and never help. It must never pass
 * over a condition that it does not understand.
 */
#include "assertion.h"

#include "status.h"
#include "times.h"

#define BEARER "urn:oasis:names:tc:SAML:2.0:cm:bearer"
#define INSTANT_MAX INT64_C(253402300799000)	/* the end of year 9999 */

static int
refuse(struct gate *g, enum rule why)
{
	g->why = why;
	return -1;
}

/* A time attribute: 1 there, 0 absent, -1 malformed. */
static int
time_attr(const xmlNode *n, const char *name, int64_t *ret)
{
	struct csn_str s = xml_attr(n, name);

	if (s.p == NULL)
		return 0;
	return times_parse(s, ret) == 0 && *ret >= 0 && *ret <= INSTANT_MAX ?
	    1 : -1;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ------------------------------------------------------------------ */
/* the Response: rules 14 to 17 */

bool
issuer_is(struct gate *g, const xmlNode *message, struct csn_str want)
{
	const xmlNode *n = xml_child(message, NS_SAML, "Issuer");
	struct csn_str format = xml_attr(n, "Format");
	struct csn_str got = xml_text(n, &g->arena);

	return got.p != NULL && got.n > 0 && str_equal(got, want) &&
	    xml_count(message, NS_SAML, "Issuer") == 1 &&
	    (format.p == NULL || str_is(format, NAMEID_ENTITY));
}

static bool
version_good(const xmlNode *n)
{
	struct csn_str v = xml_attr(n, "Version");

	return v.p != NULL && str_is(v, "2.0");
}

static int
issued(struct gate *g, const xmlNode *n, const struct expected *e)
{
	int64_t at = 0;

	if (time_attr(n, "IssueInstant", &at) != 1 ||
	    at > e->now_ms + e->skew_ms)
		return refuse(g, RULE_ISSUE_INSTANT);
	return 0;
}

/* Prof 4.1.4.2: with a signature, or around something encrypted, it names its
 * issuer and its destination (Bind 3.5.5.2). */
static int
response_judge(struct gate *g, const struct expected *e)
{
	struct csn_str to = xml_attr(g->root, "Destination");
	struct csn_str answers = xml_attr(g->root, "InResponseTo");
	bool issuer = xml_child(g->root, NS_SAML, "Issuer") != NULL;
	struct status s;

	if (!version_good(g->root))
		return refuse(g, RULE_VERSION);
	if ((issuer || g->signed_root || g->encrypted) &&
	    !issuer_is(g, g->root, e->idp))
		return refuse(g, RULE_ISSUER);
	if (to.p == NULL ? g->signed_root : !str_equal(to, e->acs))
		return refuse(g, RULE_DESTINATION);
	/* Prof 4.1.5: what nobody asked for answers nothing */
	if (e->request_id.n == 0 ? answers.p != NULL : answers.p == NULL ||
	    !str_equal(answers, e->request_id))
		return refuse(g, RULE_IN_RESPONSE_TO);
	if (issued(g, g->root, e) < 0)
		return -1;
	status_read(g, g->root, &s);
	return s.success ? 0 : refuse(g, RULE_STATUS);
}

/* ------------------------------------------------------------------ */
/* the subject's confirmation: rule 18 */

static bool
confirmation_fits(const xmlNode *n, const struct expected *e,
    int64_t *ret_until)
{
	const xmlNode *d = xml_child(n, NS_SAML, "SubjectConfirmationData");
	struct csn_str method = xml_attr(n, "Method");
	struct csn_str to = xml_attr(d, "Recipient");
	struct csn_str answers = xml_attr(d, "InResponseTo");
	int64_t until = 0, from = 0;

	if (method.p == NULL || !str_is(method, BEARER) ||
	    xml_count(n, NS_SAML, "SubjectConfirmationData") != 1 ||
	    to.p == NULL || !str_equal(to, e->acs) ||
	    time_attr(d, "NotOnOrAfter", &until) != 1 ||
	    until + e->skew_ms <= e->now_ms ||
	    time_attr(d, "NotBefore", &from) != 0)
		return false;
	if (e->request_id.n == 0 ? answers.p != NULL : answers.p == NULL ||
	    !str_equal(answers, e->request_id))
		return false;
	*ret_until = until;
	return true;
}

/* Others beside a bearer confirmation that fits are no business of ours
 * (Core 2.4.1): any one suffices. */
static int
subject_judge(struct gate *g, const struct expected *e, struct assertion *a)
{
	const xmlNode *s = xml_child(a->node, NS_SAML, "Subject");
	bool fits = false;
	int64_t until;

	if (xml_count(a->node, NS_SAML, "Subject") != 1)
		return refuse(g, RULE_CONFIRMATION);
	for (const xmlNode *c = xml_child(s, NS_SAML, "SubjectConfirmation");
	    c != NULL; c = xml_same(c, NS_SAML, "SubjectConfirmation"))
		if (confirmation_fits(c, e, &until)) {
			a->not_after_ms = until > a->not_after_ms ? until :
			    a->not_after_ms;
			fits = true;
		}
	return fits ? 0 : refuse(g, RULE_CONFIRMATION);
}

/* ------------------------------------------------------------------ */
/* conditions: rule 19 */

/* Core 2.5.1.4: one of its audiences is us. */
static bool
audience_has(struct gate *g, const xmlNode *n, struct csn_str sp)
{
	for (const xmlNode *a = xml_child(n, NS_SAML, "Audience"); a != NULL;
	    a = xml_same(a, NS_SAML, "Audience")) {
		struct csn_str s = xml_text(a, &g->arena);

		if (s.p != NULL && s.n > 0 && str_equal(s, sp))
			return true;
	}
	return false;
}

static int
restrictions_judge(struct gate *g, const xmlNode *c, const struct expected *e)
{
	size_t audiences = 0;

	for (const xmlNode *n = xml_first(c); n != NULL; n = xml_next(n)) {
		if (xml_is(n, NS_SAML, "AudienceRestriction")) {
			if (!audience_has(g, n, e->sp))
				return refuse(g, RULE_AUDIENCE);
			audiences++;
		} else if (!xml_is(n, NS_SAML, "OneTimeUse") &&
		    !xml_is(n, NS_SAML, "ProxyRestriction")) {
			return refuse(g, RULE_CONDITIONS);
		}
	}
	return audiences > 0 ? 0 : refuse(g, RULE_AUDIENCE);
}

static int
conditions_judge(struct gate *g, const struct expected *e,
    struct assertion *a)
{
	const xmlNode *c = xml_child(a->node, NS_SAML, "Conditions");
	int64_t from = 0, until = INSTANT_MAX;
	int has_from, has_until;

	if (xml_count(a->node, NS_SAML, "Conditions") != 1)
		return refuse(g, RULE_CONDITIONS);
	has_from = time_attr(c, "NotBefore", &from);
	has_until = time_attr(c, "NotOnOrAfter", &until);
	if (has_from < 0 || has_until < 0)
		return refuse(g, RULE_CONDITIONS);
	if (has_from == 1 && from > e->now_ms + e->skew_ms)
		return refuse(g, RULE_NOT_BEFORE);
	if (has_until == 1 && until + e->skew_ms <= e->now_ms)
		return refuse(g, RULE_NOT_ON_OR_AFTER);
	if (has_from == 1 && has_until == 1 && from >= until)
		return refuse(g, RULE_CONDITIONS);
	/* it can be used until both have ended */
	a->not_after_ms = sooner(a->not_after_ms, until);
	return restrictions_judge(g, c, e);
}

/* ------------------------------------------------------------------ */
/* the statement of authentication: rules 20 and 21 */

static bool
class_answers(const struct expected *e, struct csn_str got)
{
	if (e->classes.n == 0)
		return true;
	for (size_t i = 0; got.n > 0 && i < e->classes.n; i++)
		if (str_equal(e->classes.v[i], got))
			return true;
	return false;
}

static int
instant_judge(struct gate *g, const xmlNode *s, const struct expected *e,
    struct assertion *a)
{
	int64_t at = 0, end = 0;
	int has_end = time_attr(s, "SessionNotOnOrAfter", &end);

	if (time_attr(s, "AuthnInstant", &at) != 1 ||
	    at > e->now_ms + e->skew_ms || (e->fresh_since_ms > 0 &&
	    at + e->skew_ms < e->fresh_since_ms))
		return refuse(g, RULE_AUTHN_INSTANT);
	if (has_end < 0 || (has_end == 1 && end + e->skew_ms <= e->now_ms))
		return refuse(g, RULE_SESSION_OVER);
	a->auth_ms = sooner(at, e->now_ms);
	/* one that is let in by the skew ends by it */
	a->session_end_ms = has_end != 1 ? 0 : end > e->now_ms ? end :
	    end + e->skew_ms;
	return 0;
}

static int
authn_judge(struct gate *g, const struct expected *e, struct assertion *a)
{
	const xmlNode *s = xml_child(a->node, NS_SAML, "AuthnStatement");
	const xmlNode *c = xml_child(s, NS_SAML, "AuthnContext");
	struct csn_str index = xml_attr(s, "SessionIndex"), class_ref;

	if (xml_count(a->node, NS_SAML, "AuthnStatement") != 1 ||
	    xml_count(s, NS_SAML, "AuthnContext") != 1 ||
	    xml_count(c, NS_SAML, "AuthnContextClassRef") > 1)
		return refuse(g, RULE_AUTHN_STATEMENT);
	if (instant_judge(g, s, e, a) < 0)
		return -1;
	class_ref = xml_text(xml_child(c, NS_SAML, "AuthnContextClassRef"),
	    &g->arena);
	a->class_ref = class_ref.p == NULL ? STR("") : class_ref;
	a->session_index = index.p == NULL ? STR("") : index;
	return class_answers(e, a->class_ref) ? 0 :
	    refuse(g, RULE_AUTHN_CONTEXT);
}

/* ------------------------------------------------------------------ */

static struct csn_str
attr_or_empty(const xmlNode *n, const char *name)
{
	struct csn_str s = xml_attr(n, name);

	return s.p == NULL ? STR("") : s;
}

void
name_id_read(struct gate *g, const xmlNode *n, struct name_id *ret)
{
	struct csn_str value = xml_text(n, &g->arena);

	ret->value = value.p == NULL ? STR("") : value;
	ret->padded = xml_padded(n);
	ret->format = attr_or_empty(n, "Format");
	ret->name_qualifier = attr_or_empty(n, "NameQualifier");
	ret->sp_name_qualifier = attr_or_empty(n, "SPNameQualifier");
}

static int
name_judge(struct gate *g, struct assertion *a)
{
	const xmlNode *s = xml_child(a->node, NS_SAML, "Subject");
	const xmlNode *n = xml_child(s, NS_SAML, "NameID");
	const xmlNode *hidden = xml_child(s, NS_SAML, "EncryptedID");

	if (xml_count(s, NS_SAML, "NameID") +
	    xml_count(s, NS_SAML, "EncryptedID") > 1)
		return refuse(g, RULE_SUBJECT);
	if (hidden != NULL && (n = gate_decrypt(g, hidden, "a:NameID")) ==
	    NULL)
		return -1;
	if (n != NULL)
		name_id_read(g, n, &a->name_id);
	a->has_name_id = n != NULL;
	return 0;
}

int
assertion_judge(struct gate *g, const struct expected *e,
    struct assertion *ret)
{
	struct assertion a = { .node = g->assertion };

	if (response_judge(g, e) < 0)
		return -1;
	if (a.node == NULL)
		return refuse(g, RULE_ASSERTIONS);
	if (!version_good(a.node))
		return refuse(g, RULE_VERSION);
	if (!issuer_is(g, a.node, e->idp))
		return refuse(g, RULE_ISSUER);
	a.issuer = e->idp;
	a.id = attr_or_empty(a.node, "ID");
	if (a.id.n == 0)
		return refuse(g, RULE_ID);
	if (issued(g, a.node, e) < 0 || subject_judge(g, e, &a) < 0 ||
	    conditions_judge(g, e, &a) < 0 || authn_judge(g, e, &a) < 0 ||
	    name_judge(g, &a) < 0)
		return -1;
	*ret = a;
	return 0;
}
