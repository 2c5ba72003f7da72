/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logout.c - what a provider says of logouts (Core 3.7, Prof 4.4)
 *
 * It must never end a session on a message that is not signed by the provider
 * that it came from, nor twice on the same one.
 */
#include "logout_int.h"

#include "leave.h"
#include "login.h"
#include "message.h"
#include "send.h"
#include "times.h"

#define INDEXES_MAX 16u
#define REQUEST_AGE_MS INT64_C(600000)	/* of one without NotOnOrAfter */
#define SEEN	STR("0")		/* of a message's ID */
#define USED	STR("1")

/* ------------------------------------------------------------------ */
/* what every message has */

static int
common_judge(struct incoming *in)
{
	const struct options *o = in->job->opt;
	const xmlNode *m = in->message;
	struct csn_str to = xml_attr(m, "Destination");
	struct csn_str version = xml_attr(m, "Version");
	struct csn_str at = xml_attr(m, "IssueInstant");
	struct csn_str us = in->by == BY_SOAP ? o->soap : o->slo;
	int64_t now = job_now(in->job), ms;

	if (version.p == NULL || !str_is(version, "2.0"))
		return logout_refuse(in, RULE_VERSION);
	if (!issuer_is(&in->gate, m, in->idp->entity_id))
		return logout_refuse(in, RULE_ISSUER);
	/* Bind 3.4.5.2, 3.5.5.2: there when signed; by SOAP it may be left
	 * out, the connection leads here */
	if (to.p == NULL ? in->by != BY_SOAP : !str_equal(to, us))
		return logout_refuse(in, RULE_DESTINATION);
	if (at.p == NULL || times_parse(at, &ms) < 0 ||
	    ms > now + o->skew_ms || ms + REQUEST_AGE_MS < now)
		return logout_refuse(in, RULE_ISSUE_INSTANT);
	return 0;
}

/* ------------------------------------------------------------------ */
/* a LogoutRequest */

static int
request_fresh(struct incoming *in)
{
	struct csn_str until = xml_attr(in->message, "NotOnOrAfter");
	struct csn_str pieces[2] = { in->idp->entity_id,
		xml_attr(in->message, "ID") };
	struct csn_str key;
	int64_t ms;
	int32_t rc;

	if (until.p != NULL && (times_parse(until, &ms) < 0 ||
	    ms + in->job->opt->skew_ms <= job_now(in->job)))
		return logout_refuse(in, RULE_NOT_ON_OR_AFTER);
	if (pieces[1].p == NULL || pieces[1].n == 0)
		return logout_refuse(in, RULE_ID);
	/* older ones are refused by their IssueInstant. It is used when the
	 * sessions have ended: after a failure it may be sent again */
	key = job_digest(in->job, "l/", pieces, 2);
	rc = in->job->host->kv_put_new(in->job->call, key, SEEN,
	    (uint32_t)(REQUEST_AGE_MS / 1000 + 2 * in->job->opt->skew_ms /
	    1000), 0);
	if (rc == CSN_OK || rc == CSN_E_EXISTS)
		rc = in->job->host->kv_swap_with(in->job->call, key, SEEN,
		    USED);
	switch (rc) {
	case CSN_OK:
		return 0;
	case CSN_E_STALE:
	case CSN_E_ABSENT:
		return logout_refuse(in, RULE_REPLAY);
	default:
		return 1;
	}
}

static const xmlNode *
name_node(struct incoming *in)
{
	const xmlNode *n = NULL;
	const xmlNode *plain = xml_child(in->message, NS_SAML, "NameID");
	const xmlNode *hidden = xml_child(in->message, NS_SAML,
	    "EncryptedID");

	if (xml_count(in->message, NS_SAML, "NameID") +
	    xml_count(in->message, NS_SAML, "EncryptedID") == 1)
		n = plain != NULL ? plain : gate_decrypt(&in->gate, hidden,
		    "a:NameID");
	return n;
}

/* By name and each SessionIndex; without one, all of that name (Core
 * 3.7.3.2). */
static int
sessions_name(struct incoming *in)
{
	const xmlNode *n = name_node(in);
	const xmlNode *s = xml_child(in->message, NS_SAMLP, "SessionIndex");
	size_t count = xml_count(in->message, NS_SAMLP, "SessionIndex"), k = 0;
	struct csn_str *v = job_array(in->job, count + 1, sizeof(*v));
	struct csn_str pair[2];
	struct name_id name;

	if (n == NULL || v == NULL || count > INDEXES_MAX)
		return logout_refuse(in, RULE_LOGOUT);
	name_id_read(&in->gate, n, &name);
	/* without a Destination the name has to say that it is for us: another
	 * of the provider's services could pass on what it got itself */
	if (xml_attr(in->message, "Destination").p == NULL &&
	    !str_equal(name.sp_name_qualifier, in->job->opt->entity_id))
		return logout_refuse(in, RULE_DESTINATION);
	for (; s != NULL; s = xml_same(s, NS_SAMLP, "SessionIndex")) {
		struct csn_str index = xml_text(s, &in->gate.arena);

		if (index.p == NULL || index.n == 0 ||
		    !login_session_keys(in->job, in->idp->entity_id, &name,
		    index, pair))
			return logout_refuse(in, RULE_LOGOUT);
		v[k++] = pair[1];
	}
	if (count == 0) {
		if (!login_session_keys(in->job, in->idp->entity_id, &name,
		    STR(""), pair))
			return logout_refuse(in, RULE_LOGOUT);
		v[k++] = pair[0];
	}
	in->reply->end_sessions = (struct csn_strs){ v, k };
	return 0;
}

/* Where the answer goes, and by what. */
static struct csn_str
answer_url(const struct incoming *in, bool *ret_post)
{
	*ret_post = in->by == BY_POST || send_posts(in->job->opt) ?
	    in->idp->slo_post_back.n > 0 : in->idp->slo_redirect_back.n == 0;
	return *ret_post ? in->idp->slo_post_back :
	    in->idp->slo_redirect_back;
}

static int
answer_write(struct incoming *in, struct csn_str url, bool failed,
    struct buf *xml)
{
	const struct job *j = in->job;
	struct csn_str id = xml_attr(in->message, "ID");
	struct message m = { .id = job_id(j), .destination = url,
	    .issuer = j->opt->entity_id, .now_ms = job_now(j) };

	return message_logout_response(&m, id, false, failed, xml);
}

static uint32_t
answer_front(struct incoming *in)
{
	bool post;
	struct outgoing o = { .name = "SAMLResponse",
	    .url = answer_url(in, &post), .relay = in->relay, .sign = true };
	uint32_t verdict = CSN_DONE;
	struct buf xml;

	/* nobody waits for an answer: the sessions end all the same */
	if (o.url.n == 0 || in->job->opt->alg.n == 0)
		return CSN_DONE;
	buf_init(&xml, BIND_MESSAGE_MAX);
	if (answer_write(in, o.url, false, &xml) == 0) {
		o.xml = buf_str(&xml);
		if ((post ? send_post(in->job, &o, in->reply) :
		    send_redirect(in->job, &o, in->reply)) == 0)
			verdict = CSN_CONTINUE;
	}
	buf_free(&xml);
	return verdict;
}

static uint32_t
answer_back(struct incoming *in)
{
	struct buf xml, signed_, body;
	uint32_t verdict = CSN_DONE;

	buf_init(&xml, BIND_MESSAGE_MAX);
	buf_init(&signed_, BIND_MESSAGE_MAX);
	buf_init(&body, BIND_MESSAGE_MAX);
	if (answer_write(in, STR(""), false, &xml) == 0 &&
	    in->job->opt->alg.n > 0 && send_sign(in->job, buf_str(&xml),
	    &signed_) == 0)
		message_envelope(buf_str(&signed_), &body);
	else
		message_envelope(buf_str(&xml), &body);
	in->reply->action = CSN_A_BODY;
	in->reply->content_type = STR("text/xml; charset=utf-8");
	in->reply->body = job_str(in->job, buf_str(&body));
	buf_free(&xml);
	buf_free(&signed_);
	buf_free(&body);
	return verdict;
}

static uint32_t
request_take(struct incoming *in)
{
	int rc = request_fresh(in);

	if (rc > 0)
		return CSN_ERROR;
	if (rc < 0 || sessions_name(in) < 0)
		return CSN_DENY;
	job_audit(in->job, "logout-by-provider", &(struct csn_pair){
	    STR("idp"), in->idp->entity_id }, 1);
	return in->by == BY_SOAP ? answer_back(in) : answer_front(in);
}

/* ------------------------------------------------------------------ */
/* the answer to ours */

static uint32_t
response_take(struct incoming *in)
{
	struct csn_str answered = xml_attr(in->message, "InResponseTo");
	struct leaving l;

	if (leaving_unpack(in->req->state, &l) < 0 ||
	    !str_equal(l.idp, in->idp->entity_id)) {
		(void)logout_refuse(in, RULE_UNSOLICITED);
		return CSN_DENY;
	}
	if (answered.p == NULL || !str_equal(answered, l.request_id)) {
		(void)logout_refuse(in, RULE_IN_RESPONSE_TO);
		return CSN_DENY;
	}
	return leave_confirm(in->job, &in->gate, in->message, l.idp);
}

/* ------------------------------------------------------------------ */

static uint32_t
incoming_take(struct incoming *in)
{
	if (logout_open(in) < 0 || common_judge(in) < 0)
		return CSN_DENY;
	return logout_is_request(in) ? request_take(in) : response_take(in);
}

static uint32_t
incoming_end(struct incoming *in, uint32_t verdict)
{
	if (verdict == CSN_DENY) {
		in->reply->reason = CSN_R_PROTOCOL;
		login_audit_refused(in->job, &in->gate, in->idp == NULL ?
		    STR("") : in->idp->entity_id);
	}
	gate_free(&in->gate);
	keys_free(&in->keys);
	buf_free(&in->xml);
	idp_set_unref(in->set);
	return verdict;
}

static void
incoming_init(struct incoming *in, const struct job *j,
    const struct csn_req *req, struct csn_reply *reply)
{
	memset(in, 0, sizeof(*in));
	in->job = j;
	in->req = req;
	in->reply = reply;
	in->relay = STR("");
	gate_init(&in->gate);
	buf_init(&in->xml, BIND_MESSAGE_MAX + 3);
}

uint32_t
logout_front(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct incoming in;

	incoming_init(&in, j, req, reply);
	in.by = str_is(req->method, "POST") ? BY_POST : BY_REDIRECT;
	return incoming_end(&in, incoming_take(&in));
}

uint32_t
logout_back(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct incoming in;

	incoming_init(&in, j, req, reply);
	in.by = BY_SOAP;
	return incoming_end(&in, incoming_take(&in));
}

uint32_t
logout_leave(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	/* with a state the browser is back from the provider */
	return req->state.n > 0 ? logout_front(j, req, reply) :
	    leave_start(j, req, reply);
}
