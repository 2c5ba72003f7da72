/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metadata_sign.c - metadata that its operator's key vouches for (Meta 3)
 *
 * The signature is of the root and covers all of it; what is read afterwards
 * is what was signed. It must never compute before the form was settled and
 * the size of the canonical form is bounded.
 */
#include "metadata_int.h"

#include "doc.h"
#include "sig.h"
#include "spaces.h"

static bool
ids_unique(const xmlNode *n, struct csn_str id, size_t *seen)
{
	for (; n != NULL; n = xml_next(n)) {
		struct csn_str s = xml_attr(n, "ID");

		if (s.p != NULL && str_equal_fold(s, id) && ++*seen > 1)
			return false;
		if (!ids_unique(xml_first(n), id, seen))
			return false;
	}
	return true;
}

/* Only "ID" is of the type ID (Core 1.3.4). The parser knows xml:id as well:
 * one of a member could pass for the element that is signed. */
static bool
id_register(xmlDoc *doc, xmlAttr *attr)
{
	const xmlChar *id = attr->children->content;
	xmlAttr *other = xmlGetID(doc, id);

	if (other != NULL && xmlRemoveID(doc, other) != 0)
		return false;
	return xmlAddID(NULL, doc, id, attr) != NULL;
}

static enum rule
root_verify(xmlNode *root, const struct keys *signers, size_t size,
    struct buf *ret)
{
	struct csn_str id = xml_attr(root, "ID");
	xmlAttr *attr = xmlHasNsProp(root, (const xmlChar *)"ID", NULL);
	enum rule why = RULE_NONE;
	size_t seen = 0;

	if (xml_child(root, NS_DS, "Signature") == NULL)
		return RULE_UNSIGNED;
	if (id.p == NULL || id.n == 0 || attr == NULL ||
	    !ids_unique(root, id, &seen))
		return RULE_ID;
	if (!spaces_good(root, METADATA_SPACES_MIN + size))
		return RULE_NAMESPACES;
	if (!id_register(root->doc, attr))
		return RULE_MEMORY;
	(void)sig_verify(root, signers, false, ret, &why);
	return why;
}

enum rule
metadata_verify(struct csn_str xml, const struct keys *signers,
    struct buf *ret)
{
	enum rule why;
	xmlDoc *doc = doc_parse_metadata(xml, METADATA_MAX, &why);

	if (doc == NULL)
		return why;
	why = root_verify(xmlDocGetRootElement(doc), signers, xml.n, ret);
	xmlFreeDoc(doc);
	return why;
}

const char *
metadata_verify_text(enum rule why)
{
	switch (why) {
	case RULE_UNSIGNED:
		return "is not signed, and metadata_certificate is given";
	case RULE_ID:
		return "has no unique ID to sign";
	case RULE_SIGNATURE:
		return "is not signed by the key of metadata_certificate";
	default:
		return rule_text(why);
	}
}
