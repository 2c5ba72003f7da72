/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.c - what every received document passes before a word of it is read
 *
 * The order is the defence: bytes, shape, IDs, the form of signatures, the
 * signatures, and then a new tree from what was signed (Somorovsky and others
 * 2012: whoever verifies one tree and reads another is talked round). It must
 * never let an unsigned byte help anybody in.
 */
#include "gate.h"

#include "doc.h"
#include "shape.h"
#include "sig.h"

#define GATE_ARENA (4u << 20)

void
gate_init(struct gate *g)
{
	memset(g, 0, sizeof(*g));
	arena_init(&g->arena, GATE_ARENA);
}

void
gate_free(struct gate *g)
{
	for (size_t i = 0; i < g->ndocs; i++)
		xmlFreeDoc(g->docs[i]);
	g->ndocs = 0;
	g->root = g->assertion = NULL;
	arena_free(&g->arena);
}

static int
refuse(struct gate *g, enum rule why)
{
	g->why = why;
	return -1;
}

/* The rules of shape; the document, which may be NULL, is the gate's. */
static xmlNode *
document_take(struct gate *g, xmlDoc *doc, const char *root)
{
	if (doc == NULL)
		return NULL;
	if (g->ndocs == GATE_DOCS_MAX) {
		xmlFreeDoc(doc);
		g->why = RULE_MEMORY;
		return NULL;
	}
	g->docs[g->ndocs++] = doc;
	return shape_check(doc, root, &g->why, &g->where) < 0 ? NULL :
	    xmlDocGetRootElement(doc);
}

/* Rules of bytes, then of shape. */
static xmlNode *
document_open(struct gate *g, struct csn_str xml, const char *root)
{
	return document_take(g, doc_parse(xml, &g->why), root);
}

/* Verifies the signature of n itself and opens what it covers: NULL and why,
 * or the root of the new tree. */
static xmlNode *
signed_open(struct gate *g, const xmlNode *n, const char *root)
{
	xmlNode *ret = NULL;
	struct buf b;

	buf_init(&b, BIND_MESSAGE_MAX + 1);
	if (sig_verify(n, g->keys, g->policy.sha1, &b, &g->why) == 0)
		ret = document_take(g, doc_parse_canonical(buf_str(&b),
		    &g->why), root);
	buf_free(&b);
	return ret;
}

static bool
is_signed(const xmlNode *n)
{
	return xml_child(n, NS_DS, "Signature") != NULL;
}

/* ------------------------------------------------------------------ */
/* assertions */

static xmlNode *
plain_open(struct gate *g, const xmlNode *encrypted, const char *root,
    bool covered)
{
	xmlNode *ret = NULL;
	struct buf b;

	buf_init(&b, BIND_MESSAGE_MAX + 1);
	if (decrypt_element(encrypted, g->unwrap, covered || g->policy.cbc,
	    &b, &g->why) == 0) {
		ret = document_open(g, buf_str(&b), root);
		/* what is inside is told by one word only, unless a signature
		 * says that the provider wrote it */
		if (ret == NULL && !covered)
			(void)refuse(g, RULE_DECRYPTION);
	}
	buf_free(&b);
	return ret;
}

/* a is the assertion in a tree that is, or is not, from signed bytes. */
static int
assertion_take(struct gate *g, const xmlNode *a, bool covered)
{
	bool own = is_signed(a);
	const xmlNode *read = a;

	if (!own && (!covered || g->policy.require_signed_assertion))
		return refuse(g, RULE_UNSIGNED);
	if (own) {
		read = signed_open(g, a, "a:Assertion");
		if (read == NULL)
			return -1;
	}
	g->signed_assertion = own;
	g->assertion = read;
	return 0;
}

/* response: from signed bytes if covered. Rules 9 and 13. */
static int
assertion_find(struct gate *g, const xmlNode *response, bool covered)
{
	size_t plain = xml_count(response, NS_SAML, "Assertion");
	size_t hidden = xml_count(response, NS_SAML, "EncryptedAssertion");
	const xmlNode *a;

	if (plain + hidden > 1)
		return refuse(g, RULE_ASSERTIONS);
	if (plain + hidden == 0)
		return 0;	/* a refusal; who wants one looks */
	if (plain == 1) {
		if (g->policy.require_encryption)
			return refuse(g, RULE_UNENCRYPTED);
		return assertion_take(g, xml_child(response, NS_SAML,
		    "Assertion"), covered);
	}
	g->encrypted = true;
	a = plain_open(g, xml_child(response, NS_SAML, "EncryptedAssertion"),
	    "a:Assertion", covered);
	return a == NULL ? -1 : assertion_take(g, a, covered);
}

/*
 * Where both are signed, both signatures are verified in the tree as it came,
 * because canonical bytes need not hold what an inner signature refers to;
 * what is read is the tree from the outer one's bytes.
 */
int
gate_inner_response(struct gate *g, const xmlNode *response, bool covered)
{
	const xmlNode *inner = xml_child(response, NS_SAML, "Assertion");
	bool own = is_signed(response);
	struct buf dropped;

	if (xml_count(response, NS_SAML, "Assertion") +
	    xml_count(response, NS_SAML, "EncryptedAssertion") > 1)
		return refuse(g, RULE_ASSERTIONS);
	if (!own && !covered && g->policy.require_signed_response)
		return refuse(g, RULE_UNSIGNED);
	g->root = response;
	g->signed_root = covered || own;
	if (own && inner != NULL && is_signed(inner)) {
		buf_init(&dropped, BIND_MESSAGE_MAX + 1);
		if (sig_verify(inner, g->keys, g->policy.sha1, &dropped,
		    &g->why) < 0) {
			buf_free(&dropped);
			return -1;
		}
		buf_free(&dropped);
		g->signed_assertion = true;
	}
	if (own) {
		g->root = signed_open(g, response, "p:Response");
		if (g->root == NULL)
			return -1;
	}
	if (!g->signed_assertion)
		return assertion_find(g, g->root, g->signed_root);
	if (g->policy.require_encryption)
		return refuse(g, RULE_UNENCRYPTED);
	g->assertion = xml_child(g->root, NS_SAML, "Assertion");
	return g->assertion == NULL ? refuse(g, RULE_ASSERTIONS) : 0;
}

int
gate_response(struct gate *g, struct csn_str xml)
{
	const xmlNode *root = document_open(g, xml, "p:Response");

	return root == NULL ? -1 : gate_inner_response(g, root, false);
}

int
gate_peek_issuer(struct gate *g, struct csn_str xml, const char *name,
    struct csn_str *ret)
{
	const xmlNode *n = document_open(g, xml, name);

	if (xml_is(n, NS_SOAP, "Envelope"))
		n = xml_first(xml_child(n, NS_SOAP, "Body"));
	if (n == NULL)
		return g->why != RULE_NONE ? -1 : refuse(g, RULE_ROOT);
	*ret = xml_text(xml_child(n, NS_SAML, "Issuer"), &g->arena);
	return ret->p == NULL ? refuse(g, RULE_ISSUER) : 0;
}

int
gate_message(struct gate *g, struct csn_str xml, const char *root, bool need)
{
	const xmlNode *n = document_open(g, xml, root);

	if (n == NULL)
		return -1;
	g->root = n;
	if (!is_signed(n))
		return need ? refuse(g, RULE_UNSIGNED) : 0;
	g->root = signed_open(g, n, root);
	g->signed_root = g->root != NULL;
	return g->signed_root ? 0 : -1;
}

int
gate_plain(struct gate *g, struct csn_str xml, const char *root)
{
	g->root = document_open(g, xml, root);
	return g->root == NULL ? -1 : 0;
}

int
gate_nested(struct gate *g, const xmlNode **n, const char *root)
{
	const xmlNode *read;

	g->signed_root = false;
	if (!is_signed(*n))
		return 0;
	read = signed_open(g, *n, root);
	if (read == NULL)
		return -1;
	*n = read;
	g->signed_root = true;
	return 0;
}

const xmlNode *
gate_decrypt(struct gate *g, const xmlNode *n, const char *root)
{
	/* n is from signed bytes, so a signature covers the ciphertext */
	return plain_open(g, n, root, true);
}
