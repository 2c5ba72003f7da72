/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decrypt.h - XML Encryption, as much of it as SAML needs
 */
#ifndef AUTH_SAML_DECRYPT_H
#define AUTH_SAML_DECRYPT_H

#include "lib/buf.h"

#include "rules.h"
#include "xml.h"

/* Who holds our private keys: they stay in the host. */
struct unwrap {
	/* The content key of key number i (0 to n - 1): alg is "RSA-OAEP" and
	 * so on, mgf "SHA1" and so on. 0, or -1 without saying why. */
	int (*open)(void *arg, size_t i, struct csn_str alg,
	    struct csn_str mgf, struct csn_str data, struct buf *ret);
	void *arg;
	size_t n;
};

/*
 * The plain text of an EncryptedAssertion, EncryptedID or EncryptedAttribute
 * (Core 2.2.4, 2.3.4, 2.7.3.2), appended. cbc: AES-CBC may be used, because a
 * signature that was verified covers the ciphertext, or by its switch; AES-GCM
 * always may. What does not decrypt has one answer. 0, or -1 and the rule.
 */
int decrypt_element(const xmlNode *, const struct unwrap *, bool cbc,
    struct buf *ret, enum rule *why);

#endif
