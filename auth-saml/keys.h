/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keys.h - public keys of an identity provider, bare
 *
 * A certificate is only the envelope that a key comes in (Meta 2.4.1.1): what
 * vouches for it is the metadata, or the operator's file. Its dates and issuer
 * are not looked at.
 */
#ifndef AUTH_SAML_KEYS_H
#define AUTH_SAML_KEYS_H

#include <openssl/evp.h>

#include "lib/buf.h"

#define KEYS_MAX 8u

struct keys {
	EVP_PKEY *v[KEYS_MAX];
	int64_t until_ms[KEYS_MAX];	/* the certificate's end, for words */
	size_t n;
	bool ours;			/* what we sign with: Ed25519 too */
};

void keys_free(struct keys *);
/* Adds the key of a certificate, as DER: RSA of 2048 to 8192 bits, P-256, P-384
 * or P-521; Ed25519 only where the keys are ours, since xmlsec 1.2 verifies no
 * such signature. 0, or -1 and a sentence. The same key twice is one. */
int keys_add_der(struct keys *, struct csn_str der, const char **why);
/* All certificates of a PEM text. 0 if at least one was added and none was
 * refused. */
int keys_add_pem(struct keys *, struct csn_str pem, const char **why);
/* SHA-256 of each key's SubjectPublicKeyInfo, appended: what trust hangs on. */
void keys_digest(const struct keys *, struct buf *);

#endif
