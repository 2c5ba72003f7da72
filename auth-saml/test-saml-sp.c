/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-sp.c - our own metadata: what a provider is told of us
 */
#include "saml_testing.h"

#include <libxml/parser.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "lib/testing.h"

#include "doc.h"
#include "xml.h"

#define FOLDER "simplesamlphp"
#define BINDING "urn:oasis:names:tc:SAML:2.0:bindings:"

static struct harness *
host_make(void)
{
	struct harness *h = harness_new(&countersign_plugin_1);

	harness_option(h, "metadata", "https://idp.example.org/metadata");
	return h;
}

/* The caller frees the document. */
static xmlDoc *
served(struct harness *h)
{
	struct csn_req req = harness_req(CSN_EV_ENDPOINT);
	struct harness_answer a;
	enum rule why;
	xmlDoc *doc;

	harness_must_open(h);
	req.endpoint = harness_endpoint(h, "metadata");
	req.method = STR("GET");
	harness_serve(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DONE);
	assert_str(a.reply.content_type, "application/samlmetadata+xml");
	doc = doc_parse(a.reply.body, &why);
	assert_non_null(doc);
	harness_answer_free(&a);
	return doc;
}

/* "a b c": the names of the children, in the order of the schemas. */
static void
children_are(const xmlNode *n, const char *names)
{
	struct csn_str rest = str_from(names), name;
	const xmlNode *c = xml_first(n);

	for (; str_cut(&rest, ' ', &name); c = xml_next(c))
		if (c == NULL || !str_equal(str_from((const char *)c->name),
		    name))
			fail_msg("no %.*s, but %s", STR_FMT(name), c == NULL ?
			    "nothing" : (const char *)c->name);
	assert_null(c);
}

static const xmlNode *
nth(const xmlNode *parent, const char *name, unsigned at)
{
	for (const xmlNode *n = xml_first(parent); n != NULL; n = xml_next(n))
		if (strcmp((const char *)n->name, name) == 0 && at-- == 0)
			return n;
	fail_msg("too few of %s", name);
	return NULL;
}

/* The n-th key is that of the certificate in the file. */
static void
key_is(const xmlNode *role, unsigned at, const char *use, const char *file)
{
	const xmlNode *k = nth(role, "KeyDescriptor", at), *x;
	struct csn_str pem = saml_file(FOLDER, file), line, rest = pem;
	struct arena arena;
	struct buf want;

	arena_init(&arena, 65536);
	buf_init(&want, 65536);
	while (str_cut(&rest, '\n', &line))
		if (!str_starts(line, STR("-----")))
			buf_str_put(&want, line);
	assert_str(xml_attr(k, "use"), use);
	x = xml_first(xml_first(xml_first(k)));
	assert_true(str_equal(xml_text(x, &arena), buf_str(&want)));
	buf_free(&want);
	arena_free(&arena);
	free((void *)(uintptr_t)pem.p);
}

static void
endpoint_is(const xmlNode *role, const char *name, unsigned at,
    const char *binding, const char *path)
{
	const xmlNode *n = nth(role, name, at);

	assert_true(str_ends(xml_attr(n, "Location"), str_from(path)));
	assert_true(str_starts(xml_attr(n, "Location"), STR("https://")));
	assert_str(xml_attr(n, "Binding"), binding);
}

static void
whole_make(struct harness *h)
{
	saml_option_file(h, "signing_key", FOLDER, "sp.key");
	saml_option_file(h, "certificate", FOLDER, "sp.crt");
	saml_option_file(h, "next_certificate", FOLDER, "idp.crt");
	harness_option(h, "name_id_format", "persistent");
	harness_option(h, "requested_attributes", "urn:oid:1.2.3");
	harness_option(h, "requested_attributes", "mail");
	harness_option(h, "provider_name", "A & B");
	harness_option(h, "contact", "it@example.com");
	harness_option(h, "organisation", "Ex<am>ple");
}

/* During a roll-over the next key stands beside the one of today. */
static void
all_of_it(void **state)
{
	struct harness *h = host_make();
	struct arena arena;
	const xmlNode *root, *role, *n;
	xmlDoc *doc;

	(void)state;
	arena_init(&arena, 65536);
	whole_make(h);
	doc = served(h);
	root = xmlDocGetRootElement(doc);
	children_are(root, "SPSSODescriptor Organization ContactPerson");
	role = xml_first(root);
	children_are(role, "Extensions KeyDescriptor KeyDescriptor "
	    "KeyDescriptor SingleLogoutService SingleLogoutService "
	    "SingleLogoutService NameIDFormat AssertionConsumerService "
	    "AssertionConsumerService AttributeConsumingService");
	assert_str(xml_attr(role, "AuthnRequestsSigned"), "true");
	key_is(role, 0, "signing", "sp.crt");
	key_is(role, 1, "signing", "idp.crt");
	key_is(role, 2, "encryption", "sp.crt");
	endpoint_is(xml_first(role), "RequestInitiator", 0,
	    "urn:oasis:names:tc:SAML:profiles:SSO:request-init", "/login");
	endpoint_is(role, "SingleLogoutService", 0, BINDING "SOAP", "/soap");
	endpoint_is(role, "SingleLogoutService", 1, BINDING "HTTP-Redirect",
	    "/slo");
	endpoint_is(role, "SingleLogoutService", 2, BINDING "HTTP-POST",
	    "/slo");
	endpoint_is(role, "AssertionConsumerService", 0, BINDING "HTTP-POST",
	    "/acs");
	endpoint_is(role, "AssertionConsumerService", 1,
	    BINDING "HTTP-Artifact", "/acs");
	n = nth(role, "AttributeConsumingService", 0);
	children_are(n, "ServiceName RequestedAttribute RequestedAttribute");
	assert_str(xml_text(xml_first(n), &arena), "A & B");
	assert_str(xml_attr(nth(n, "RequestedAttribute", 0), "Name"),
	    "urn:oid:1.2.3");
	assert_str(xml_attr(nth(n, "RequestedAttribute", 1), "Name"), "mail");
	assert_str(xml_text(xml_first(nth(root, "Organization", 0)), &arena),
	    "Ex<am>ple");
	assert_str(xml_text(xml_first(nth(root, "ContactPerson", 0)), &arena),
	    "mailto:it@example.com");
	xmlFreeDoc(doc);
	arena_free(&arena);
	harness_free(h);
}

static void
pem_take(struct harness *h, const char *option, BIO *bio)
{
	char *text;
	long n = BIO_get_mem_data(bio, &text);

	harness_option_str(h, option, str_of(text, (size_t)n));
	BIO_free(bio);
}

/* An EC key and its certificate, which nobody can encrypt for. */
static void
curve_option(struct harness *h)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *k = BIO_new(BIO_s_mem()), *c = BIO_new(BIO_s_mem());

	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(c, x), 1);
	assert_int_equal(PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL,
	    NULL), 1);
	pem_take(h, "signing_key", k);
	pem_take(h, "certificate", c);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void
curve_serve(bool certificate, const char *names)
{
	struct harness *h = host_make();
	const xmlNode *role;
	xmlDoc *doc;

	curve_option(h);
	saml_option_file(h, "decryption_key", FOLDER, "sp.key");
	if (certificate)
		saml_option_file(h, "decryption_certificate", FOLDER,
		    "sp.crt");
	doc = served(h);
	role = xml_first(xmlDocGetRootElement(doc));
	children_are(role, names);
	if (certificate)
		key_is(role, 1, "encryption", "sp.crt");
	xmlFreeDoc(doc);
	harness_free(h);
}

static void
what_encrypts_is_rsa(void **state)
{
	struct harness *h = host_make();

	(void)state;
	curve_option(h);
	harness_option(h, "require_encryption", "true");
	assert_int_not_equal(harness_open(h), CSN_OK);
	assert_true(harness_logged(h, "needs `decryption_key`"));
	harness_free(h);
	curve_serve(true, "Extensions KeyDescriptor KeyDescriptor "
	    "SingleLogoutService SingleLogoutService SingleLogoutService "
	    "AssertionConsumerService AssertionConsumerService");
	curve_serve(false, "Extensions KeyDescriptor "
	    "SingleLogoutService SingleLogoutService SingleLogoutService "
	    "AssertionConsumerService AssertionConsumerService");
}

/* Nothing that could not be done: a logout wants a signature. */
static void
without_a_key(void **state)
{
	struct harness *h = host_make();
	xmlDoc *doc = served(h);
	const xmlNode *role = xml_first(xmlDocGetRootElement(doc));

	(void)state;
	children_are(xmlDocGetRootElement(doc), "SPSSODescriptor");
	children_are(role, "Extensions AssertionConsumerService "
	    "AssertionConsumerService");
	assert_str(xml_attr(role, "AuthnRequestsSigned"), "false");
	xmlFreeDoc(doc);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(what_encrypts_is_rsa),
		cmocka_unit_test(without_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
