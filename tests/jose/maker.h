/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker.h - tokens and keys made for tests, good ones and bad
 *
 * A second, deliberately simple way to write JOSE, from OpenSSL alone: it
 * shares no line with what it tests, checks nothing, and signs or encrypts
 * whatever it is given. Texts live until maker_clear(); a failure of its own
 * ends the process.
 */
#ifndef COUNTERSIGN_TESTS_JOSE_MAKER_H
#define COUNTERSIGN_TESTS_JOSE_MAKER_H

#include <openssl/evp.h>

#include "lib/str.h"

enum maker_key {
	MAKER_RSA, MAKER_RSA_OTHER, MAKER_RSA_SHORT,	/* 2048, 2048, 1024 */
	MAKER_P256, MAKER_P256_OTHER, MAKER_P384, MAKER_P521, MAKER_K256,
	MAKER_ED25519, MAKER_KEY_END
};

/* Made at its first use, and the same for the life of the process. */
EVP_PKEY *maker_key(enum maker_key);
void maker_clear(void);		/* all texts */
void maker_end(void);		/* all texts and keys */

struct csn_str maker_printf(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
struct csn_str maker_b64(struct csn_str);	/* base64url */
/* The text with its first `from` replaced. Ends the process if it is not
 * there. */
struct csn_str maker_replace(struct csn_str, const char *from,
    const char *to);
/* part i of a compact form replaced (counted from 0). */
struct csn_str maker_part(struct csn_str compact, size_t i, struct csn_str to);
struct csn_str maker_part_of(struct csn_str compact, size_t i);
/* A byte of what the part decodes to, changed; the bytes cut to n. */
struct csn_str maker_part_flip(struct csn_str compact, size_t i, size_t byte);
struct csn_str maker_part_cut(struct csn_str compact, size_t i, size_t n);

/* The public JWK as an object; members are added as written: "\"kid\":\"a\"".
 * NULL for none. */
struct csn_str maker_jwk(enum maker_key, const char *members);
struct csn_str maker_pem(enum maker_key);		/* private, PKCS#8 */
struct csn_str maker_spki(enum maker_key);		/* public, DER */

/* The signature of JOSE's form over the input. alg "RS256", "PS512",
 * "ES256", "EdDSA"; DER of ECDSA if `der`. */
struct csn_str maker_signature(const char *alg, enum maker_key,
    struct csn_str input, bool der);
struct csn_str maker_hmac(const char *alg, struct csn_str secret,
    struct csn_str input);
/* header.payload.signature; the header as it is to be encoded. */
struct csn_str maker_jws(const char *header, struct csn_str payload,
    const char *alg, enum maker_key);
struct csn_str maker_jws_hmac(const char *header, struct csn_str payload,
    const char *alg, struct csn_str secret);

struct maker_jwe {
	const char *alg, *enc;
	enum maker_key to;		/* not of "dir" */
	struct csn_str secret;		/* "dir": the content key */
	const char *more;		/* members, behind alg and enc */
	const char *epk;		/* instead of the real one, or NULL */
	const char *apu, *apv;		/* base64url, or NULL */
	struct csn_str plain;
	size_t key_bytes;		/* of the content key, 0: enc's */
};

struct csn_str maker_jwe(const struct maker_jwe *);

#endif
