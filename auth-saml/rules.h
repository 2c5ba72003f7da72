/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.h - the rules by which a received message is refused, each by name
 *
 * The name goes into the audit log, so that an operator sees what failed; the
 * sentence is for `saml-inspect`. It must never tell a browser more than that
 * the message was refused.
 */
#ifndef AUTH_SAML_RULES_H
#define AUTH_SAML_RULES_H

#include "lib/str.h"

/* In the order in which they are asked. RULE_NONE: nothing was refused yet. */
#define RULES(X)							\
	X(NONE, "none", "", "nothing was refused")			\
	X(SIZE, "size", "Bind 3.5.4", "is longer than 256 KiB")		\
	X(BASE64, "base64", "Bind 3.5.4", "is no strict base64")	\
	X(INFLATE, "inflate", "Bind 3.4.4.1",				\
	    "is no raw deflate, or inflates beyond 256 KiB")		\
	X(QUERY, "query", "Bind 3.4.4.1",				\
	    "its query has a parameter twice, or none that is needed")	\
	X(ENCODING, "encoding", "XML 4.3.3", "is not UTF-8")		\
	X(DOCTYPE, "doctype", "XML 2.8", "has a document type or CDATA") \
	X(COMMENT, "comment", "C14N 2.3",				\
	    "has a comment: canonical form drops it")			\
	X(INSTRUCTION, "processing-instruction", "XML 2.6",		\
	    "has a processing instruction")				\
	X(DEPTH, "depth", "ours", "is nested deeper than 30")		\
	X(ELEMENTS, "elements", "ours",					\
	    "has over 20,000 elements, or hardly anything else")	\
	X(ATTRIBUTES, "attributes", "ours",				\
	    "has an element with over 50 attributes, or hardly "	\
	    "anything else")						\
	X(WELL_FORMED, "well-formed", "XML 2.1", "is not well-formed")	\
	X(ROOT, "root", "Bind 3.5", "is another message than expected")	\
	X(STRUCTURE, "structure", "Core 2, 3",				\
	    "has an element where the schema has none")			\
	X(NAMESPACES, "namespaces", "ours",				\
	    "has namespaces that its canonical form repeats without end") \
	X(ID, "id", "Core 1.3.4",					\
	    "has an ID that is missing, misplaced, odd or not unique")	\
	X(SIGNATURE_PLACE, "signature-place", "Core 5.4.1",		\
	    "has a signature in another place, or two in one")		\
	X(ASSERTIONS, "assertions", "Prof 4.1.4.2",			\
	    "has not exactly one assertion")				\
	X(SIGNATURE_FORM, "signature-form", "Core 5.4.2",		\
	    "has a signature of another form than SAML's")		\
	X(REFERENCE, "signature-reference", "Core 5.4.2",		\
	    "has a signature over something else than its parent")	\
	X(TRANSFORM, "signature-transform", "Core 5.4.4",		\
	    "has a signature with other transforms than SAML's")	\
	X(ALGORITHM, "signature-algorithm", "Core 5.4",			\
	    "is signed with an algorithm that is not accepted")		\
	X(SIGNATURE, "signature", "Core 5.4.5",				\
	    "is not signed by a key of the identity provider")		\
	X(UNSIGNED, "unsigned", "Prof 4.1.4.5",				\
	    "is not signed where a signature is required")		\
	X(UNENCRYPTED, "unencrypted", "Core 6",				\
	    "is not encrypted, and `require_encryption` is on")		\
	X(ENCRYPTION_FORM, "encryption-form", "Core 6",			\
	    "is encrypted in a form that is not read")			\
	X(ENCRYPTION_ALGORITHM, "encryption-algorithm", "Core 6",	\
	    "is encrypted with an algorithm that is not accepted")	\
	X(DECRYPTION, "decryption", "Core 6", "does not decrypt")	\
	X(VERSION, "version", "Core 4.1", "is not of version 2.0")	\
	X(STATUS, "status", "Core 3.2.2",				\
	    "says that the identity provider refused")			\
	X(ISSUER, "issuer", "Prof 4.1.4.2",				\
	    "comes from another issuer than the one asked")		\
	X(DESTINATION, "destination", "Bind 3.5.5.2",			\
	    "is meant for another address than ours")			\
	X(IN_RESPONSE_TO, "in-response-to", "Prof 4.1.4.3",		\
	    "answers another request than ours")			\
	X(ISSUE_INSTANT, "issue-instant", "Core 1.3.3",			\
	    "has no time of issue, or one ahead of ours")		\
	X(CONFIRMATION, "confirmation", "Prof 4.1.4.2",			\
	    "has no bearer confirmation that fits us, now")		\
	X(CONDITIONS, "conditions", "Core 2.5.1",			\
	    "has no conditions, or one that is not understood")		\
	X(NOT_BEFORE, "not-before", "Core 2.5.1.2",			\
	    "is not valid yet: compare the clocks")			\
	X(NOT_ON_OR_AFTER, "not-on-or-after", "Core 2.5.1.2",		\
	    "is not valid any more")					\
	X(AUDIENCE, "audience", "Core 2.5.1.4",				\
	    "is meant for another entity ID than ours")			\
	X(AUTHN_STATEMENT, "authn-statement", "Core 2.7.2",		\
	    "has not exactly one statement of authentication")		\
	X(SESSION_OVER, "session-not-on-or-after", "Core 2.7.2",	\
	    "is about a session that is over")				\
	X(AUTHN_INSTANT, "authn-instant", "Core 2.7.2",			\
	    "is about an authentication of the wrong time")		\
	X(AUTHN_CONTEXT, "authn-context", "Core 3.3.2.2.1",		\
	    "is about another kind of authentication than asked for")	\
	X(SUBJECT, "subject", "Core 2.2.2",				\
	    "does not name anybody as this factor demands")		\
	X(SCOPE, "scope", "ours",					\
	    "names somebody of a domain that is another provider's")	\
	X(ATTRIBUTE, "attribute", "Core 2.7.3",				\
	    "has an attribute that cannot be read")			\
	X(REPLAY, "replay", "Prof 4.1.4.5", "was used before")		\
	X(ARTIFACT, "artifact", "Bind 3.6.4",				\
	    "is no artifact of the identity provider asked")		\
	X(LOGOUT, "logout", "Core 3.7.1",				\
	    "is no logout that can be carried out")			\
	X(UNSOLICITED, "unsolicited", "Prof 4.1.5",			\
	    "was not asked for, and such are refused")			\
	X(METADATA, "metadata", "Meta 2",				\
	    "is no metadata of an identity provider that can be used")	\
	X(MEMORY, "memory", "ours", "is too large for this call")

enum rule {
#define RULE_ENUM(id, name, section, text) RULE_##id,
	RULES(RULE_ENUM)
#undef RULE_ENUM
	RULES_COUNT
};

const char *rule_name(enum rule);
const char *rule_section(enum rule);
/* What the message does wrong, to go behind "The message". */
const char *rule_text(enum rule);

#endif
