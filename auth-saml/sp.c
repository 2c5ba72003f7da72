/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sp.c - our own metadata (Meta 2.4.4)
 *
 * During a roll-over both certificates stand in it. It must never hold an
 * address that headers of a request named: only the configured one.
 */
#include "sp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lib/base64url.h"
#include "lib/text.h"

#include "bind.h"
#include "send.h"
#include "xml.h"

#define PIECE 1000u
#define PIECES_MAX 60u
#define BINDING "urn:oasis:names:tc:SAML:2.0:bindings:"
#define NS_INIT "urn:oasis:names:tc:SAML:profiles:SSO:request-init"

static void
attr_put(struct buf *b, const char *name, struct csn_str value)
{
	buf_printf(b, " %s=\"", name);
	text_html(b, value);
	buf_char(b, '"');
}

static void
element_put(struct buf *b, const char *name, const char *attrs,
    struct csn_str text)
{
	buf_printf(b, "<md:%s%s>", name, attrs);
	text_html(b, text);
	buf_printf(b, "</md:%s>", name);
}

static void
endpoint_put(struct buf *b, const char *name, const char *binding,
    struct csn_str at, const char *more)
{
	buf_printf(b, "<md:%s Binding=\"" BINDING "%s\"", name, binding);
	attr_put(b, "Location", at);
	buf_printf(b, "%s></md:%s>", more, name);
}

/* Request Initiation 1.0 3: where pages elsewhere lead to for a login. */
static void
initiator_put(struct buf *b, struct csn_str at)
{
	buf_puts(b, "<md:Extensions><init:RequestInitiator xmlns:init=\""
	    NS_INIT "\" Binding=\"" NS_INIT "\"");
	attr_put(b, "Location", at);
	buf_puts(b, "></init:RequestInitiator></md:Extensions>");
}

/* Every certificate of the text as a KeyDescriptor. */
static void
keys_put(struct buf *b, struct csn_str pem, const char *use)
{
	BIO *bio = pem.n == 0 ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	unsigned char *der;
	X509 *x;
	int n;

	while (bio != NULL && (x = PEM_read_bio_X509(bio, NULL, NULL,
	    NULL)) != NULL) {
		der = NULL;
		n = i2d_X509(x, &der);
		X509_free(x);
		if (n > 0) {
			buf_printf(b, "<md:KeyDescriptor%s><ds:KeyInfo "
			    "xmlns:ds=\"" NS_DS "\"><ds:X509Data>"
			    "<ds:X509Certificate>", use);
			base64_encode(b, str_of(der, (size_t)n));
			buf_puts(b, "</ds:X509Certificate></ds:X509Data>"
			    "</ds:KeyInfo></md:KeyDescriptor>");
		}
		OPENSSL_free(der);
	}
	BIO_free(bio);
	ERR_clear_error();
}

/* Encryption is for RSA keys, of which `certificate` need not be one. */
static void
role_keys_put(const struct options *o, struct buf *b)
{
	struct csn_str decrypt = o->decryption_certificate;

	if (decrypt.n == 0 && (o->alg.n == 0 ||
	    str_starts(o->alg, STR("RS"))))
		decrypt = o->certificate;
	keys_put(b, o->certificate, " use=\"signing\"");
	keys_put(b, o->next_certificate, " use=\"signing\"");
	if (o->ndecrypt > 0)
		keys_put(b, decrypt, " use=\"encryption\"");
}

static void
attributes_put(const struct options *o, struct buf *b)
{
	if (o->requested.n == 0)
		return;
	buf_puts(b, "<md:AttributeConsumingService index=\"0\">");
	element_put(b, "ServiceName", " xml:lang=\"en\"",
	    o->provider_name.n > 0 ? o->provider_name : STR("Countersign"));
	for (size_t i = 0; i < o->requested.n; i++) {
		buf_puts(b, "<md:RequestedAttribute");
		attr_put(b, "Name", o->requested.v[i]);
		buf_puts(b, "></md:RequestedAttribute>");
	}
	buf_puts(b, "</md:AttributeConsumingService>");
}

static void
role_put(const struct options *o, struct buf *b)
{
	bool sign = o->alg.n > 0 && o->signing != SIGN_NEVER;

	buf_printf(b, "<md:SPSSODescriptor AuthnRequestsSigned=\"%s\" "
	    "WantAssertionsSigned=\"%s\" protocolSupportEnumeration=\""
	    NS_SAMLP "\">", sign ? "true" : "false",
	    o->policy.require_signed_response ? "false" : "true");
	initiator_put(b, o->login);
	role_keys_put(o, b);
	if (o->alg.n > 0) {
		endpoint_put(b, "SingleLogoutService", "SOAP", o->soap, "");
		endpoint_put(b, "SingleLogoutService", "HTTP-Redirect",
		    o->slo, "");
		endpoint_put(b, "SingleLogoutService", "HTTP-POST", o->slo,
		    "");
	}
	if (o->name_id_format.n > 0)
		element_put(b, "NameIDFormat", "", o->name_id_format);
	endpoint_put(b, "AssertionConsumerService", "HTTP-POST", o->acs,
	    o->artifact ? " index=\"0\"" : " index=\"0\" isDefault=\"true\"");
	endpoint_put(b, "AssertionConsumerService", "HTTP-Artifact", o->acs,
	    o->artifact ? " index=\"1\" isDefault=\"true\"" : " index=\"1\"");
	attributes_put(o, b);
	buf_puts(b, "</md:SPSSODescriptor>");
}

static void
people_put(const struct options *o, struct buf *b)
{
	if (o->organisation.n > 0) {
		buf_puts(b, "<md:Organization>");
		element_put(b, "OrganizationName", " xml:lang=\"en\"",
		    o->organisation);
		element_put(b, "OrganizationDisplayName", " xml:lang=\"en\"",
		    o->organisation);
		element_put(b, "OrganizationURL", " xml:lang=\"en\"",
		    o->base_url);
		buf_puts(b, "</md:Organization>");
	}
	if (o->contact.n > 0) {
		buf_puts(b, "<md:ContactPerson contactType=\"technical\">"
		    "<md:EmailAddress>mailto:");
		text_html(b, o->contact);
		buf_puts(b, "</md:EmailAddress></md:ContactPerson>");
	}
}

int
sp_metadata(const struct job *j, struct buf *ret)
{
	const struct options *o = j->opt;
	struct buf b;
	int rc = -1;

	buf_init(&b, BIND_MESSAGE_MAX);
	buf_puts(&b, "<md:EntityDescriptor xmlns:md=\"" NS_MD "\"");
	attr_put(&b, "ID", job_id(j));
	attr_put(&b, "entityID", o->entity_id);
	buf_puts(&b, " cacheDuration=\"PT6H\">");
	role_put(o, &b);
	people_put(o, &b);
	buf_puts(&b, "</md:EntityDescriptor>");
	if (buf_failed(&b))
		goto out;
	if (o->sign_metadata) {
		rc = send_sign(j, buf_str(&b), ret);
	} else {
		buf_str_put(ret, buf_str(&b));
		rc = buf_failed(ret) ? -1 : 0;
	}
out:
	buf_free(&b);
	return rc;
}

/* An item holds so much of it; none begins inside of a character. */
static size_t
piece_bytes(struct csn_str rest)
{
	size_t n = rest.n < PIECE ? rest.n : PIECE;

	while (n > 0 && n < rest.n && ((uint8_t)rest.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

uint32_t
sp_op(const struct job *j, struct csn_reply *reply)
{
	struct csn_item *v = job_array(j, PIECES_MAX, sizeof(*v));
	struct csn_str rest;
	struct buf b;
	size_t n = 0;

	buf_init(&b, BIND_MESSAGE_MAX);
	rest = v != NULL && sp_metadata(j, &b) == 0 ? buf_str(&b) : STR("");
	for (; rest.n > 0 && n < PIECES_MAX; n++) {
		size_t len = piece_bytes(rest);

		v[n].id = v[n].title = STR("metadata");
		v[n].detail = job_str(j, str_of(rest.p, len));
		rest = str_from_at(rest, len);
	}
	buf_free(&b);
	reply->items = v;
	reply->nitems = n;
	reply->item_size = sizeof(*v);
	return n > 0 && rest.n == 0 ? CSN_DONE : CSN_ERROR;
}

uint32_t
sp_serve(const struct job *j, struct csn_reply *reply)
{
	uint32_t verdict = CSN_ERROR;
	struct buf b;

	buf_init(&b, BIND_MESSAGE_MAX);
	if (sp_metadata(j, &b) == 0) {
		reply->action = CSN_A_BODY;
		reply->content_type = STR("application/samlmetadata+xml");
		reply->body = job_str(j, buf_str(&b));
		verdict = reply->body.n > 0 ? CSN_DONE : CSN_ERROR;
	}
	buf_free(&b);
	return verdict;
}
