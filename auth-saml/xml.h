/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml.h - the few things that are asked of a parsed document
 *
 * Slices point into the document and live as long as it. Texts and values are
 * compared by length and bytes.
 */
#ifndef AUTH_SAML_XML_H
#define AUTH_SAML_XML_H

#include <libxml/tree.h>

#include "lib/arena.h"

#define NS_SAMLP "urn:oasis:names:tc:SAML:2.0:protocol"
#define NS_SAML "urn:oasis:names:tc:SAML:2.0:assertion"
#define NS_MD "urn:oasis:names:tc:SAML:2.0:metadata"
#define NS_DS "http://www.w3.org/2000/09/xmldsig#"
#define NS_XENC "http://www.w3.org/2001/04/xmlenc#"
#define NS_XENC11 "http://www.w3.org/2009/xmlenc11#"
#define NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_EC "http://www.w3.org/2001/10/xml-exc-c14n#"

/* Is this an element of that namespace and name? NULL is not. */
bool xml_is(const xmlNode *, const char *ns, const char *name);
/* The element's namespace, or "". */
const char *xml_ns(const xmlNode *);
/* The first child element, the next sibling element; or NULL. */
xmlNode *xml_first(const xmlNode *);
xmlNode *xml_next(const xmlNode *);
/* The first child, the next sibling of that namespace and name; or NULL. */
xmlNode *xml_child(const xmlNode *, const char *ns, const char *name);
xmlNode *xml_same(const xmlNode *, const char *ns, const char *name);
size_t xml_count(const xmlNode *, const char *ns, const char *name);
/* An attribute without a namespace; p is NULL when it is absent. Documents
 * that passed doc_parse() hold each value in one piece. */
struct csn_str xml_attr(const xmlNode *, const char *name);
/* The whole text of an element that has text only; p is NULL if it has
 * element children. Into the arena, trimmed of XML's blanks. */
struct csn_str xml_text(const xmlNode *, struct arena *);
/* Whether that cut something off: a name is compared as it stands (Core
 * 1.3.1). */
bool xml_padded(const xmlNode *);
/* "urn:..." attribute Algorithm. */
struct csn_str xml_algorithm(const xmlNode *);

#endif
