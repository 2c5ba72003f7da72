/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc.h - bytes that may become a document, and their parsing
 *
 * The bytes are counted before libxml2 sees the first of them.
 */
#ifndef AUTH_SAML_DOC_H
#define AUTH_SAML_DOC_H

#include <libxml/tree.h>

#include "bind.h"

#define DOC_DEPTH_MAX 30u
#define DOC_ELEMENTS_MAX 20000u
#define DOC_METADATA_ELEMENTS 8000000u
#define DOC_METADATA_NODE 32u	/* bytes of a file for each element; and of
				 * as much for each attribute */
#define DOC_METADATA_NODES_MIN 2000u
#define DOC_ATTRIBUTES_MAX 50u		/* per element, xmlns too */

/* UTF-8, no DOCTYPE, CDATA, comment or processing instruction, within the
 * caps, one balanced element. 0, or -1 and the rule. */
int doc_scan(struct csn_str bytes, size_t max, enum rule *why);
/* Scans, then parses: no network, entities or DTD, at most 256 KiB. NULL and
 * the rule; else the caller's to give to xmlFreeDoc(). */
xmlDoc *doc_parse(struct csn_str bytes, enum rule *why);
/* What our own canonicalisation wrote out of a document that was scanned: it
 * cannot hold what the scan refuses. */
xmlDoc *doc_parse_canonical(struct csn_str bytes, enum rule *why);
/* Metadata is the operator's or a federation's: up to max bytes, and comments
 * and processing instructions are passed over. */
int doc_scan_metadata(struct csn_str bytes, size_t max, enum rule *why);
xmlDoc *doc_parse_metadata(struct csn_str bytes, size_t max, enum rule *why);

#endif
