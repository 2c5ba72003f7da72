/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logout_open.c - a message about a logout, taken in (Bind 3.2, 3.4, 3.5)
 *
 * Unpacked as each binding has it, from a provider that we know, signed by
 * it. It must never let a message through that is not signed by whom it says
 * it is from; only an answer may come unsigned, where that is configured.
 */
#include "logout_int.h"

#include "sig.h"

int
logout_refuse(struct incoming *in, enum rule why)
{
	in->gate.why = why;
	return -1;
}

bool
logout_is_request(const struct incoming *in)
{
	return str_is(in->query.name, "SAMLRequest");
}

/* ------------------------------------------------------------------ */
/* unpacked, by each binding */

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
		return logout_refuse(in, RULE_QUERY);
	in->query.name = q.p != NULL ? STR("SAMLRequest") :
	    STR("SAMLResponse");
	in->relay = relay.p == NULL ? STR("") : relay;
	return bind_post_read(q.p != NULL ? q : s, &in->xml, &in->gate.why);
}

static int
soap_unpack(struct incoming *in)
{
	struct csn_str body = in->req->body;

	if (body.n == 0 || body.n > BIND_MESSAGE_MAX)
		return logout_refuse(in, RULE_SIZE);
	in->query.name = STR("SAMLRequest");
	buf_str_put(&in->xml, body);
	return 0;
}

static int
unpack(struct incoming *in)
{
	switch (in->by) {
	case BY_REDIRECT:
		return redirect_unpack(in);
	case BY_POST:
		return post_unpack(in);
	case BY_SOAP:
		return soap_unpack(in);
	}
	return -1;
}

/* ------------------------------------------------------------------ */
/* from whom, and signed */

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
		(void)logout_refuse(in, peek.why);
	else if (in->set == NULL || (in->idp = provider_find(in->job,
	    in->set, issuer)) == NULL)
		(void)logout_refuse(in, RULE_ISSUER);
	else if (idp_keys(in->idp, &in->keys) < 0)
		(void)logout_refuse(in, RULE_SIGNATURE);
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
		return logout_refuse(in, RULE_UNSIGNED);
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
	return !logout_is_request(in) && in->job->opt->unsigned_logout;
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
		return logout_refuse(in, RULE_ROOT);
	if (gate_nested(&in->gate, &n, root) < 0)
		return -1;
	if (!in->gate.signed_root)
		return logout_refuse(in, RULE_UNSIGNED);
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

int
logout_open(struct incoming *in)
{
	const char *root;

	if (unpack(in) < 0)
		return -1;
	root = logout_is_request(in) ? "p:LogoutRequest" :
	    "p:LogoutResponse";
	return idp_find(in, root) < 0 ? -1 : message_open(in, root);
}
