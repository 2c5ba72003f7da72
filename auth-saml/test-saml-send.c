/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-send.c - what we send is what was asked for, and signed with our
 * key: by query and by envelope, RSA and ECDSA
 */
#include "saml_testing.h"

#include <libxml/parser.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "lib/testing.h"

#include "bind.h"
#include "doc.h"
#include "library.h"
#include "sig.h"

#define IDP "https://idp.example.org/"

struct signer {
	EVP_PKEY *key;
	char pem[8192];
	const char *uri;
};

static struct signer
signer_make(const char *group, const char *uri)
{
	struct signer s = { .uri = uri };
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	s.key = group == NULL ? EVP_RSA_gen(2048) :
	    strcmp(group, "ED25519") == 0 ?
	    EVP_PKEY_Q_keygen(NULL, NULL, group) : EVP_EC_gen(group);
	assert_non_null(s.key);
	assert_int_equal(PEM_write_bio_PrivateKey(bio, s.key, NULL, NULL, 0,
	    NULL, NULL), 1);
	n = BIO_get_mem_data(bio, &text);
	assert_true(n > 0 && (size_t)n < sizeof(s.pem));
	memcpy(s.pem, text, (size_t)n);
	s.pem[n] = '\0';
	BIO_free(bio);
	return s;
}

static struct harness *
host_make(const struct signer *s)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str pem = saml_file("simplesamlphp", "idp.crt");

	harness_option(h, "idp_entity_id", IDP);
	harness_option(h, "sso_url", IDP "sso?tenant=7");
	harness_option_str(h, "idp_certificate", pem);
	if (s != NULL)
		harness_option(h, "signing_key", s->pem);
	free((void *)(uintptr_t)pem.p);
	return h;
}

/* RFC 9231 2.3.12: by OpenSSL itself, since our gate takes no such one. */
static bool
ed25519_good(EVP_PKEY *key, struct csn_str octets, struct csn_str sig)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(md, (const uint8_t *)sig.p, sig.n,
	    (const uint8_t *)octets.p, octets.n) == 1;

	EVP_MD_CTX_free(md);
	return good;
}

static void
begin(struct harness *h, struct harness_answer *a)
{
	harness_must_open(h);
	saml_begin(h, a);
	if (a->verdict != CSN_CONTINUE)
		fail_msg("%s", harness_log(h));
}

/* The request of a redirect; verified if there is a signer. The caller frees
 * the document. */
static xmlDoc *
redirect_read(const struct csn_reply *r, const struct signer *s)
{
	struct csn_str raw = str_from_at(r->url,
	    (size_t)str_index(r->url, '?') + 1);
	struct keys keys = { .n = 1 };
	struct bind_query q;
	struct buf octets, value, sig, xml;
	enum rule why;
	xmlDoc *doc;

	buf_init(&octets, 0);
	buf_init(&value, 0);
	buf_init(&sig, 0);
	buf_init(&xml, 0);
	assert_int_equal(bind_query_split(raw, &q, &why), 0);
	assert_true(q.signed_ == (s != NULL));
	if (s != NULL) {
		keys.v[0] = s->key;
		bind_query_octets(&q, &octets);
		assert_int_equal(bind_query_value(q.sig_alg, &value), 0);
		assert_str(buf_str(&value), s->uri);
		assert_int_equal(bind_query_value(q.signature, &sig), 0);
		assert_int_equal(bind_base64_read(buf_str(&sig), 2048, &xml),
		    0);
		if (EVP_PKEY_is_a(s->key, "ED25519"))
			assert_true(ed25519_good(s->key, buf_str(&octets),
			    buf_str(&xml)));
		else
			assert_int_equal(sig_query_verify(&keys,
			    buf_str(&octets), str_from(s->uri), buf_str(&xml),
			    false, &why), 0);
	}
	buf_clear(&value);
	buf_clear(&xml);
	assert_int_equal(bind_query_value(q.message, &value), 0);
	assert_int_equal(bind_redirect_read(buf_str(&value), &xml, &why), 0);
	doc = doc_parse(buf_str(&xml), &why);
	assert_non_null(doc);
	buf_free(&octets);
	buf_free(&value);
	buf_free(&sig);
	buf_free(&xml);
	return doc;
}

static void
enveloped_good(struct csn_str xml, const struct signer *s, const char *second)
{
	struct keys keys = { .n = 1 };
	enum rule why;
	xmlDoc *doc = doc_parse(xml, &why);
	xmlNode *root = xmlDocGetRootElement(doc);
	xmlAttr *id = xmlHasProp(root, (const xmlChar *)"ID");
	struct buf covered;

	keys.v[0] = s->key;
	buf_init(&covered, 0);
	(void)xmlAddID(NULL, doc, id->children->content, id);
	if (sig_verify(root, &keys, false, &covered, &why) < 0)
		fail_msg("%s: %.*s", rule_name(why), STR_FMT(xml));
	if (second != NULL)
		assert_string_equal((const char *)
		    xml_next(xml_first(root))->name, second);
	buf_free(&covered);
	xmlFreeDoc(doc);
}

static void
both_signatures(const struct signer *s)
{
	struct harness *h = host_make(s);
	struct csn_req req = harness_req(CSN_EV_ENDPOINT);
	struct harness_answer a;

	begin(h, &a);
	xmlFreeDoc(redirect_read(&a.reply, s));
	harness_answer_free(&a);
	harness_free(h);
	h = host_make(s);
	harness_option(h, "sign_metadata", "true");
	harness_must_open(h);
	req.endpoint = harness_endpoint(h, "metadata");
	req.method = STR("GET");
	harness_serve(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DONE);
	enveloped_good(a.reply.body, s, NULL);
	harness_answer_free(&a);
	harness_free(h);
}

static void
every_kind_of_key_signs(void **state)
{
	static const struct { const char *group, *uri; } kinds[] = {
		{ NULL, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" },
		{ "P-256",
		    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" },
		{ "P-384",
		    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" },
		{ "P-521",
		    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" },
	};

	(void)state;
	assert_int_equal(library_init(), 0);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct signer s = signer_make(kinds[i].group, kinds[i].uri);

		both_signatures(&s);
		EVP_PKEY_free(s.key);
	}
}

/* xmlsec verifies none yet, so ours by query is what can be told here (by POST
 * a Keycloak takes them); the gate refuses one that it receives, like any
 * method it does not know. */
static void
an_ed25519_key_signs_queries(void **state)
{
	static const char uri[] =
	    "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";
	struct signer s = signer_make("ED25519", uri);
	struct keys keys = { .n = 1, .v = { s.key } };
	struct harness *h = host_make(&s);
	struct harness_answer a;
	enum rule why = RULE_NONE;

	(void)state;
	assert_int_equal(library_init(), 0);
	begin(h, &a);
	xmlFreeDoc(redirect_read(&a.reply, &s));
	assert_true(sig_query_verify(&keys, STR("a"), str_from(uri), STR("b"),
	    false, &why) < 0);
	assert_int_equal(why, RULE_ALGORITHM);
	harness_answer_free(&a);
	harness_free(h);
	EVP_PKEY_free(s.key);
}

/* At a provider that takes both bindings. */
static void
ask_lemonldap(const struct signer *s, const char *binding,
    struct harness_answer *a)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str md = saml_file("lemonldap", "metadata.xml");

	harness_option_str(h, "metadata_file", md);
	free((void *)(uintptr_t)md.p);
	harness_option(h, "signing_key", s->pem);
	harness_option(h, "binding", binding);
	begin(h, a);
	harness_free(h);
}

/* By POST: the signature stands behind the Issuer, as the schema has it. */
static void
posted_good(const struct signer *s, const struct harness_answer *a)
{
	struct buf xml;
	enum rule why;

	assert_int_equal(a->reply.action, CSN_A_POST);
	assert_str(a->reply.fields.v[0].name, "SAMLRequest");
	assert_str(a->reply.fields.v[1].value, SAML_RESUME);
	buf_init(&xml, 0);
	assert_int_equal(bind_post_read(a->reply.fields.v[0].value, &xml,
	    &why), 0);
	enveloped_good(buf_str(&xml), s, "Signature");
	buf_free(&xml);
}

/* An ECDSA value in a query is not written in one way by all. */
static void
other_keys_than_rsa_are_posted(void **state)
{
	struct signer rsa = signer_make(NULL,
	    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
	struct signer ec = signer_make("P-256",
	    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
	struct signer ed = signer_make("ED25519", "");
	struct harness_answer a;

	(void)state;
	ask_lemonldap(&rsa, "post", &a);
	posted_good(&rsa, &a);
	harness_answer_free(&a);
	ask_lemonldap(&ec, "auto", &a);
	posted_good(&ec, &a);
	harness_answer_free(&a);
	ask_lemonldap(&rsa, "auto", &a);
	xmlFreeDoc(redirect_read(&a.reply, &rsa));
	harness_answer_free(&a);
	ask_lemonldap(&ec, "redirect", &a);
	xmlFreeDoc(redirect_read(&a.reply, &ec));
	harness_answer_free(&a);
	ask_lemonldap(&ed, "auto", &a);
	assert_int_equal(a.reply.action, CSN_A_POST);
	harness_answer_free(&a);
	EVP_PKEY_free(rsa.key);
	EVP_PKEY_free(ec.key);
	EVP_PKEY_free(ed.key);
}

static const xmlNode *
child(const xmlNode *n, const char *ns, const char *name)
{
	const xmlNode *c = xml_child(n, ns, name);

	if (c == NULL)
		fail_msg("no %s", name);
	return c;
}

static void
what_is_asked_for_is_in_it(void **state)
{
	struct harness *h = host_make(NULL);
	struct harness_answer a;
	struct arena arena;
	const xmlNode *root, *n;
	xmlDoc *doc;

	(void)state;
	arena_init(&arena, 65536);
	harness_option(h, "force_authn", "true");
	harness_option(h, "passive", "true");
	harness_option(h, "name_id_format", "email");
	harness_option(h, "authn_context", "urn:a");
	harness_option(h, "authn_context", "urn:b & c");
	harness_option(h, "provider_name", "Ex \"ample\" <&>");
	harness_option(h, "proxy_count", "0");
	harness_option(h, "entity_id", "urn:us");
	begin(h, &a);
	assert_true(str_starts(a.reply.url, STR(IDP "sso?tenant=7&SAML")));
	doc = redirect_read(&a.reply, NULL);
	root = xmlDocGetRootElement(doc);
	assert_str(xml_attr(root, "ForceAuthn"), "true");
	assert_str(xml_attr(root, "IsPassive"), "true");
	assert_str(xml_attr(root, "ProviderName"), "Ex \"ample\" <&>");
	assert_str(xml_attr(root, "Destination"), IDP "sso?tenant=7");
	assert_str(xml_attr(root, "Version"), "2.0");
	assert_str(xml_attr(root, "ID"), SAML_REQUEST_ID);
	assert_str(xml_text(child(root, NS_SAML, "Issuer"), &arena),
	    "urn:us");
	n = child(root, NS_SAMLP, "NameIDPolicy");
	assert_str(xml_attr(n, "Format"), "urn:oasis:names:tc:SAML:1.1:"
	    "nameid-format:emailAddress");
	n = child(root, NS_SAMLP, "RequestedAuthnContext");
	assert_str(xml_attr(n, "Comparison"), "exact");
	assert_int_equal(xml_count(n, NS_SAML, "AuthnContextClassRef"), 2);
	n = xml_next(child(n, NS_SAML, "AuthnContextClassRef"));
	assert_str(xml_text(n, &arena), "urn:b & c");
	assert_str(xml_attr(child(root, NS_SAMLP, "Scoping"), "ProxyCount"),
	    "0");
	xmlFreeDoc(doc);
	harness_answer_free(&a);
	arena_free(&arena);
	harness_free(h);
}

static void
classes_are(const char *comparison, const char *const want[static 2])
{
	struct harness *h = host_make(NULL);
	struct harness_answer a;
	struct arena arena;
	const xmlNode *n, *c;
	xmlDoc *doc;
	size_t i = 0;

	arena_init(&arena, 65536);
	harness_option(h, "authn_context", "urn:weak");
	harness_option(h, "authn_context", "urn:strong");
	harness_option(h, "authn_context_comparison", comparison);
	begin(h, &a);
	doc = redirect_read(&a.reply, NULL);
	n = child(xmlDocGetRootElement(doc), NS_SAMLP,
	    "RequestedAuthnContext");
	assert_str(xml_attr(n, "Comparison"), comparison);
	for (c = xml_first(n); c != NULL; c = xml_next(c), i++)
		assert_str(xml_text(c, &arena), want[i]);
	assert_true(i == 2 || want[i] == NULL);
	xmlFreeDoc(doc);
	harness_answer_free(&a);
	arena_free(&arena);
	harness_free(h);
}

static void
contexts_are_compared(void **state)
{
	(void)state;
	classes_are("exact", (const char *[2]){ "urn:weak", "urn:strong" });
	classes_are("minimum", (const char *[2]){ "urn:weak", NULL });
	classes_are("maximum", (const char *[2]){ "urn:strong", NULL });
	classes_are("better", (const char *[2]){ "urn:weak", NULL });
}

/* What is in the request of a login with that hint, for that person; "" where
 * it has no subject. */
static void
subject_is(const char *send, const char *hint, const char *known,
    const char *want)
{
	struct harness *h = host_make(NULL);
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct csn_str got = STR("");
	struct harness_answer a;
	struct arena arena;
	const xmlNode *n;
	xmlDoc *doc;

	arena_init(&arena, 65536);
	harness_option(h, "send_hint", send);
	harness_must_open(h);
	req.resume = STR(SAML_RESUME);
	req.account = req.realm = STR("");
	req.subject = str_from(known);
	req.hint = str_from(hint);
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	doc = redirect_read(&a.reply, NULL);
	n = xml_child(xmlDocGetRootElement(doc), NS_SAML, "Subject");
	if (n != NULL)
		got = xml_text(child(n, NS_SAML, "NameID"), &arena);
	assert_str(got, want);
	xmlFreeDoc(doc);
	harness_answer_free(&a);
	arena_free(&arena);
	harness_free(h);
}

static void
a_name_is_told_as_the_subject(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[255] = '\0';
	subject_is("true", "alice@example.org", "", "alice@example.org");
	subject_is("true", "<Bob> & \"co\"", "", "<Bob> & \"co\"");
	subject_is("true", longest, "", longest);
	subject_is("true", "typed", "alice", "alice");
	subject_is("true", "", "", "");
	subject_is("false", "alice", "alice", "");
	/* it names the provider, not a person */
	subject_is("true", IDP, "", "");
	/* no XML, nor any name */
	subject_is("true", "a\x01" "b", "", "");
	subject_is("true", "a\xff", "", "");
	subject_is("true", "a\xe2\x80\xae" "b", "", "");
	longest[255] = 'a';
	longest[256] = '\0';
	subject_is("true", longest, "", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_key_signs),
		cmocka_unit_test(an_ed25519_key_signs_queries),
		cmocka_unit_test(other_keys_than_rsa_are_posted),
		cmocka_unit_test(what_is_asked_for_is_in_it),
		cmocka_unit_test(contexts_are_compared),
		cmocka_unit_test(a_name_is_told_as_the_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
