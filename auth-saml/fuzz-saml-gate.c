/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-saml-gate.c - nothing passes the gate but what the provider signed
 *
 * The key is that of the captured answers, so that genuine seeds go all the
 * way through. What is judged as if it had been signed is only there to drive
 * the code behind the gate: no verdict comes of it.
 */
#include "lib/fuzzing.h"

#include "assertion.h"
#include "doc.h"
#include "fuzz_saml.h"
#include "library.h"
#include "shape.h"
#include "status.h"

static struct keys keys;

static int
unwrap_open(void *arg, size_t i, struct csn_str alg, struct csn_str mgf,
    struct csn_str data, struct buf *ret)
{
	static const size_t lengths[] = { 16, 24, 32, 5 };

	(void)arg;
	MUST(alg.n > 0 && mgf.n > 0);
	buf_put(ret, "0123456789abcdef0123456789abcdef",
	    lengths[(i + data.n) % 4]);
	return 0;
}

static const struct expected expected = {
	.idp = STR_INIT("https://127.0.0.1:9444/simplesaml/saml2/idp/"
	    "metadata.php"),
	.sp = STR_INIT("https://login.example.com/f/factor/metadata"),
	.acs = STR_INIT("https://login.example.com/f/factor/acs"),
	.request_id = STR_INIT("_6304e695733f775322691af5ebdfdd8ce1539ec1"),
	.now_ms = INT64_C(1796052880000), .skew_ms = 600000,
};

static void
start(void)
{
	const char *why;

	if (keys.n > 0)
		return;
	MUST(library_init() == 0);
	MUST(keys_add_pem(&keys, str_from(fuzz_certificate), &why) == 0);
}

static void
gate_set(struct gate *g, const struct unwrap *u, unsigned bits)
{
	gate_init(g);
	g->keys = &keys;
	g->unwrap = u;
	g->policy = (struct gate_policy){ .sha1 = bits & 1, .cbc = bits & 2,
	    .require_signed_response = bits & 4,
	    .require_signed_assertion = bits & 8,
	    .require_encryption = bits & 16 };
}

static void
judge(struct gate *g)
{
	struct assertion a;

	if (assertion_judge(g, &expected, &a) == 0) {
		MUST(a.id.n > 0 && a.not_after_ms > 0);
		MUST(g->assertion != NULL);
	} else {
		MUST(g->why != RULE_NONE && g->why < RULES_COUNT);
	}
}

static void
response(const struct unwrap *u, unsigned bits, struct csn_str xml)
{
	struct gate g;

	gate_set(&g, u, bits);
	if (gate_response(&g, xml) == 0) {
		MUST(g.root != NULL);
		MUST(g.assertion == NULL || g.signed_assertion ||
		    g.signed_root);
		judge(&g);
	} else {
		MUST(g.why != RULE_NONE && g.why < RULES_COUNT);
	}
	gate_free(&g);
}

static void
message(const struct unwrap *u, unsigned bits, struct csn_str xml,
    const char *root)
{
	struct gate g;
	struct csn_str issuer;

	gate_set(&g, u, bits);
	if (gate_message(&g, xml, root, true) == 0)
		MUST(g.signed_root);
	else
		MUST(g.why != RULE_NONE);
	gate_free(&g);
	gate_set(&g, u, bits);
	if (gate_peek_issuer(&g, xml, root, &issuer) == 0)
		MUST(issuer.p != NULL);
	gate_free(&g);
}

/* As if it had been signed. */
static void
behind(const struct unwrap *u, struct csn_str xml)
{
	const char *where;
	struct gate g;
	enum rule why;
	xmlDoc *doc = doc_parse(xml, &why);

	if (doc == NULL) {
		MUST(why != RULE_NONE);
		return;
	}
	gate_set(&g, u, 0);
	if (shape_check(doc, "p:Response", &why, &where) == 0) {
		g.root = xmlDocGetRootElement(doc);
		g.signed_root = true;
		g.assertion = xml_child(g.root, NS_SAML, "Assertion");
		judge(&g);
	}
	gate_free(&g);
	xmlFreeDoc(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct unwrap u = { .open = unwrap_open, .n = 2 };
	struct csn_str xml = str_of(data, n);
	unsigned bits = n > 0 ? data[n - 1] : 0;

	start();
	response(&u, bits, xml);
	message(&u, bits, xml, "p:LogoutRequest");
	message(&u, bits, xml, "s:Envelope");
	behind(&u, xml);
	return 0;
}
