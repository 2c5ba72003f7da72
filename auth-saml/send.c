/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send.c - a message of ours on its way: signed, packed, in a reply
 *
 * Private keys stay in the host; what is signed here are octets of our own
 * making. It must never sign with SHA-1, nor send unsigned what was to be
 * signed.
 */
#include "send.h"

#include <openssl/evp.h>

#include "lib/base64url.h"
#include "lib/url.h"

#include "bind.h"
#include "doc.h"
#include "sig.h"

#define EXC "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SHA256_URI "http://www.w3.org/2001/04/xmlenc#sha256"

static int
octets_sign(const struct job *j, struct csn_str octets, struct buf *base64)
{
	struct csn_str sig;

	if (j->opt->alg.n == 0 || j->host->sign(j->call, j->opt->val_key,
	    j->opt->alg, octets, &sig) != CSN_OK) {
		job_say(j, CSN_FAIL, "a message could not be signed: see "
		    "signing_key");
		return -1;
	}
	base64_encode(base64, sig);
	return buf_failed(base64) ? -1 : 0;
}

/* SAMLRequest=...&RelayState=...&SigAlg=..., then &Signature= over just that
 * (Bind 3.4.4.1). */
static int
query_write(const struct job *j, const struct outgoing *o, struct buf *b)
{
	struct buf sig;
	int rc = -1;

	buf_init(&sig, 4096);
	if (bind_redirect_write(str_from(o->name), o->xml, b) < 0)
		goto out;
	if (o->relay.n > 0)
		form_add(b, STR("RelayState"), o->relay);
	if (o->sign) {
		const char *uri = sig_uri(j->opt->alg);

		if (uri == NULL)
			goto out;
		form_add(b, STR("SigAlg"), str_from(uri));
		if (buf_failed(b) || octets_sign(j, buf_str(b), &sig) < 0)
			goto out;
		form_add(b, STR("Signature"), buf_str(&sig));
	}
	rc = buf_failed(b) ? -1 : 0;
out:
	buf_free(&sig);
	return rc;
}

/* What vouches for the address: a signature by a pinned key, or that the
 * configuration itself holds it (security.md O4). */
static void
reply_fill(const struct job *j, const struct outgoing *o,
    struct csn_reply *reply)
{
	const struct options *opt = j->opt;

	if (opt->metadata_keys.n > 0 || opt->metadata_file.n > 0)
		reply->flags |= CSN_RP_VERIFIED;
	reply->back_at = o->back_at;
	reply->back_by = o->back_by;
}

int
send_redirect(const struct job *j, const struct outgoing *o,
    struct csn_reply *reply)
{
	struct buf query, url;
	int rc;

	buf_init(&query, 65536);
	buf_init(&url, 65536);
	rc = query_write(j, o, &query);
	if (rc == 0) {
		buf_str_put(&url, o->url);
		buf_char(&url, str_index(o->url, '?') < 0 ? '?' : '&');
		buf_str_put(&url, buf_str(&query));
		reply->action = CSN_A_REDIRECT;
		reply_fill(j, o, reply);
		reply->url = job_str(j, buf_str(&url));
		rc = buf_failed(&url) || reply->url.n == 0 ? -1 : 0;
	}
	buf_free(&query);
	buf_free(&url);
	return rc;
}

int
send_post(const struct job *j, const struct outgoing *o,
    struct csn_reply *reply)
{
	struct csn_pair *fields = job_array(j, 2, sizeof(*fields));
	struct buf xml, text;
	int rc = -1;

	buf_init(&xml, BIND_MESSAGE_MAX);
	buf_init(&text, 2u * BIND_MESSAGE_MAX);
	if (fields == NULL)
		goto out;
	if (!o->sign)
		buf_str_put(&xml, o->xml);
	else if (send_sign(j, o->xml, &xml) < 0)
		goto out;
	base64_encode(&text, buf_str(&xml));
	if (buf_failed(&xml) || buf_failed(&text))
		goto out;
	fields[0].name = str_from(o->name);
	fields[0].value = job_str(j, buf_str(&text));
	fields[1].name = STR("RelayState");
	fields[1].value = job_str(j, o->relay);
	reply->action = CSN_A_POST;
	reply_fill(j, o, reply);
	reply->url = job_str(j, o->url);
	reply->fields = (struct csn_pairs){ fields, o->relay.n > 0 ? 2 : 1 };
	rc = reply->url.n == 0 || fields[0].value.n == 0 ? -1 : 0;
out:
	buf_free(&xml);
	buf_free(&text);
	return rc;
}

bool
send_posts(const struct options *o)
{
	return o->alg.n > 0 && !str_starts(o->alg, STR("RS"));
}

/* ------------------------------------------------------------------ */
/* enveloped */

/* Written in its own canonical form, so that what is signed is what stands in
 * the message. */
static void
signed_info(struct buf *b, const char *alg, struct csn_str id,
    struct csn_str digest)
{
	buf_puts(b, "<ds:SignedInfo xmlns:ds=\"" NS_DS "\">"
	    "<ds:CanonicalizationMethod Algorithm=\"" EXC "\">"
	    "</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"");
	buf_puts(b, alg);
	buf_puts(b, "\"></ds:SignatureMethod><ds:Reference URI=\"#");
	buf_str_put(b, id);
	buf_puts(b, "\"><ds:Transforms><ds:Transform Algorithm=\"" NS_DS
	    "enveloped-signature\"></ds:Transform><ds:Transform Algorithm=\""
	    EXC "\"></ds:Transform></ds:Transforms><ds:DigestMethod "
	    "Algorithm=\"" SHA256_URI "\"></ds:DigestMethod><ds:DigestValue>");
	buf_str_put(b, digest);
	buf_puts(b, "</ds:DigestValue></ds:Reference></ds:SignedInfo>");
}

/* Where the signature goes: behind Issuer, which the schemas put first; in
 * metadata, behind the root's start tag. The prefix is the one that we write
 * ourselves, by lasso. */
static size_t
place_find(struct csn_str canonical)
{
	struct csn_str end = STR("</saml:Issuer>");
	ptrdiff_t at = str_find(canonical, end);

	if (at >= 0)
		return (size_t)at + end.n;
	at = str_index(canonical, '>');
	return at < 0 ? 0 : (size_t)at + 1;
}

static int
signature_write(const struct job *j, xmlDoc *doc, struct csn_str canonical,
    struct buf *ret)
{
	const char *alg = sig_uri(j->opt->alg);
	size_t at = place_find(canonical);
	uint8_t digest[32];
	struct buf text, info, sig;
	int rc = -1;

	buf_init(&text, 128);
	buf_init(&info, 8192);
	buf_init(&sig, 4096);
	if (alg == NULL || at == 0 || EVP_Q_digest(NULL, "SHA256", NULL,
	    canonical.p, canonical.n, digest, NULL) != 1)
		goto out;
	base64_encode(&text, str_of(digest, sizeof(digest)));
	signed_info(&info, alg, xml_attr(xmlDocGetRootElement(doc), "ID"),
	    buf_str(&text));
	if (buf_failed(&info) || octets_sign(j, buf_str(&info), &sig) < 0)
		goto out;
	buf_str_put(ret, str_of(canonical.p, at));
	buf_puts(ret, "<ds:Signature xmlns:ds=\"" NS_DS "\">");
	buf_str_put(ret, buf_str(&info));
	buf_puts(ret, "<ds:SignatureValue>");
	buf_str_put(ret, buf_str(&sig));
	buf_puts(ret, "</ds:SignatureValue></ds:Signature>");
	buf_str_put(ret, str_from_at(canonical, at));
	rc = buf_failed(ret) ? -1 : 0;
out:
	buf_free(&text);
	buf_free(&info);
	buf_free(&sig);
	return rc;
}

int
send_sign(const struct job *j, struct csn_str xml, struct buf *ret)
{
	enum rule why;
	xmlDoc *doc = doc_parse(xml, &why);
	struct buf canonical;
	int rc = -1;

	if (doc == NULL)
		return -1;
	buf_init(&canonical, BIND_MESSAGE_MAX);
	if (sig_canonical(doc, &canonical) == 0)
		rc = signature_write(j, doc, buf_str(&canonical), ret);
	buf_free(&canonical);
	xmlFreeDoc(doc);
	return rc;
}
