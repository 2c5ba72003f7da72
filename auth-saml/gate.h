/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate.h - what every received document passes before a word of it is read
 *
 * Bytes go in; what comes out is a tree that was parsed from the very bytes
 * that a key of the identity provider signed, and nothing else of the message.
 */
#ifndef AUTH_SAML_GATE_H
#define AUTH_SAML_GATE_H

#include "decrypt.h"
#include "keys.h"
#include "rules.h"
#include "xml.h"

#define GATE_DOCS_MAX 160u

struct gate_policy {
	bool sha1;			/* the named exceptions, off */
	bool cbc;
	bool require_signed_response;
	bool require_signed_assertion;
	bool require_encryption;
};

struct gate {
	struct gate_policy policy;	/* set by the caller, as the next two */
	const struct keys *keys;	/* of the provider that was asked */
	const struct unwrap *unwrap;

	enum rule why;			/* if it was refused */
	const char *where;		/* an element's name, or NULL */
	struct arena arena;
	xmlDoc *docs[GATE_DOCS_MAX];
	size_t ndocs;

	/* Root as received; signed_root says that it is from signed bytes.
	 * Without, what it says may refuse and never help. */
	const xmlNode *root;
	bool signed_root;
	const xmlNode *assertion;	/* from signed bytes, or NULL */
	bool signed_assertion;		/* by a signature of its own */
	bool encrypted;
};

void gate_init(struct gate *);
void gate_free(struct gate *);

/* A Response, as XML. On 0 `root` is there, and `assertion` unless the status
 * is a refusal without one. -1: `why`. */
int gate_response(struct gate *, struct csn_str xml);
/* The Issuer that a message writes, whoever wrote it: good for nothing but the
 * choice of the keys to try. 0 or -1; the document is the gate's. */
int gate_peek_issuer(struct gate *, struct csn_str xml, const char *root,
    struct csn_str *ret);
/* The response inside an ArtifactResponse that was already let in: its bytes
 * are part of the enclosing document. */
int gate_inner_response(struct gate *, const xmlNode *response,
    bool covered);
/* Another message; root is "p:LogoutRequest" and the like. need: it must be
 * signed by itself. */
int gate_message(struct gate *, struct csn_str xml, const char *root,
    bool need);
/* A message whose signature is not in it: that of the query is the caller's
 * to have verified. A Signature inside counts for nothing (Bind 3.4.4.1). */
int gate_plain(struct gate *, struct csn_str xml, const char *root);
/* An element inside the root that may be signed by itself: then it becomes the
 * tree of its signed bytes, and signed_root says so. 0 or -1. */
int gate_nested(struct gate *, const xmlNode **, const char *root);
/* Decrypts an EncryptedID or EncryptedAttribute of the assertion; the root of
 * the plain text must be "a:NameID" or "a:Attribute". NULL: `why`. */
const xmlNode *gate_decrypt(struct gate *, const xmlNode *, const char *root);

#endif
