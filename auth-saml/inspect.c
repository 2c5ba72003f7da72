/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inspect.c - `countersign saml-inspect`: a captured response, rule by rule
 *
 * It goes through the very gate that logins go through. What nobody can know
 * afterwards, which request it answers, is taken from the response and said to
 * be so. It must never log anybody in, nor use the assertion up.
 */
#include "inspect.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/url.h"

#include "assertion.h"
#include "bind.h"
#include "person.h"
#include "provider.h"
#include "status.h"
#include "times.h"

struct inspection {
	const struct job *job;
	struct csn_reply *reply;
	struct csn_item *items;
	size_t n;
	struct buf xml;
	struct gate gate;
	struct unwrap unwrap;
	struct keys keys;
	struct idp_set *set;
	const struct idp *idp;
	bool at_issue;			/* judged at the time of its issue */
};

/* What is asked only where something is encrypted, fetched or begun there. */
static const enum rule elsewhere[] = { RULE_INFLATE, RULE_QUERY, RULE_REPLAY,
	RULE_ARTIFACT, RULE_LOGOUT, RULE_UNSOLICITED, RULE_METADATA,
	RULE_MEMORY, RULE_IN_RESPONSE_TO };

static void
say(struct inspection *in, const char *id, const char *title,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
say(struct inspection *in, const char *id, const char *title,
    const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || in->n >= RULES_COUNT + 16u)
		return;
	in->items[in->n].id = job_str(in->job, str_from(id));
	in->items[in->n].title = str_from(title);
	in->items[in->n++].detail = job_str(in->job, str_of(text,
	    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

/* XML, base64, or a value that a form would send. */
static int
body_unpack(struct inspection *in, struct csn_str body)
{
	struct csn_str s = str_trim(body);
	struct buf plain;
	int rc;

	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	if (s.n > 0 && (s.p[0] == '<' || (uint8_t)s.p[0] == 0xef)) {
		buf_str_put(&in->xml, s);
		return 0;
	}
	if (str_starts(s, STR("SAMLResponse=")))
		s = str_from_at(s, 13);
	buf_init(&plain, 4u * BIND_MESSAGE_MAX);
	rc = url_unescape(&plain, s);
	if (rc == 0)
		rc = bind_post_read(buf_str(&plain), &in->xml,
		    &in->gate.why);
	else
		in->gate.why = RULE_BASE64;
	buf_free(&plain);
	return rc;
}

static int
idp_choose(struct inspection *in)
{
	struct csn_str issuer;
	struct gate peek;
	int rc = -1;

	in->set = provider_get(in->job);
	gate_init(&peek);
	if (gate_peek_issuer(&peek, buf_str(&in->xml), "p:Response",
	    &issuer) < 0 && peek.why != RULE_ISSUER) {
		in->gate.why = peek.why;
	} else if (in->set == NULL) {
		say(in, "metadata", "failed", "there is no metadata yet");
	} else {
		in->idp = idp_set_count(in->set) == 1 ?
		    idp_set_at(in->set, 0) : issuer.p == NULL ? NULL :
		    idp_set_find(in->set, issuer);
		if (in->idp == NULL)
			in->gate.why = RULE_ISSUER;
		else
			rc = idp_keys(in->idp, &in->keys);
	}
	gate_free(&peek);
	return rc;
}

static struct expected
expected_make(const struct inspection *in)
{
	const struct options *o = in->job->opt;
	struct csn_str answers = xml_attr(in->gate.root, "InResponseTo");
	struct csn_str at = xml_attr(in->gate.root, "IssueInstant");
	struct expected e = { .idp = in->idp->entity_id, .sp = o->entity_id,
	    .acs = o->acs, .request_id = answers.p == NULL ? STR("") :
	    answers, .classes = options_classes(o), .now_ms = job_now(in->job),
	    .skew_ms = o->skew_ms };

	if (in->at_issue && at.p != NULL)
		(void)times_parse(at, &e.now_ms);
	return e;
}

static void
person_say(struct inspection *in, const struct person *p)
{
	say(in, "subject", "would be", "%.*s", STR_FMT(p->subject));
	if (p->subject_id.n > 0)
		say(in, "subject-id", "would be", "%.*s",
		    STR_FMT(p->subject_id));
	for (size_t i = 0; i < p->groups.n && i < 8; i++)
		say(in, "group", "would be", "%.*s",
		    STR_FMT(p->groups.v[i]));
}

static int
judge(struct inspection *in, struct person *ret)
{
	struct assertion a = { .node = NULL };
	struct expected e;

	in->gate.policy = in->job->opt->policy;
	in->gate.keys = &in->keys;
	in->unwrap = job_unwrap(in->job);
	in->gate.unwrap = &in->unwrap;
	if (gate_response(&in->gate, buf_str(&in->xml)) < 0)
		return -1;
	e = expected_make(in);
	if (assertion_judge(&in->gate, &e, &a) < 0)
		return -1;
	return person_read(in->job, &in->gate, &a, in->set, in->idp, ret);
}

static bool
of_time(enum rule r)
{
	return r == RULE_NOT_ON_OR_AFTER || r == RULE_CONFIRMATION ||
	    r == RULE_SESSION_OVER || r == RULE_NOT_BEFORE ||
	    r == RULE_ISSUE_INSTANT;
}

static bool
is_elsewhere(enum rule r)
{
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (elsewhere[i] == r)
			return true;
	return false;
}

/* In the order in which they are asked. */
static void
rules_say(struct inspection *in, enum rule failed)
{
	for (enum rule r = RULE_NONE + 1; r < RULES_COUNT; r++) {
		if (r == failed)
			say(in, rule_name(r), "failed",
			    "%s: the message %s%s%s", rule_section(r),
			    rule_text(r),
			    in->gate.where != NULL ? ", at " : "",
			    in->gate.where != NULL ? in->gate.where : "");
		else if (!is_elsewhere(r))
			say(in, rule_name(r), failed == RULE_NONE ||
			    r < failed ? "passed" : "not reached", "%s",
			    rule_section(r));
	}
}

static void
again_at_issue(struct inspection *in, struct person *p)
{
	enum rule first = in->gate.why;

	if (!of_time(first))
		return;
	gate_free(&in->gate);
	gate_init(&in->gate);
	in->at_issue = true;
	if (judge(in, p) == 0 || in->gate.why != first)
		say(in, rule_name(first), "failed", "now, but not at the time "
		    "of its issue, by which the rest is judged");
	else
		in->gate.why = first;
}

uint32_t
inspect_run(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct inspection in = { .job = j, .reply = reply };
	struct person p = { .has_groups = false };
	enum rule first = RULE_NONE;

	in.items = job_array(j, RULES_COUNT + 16u, sizeof(*in.items));
	if (in.items == NULL)
		return CSN_ERROR;
	gate_init(&in.gate);
	buf_init(&in.xml, 4u * BIND_MESSAGE_MAX);
	if (body_unpack(&in, req->body) == 0 && idp_choose(&in) == 0 &&
	    judge(&in, &p) < 0) {
		first = in.gate.why;
		again_at_issue(&in, &p);
	}
	say(&in, "in-response-to", "not asked", "which request it answers is "
	    "known during a login only");
	rules_say(&in, in.gate.why);
	if (p.subject.n > 0)
		person_say(&in, &p);
	if (first == RULE_NONE)
		first = in.gate.why;
	reply->items = in.items;
	reply->nitems = in.n;
	reply->item_size = sizeof(*in.items);
	gate_free(&in.gate);
	keys_free(&in.keys);
	buf_free(&in.xml);
	idp_set_unref(in.set);
	return first == RULE_NONE && p.subject.n > 0 ? CSN_DONE : CSN_DENY;
}
