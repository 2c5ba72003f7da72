/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saml: what one SAML response costs, with every rule; and an aggregate
 *
 *   saml MILLISECONDS FOLDER	a captured response, as in tests/saml
 *   saml aggregate FILE	metadata of a federation
 *
 * Prints "gate NS" and "bare NS", CPU time of one response from its base64 on:
 * through the gate and the assertion's rules, and by xmlsec with a bare key,
 * which checks nothing else. "refused NS" is the same response with one letter
 * changed. Of an aggregate: milliseconds and KiB of resident memory that stay.
 */
#include <inttypes.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xmlsec/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

#include "lib/base64url.h"

#include "auth-saml/assertion.h"
#include "auth-saml/bind.h"
#include "auth-saml/library.h"
#include "auth-saml/metadata.h"

#define FILE_MAX	(200u << 20)

struct bench {
	struct csn_str value;		/* base64 */
	struct keys keys;
	struct expected expected;
};

static int64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void
die(const char *what)
{
	(void)fprintf(stderr, "saml: %s\n", what);
	exit(1);
}

static struct csn_str
file_read(const char *folder, const char *name)
{
	char path[4096];
	struct buf b;
	char chunk[65536];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(name[0] == '\0' ? folder : path, "re");
	if (f == NULL)
		die(path);
	buf_init(&b, FILE_MAX);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	(void)fclose(f);
	return buf_str(&b);
}

static bool
through_gate(const struct bench *b, struct csn_str value)
{
	struct gate g;
	struct assertion a;
	struct buf xml;
	enum rule why;
	bool good;

	gate_init(&g);
	g.keys = &b->keys;
	buf_init(&xml, BIND_MESSAGE_MAX + 3);
	good = bind_post_read(value, &xml, &why) == 0 &&
	    gate_response(&g, buf_str(&xml)) == 0 &&
	    assertion_judge(&g, &b->expected, &a) == 0;
	buf_free(&xml);
	gate_free(&g);
	return good;
}

static bool
signature_good(const struct bench *b, xmlNode *signature)
{
	xmlSecDSigCtx *ctx = xmlSecDSigCtxCreate(NULL);
	bool good;

	(void)EVP_PKEY_up_ref(b->keys.v[0]);
	ctx->signKey = xmlSecKeyCreate();
	(void)xmlSecKeySetValue(ctx->signKey,
	    xmlSecOpenSSLEvpKeyAdopt(b->keys.v[0]));
	good = xmlSecDSigCtxVerify(ctx, signature) >= 0 &&
	    ctx->status == xmlSecDSigStatusSucceeded;
	xmlSecDSigCtxDestroy(ctx);
	return good;
}

static bool
signatures_good(const struct bench *b, xmlNode *n)
{
	xmlNode *s = xml_child(n, NS_DS, "Signature"), *a;
	xmlAttr *id = xmlHasProp(n, (const xmlChar *)"ID");

	if (id != NULL)
		(void)xmlAddID(NULL, n->doc, id->children->content, id);
	a = xml_child(n, NS_SAML, "Assertion");
	return (s == NULL || signature_good(b, s)) &&
	    (a == NULL || signatures_good(b, a));
}

static bool
by_xmlsec(const struct bench *b, struct csn_str value)
{
	struct buf xml;
	xmlDoc *doc;
	bool good;

	buf_init(&xml, BIND_MESSAGE_MAX + 3);
	if (base64_decode(&xml, value) < 0)
		return false;
	doc = xmlReadMemory((const char *)xml.p, (int)xml.n, NULL, NULL,
	    XML_PARSE_NONET);
	good = doc != NULL && signatures_good(b, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	buf_free(&xml);
	return good;
}

static void
measure(const char *name, const struct bench *b, struct csn_str value,
    bool (*run)(const struct bench *, struct csn_str), bool want, long ms)
{
	int64_t start, spent;
	uint64_t n = 0;

	if (run(b, value) != want)
		die(name);
	start = cpu_ns();
	do {
		for (int i = 0; i < 20; i++, n++)
			(void)run(b, value);
		spent = cpu_ns() - start;
	} while (spent < ms * 1000000);
	printf("%s %" PRIu64 "\n", name, (uint64_t)spent / n);
}

static struct csn_str
base64_of(struct csn_str xml)
{
	struct buf b;

	buf_init(&b, FILE_MAX);
	base64_encode(&b, xml);
	return buf_str(&b);
}

/* What the message itself says is what is expected of it. */
static void
bench_make(struct bench *b, const char *folder)
{
	struct csn_str pem = file_read(folder, "idp.crt");
	struct metadata_want want = { .entity_id = STR(""), .now_ms = 0 };
	struct metadata m;
	const char *why;

	if (keys_add_pem(&b->keys, pem, &why) < 0 || metadata_read(
	    file_read(folder, "metadata.xml"), &want, &m, &why) < 0)
		die(why);
	b->expected = (struct expected){
	    .idp = idp_set_at(m.set, 0)->entity_id,
	    .sp = STR("https://login.example.com/f/factor/metadata"),
	    .acs = STR("https://login.example.com/f/factor/acs"),
	    .request_id = STR("_6304e695733f775322691af5ebdfdd8ce1539ec1"),
	    .now_ms = strtoll(file_read(folder, "now").p, NULL, 10),
	    .skew_ms = 60000 };
}

static int
responses(long ms, const char *folder)
{
	struct bench b = { .value = STR("") };
	struct csn_str xml = file_read(folder, "response.xml");
	struct csn_str value = base64_of(xml);
	char *last;

	bench_make(&b, folder);
	printf("bytes %zu\n", xml.n);
	measure("gate", &b, value, through_gate, true, ms);
	measure("bare", &b, value, by_xmlsec, true, ms);
	/* a letter of the last signed text */
	last = strstr((char *)(uintptr_t)xml.p, "</saml:AttributeValue>");
	if (last == NULL)
		die("no attribute to change");
	last[-1] ^= 1;
	measure("refused", &b, base64_of(xml), through_gate, false, ms);
	return 0;
}

static long
resident_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return kib;
}

static int
aggregate(const char *path)
{
	struct csn_str xml = file_read(path, "");
	struct metadata_want want = { .entity_id = STR(""),
	    .now_ms = INT64_C(1796052880000) };
	struct metadata m;
	const char *why;
	long before;
	int64_t start;

	(void)malloc_trim(0);
	before = resident_kib();
	start = cpu_ns();
	if (metadata_read(xml, &want, &m, &why) < 0)
		die(why);
	printf("aggregate-ms %" PRId64 "\n", (cpu_ns() - start) / 1000000);
	(void)malloc_trim(0);
	printf("aggregate-kib %ld\n", resident_kib() - before);
	printf("aggregate-providers %zu\n", idp_set_count(m.set));
	return 0;
}

int
main(int argc, char *argv[])
{
	long ms = argc == 3 ? strtol(argv[1], NULL, 10) : 0;

	if (library_init() < 0)
		die("the libraries did not start");
	if (argc == 3 && strcmp(argv[1], "aggregate") == 0)
		return aggregate(argv[2]);
	if (ms < 1 || ms > 60000) {
		(void)fprintf(stderr, "usage: saml MILLISECONDS FOLDER\n");
		return 2;
	}
	return responses(ms, argv[2]);
}
