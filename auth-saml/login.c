/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login.c - step(): a browser back from the identity provider
 *
 * What comes back is judged by the gate, then by the assertion's rules, then
 * against all that were used before, on every node. It must never grant on
 * anything that is not from signed bytes, nor tell a browser which rule
 * refused it.
 */
#include "login.h"

#include "artifact.h"
#include "bind.h"
#include "discover.h"
#include "person.h"
#include "provider.h"
#include "status.h"
#include "texts.h"

#define NAME_BYTES_MAX 8192u	/* and so it fits what a session keeps */

struct answer {			/* one response on its way through */
	const struct job *job;
	const struct csn_req *req;
	struct csn_reply *reply;
	struct state state;
	struct gate gate;
	struct unwrap unwrap;
	struct keys keys;
	struct idp_set *set;
	const struct idp *idp;
	struct status status;
	bool unsolicited;
};

/* ------------------------------------------------------------------ */
/* refusing */

void
login_audit_refused(const struct job *j, const struct gate *g,
    struct csn_str idp)
{
	struct csn_pair pairs[4] = {
		{ STR("rule"), str_from(rule_name(g->why)) },
		{ STR("section"), str_from(rule_section(g->why)) },
		{ STR("idp"), idp },
	};
	size_t n = 3;

	if (g->where != NULL) {
		pairs[n].name = STR("element");
		pairs[n++].value = str_from(g->where);
	}
	for (size_t i = 0; i < n; i++)
		pairs[i].value = job_str(j, pairs[i].value);
	job_audit(j, "refused", pairs, n);
}

/* What the provider itself said, in words to the person and with both codes
 * in the log (Core 3.2.2.2). */
static uint32_t
status_refuse(struct answer *a)
{
	const struct job *j = a->job;
	struct csn_pair pairs[] = {
		{ STR("rule"), str_from(rule_name(RULE_STATUS)) },
		{ STR("idp"), a->idp->entity_id },
		{ STR("status"), status_word(a->status.code) },
		{ STR("sub-status"), status_word(a->status.sub) },
		{ STR("message"), a->status.message },
	};

	job_audit(j, "refused-by-provider", pairs, 5);
	a->reply->reason = status_reason(&a->status);
	a->reply->message = str_from(status_text(&a->status));
	return CSN_DENY;
}

static uint32_t
refuse(struct answer *a)
{
	struct csn_reply *r = a->reply;

	if (a->gate.why == RULE_STATUS)
		return status_refuse(a);
	login_audit_refused(a->job, &a->gate, a->idp == NULL ? STR("") :
	    a->idp->entity_id);
	if (a->gate.why == RULE_SIGNATURE)
		provider_stale(a->job);
	r->message = STR(TEXT_REFUSED);
	r->reason = CSN_R_PROTOCOL;
	switch (a->gate.why) {
	case RULE_REPLAY:
		r->reason = CSN_R_REPLAY;
		r->message = STR(TEXT_REPLAYED);
		break;
	case RULE_NOT_BEFORE:
	case RULE_NOT_ON_OR_AFTER:
	case RULE_SESSION_OVER:
		r->reason = CSN_R_EXPIRED;
		r->message = STR(TEXT_TIMES);
		break;
	case RULE_AUTHN_CONTEXT:
	case RULE_AUTHN_INSTANT:
		r->reason = CSN_R_ASSURANCE;
		break;
	case RULE_SUBJECT:
	case RULE_SCOPE:
		r->message = STR(TEXT_SUBJECT);
		break;
	default:
		break;
	}
	return CSN_DENY;
}

/* ------------------------------------------------------------------ */
/* the answer */

static struct expected
expected_make(const struct answer *a)
{
	const struct options *o = a->job->opt;

	return (struct expected){ .idp = a->idp->entity_id,
	    .sp = o->entity_id, .acs = o->acs,
	    .request_id = a->unsolicited ? STR("") : a->state.request_id,
	    .classes = options_classes(o), .now_ms = job_now(a->job),
	    .skew_ms = o->skew_ms, .fresh_since_ms = a->state.force ?
	    a->state.asked_ms : 0 };
}

/* Prof 4.1.4.5: once, on every node, as long as it could be used. 0; -1 and
 * the rule; 1: nobody can tell, and the call is tainted. */
static int
replay_check(struct answer *a, const struct assertion *as)
{
	const struct job *j = a->job;
	struct csn_str pieces[2] = { as->issuer, as->id };
	int64_t left = (as->not_after_ms + j->opt->skew_ms - job_now(j)) /
	    1000 + 2;
	uint32_t ttl = left < 60 ? 60 : left > UINT32_MAX / 2 ?
	    UINT32_MAX / 2 : (uint32_t)left;

	switch (j->host->kv_put_new(j->call, job_digest(j, "a/", pieces, 2),
	    STR("1"), ttl, 0)) {
	case CSN_OK:
		return 0;
	case CSN_E_EXISTS:
		a->gate.why = RULE_REPLAY;
		return -1;
	default:
		return 1;
	}
}

static struct csn_str
or_else(struct csn_str s, struct csn_str other)
{
	return s.n > 0 ? s : other;
}

bool
login_session_keys(const struct job *j, struct csn_str idp,
    const struct name_id *n, struct csn_str session_index,
    struct csn_str ret[static 2])
{
	struct csn_str pieces[6] = { idp, n->value,
		or_else(n->format, STR(NAMEID_UNSPECIFIED)),
		or_else(n->name_qualifier, idp),
		or_else(n->sp_name_qualifier, j->opt->entity_id),
		session_index };
	size_t bytes = 0;

	for (size_t i = 0; i < 6; i++)
		bytes += pieces[i].n;
	if (n->value.n == 0 || bytes > NAME_BYTES_MAX)
		return false;
	ret[0] = job_digest(j, "n/", pieces, 5);
	ret[1] = job_digest(j, "s/", pieces, 6);
	return true;
}

static void
keep_fill(struct answer *a, const struct assertion *as)
{
	struct keep k = { .idp = a->idp->entity_id,
	    .session_index = as->session_index, .name_id = as->name_id };
	struct buf b;

	buf_init(&b, CSN_STATE_MAX);
	keep_pack(&k, &b);
	a->reply->keep = job_str(a->job, buf_str(&b));
	buf_free(&b);
}

/* Once: which guards hold is what somebody will ask. */
static void
silence_say(const struct job *j)
{
	struct instance *inst = (struct instance *)(uintptr_t)j->inst;

	/* the mark is no part of what never changes */
	if (!atomic_exchange(&inst->silence_told, true))
		job_say(j, CSN_INFO, "the identity provider says nothing of "
		    "somebody's groups: no guard with group holds for them, "
		    "behind not neither; see missing_groups");
}

static void
groups_fill(const struct answer *a, const struct person *p)
{
	a->reply->groups = p->groups;
	a->reply->flags = p->has_groups ? CSN_RP_GROUPS : 0;
	if (!p->has_groups && a->job->opt->group_attribute.n > 0)
		silence_say(a->job);
}

static uint32_t
grant(struct answer *a, const struct assertion *as, const struct person *p)
{
	const struct job *j = a->job;
	struct csn_reply *r = a->reply;
	struct csn_str *keys = job_array(j, 2, sizeof(*keys));

	r->exchange = a->req->exchange;
	r->subject = p->subject;
	r->subject_id = p->subject_id;
	groups_fill(a, p);
	r->attrs = p->attrs;
	if (as->class_ref.n <= 255)
		r->acr = job_str(j, as->class_ref);
	/* without a name nothing that a logout says could find it */
	if (as->has_name_id && keys != NULL && login_session_keys(j,
	    a->idp->entity_id, &as->name_id, as->session_index, keys)) {
		r->session_keys = (struct csn_strs){ keys,
		    as->session_index.n > 0 ? 2 : 1 };
		keep_fill(a, as);
	}
	r->auth_time_ms = as->auth_ms;
	r->not_after_ms = as->session_end_ms;
	return CSN_GRANT;
}

/* The gate let a Response in, or the artifact's. */
static uint32_t
response_take(struct answer *a)
{
	struct expected e = expected_make(a);
	struct assertion as = { .node = NULL };
	struct person p;

	status_read(&a->gate, a->gate.root, &a->status);
	if (assertion_judge(&a->gate, &e, &as) < 0 ||
	    person_read(a->job, &a->gate, &as, a->set, a->idp, &p) < 0)
		return refuse(a);
	switch (replay_check(a, &as)) {
	case 0:
		return grant(a, &as, &p);
	case -1:
		return refuse(a);
	default:
		a->reply->reason = CSN_R_BACKEND;
		return CSN_ERROR;
	}
}

static uint32_t
posted_take(struct answer *a, struct csn_str value)
{
	struct buf xml;
	int rc;

	buf_init(&xml, BIND_MESSAGE_MAX + 3);
	rc = bind_post_read(value, &xml, &a->gate.why);
	if (rc == 0)
		rc = gate_response(&a->gate, buf_str(&xml));
	buf_free(&xml);
	return rc < 0 ? refuse(a) : response_take(a);
}

static uint32_t
artifact_take(struct answer *a, struct csn_str value)
{
	int rc = artifact_resolve(a->job, a->idp, value, &a->gate);

	if (rc > 0) {
		a->reply->reason = CSN_R_BACKEND;
		a->reply->message = STR(TEXT_UNAVAILABLE);
		return CSN_ERROR;
	}
	return rc < 0 ? refuse(a) : response_take(a);
}

static uint32_t
answer_take(struct answer *a)
{
	struct csn_str posted = pairs_get(a->req->params,
	    STR("SAMLResponse"));
	struct csn_str artifact = pairs_get(a->req->params, STR("SAMLart"));

	if (idp_keys(a->idp, &a->keys) < 0) {
		job_say(a->job, CSN_FAIL, "%.*s has no key that can be used",
		    STR_FMT(a->idp->entity_id));
		return CSN_ERROR;
	}
	a->gate.policy = a->job->opt->policy;
	a->gate.keys = &a->keys;
	a->unwrap = job_unwrap(a->job);
	a->gate.unwrap = &a->unwrap;
	if (posted.p != NULL && artifact.p == NULL &&
	    str_is(a->req->method, "POST"))
		return posted_take(a, posted);
	if (artifact.p != NULL && posted.p == NULL)
		return artifact_take(a, artifact);
	a->gate.why = RULE_QUERY;
	return refuse(a);
}

static void
answer_free(struct answer *a)
{
	gate_free(&a->gate);
	keys_free(&a->keys);
	idp_set_unref(a->set);
}

static uint32_t
login_back(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct answer a = { .job = j, .req = req, .reply = reply };
	uint32_t verdict = CSN_ERROR;

	gate_init(&a.gate);
	if (state_unpack(req->state, &a.state) == 0)
		a.set = provider_get(j);
	if (a.set != NULL)
		a.idp = provider_find(j, a.set, a.state.idp);
	if (a.idp != NULL) {
		verdict = answer_take(&a);
	} else {
		reply->reason = CSN_R_BACKEND;
		reply->message = STR(TEXT_UNAVAILABLE);
	}
	answer_free(&a);
	return verdict;
}

/* ------------------------------------------------------------------ */
/* what nobody asked for (Prof 4.1.5) */

/* Whom it says it is from; nothing hangs on it but which keys are tried. */
static struct csn_str
issuer_peek(struct gate *g, struct csn_str value)
{
	struct csn_str ret = STR("");
	enum rule why;
	struct buf xml;

	buf_init(&xml, BIND_MESSAGE_MAX + 3);
	if (bind_post_read(value, &xml, &why) == 0 &&
	    gate_peek_issuer(g, buf_str(&xml), "p:Response", &ret) < 0)
		ret = STR("");
	buf_free(&xml);
	return ret;
}

static uint32_t
login_unsolicited(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct answer a = { .job = j, .req = req, .reply = reply,
	    .unsolicited = true };
	struct csn_str value = pairs_get(req->params, STR("SAMLResponse"));
	uint32_t verdict;

	gate_init(&a.gate);
	a.gate.why = RULE_UNSOLICITED;
	if (j->opt->unsolicited && value.p != NULL)
		a.set = provider_get(j);
	if (a.set != NULL)
		a.idp = idp_set_count(a.set) == 1 ? provider_find(j, a.set,
		    idp_set_at(a.set, 0)->entity_id) : provider_find(j,
		    a.set, issuer_peek(&a.gate, value));
	verdict = a.idp == NULL ? refuse(&a) : answer_take(&a);
	answer_free(&a);
	return verdict;
}

uint32_t
login_step(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	switch (req->event) {
	case CSN_EV_BEGIN:
	case CSN_EV_WAKE:
		return discover_begin(j, req, reply);
	case CSN_EV_FORM:
		return discover_form(j, req, reply);
	case CSN_EV_CALLBACK:
		return login_back(j, req, reply);
	case CSN_EV_UNSOLICITED:
		return login_unsolicited(j, req, reply);
	default:
		return CSN_ERROR;
	}
}
