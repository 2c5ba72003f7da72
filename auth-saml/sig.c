/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sig.c - enveloped signatures of received documents, and those of queries
 *
 * The form of a signature is settled before anything is computed: one
 * reference, to the parent's own ID, with the two transforms of SAML and
 * algorithms of a short list (Core 5.4). xmlsec then computes, with a bare
 * public key that we gave. It must never look for a key itself: KeyInfo is
 * whatever the sender wrote.
 */
#include "sig.h"

#include <libxml/c14n.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <xmlsec/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
/* RFC 9231 2.3.12. For what we send: xmlsec 1.2 does not know it. */
#define EDDSA "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"
#define EXC "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SHA2 "http://www.w3.org/2001/04/xmlenc#"
#define PREFIXES_MAX 128u	/* bytes: each is looked up at each element */

static const struct method {
	const char *uri, *type, *digest, *jose;
	size_t half;			/* bytes of r and of s, or 0 */
} methods[] = {
	{ MORE "rsa-sha256", "RSA", "SHA256", "RS256", 0 },
	{ MORE "rsa-sha384", "RSA", "SHA384", "RS384", 0 },
	{ MORE "rsa-sha512", "RSA", "SHA512", "RS512", 0 },
	{ MORE "ecdsa-sha256", "EC", "SHA256", "ES256", 32 },
	{ MORE "ecdsa-sha384", "EC", "SHA384", "ES384", 48 },
	{ MORE "ecdsa-sha512", "EC", "SHA512", "ES512", 66 },
	{ DSIG "rsa-sha1", "RSA", "SHA1", NULL, 0 },	/* by its switch */
};

static const struct method *
method_of(struct csn_str uri, bool sha1)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (str_is(uri, methods[i].uri))
			return methods[i].jose != NULL || sha1 ? &methods[i] :
			    NULL;
	return NULL;
}

const char *
sig_uri(struct csn_str jose)
{
	if (str_is(jose, "EdDSA"))
		return EDDSA;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].jose != NULL && str_is(jose, methods[i].jose))
			return methods[i].uri;
	return NULL;
}

static bool
digest_good(struct csn_str uri, bool sha1)
{
	return str_is(uri, SHA2 "sha256") || str_is(uri, SHA2 "sha512") ||
	    str_is(uri, MORE "sha384") || (sha1 && str_is(uri, DSIG "sha1"));
}

/* ------------------------------------------------------------------ */
/* the form */

struct form {
	const xmlNode *signature, *info, *reference;
	const struct method *method;
};

/* The first child is `name`, and nothing else of that name. */
static const xmlNode *
only(const xmlNode *parent, const char *name)
{
	return xml_count(parent, NS_DS, name) == 1 ?
	    xml_child(parent, NS_DS, name) : NULL;
}

static size_t
children(const xmlNode *n)
{
	size_t count = 0;

	for (const xmlNode *c = xml_first(n); c != NULL; c = xml_next(c))
		count++;
	return count;
}

/* A text that is in one piece: shapes say so of messages, nothing does of
 * metadata. */
static bool
leaf(const xmlNode *n)
{
	return n != NULL && (n->children == NULL ||
	    (n->children->type == XML_TEXT_NODE && n->children->next == NULL));
}

/* Exclusive canonicalisation, with a short list of prefixes or none. */
static bool
exclusive(const xmlNode *n)
{
	const xmlNode *list = xml_first(n);

	return str_is(xml_algorithm(n), EXC) && (list == NULL ||
	    (children(n) == 1 && xml_is(list, NS_EC, "InclusiveNamespaces") &&
	    xml_attr(list, "PrefixList").n <= PREFIXES_MAX));
}

/* Enveloped, then exclusive canonicalisation without comments; the second may
 * be left out (Core 5.4.4). */
static enum rule
transforms_check(const xmlNode *reference)
{
	const xmlNode *all = only(reference, "Transforms");
	const xmlNode *t = xml_first(all);
	size_t n = children(all);

	if (all == NULL || n == 0 || n > 2 ||
	    !str_is(xml_algorithm(t), DSIG "enveloped-signature") ||
	    xml_first(t) != NULL)
		return RULE_TRANSFORM;
	t = xml_next(t);
	if (t != NULL && !exclusive(t))
		return RULE_TRANSFORM;
	return RULE_NONE;
}

/* Core 5.4.2: one reference, same-document, to the ID of the parent. */
static enum rule
reference_check(const struct form *f, const xmlNode *parent, bool sha1)
{
	struct csn_str uri = xml_attr(f->reference, "URI");
	struct csn_str id = xml_attr(parent, "ID");
	const xmlNode *digest = only(f->reference, "DigestMethod");

	if (uri.p == NULL || id.p == NULL || id.n == 0 ||
	    uri.n != id.n + 1 || uri.p[0] != '#' ||
	    !str_equal(str_from_at(uri, 1), id))
		return RULE_REFERENCE;
	if (digest == NULL || !leaf(only(f->reference, "DigestValue")) ||
	    children(f->reference) != 3)
		return RULE_SIGNATURE_FORM;
	if (!digest_good(xml_algorithm(digest), sha1))
		return RULE_ALGORITHM;
	return transforms_check(f->reference);
}

static enum rule
form_check(const xmlNode *parent, bool sha1, struct form *f)
{
	const xmlNode *c14n, *method;

	f->signature = only(parent, "Signature");
	f->info = only(f->signature, "SignedInfo");
	if (f->info == NULL || xml_first(f->signature) != f->info ||
	    !leaf(only(f->signature, "SignatureValue")) ||
	    xml_count(f->signature, NS_DS, "KeyInfo") > 1 ||
	    children(f->signature) != 2 + xml_count(f->signature, NS_DS,
	    "KeyInfo") || xml_attr(f->signature, "ID").p != NULL)
		return RULE_SIGNATURE_FORM;
	if (xml_count(f->info, NS_DS, "Reference") != 1)
		return RULE_REFERENCE;
	f->reference = xml_child(f->info, NS_DS, "Reference");
	c14n = only(f->info, "CanonicalizationMethod");
	method = only(f->info, "SignatureMethod");
	if (c14n == NULL || method == NULL || children(f->info) != 3)
		return RULE_SIGNATURE_FORM;
	if (!exclusive(c14n))
		return RULE_TRANSFORM;
	f->method = method_of(xml_algorithm(method), sha1);
	if (f->method == NULL || xml_first(method) != NULL)
		return RULE_ALGORITHM;
	return reference_check(f, parent, sha1);
}

/* ------------------------------------------------------------------ */
/* the computation */

/* What the form allows, said to xmlsec once more. */
static bool
context_limit(xmlSecDSigCtx *ctx)
{
	const xmlSecTransformId ids[] = { xmlSecTransformEnvelopedId,
		xmlSecTransformExclC14NId, xmlSecTransformInclC14NId,
		xmlSecTransformSha256Id, xmlSecTransformSha384Id,
		xmlSecTransformSha512Id, xmlSecTransformSha1Id };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (xmlSecDSigCtxEnableReferenceTransform(ctx, ids[i]) < 0)
			return false;
	ctx->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
	ctx->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES |
	    XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
	return true;
}

static bool
context_key(xmlSecDSigCtx *ctx, EVP_PKEY *key)
{
	xmlSecKeyData *data;
	xmlSecKey *k;

	if (EVP_PKEY_up_ref(key) != 1)
		return false;
	data = xmlSecOpenSSLEvpKeyAdopt(key);
	if (data == NULL) {
		EVP_PKEY_free(key);
		return false;
	}
	k = xmlSecKeyCreate();
	if (k == NULL || xmlSecKeySetValue(k, data) < 0) {
		xmlSecKeyDataDestroy(data);
		if (k != NULL)
			xmlSecKeyDestroy(k);
		return false;
	}
	k->usage = xmlSecKeyUsageVerify;
	ctx->signKey = k;		/* the context's from here on */
	return true;
}

/* The octets of the one reference, as they were digested. */
static bool
octets_take(xmlSecDSigCtx *ctx, struct buf *ret)
{
	xmlSecDSigReferenceCtx *ref;
	xmlSecBuffer *b;

	if (xmlSecPtrListGetSize(&ctx->signedInfoReferences) != 1)
		return false;
	ref = xmlSecPtrListGetItem(&ctx->signedInfoReferences, 0);
	if (ref == NULL || ref->status != xmlSecDSigStatusSucceeded)
		return false;
	b = xmlSecDSigReferenceCtxGetPreDigestBuffer(ref);
	if (b == NULL || xmlSecBufferGetSize(b) == 0)
		return false;
	buf_put(ret, xmlSecBufferGetData(b), xmlSecBufferGetSize(b));
	return !buf_failed(ret);
}

static bool
key_verifies(const struct form *f, EVP_PKEY *key, struct buf *ret)
{
	xmlSecDSigCtx *ctx = xmlSecDSigCtxCreate(NULL);
	bool good = false;

	if (ctx == NULL)
		return false;
	if (context_limit(ctx) && context_key(ctx, key) &&
	    xmlSecDSigCtxVerify(ctx, (xmlNode *)(uintptr_t)f->signature) >= 0)
		good = ctx->status == xmlSecDSigStatusSucceeded &&
		    octets_take(ctx, ret);
	xmlSecDSigCtxDestroy(ctx);
	return good;
}

int
sig_verify(const xmlNode *parent, const struct keys *keys, bool sha1,
    struct buf *ret, enum rule *why)
{
	struct form f = { NULL, NULL, NULL, NULL };

	*why = form_check(parent, sha1, &f);
	if (*why != RULE_NONE)
		return -1;
	*why = RULE_SIGNATURE;
	for (size_t i = 0; i < keys->n; i++)
		if (EVP_PKEY_is_a(keys->v[i], f.method->type) &&
		    key_verifies(&f, keys->v[i], ret)) {
			*why = RULE_NONE;
			ERR_clear_error();
			return 0;
		}
	ERR_clear_error();
	return -1;
}

/* ------------------------------------------------------------------ */
/* queries */

/* r and s of equal length to the DER that OpenSSL reads (XML-DSig 6.4.3). */
static int
ecdsa_der(const struct method *m, struct csn_str raw, struct buf *ret)
{
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	unsigned char *der = NULL;
	int n = -1;

	if (raw.n != 2 * m->half)
		return -1;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn((const unsigned char *)raw.p, (int)m->half, NULL);
	s = BN_bin2bn((const unsigned char *)raw.p + m->half, (int)m->half,
	    NULL);
	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return -1;
	}
	n = i2d_ECDSA_SIG(sig, &der);
	if (n > 0)
		buf_put(ret, der, (size_t)n);
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return n > 0 && !buf_failed(ret) ? 0 : -1;
}

static bool
octets_verify(EVP_PKEY *key, const struct method *m, struct csn_str octets,
    struct csn_str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL,
	    m->digest, NULL, NULL, key, NULL) == 1 && EVP_DigestVerify(ctx,
	    (const unsigned char *)signature.p, signature.n,
	    (const unsigned char *)octets.p, octets.n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

int
sig_query_verify(const struct keys *keys, struct csn_str octets,
    struct csn_str alg, struct csn_str signature, bool sha1, enum rule *why)
{
	const struct method *m = method_of(alg, sha1);
	struct buf der;
	bool good = false;

	*why = RULE_ALGORITHM;
	if (m == NULL)
		return -1;
	*why = RULE_SIGNATURE;
	buf_init(&der, 1024);
	if (m->half == 0)
		buf_str_put(&der, signature);
	if (m->half == 0 || ecdsa_der(m, signature, &der) == 0)
		for (size_t i = 0; i < keys->n && !good; i++)
			good = EVP_PKEY_is_a(keys->v[i], m->type) &&
			    octets_verify(keys->v[i], m, octets,
			    buf_str(&der));
	buf_free(&der);
	ERR_clear_error();
	if (good)
		*why = RULE_NONE;
	return good ? 0 : -1;
}

int
sig_canonical(xmlDoc *doc, struct buf *ret)
{
	xmlChar *text = NULL;
	int n = xmlC14NDocDumpMemory(doc, NULL, XML_C14N_EXCLUSIVE_1_0, NULL,
	    0, &text);

	if (n > 0)
		buf_put(ret, text, (size_t)n);
	xmlFree(text);
	return n > 0 && !buf_failed(ret) ? 0 : -1;
}
