/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata.c - identity providers out of SAML metadata
 *
 * An aggregate may have thousands of entities, so one at a time is a tree and
 * the rest a stream. It must never take an entity that nobody vouches for
 * where a signature is demanded, that has expired, or that has no key.
 */
#include "metadata_int.h"

#include <libxml/parser.h>
#include <libxml/xmlreader.h>

#include "lib/base64url.h"
#include "lib/url.h"

#include "doc.h"
#include "times.h"
#include "xml.h"

#define BINDING "urn:oasis:names:tc:SAML:2.0:bindings:"
#define NS_SHIBMD "urn:mace:shibboleth:metadata:1.0"
#define NS_UI "urn:oasis:names:tc:SAML:metadata:ui"
#define NAME_MAX_BYTES 256u
#define DEPTH 32
#define WORDS_MAX 4096u	/* bytes of domains, and of scopes */

struct reading {
	const struct metadata_want *want;
	struct metadata *out;
	struct arena arena;		/* of one entity */
	int64_t until[DEPTH];		/* the tightest so far, by depth */
	bool alone;			/* the entity is the whole file */
	size_t entities, idps;
	const char *fault;		/* why an IdP was left out */
};

/* ------------------------------------------------------------------ */
/* times */

/* validUntil and cacheDuration of an element: the tightest holds (Meta 2.3.1,
 * 2.4.1). What is malformed has expired. */
static int64_t
until_of(struct csn_str s, int64_t outer)
{
	int64_t ms;

	if (s.p == NULL)
		return outer;
	if (times_parse(s, &ms) < 0)
		return 0;
	return ms < outer ? ms : outer;
}

static void
cache_take(struct reading *r, struct csn_str s)
{
	int64_t n;

	if (s.p != NULL && metadata_duration(s, &n) == 0 && n > 0 &&
	    (r->out->cache_s == 0 || n < r->out->cache_s))
		r->out->cache_s = n;
}

/* ------------------------------------------------------------------ */
/* one entity */

static struct csn_str
https_attr(const xmlNode *n, const char *name)
{
	struct csn_str s = xml_attr(n, name);
	struct url u;

	return s.p != NULL && url_parse(s, &u) == 0 &&
	    str_equal_fold(u.scheme, STR("https")) ? s : STR("");
}

static void
endpoint_take(struct csn_str *slot, struct csn_str url)
{
	if (slot->n == 0)
		*slot = url;
}

static void
sso_take(const xmlNode *role, struct idp *i)
{
	const xmlNode *n = xml_child(role, NS_MD, "SingleSignOnService");

	for (; n != NULL; n = xml_same(n, NS_MD, "SingleSignOnService")) {
		struct csn_str b = xml_attr(n, "Binding");
		struct csn_str at = https_attr(n, "Location");

		if (b.p == NULL)
			continue;
		if (str_is(b, BINDING "HTTP-Redirect"))
			endpoint_take(&i->sso_redirect, at);
		else if (str_is(b, BINDING "HTTP-POST"))
			endpoint_take(&i->sso_post, at);
	}
}

static void
slo_take(const xmlNode *role, struct idp *i)
{
	const xmlNode *n = xml_child(role, NS_MD, "SingleLogoutService");

	for (; n != NULL; n = xml_same(n, NS_MD, "SingleLogoutService")) {
		struct csn_str b = xml_attr(n, "Binding");
		struct csn_str at = https_attr(n, "Location");
		struct csn_str back = https_attr(n, "ResponseLocation");

		if (b.p == NULL)
			continue;
		back = back.n > 0 ? back : at;
		if (str_is(b, BINDING "HTTP-Redirect")) {
			endpoint_take(&i->slo_redirect, at);
			endpoint_take(&i->slo_redirect_back, back);
		} else if (str_is(b, BINDING "HTTP-POST")) {
			endpoint_take(&i->slo_post, at);
			endpoint_take(&i->slo_post_back, back);
		} else if (str_is(b, BINDING "SOAP")) {
			endpoint_take(&i->slo_soap, at);
		}
	}
}

static void
artifact_take(const xmlNode *role, struct idp *i)
{
	const xmlNode *n = xml_child(role, NS_MD, "ArtifactResolutionService");
	uint64_t index;

	for (; n != NULL; n = xml_same(n, NS_MD, "ArtifactResolutionService")) {
		struct csn_str at = xml_attr(n, "index");

		if (at.p != NULL && str_u64(at, IDP_ARTIFACTS - 1,
		    &index) == 0)
			endpoint_take(&i->artifact[index],
			    https_attr(n, "Location"));
	}
}

static void
certificate_take(struct reading *r, const xmlNode *n, struct idp *i)
{
	struct csn_str text = xml_text(n, &r->arena);
	struct keys k = { .n = 0 };
	const char *why;
	struct buf der;

	buf_init(&der, 65536);
	if (text.p != NULL && bind_base64_read(text, 32768, &der) == 0) {
		if (keys_add_der(&k, buf_str(&der), &why) < 0)
			r->fault = why;
		else if (i->ncerts < KEYS_MAX)
			i->certs[i->ncerts++] = arena_str(&r->arena,
			    buf_str(&der));
		keys_free(&k);
	}
	buf_free(&der);
}

/* use="signing", or none, which is both (Meta 2.4.1.1). */
static void
keys_take(struct reading *r, const xmlNode *role, struct idp *i)
{
	const xmlNode *k = xml_child(role, NS_MD, "KeyDescriptor"), *d, *c;

	for (; k != NULL; k = xml_same(k, NS_MD, "KeyDescriptor")) {
		struct csn_str use = xml_attr(k, "use");

		if (use.p != NULL && !str_is(use, "signing"))
			continue;
		d = xml_child(xml_child(k, NS_DS, "KeyInfo"), NS_DS,
		    "X509Data");
		for (; d != NULL; d = xml_same(d, NS_DS, "X509Data"))
			for (c = xml_child(d, NS_DS, "X509Certificate");
			    c != NULL; c = xml_same(c, NS_DS,
			    "X509Certificate"))
				certificate_take(r, c, i);
	}
}

/* Adds the words of one name below an Extensions to a list. A word with a
 * blank is none; what is too much for the list is left out. */
static void
words_add(struct reading *r, const xmlNode *in, const char *ns,
    const char *name, struct buf *list)
{
	const xmlNode *n = xml_child(in, ns, name);

	for (; n != NULL; n = xml_same(n, ns, name)) {
		struct csn_str s = xml_text(n, &r->arena);
		struct csn_str regexp = xml_attr(n, "regexp");

		if (s.p == NULL || s.n == 0 || str_index(s, ' ') >= 0 ||
		    list->n + s.n + 1 > WORDS_MAX || (regexp.p != NULL &&
		    !str_is(regexp, "false") && !str_is(regexp, "0")))
			continue;
		buf_puts(list, list->n > 0 ? " " : "");
		buf_str_put(list, s);
	}
}

/* Whose names it may say: of the role or of the entity, by name and not by
 * pattern. */
static void
scopes_take(struct reading *r, const xmlNode *entity, const xmlNode *role,
    struct idp *i)
{
	struct buf b;

	buf_init(&b, WORDS_MAX);
	words_add(r, xml_child(role, NS_MD, "Extensions"), NS_SHIBMD, "Scope",
	    &b);
	words_add(r, xml_child(entity, NS_MD, "Extensions"), NS_SHIBMD,
	    "Scope", &b);
	i->scopes = arena_str(&r->arena, buf_str(&b));
	buf_free(&b);
}

/* For a page where people choose: the name, and domains that hint at it. */
static void
names_take(struct reading *r, const xmlNode *entity, const xmlNode *role,
    struct idp *i)
{
	const xmlNode *ext = xml_child(role, NS_MD, "Extensions");
	const xmlNode *n = xml_child(xml_child(ext, NS_UI, "UIInfo"), NS_UI,
	    "DisplayName");
	struct buf domains;

	if (n == NULL)
		n = xml_child(xml_child(entity, NS_MD, "Organization"), NS_MD,
		    "OrganizationDisplayName");
	i->name = xml_text(n, &r->arena);
	if (i->name.p == NULL || i->name.n > NAME_MAX_BYTES)
		i->name = STR("");
	buf_init(&domains, WORDS_MAX);
	words_add(r, xml_child(ext, NS_UI, "DiscoHints"), NS_UI, "DomainHint",
	    &domains);
	i->domains = arena_str(&r->arena, buf_str(&domains));
	buf_free(&domains);
}

static bool
speaks_saml2(const xmlNode *role)
{
	struct csn_str rest = xml_attr(role, "protocolSupportEnumeration");
	struct csn_str word;

	while (rest.p != NULL && str_cut(&rest, ' ', &word))
		if (str_is(word, NS_SAMLP))
			return true;
	return false;
}

/* Why it cannot be used, or NULL. */
static const char *
idp_fault(const struct reading *r, const struct idp *i)
{
	if (i->until_ms <= r->want->now_ms - r->want->skew_ms)
		return "has expired (validUntil)";
	if (i->ncerts == 0)
		return r->fault != NULL ? r->fault : "describes an identity "
		    "provider without a signing key";
	if (i->sso_redirect.n == 0 && i->sso_post.n == 0)
		return "describes an identity provider without an https "
		    "address to sign in at";
	return NULL;
}

static int
idp_take(struct reading *r, const xmlNode *entity, const xmlNode *role,
    int64_t until)
{
	struct csn_str id = xml_attr(entity, "entityID");
	struct csn_str want = xml_attr(role, "WantAuthnRequestsSigned");
	struct idp i = { .until_ms = until_of(xml_attr(role, "validUntil"),
	    until) };
	const char *fault;

	if (id.p == NULL || id.n == 0 || id.n > IDP_ENTITY_MAX)
		return 0;
	i.entity_id = id;
	i.want_signed = want.p != NULL && (str_is(want, "true") ||
	    str_is(want, "1"));
	if (r->alone)
		cache_take(r, xml_attr(role, "cacheDuration"));
	sso_take(role, &i);
	slo_take(role, &i);
	artifact_take(role, &i);
	keys_take(r, role, &i);
	names_take(r, entity, role, &i);
	scopes_take(r, entity, role, &i);
	fault = idp_fault(r, &i);
	if (fault != NULL) {
		r->fault = fault;
		return idp_set_leave_out(r->out->set, i.scopes);
	}
	if (idp_set_add(r->out->set, &i) < 0)
		return -1;
	if (i.until_ms < r->out->until_ms)
		r->out->until_ms = i.until_ms;
	return 0;
}

static int
entity_read(struct reading *r, const xmlNode *entity, int64_t until)
{
	struct csn_str id = xml_attr(entity, "entityID");
	const xmlNode *role;
	int rc = 0;

	r->entities++;
	if (r->want->entity_id.n > 0 && (id.p == NULL ||
	    !str_equal(id, r->want->entity_id)))
		return 0;
	/* a federation is fetched whole: not as often as one member likes */
	if (r->alone)
		cache_take(r, xml_attr(entity, "cacheDuration"));
	until = until_of(xml_attr(entity, "validUntil"), until);
	role = xml_child(entity, NS_MD, "IDPSSODescriptor");
	for (; role != NULL; role = xml_same(role, NS_MD,
	    "IDPSSODescriptor"))
		if (speaks_saml2(role)) {
			r->idps++;
			rc = idp_take(r, entity, role, until);
			break;
		}
	arena_free(&r->arena);
	return rc;
}

/* ------------------------------------------------------------------ */
/* the stream */

static struct csn_str
reader_attr(xmlTextReader *x, struct reading *r, const char *name)
{
	xmlChar *v = xmlTextReaderGetAttribute(x, (const xmlChar *)name);
	struct csn_str s = str_of(NULL, 0);

	if (v != NULL)
		s = arena_str(&r->arena, str_from((const char *)v));
	xmlFree(v);
	return s;
}

static bool
reader_is(xmlTextReader *x, const char *name)
{
	const xmlChar *ns = xmlTextReaderConstNamespaceUri(x);

	return ns != NULL && strcmp((const char *)ns, NS_MD) == 0 &&
	    strcmp((const char *)xmlTextReaderConstLocalName(x), name) == 0;
}

/* 1: go on inside; 2: go on behind this element; -1: no metadata. */
static int
reader_element(xmlTextReader *x, struct reading *r)
{
	int depth = xmlTextReaderDepth(x);
	int64_t outer;
	xmlNode *n;

	if (depth < 0 || depth >= DEPTH - 1)
		return -1;
	outer = r->until[depth];
	if (reader_is(x, "EntityDescriptor")) {
		r->alone = depth == 0;
		n = xmlTextReaderExpand(x);
		return n == NULL || entity_read(r, n, outer) < 0 ? -1 : 2;
	}
	if (!reader_is(x, "EntitiesDescriptor"))
		return depth == 0 ? -1 : 2;
	r->until[depth + 1] = until_of(reader_attr(x, r, "validUntil"),
	    outer);
	cache_take(r, reader_attr(x, r, "cacheDuration"));
	return 1;
}

static int
stream_read(struct csn_str xml, struct reading *r)
{
	xmlTextReader *x = xmlReaderForMemory(xml.p, (int)xml.n, NULL,
	    "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR |
	    XML_PARSE_NOWARNING | XML_PARSE_HUGE);
	int rc, step;

	if (x == NULL)
		return -1;
	r->until[0] = INT64_MAX;
	rc = xmlTextReaderRead(x);
	while (rc == 1) {
		step = 1;
		/* the scan lets none through */
		if (xmlTextReaderNodeType(x) == XML_READER_TYPE_DOCUMENT_TYPE)
			step = -1;
		else if (xmlTextReaderNodeType(x) == XML_READER_TYPE_ELEMENT)
			step = reader_element(x, r);
		rc = step < 0 ? -1 : step == 1 ? xmlTextReaderRead(x) :
		    xmlTextReaderNext(x);
	}
	xmlFreeTextReader(x);
	xmlResetLastError();
	arena_free(&r->arena);
	return rc == 0 ? 0 : -1;
}

/* ------------------------------------------------------------------ */

static const char *
verdict(const struct reading *r)
{
	size_t n = idp_set_count(r->out->set);

	if (n > 0)
		return idp_set_sort(r->out->set) == 0 ? NULL :
		    "describes one entity ID twice";
	if (r->entities == 0)
		return "is no SAML metadata";
	if (r->idps == 0)
		return r->want->entity_id.n > 0 ? "does not describe the "
		    "identity provider of idp_entity_id" : "describes no "
		    "identity provider for SAML 2.0";
	return r->fault != NULL ? r->fault : "describes no identity provider "
	    "that can be used";
}

/* The rule that the bytes break, or their signature. */
static enum rule
bytes_check(struct csn_str xml, const struct keys *signers,
    struct buf *covered, const char **why)
{
	enum rule rule = RULE_NONE;

	if (doc_scan_metadata(xml, METADATA_MAX, &rule) < 0)
		*why = rule_text(rule);
	else if (signers != NULL && (rule = metadata_verify(xml, signers,
	    covered)) != RULE_NONE)
		*why = metadata_verify_text(rule);
	return rule;
}

int
metadata_read(struct csn_str xml, const struct metadata_want *want,
    struct metadata *ret, const char **why)
{
	struct metadata m = { .until_ms = INT64_MAX };
	struct reading r = { .want = want, .out = &m };
	struct buf covered;

	buf_init(&covered, METADATA_MAX + 1);
	arena_init(&r.arena, 4u << 20);
	m.set = idp_set_new();
	*why = m.set == NULL ? "out of memory" : NULL;
	ret->rule = RULE_MEMORY;
	if (*why == NULL)
		ret->rule = bytes_check(xml, want->signers, &covered, why);
	if (*why == NULL) {
		ret->rule = RULE_METADATA;
		*why = stream_read(want->signers == NULL ? xml :
		    buf_str(&covered), &r) < 0 ?
		    "is no SAML metadata, or breaks off" : verdict(&r);
	}
	buf_free(&covered);
	if (*why == NULL) {
		*ret = m;
		return 0;
	}
	idp_set_unref(m.set);
	return -1;
}
