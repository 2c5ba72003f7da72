/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.c - a document whose elements stand where SAML's schemas have them
 *
 * One table says which element may stand below which. It must never be widened
 * for a peer without a test that wraps a signature in what was added.
 */
#include <libxml/parser.h>

#include "shape.h"
#include "spaces.h"

#define ID_MAX 256u
#define IDS_MAX 64u
#define SPACES_MAX (512u << 10)	/* bytes of namespaces, in canonical form */

/* Names are prefixed: p samlp, a saml, d ds, x xenc, y xenc11, s soap, e
 * exc-c14n, m md. A leaf holds text only; "foreign" holds elements of other
 * namespaces only; a message has an ID. */
enum content { ELEMENTS, MESSAGE, LEAF, VALUE, FOREIGN };

static const struct shape {
	const char *name, *parents;
	enum content content;
} shapes[] = {
	{ "p:Response", "/ p:ArtifactResponse", MESSAGE },
	{ "p:ArtifactResponse", "/ s:Body", MESSAGE },
	{ "p:LogoutRequest", "/ s:Body", MESSAGE },
	{ "p:LogoutResponse", "/ s:Body", MESSAGE },
	{ "s:Envelope", "/", ELEMENTS },
	{ "s:Header", "s:Envelope", FOREIGN },
	{ "s:Body", "s:Envelope", ELEMENTS },
	{ "s:Fault", "s:Body", FOREIGN },
	{ "p:Extensions", "p:Response p:ArtifactResponse p:LogoutRequest "
	    "p:LogoutResponse", FOREIGN },
	{ "p:Status", "p:Response p:ArtifactResponse p:LogoutResponse",
	    ELEMENTS },
	{ "p:StatusCode", "p:Status p:StatusCode", ELEMENTS },
	{ "p:StatusMessage", "p:Status", LEAF },
	{ "p:StatusDetail", "p:Status", FOREIGN },
	{ "p:SessionIndex", "p:LogoutRequest", LEAF },
	{ "a:Issuer", "p:Response p:ArtifactResponse p:LogoutRequest "
	    "p:LogoutResponse a:Assertion", LEAF },
	{ "a:Assertion", "/ p:Response", MESSAGE },
	{ "a:EncryptedAssertion", "p:Response", ELEMENTS },
	{ "a:Subject", "a:Assertion", ELEMENTS },
	{ "a:NameID", "/ a:Subject a:SubjectConfirmation a:AttributeValue "
	    "p:LogoutRequest", LEAF },
	{ "a:EncryptedID", "a:Subject a:SubjectConfirmation "
	    "a:AttributeValue p:LogoutRequest", ELEMENTS },
	{ "a:SubjectConfirmation", "a:Subject", ELEMENTS },
	{ "a:SubjectConfirmationData", "a:SubjectConfirmation", ELEMENTS },
	{ "a:Conditions", "a:Assertion", ELEMENTS },
	{ "a:Condition", "a:Conditions", FOREIGN },
	{ "a:AudienceRestriction", "a:Conditions", ELEMENTS },
	{ "a:Audience", "a:AudienceRestriction a:ProxyRestriction", LEAF },
	{ "a:OneTimeUse", "a:Conditions", LEAF },
	{ "a:ProxyRestriction", "a:Conditions", ELEMENTS },
	{ "a:Advice", "a:Assertion", FOREIGN },
	{ "a:AuthnStatement", "a:Assertion", ELEMENTS },
	{ "a:SubjectLocality", "a:AuthnStatement", LEAF },
	{ "a:AuthnContext", "a:AuthnStatement", ELEMENTS },
	{ "a:AuthnContextClassRef", "a:AuthnContext", LEAF },
	{ "a:AuthnContextDecl", "a:AuthnContext", FOREIGN },
	{ "a:AuthnContextDeclRef", "a:AuthnContext", LEAF },
	{ "a:AuthenticatingAuthority", "a:AuthnContext", LEAF },
	{ "a:AttributeStatement", "a:Assertion", ELEMENTS },
	{ "a:Attribute", "/ a:AttributeStatement", ELEMENTS },
	{ "a:EncryptedAttribute", "a:AttributeStatement", ELEMENTS },
	{ "a:AttributeValue", "a:Attribute", VALUE },
	{ "d:Signature", "p:Response p:ArtifactResponse p:LogoutRequest "
	    "p:LogoutResponse a:Assertion", ELEMENTS },
	{ "d:SignedInfo", "d:Signature", ELEMENTS },
	{ "d:CanonicalizationMethod", "d:SignedInfo", ELEMENTS },
	{ "d:SignatureMethod", "d:SignedInfo", ELEMENTS },
	{ "d:Reference", "d:SignedInfo", ELEMENTS },
	{ "d:Transforms", "d:Reference", ELEMENTS },
	{ "d:Transform", "d:Transforms", ELEMENTS },
	{ "d:DigestMethod", "d:Reference x:EncryptionMethod", LEAF },
	{ "d:DigestValue", "d:Reference", LEAF },
	{ "d:SignatureValue", "d:Signature", LEAF },
	{ "e:InclusiveNamespaces", "d:Transform d:CanonicalizationMethod",
	    LEAF },
	{ "d:KeyInfo", "d:Signature x:EncryptedData x:EncryptedKey "
	    "a:SubjectConfirmationData", ELEMENTS },
	{ "d:KeyName", "d:KeyInfo", LEAF },
	{ "d:KeyValue", "d:KeyInfo", ELEMENTS },
	{ "d:RSAKeyValue", "d:KeyValue", ELEMENTS },
	{ "d:Modulus", "d:RSAKeyValue", LEAF },
	{ "d:Exponent", "d:RSAKeyValue", LEAF },
	{ "d:RetrievalMethod", "d:KeyInfo", LEAF },
	{ "d:X509Data", "d:KeyInfo", ELEMENTS },
	{ "d:X509Certificate", "d:X509Data", LEAF },
	{ "d:X509SubjectName", "d:X509Data", LEAF },
	{ "d:X509SKI", "d:X509Data", LEAF },
	{ "d:X509IssuerSerial", "d:X509Data", ELEMENTS },
	{ "d:X509IssuerName", "d:X509IssuerSerial", LEAF },
	{ "d:X509SerialNumber", "d:X509IssuerSerial", LEAF },
	{ "x:EncryptedData", "a:EncryptedAssertion a:EncryptedID "
	    "a:EncryptedAttribute", ELEMENTS },
	{ "x:EncryptedKey", "a:EncryptedAssertion a:EncryptedID "
	    "a:EncryptedAttribute d:KeyInfo", ELEMENTS },
	{ "x:EncryptionMethod", "x:EncryptedData x:EncryptedKey", ELEMENTS },
	{ "x:KeySize", "x:EncryptionMethod", LEAF },
	{ "x:OAEPparams", "x:EncryptionMethod", LEAF },
	{ "y:MGF", "x:EncryptionMethod", LEAF },
	{ "x:CipherData", "x:EncryptedData x:EncryptedKey", ELEMENTS },
	{ "x:CipherValue", "x:CipherData", LEAF },
	{ "x:CarriedKeyName", "x:EncryptedKey", LEAF },
	{ "x:ReferenceList", "x:EncryptedKey", ELEMENTS },
	{ "x:DataReference", "x:ReferenceList", LEAF },
};

static const struct { const char *ns; char prefix; } spaces[] = {
	{ NS_SAMLP, 'p' }, { NS_SAML, 'a' }, { NS_DS, 'd' },
	{ NS_XENC, 'x' }, { NS_XENC11, 'y' }, { NS_SOAP, 's' },
	{ NS_EC, 'e' }, { NS_MD, 'm' },
};

struct walk {
	struct csn_str ids[IDS_MAX];
	size_t nids;
	const xmlNs *space;		/* the last element's, and its */
	char prefix;			/* prefix: most share it */
	struct spaces spaces;
	enum rule why;
	const char *where;
};

static int
refuse(struct walk *w, enum rule why, const xmlNode *n)
{
	w->why = why;
	w->where = n == NULL ? NULL : (const char *)n->name;
	return -1;
}

static char
prefix_of(struct walk *w, const xmlNode *n)
{
	if (n->ns != NULL && n->ns == w->space)
		return w->prefix;
	w->space = n->ns;
	w->prefix = '\0';
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (strcmp(xml_ns(n), spaces[i].ns) == 0)
			w->prefix = spaces[i].prefix;
	return w->prefix;
}

static const struct shape *
shape_of(struct walk *w, const xmlNode *n)
{
	char prefix = prefix_of(w, n);

	for (size_t i = 0; prefix != '\0' &&
	    i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].name[0] == prefix &&
		    shapes[i].name[2] == (char)n->name[0] &&
		    strcmp(shapes[i].name + 2, (const char *)n->name) == 0)
			return &shapes[i];
	return NULL;
}

static bool
listed(const char *list, const char *name)
{
	struct csn_str rest = str_from(list), word;

	while (str_cut(&rest, ' ', &word))
		if (str_is(word, name))
			return true;
	return false;
}

/* ------------------------------------------------------------------ */
/* identifiers */

static bool
id_good(struct csn_str s)
{
	if (s.n == 0 || s.n > ID_MAX || (s.p[0] >= '0' && s.p[0] <= '9') ||
	    s.p[0] == '-' || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
		    "WXYZ0123456789._-", s.p[i]) == NULL)
			return false;
	return true;
}

static int
id_add(struct walk *w, struct csn_str id)
{
	if (!id_good(id) || w->nids == IDS_MAX)
		return -1;
	for (size_t i = 0; i < w->nids; i++)
		if (str_equal_fold(w->ids[i], id))
			return -1;
	w->ids[w->nids++] = id;
	return 0;
}

/* Of attributes, "ID" is the type ID of SAML's schemas and nothing else is
 * (Core 1.3.4). In signatures and ciphertexts there is "Id". */
static int
attributes_check(struct walk *w, xmlNode *n, const struct shape *s)
{
	bool message = s != NULL && s->content == MESSAGE;
	bool crypto = s != NULL && (s->name[0] == 'd' || s->name[0] == 'x');
	bool identified = false;

	for (xmlAttr *a = n->properties; a != NULL; a = a->next) {
		struct csn_str name = str_from((const char *)a->name);

		if (a->children != NULL &&
		    (a->children->type != XML_TEXT_NODE ||
		    a->children->next != NULL))
			return refuse(w, RULE_STRUCTURE, n);
		if (!str_equal_fold(name, STR("ID")))
			continue;
		if (a->ns != NULL || s == NULL ||
		    id_add(w, xml_attr(n, (const char *)a->name)) < 0 ||
		    !(str_is(name, "ID") ? message : str_is(name, "Id") &&
		    crypto))
			return refuse(w, RULE_ID, n);
		if (message)
			(void)xmlAddID(NULL, n->doc, a->children->content, a);
		identified = true;
	}
	return identified || !message ? 0 : refuse(w, RULE_ID, n);
}

/* ------------------------------------------------------------------ */
/* content */

static bool
blank(const xmlNode *n)
{
	for (const xmlChar *p = n->content; p != NULL && *p != '\0'; p++)
		if (*p != ' ' && *p != '\t' && *p != '\n' && *p != '\r')
			return false;
	return true;
}

static int foreign_check(struct walk *, xmlNode *);
static int element_check(struct walk *, xmlNode *, const char *parent);

/* Other namespaces may say what they like, but nothing of ours is hidden in
 * them. */
static int
foreign_children(struct walk *w, xmlNode *n)
{
	for (xmlNode *c = n->children; c != NULL; c = c->next) {
		if (c->type == XML_TEXT_NODE)
			continue;
		if (c->type != XML_ELEMENT_NODE || foreign_check(w, c) < 0)
			return w->why != RULE_NONE ? -1 :
			    refuse(w, RULE_STRUCTURE, c);
	}
	return 0;
}

static int
foreign_check(struct walk *w, xmlNode *n)
{
	if (prefix_of(w, n) != '\0')
		return refuse(w, RULE_STRUCTURE, n);
	if (!spaces_enter(&w->spaces, n, SPACES_MAX))
		return refuse(w, RULE_NAMESPACES, n);
	if (attributes_check(w, n, NULL) < 0 || foreign_children(w, n) < 0)
		return -1;
	spaces_leave(&w->spaces, n);
	return 0;
}

static int
children_check(struct walk *w, xmlNode *n, const struct shape *s)
{
	bool elements = xml_first(n) != NULL;

	for (xmlNode *c = n->children; c != NULL; c = c->next) {
		if (c->type == XML_TEXT_NODE) {
			if (!blank(c) && (s->content == ELEMENTS ||
			    s->content == MESSAGE || elements))
				return refuse(w, RULE_STRUCTURE, n);
		} else if (c->type != XML_ELEMENT_NODE ||
		    s->content == LEAF) {
			return refuse(w, RULE_STRUCTURE, n);
		} else if (element_check(w, c, s->name) < 0) {
			return -1;
		}
	}
	if (s->content == VALUE && elements && xml_next(xml_first(n)) != NULL)
		return refuse(w, RULE_STRUCTURE, n);
	return 0;
}

static int
element_check(struct walk *w, xmlNode *n, const char *parent)
{
	const struct shape *s = shape_of(w, n);

	if (s == NULL)
		return refuse(w, RULE_STRUCTURE, n);
	if (!listed(s->parents, parent))
		return refuse(w, strcmp(s->name, "d:Signature") == 0 ?
		    RULE_SIGNATURE_PLACE : RULE_STRUCTURE, n);
	if (!spaces_enter(&w->spaces, n, SPACES_MAX))
		return refuse(w, RULE_NAMESPACES, n);
	if (attributes_check(w, n, s) < 0)
		return -1;
	if (xml_count(n, NS_DS, "Signature") > 1)
		return refuse(w, RULE_SIGNATURE_PLACE, n);
	if ((s->content == FOREIGN ? foreign_children(w, n) :
	    children_check(w, n, s)) < 0)
		return -1;
	spaces_leave(&w->spaces, n);
	return 0;
}

int
shape_check(xmlDoc *doc, const char *root, enum rule *why,
    const char **ret_where)
{
	xmlNode *n = xmlDocGetRootElement(doc);
	struct walk w = { .why = RULE_NONE };
	const struct shape *s = n == NULL ? NULL : shape_of(&w, n);
	int rc = -1;

	/* a document of one root: what stands beside it was refused before */
	if (s == NULL || strcmp(s->name, root) != 0)
		(void)refuse(&w, RULE_ROOT, n);
	else
		rc = element_check(&w, n, "/");
	*why = w.why;
	*ret_where = w.where;
	return rc;
}
