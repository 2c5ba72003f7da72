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

#include "message.h"
#include "soap.h"
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

	*ret_id = m.id;
	return message_artifact_resolve(&m, value, ret);
}

/* Bind 3.6.5: an answer to our question, from the provider; inside it, the
 * Response, or nothing if the artifact was used before. */
static int
answer_open(struct gate *g, const struct job *j, const struct idp *idp,
    struct csn_str id, struct csn_str xml)
{
	const xmlNode *response, *answer = soap_open(g, xml,
	    "p:ArtifactResponse", idp->entity_id, id);
	struct status s;

	if (answer == NULL)
		return -1;
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
	struct csn_str at = address_of(j->opt, idp, value), id, answer;
	struct buf xml;
	int rc;

	if (at.n == 0)
		return refuse(g, RULE_ARTIFACT);
	buf_init(&xml, 65536);
	rc = request_write(j, at, value, &id, &xml);
	if (rc == 0)
		rc = soap_ask(j, at, buf_str(&xml), "the artifact service",
		    &answer);
	buf_free(&xml);
	return rc < 0 ? 1 : answer_open(g, j, idp, id, answer);
}
