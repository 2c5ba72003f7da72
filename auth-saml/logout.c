/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logout.c - what a provider says of logouts (Core 3.7, Prof 4.4)
 *
 * It must never end a session on a message that is not signed by the provider
 * that it came from, nor twice on the same one.
 */
#include "logout.h"

#include "bind.h"
#include "leave.h"
#include "login.h"
#include "message.h"
#include "provider.h"
#include "send.h"
#include "sig.h"
#include "times.h"

#define INDEXES_MAX 16u
#define REQUEST_AGE_MS INT64_C(600000)	/* of one without NotOnOrAfter */
#define SEEN	STR("0")		/* of a message's ID */
#define USED	STR("1")

enum binding { BY_REDIRECT, BY_POST, BY_SOAP };

struct incoming {
	const struct job *job;
	const struct csn_req *req;
	struct csn_reply *reply;
	enum binding by;
	struct buf xml;
	struct bind_query query;
	struct csn_str relay;		/* as it goes back */
	struct gate gate;
	struct unwrap unwrap;
	struct keys keys;
	struct idp_set *set;
	const struct idp *idp;
	const xmlNode *message;
};

static int
refuse(struct incoming *in, enum rule why)
{
	in->gate.why = why;
	return -1;
}

static bool
is_request(const struct incoming *in)
{
	return str_is(in->query.name, "SAMLRequest");
}

/* ------------------------------------------------------------------ */
/* the message in, by each binding */

static int
value_of(struct csn_str raw, struct buf *b)
{
	return raw.p == NULL ? 0 : bind_query_value(raw, b);
}

static int
redirect_unpack(struct incoming *in)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, BIND_MESSAGE_MAX);
	if (bind_query_split(in->req->raw_query, &in->query,
	    &in->gate.why) < 0)
		goto out;
	in->gate.why = RULE_QUERY;
	if (value_of(in->query.relay, &b) < 0 || b.n > BIND_RELAY_MAX)
		goto out;
	in->relay = job_str(in->job, buf_str(&b));
	buf_clear(&b);
	if (value_of(in->query.message, &b) < 0)
		goto out;
	rc = bind_redirect_read(buf_str(&b), &in->xml, &in->gate.why);
out:
	buf_free(&b);
	return rc;
}

static int
post_unpack(struct incoming *in)
{
	struct csn_str q = pairs_get(in->req->params, STR("SAMLRequest"));
	struct csn_str s = pairs_get(in->req->params, STR("SAMLResponse"));
	struct csn_str relay = pairs_get(in->req->params, STR("RelayState"));

	if ((q.p == NULL) == (s.p == NULL) || relay.n > BIND_RELAY_MAX)
		return refuse(in, RULE_QUERY);
	in->query.name = q.p != NULL ? STR("SAMLRequest") :
	    STR("SAMLResponse");
	in->relay = relay.p == NULL ? STR("") : relay;
	return bind_post_read(q.p != NULL ? q : s, &in->xml, &in->gate.why);
}

/* Whose message it says it is: decides which keys are tried. */
static int
idp_find(struct incoming *in, const char *root)
{
	struct csn_str issuer;
	struct gate peek;
	int rc = -1;

	gate_init(&peek);
	in->set = provider_get(in->job);
	if (gate_peek_issuer(&peek, buf_str(&in->xml), in->by == BY_SOAP ?
	    "s:Envelope" : root, &issuer) < 0)
		(void)refuse(in, peek.why);
	else if (in->set == NULL || (in->idp = provider_find(in->job,
	    in->set, issuer)) == NULL)
		(void)refuse(in, RULE_ISSUER);
	else if (idp_keys(in->idp, &in->keys) < 0)
		(void)refuse(in, RULE_SIGNATURE);
	else
		rc = 0;
	gate_free(&peek);
	return rc;
}

/* Bind 3.4.4.1: over the octets as they came; a Signature inside the message
 * counts for nothing. */
static int
query_verify(struct incoming *in)
{
	struct buf octets, alg, sig, raw;
	int rc = -1;

	if (!in->query.signed_)
		return refuse(in, RULE_UNSIGNED);
	buf_init(&octets, 2u * BIND_MESSAGE_MAX);
	buf_init(&alg, 1024);
	buf_init(&sig, 4096);
	buf_init(&raw, 4096);
	bind_query_octets(&in->query, &octets);
	in->gate.why = RULE_SIGNATURE;
	if (bind_query_value(in->query.sig_alg, &alg) == 0 &&
	    bind_query_value(in->query.signature, &sig) == 0 &&
	    bind_base64_read(buf_str(&sig), 2048, &raw) == 0)
		rc = sig_query_verify(&in->keys, buf_str(&octets),
		    buf_str(&alg), buf_str(&raw), in->job->opt->policy.sha1,
		    &in->gate.why);
	buf_free(&octets);
	buf_free(&alg);
	buf_free(&sig);
	buf_free(&raw);
	return rc;
}

static bool
may_be_unsigned(const struct incoming *in)
{
	return !is_request(in) && in->job->opt->unsigned_logout;
}

/* One message in the body, signed by itself. */
static int
envelope_open(struct incoming *in, const char *root)
{
	const xmlNode *n;

	if (gate_message(&in->gate, buf_str(&in->xml), "s:Envelope",
	    false) < 0)
		return -1;
	n = xml_first(xml_child(in->gate.root, NS_SOAP, "Body"));
	if (!xml_is(n, NS_SAMLP, "LogoutRequest") || xml_next(n) != NULL)
		return refuse(in, RULE_ROOT);
	if (gate_nested(&in->gate, &n, root) < 0)
		return -1;
	if (!in->gate.signed_root)
		return refuse(in, RULE_UNSIGNED);
	in->message = n;
	return 0;
}

static int
message_open(struct incoming *in, const char *root)
{
	bool need = in->by != BY_REDIRECT && !may_be_unsigned(in);

	in->gate.policy = in->job->opt->policy;
	in->gate.keys = &in->keys;
	in->unwrap = job_unwrap(in->job);
	in->gate.unwrap = &in->unwrap;
	if (in->by == BY_REDIRECT && query_verify(in) < 0 &&
	    !(in->gate.why == RULE_UNSIGNED && may_be_unsigned(in)))
		return -1;
	if (in->by == BY_SOAP)
		return envelope_open(in, root);
	if (in->by == BY_REDIRECT ? gate_plain(&in->gate, buf_str(&in->xml),
	    root) < 0 : gate_message(&in->gate, buf_str(&in->xml), root,
	    need) < 0)
		return -1;
	in->message = in->gate.root;
	return 0;
}

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
		return refuse(in, RULE_VERSION);
	if (!issuer_is(&in->gate, m, in->idp->entity_id))
		return refuse(in, RULE_ISSUER);
	/* Bind 3.4.5.2, 3.5.5.2: there when signed; by SOAP it may be left
	 * out, the connection leads here */
	if (to.p == NULL ? in->by != BY_SOAP : !str_equal(to, us))
		return refuse(in, RULE_DESTINATION);
	if (at.p == NULL || times_parse(at, &ms) < 0 ||
	    ms > now + o->skew_ms || ms + REQUEST_AGE_MS < now)
		return refuse(in, RULE_ISSUE_INSTANT);
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
		return refuse(in, RULE_NOT_ON_OR_AFTER);
	if (pieces[1].p == NULL || pieces[1].n == 0)
		return refuse(in, RULE_ID);
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
		return refuse(in, RULE_REPLAY);
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
		return refuse(in, RULE_LOGOUT);
	name_id_read(&in->gate, n, &name);
	/* without a Destination the name has to say that it is for us: another
	 * of the provider's services could pass on what it got itself */
	if (xml_attr(in->message, "Destination").p == NULL &&
	    !str_equal(name.sp_name_qualifier, in->job->opt->entity_id))
		return refuse(in, RULE_DESTINATION);
	for (; s != NULL; s = xml_same(s, NS_SAMLP, "SessionIndex")) {
		struct csn_str index = xml_text(s, &in->gate.arena);

		if (index.p == NULL || index.n == 0 ||
		    !login_session_keys(in->job, in->idp->entity_id, &name,
		    index, pair))
			return refuse(in, RULE_LOGOUT);
		v[k++] = pair[1];
	}
	if (count == 0) {
		if (!login_session_keys(in->job, in->idp->entity_id, &name,
		    STR(""), pair))
			return refuse(in, RULE_LOGOUT);
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
		(void)refuse(in, RULE_UNSOLICITED);
		return CSN_DENY;
	}
	if (answered.p == NULL || !str_equal(answered, l.request_id)) {
		(void)refuse(in, RULE_IN_RESPONSE_TO);
		return CSN_DENY;
	}
	return leave_confirm(in->job, &in->gate, in->message, l.idp);
}

/* ------------------------------------------------------------------ */

static uint32_t
incoming_take(struct incoming *in)
{
	const char *root = is_request(in) ? "p:LogoutRequest" :
	    "p:LogoutResponse";

	if (idp_find(in, root) < 0 || message_open(in, root) < 0 ||
	    common_judge(in) < 0)
		return CSN_DENY;
	return is_request(in) ? request_take(in) : response_take(in);
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
	uint32_t verdict = CSN_DENY;

	incoming_init(&in, j, req, reply);
	in.by = str_is(req->method, "POST") ? BY_POST : BY_REDIRECT;
	if ((in.by == BY_POST ? post_unpack(&in) : redirect_unpack(&in)) == 0)
		verdict = incoming_take(&in);
	return incoming_end(&in, verdict);
}

static int
soap_unpack(struct incoming *in)
{
	struct csn_str body = in->req->body;

	if (body.n == 0 || body.n > BIND_MESSAGE_MAX)
		return refuse(in, RULE_SIZE);
	in->query.name = STR("SAMLRequest");
	buf_str_put(&in->xml, body);
	return 0;
}

uint32_t
logout_back(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct incoming in;
	uint32_t verdict = CSN_DENY;

	incoming_init(&in, j, req, reply);
	in.by = BY_SOAP;
	if (soap_unpack(&in) == 0)
		verdict = incoming_take(&in);
	return incoming_end(&in, verdict);
}

uint32_t
logout_leave(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	/* with a state the browser is back from the provider */
	return req->state.n > 0 ? logout_front(j, req, reply) :
	    leave_start(j, req, reply);
}
