/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * artifact.c - an answer that comes by reference (Bind 3.6)
 *
 * The reference must be one of the provider that was asked. It must never be
 * fetched from an address that the artifact chose: the index only picks one of
 * the metadata's, and `artifact_url` stands for all of them.
 */
#include "artifact.h"

#include <openssl/evp.h>

#include "lib/base64url.h"

#include "bind.h"
#include "message.h"
#include "send.h"
#include "status.h"

#define ARTIFACT_BYTES 44u	/* type, index, SourceID, handle: 3.6.4.2 */
#define ARTIFACT_TYPE 4u

static int
refuse(struct gate *g, enum rule why)
{
	g->why = why;
	return -1;
}

/* The endpoint's address; empty: it is none of this provider's. */
static struct csn_str
address_of(const struct options *o, const struct idp *idp,
    struct csn_str value)
{
	struct csn_str at = STR("");
	uint8_t source[20];
	struct buf b;
	unsigned index;

	buf_init(&b, 256);
	if (value.n <= 128 && base64_decode(&b, value) == 0 &&
	    b.n == ARTIFACT_BYTES && b.p[0] == 0 && b.p[1] == ARTIFACT_TYPE &&
	    EVP_Q_digest(NULL, "SHA1", NULL, idp->entity_id.p,
	    idp->entity_id.n, source, NULL) == 1 &&
	    memcmp(b.p + 4, source, sizeof(source)) == 0) {
		index = (unsigned)(b.p[2] << 8 | b.p[3]);
		if (o->artifact_url.n > 0)
			at = o->artifact_url;
		else if (index < IDP_ARTIFACTS)
			at = idp->artifact[index];
	}
	buf_free(&b);
	return at;
}

static int
request_write(const struct job *j, struct csn_str at, struct csn_str value,
    struct csn_str *ret_id, struct buf *ret)
{
	struct message m = { .id = job_id(j), .destination = at,
	    .issuer = j->opt->entity_id, .now_ms = job_now(j) };
	struct buf plain, signed_;
	int rc;

	buf_init(&plain, 65536);
	buf_init(&signed_, 65536);
	rc = message_artifact_resolve(&m, value, &plain);
	if (rc == 0 && j->opt->alg.n > 0) {
		rc = send_sign(j, buf_str(&plain), &signed_);
		message_envelope(buf_str(&signed_), ret);
	} else {
		message_envelope(buf_str(&plain), ret);
	}
	buf_free(&plain);
	buf_free(&signed_);
	*ret_id = m.id;
	return rc == 0 && !buf_failed(ret) ? 0 : -1;
}

static int
fetch(const struct job *j, struct csn_str at, struct csn_str body,
    struct csn_http_res *res)
{
	struct csn_pair headers[] = {
		{ STR("Content-Type"), STR("text/xml; charset=utf-8") },
		{ STR("SOAPAction"),
		    STR("\"http://www.oasis-open.org/committees/security\"") },
	};
	struct csn_http_req req = { .struct_size = sizeof(req),
	    .max_bytes = BIND_MESSAGE_MAX, .method = STR("POST"), .url = at,
	    .headers = { headers, 2 }, .body = body,
	    .tls_cert = j->opt->tls_certificate, .tls_key = j->opt->tls_key };

	res->struct_size = sizeof(*res);
	if (j->host->http(j->call, &req, res) != CSN_OK)
		return -1;
	if (res->status != 200)
		job_say(j, CSN_WARN, "the artifact service answered %u",
		    res->status);
	return res->status == 200 ? 0 : -1;
}

/* Bind 3.6.5: an answer to our question, from the provider; inside it, the
 * Response, or nothing if the artifact was used before. */
static int
answer_open(struct gate *g, const struct job *j, const struct idp *idp,
    struct csn_str id, struct csn_str xml)
{
	const xmlNode *answer, *response;
	struct csn_str answered;
	struct status s;

	if (gate_message(g, xml, "s:Envelope", false) < 0)
		return -1;
	answer = xml_child(xml_child(g->root, NS_SOAP, "Body"), NS_SAMLP,
	    "ArtifactResponse");
	if (answer == NULL)
		return refuse(g, RULE_ROOT);
	if (gate_nested(g, &answer, "p:ArtifactResponse") < 0)
		return -1;
	answered = xml_attr(answer, "InResponseTo");
	if (!issuer_is(g, answer, idp->entity_id))
		return refuse(g, RULE_ISSUER);
	if (answered.p == NULL || !str_equal(answered, id))
		return refuse(g, RULE_IN_RESPONSE_TO);
	status_read(g, answer, &s);
	response = xml_child(answer, NS_SAMLP, "Response");
	if (!s.success || response == NULL) {
		job_say(j, CSN_WARN, "the identity provider does not know "
		    "the artifact, or gave its answer before");
		return refuse(g, RULE_ARTIFACT);
	}
	return gate_inner_response(g, response, g->signed_root);
}

int
artifact_resolve(const struct job *j, const struct idp *idp,
    struct csn_str value, struct gate *g)
{
	struct csn_str at = address_of(j->opt, idp, value), id;
	struct csn_http_res res = { .status = 0 };
	struct buf body;
	int rc;

	if (at.n == 0)
		return refuse(g, RULE_ARTIFACT);
	buf_init(&body, 131072);
	rc = request_write(j, at, value, &id, &body);
	if (rc == 0)
		rc = fetch(j, at, buf_str(&body), &res);
	buf_free(&body);
	return rc < 0 ? 1 : answer_open(g, j, idp, id, res.body);
}
