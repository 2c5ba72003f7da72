/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soap.c - a question to the provider itself, without a browser
 *
 * It must never take an answer of somebody else, or one to another question.
 */
#include "soap.h"

#include "assertion.h"
#include "bind.h"
#include "message.h"
#include "send.h"

#define BODY_MAX 131072u

/* Signed if there is a key, in its envelope. */
static int
envelope_make(const struct job *j, struct csn_str xml, struct buf *ret)
{
	struct buf signed_;
	int rc = 0;

	buf_init(&signed_, BODY_MAX);
	if (j->opt->alg.n > 0) {
		rc = send_sign(j, xml, &signed_);
		message_envelope(buf_str(&signed_), ret);
	} else {
		message_envelope(xml, ret);
	}
	buf_free(&signed_);
	return rc == 0 && !buf_failed(ret) ? 0 : -1;
}

static int
post(const struct job *j, struct csn_str url, struct csn_str body,
    const char *what, struct csn_http_res *res)
{
	struct csn_pair headers[] = {
		{ STR("Content-Type"), STR("text/xml; charset=utf-8") },
		{ STR("SOAPAction"),
		    STR("\"http://www.oasis-open.org/committees/security\"") },
	};
	struct csn_http_req req = { .struct_size = sizeof(req),
	    .max_bytes = BIND_MESSAGE_MAX, .method = STR("POST"), .url = url,
	    .headers = { headers, 2 }, .body = body,
	    .tls_cert = j->opt->tls_certificate, .tls_key = j->opt->tls_key };

	res->struct_size = sizeof(*res);
	if (j->host->http(j->call, &req, res) != CSN_OK)
		return -1;
	if (res->status != 200)
		job_say(j, CSN_WARN, "%s answered %u", what, res->status);
	return res->status == 200 ? 0 : -1;
}

int
soap_ask(const struct job *j, struct csn_str url, struct csn_str xml,
    const char *what, struct csn_str *ret_body)
{
	struct csn_http_res res = { .status = 0 };
	struct buf body;
	int rc;

	buf_init(&body, BODY_MAX);
	rc = envelope_make(j, xml, &body);
	if (rc == 0)
		rc = post(j, url, buf_str(&body), what, &res);
	buf_free(&body);
	*ret_body = res.body;
	return rc;
}

const xmlNode *
soap_open(struct gate *g, struct csn_str xml, const char *root,
    struct csn_str idp, struct csn_str id)
{
	const xmlNode *n;
	struct csn_str answered, version;

	if (gate_message(g, xml, "s:Envelope", false) < 0)
		return NULL;
	n = xml_first(xml_child(g->root, NS_SOAP, "Body"));
	g->why = RULE_ROOT;
	if (!xml_is(n, NS_SAMLP, root + 2) || xml_next(n) != NULL)
		return NULL;
	if (gate_nested(g, &n, root) < 0)
		return NULL;
	answered = xml_attr(n, "InResponseTo");
	version = xml_attr(n, "Version");
	g->why = RULE_VERSION;
	if (version.p == NULL || !str_is(version, "2.0"))
		return NULL;
	g->why = RULE_ISSUER;
	if (!issuer_is(g, n, idp))
		return NULL;
	g->why = RULE_IN_RESPONSE_TO;
	if (answered.p == NULL || !str_equal(answered, id))
		return NULL;
	g->why = RULE_NONE;
	return n;
}
