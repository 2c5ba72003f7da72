/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe_alg.h - the ways to wrap a content key and to encrypt content (RFC 7518
 * 4.1, 5.1)
 *
 * It must never have a row for RSA1_5 or for a password.
 */
#ifndef AUTH_OIDC_JWE_ALG_H
#define AUTH_OIDC_JWE_ALG_H

#include "lib/str.h"

enum jwe_alg {			/* zero is none of them */
	JWE_RSA_OAEP = 1, JWE_RSA_OAEP_256,
	JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A192KW,
	JWE_ECDH_ES_A256KW,
	JWE_DIR,
	JWE_ALG_END
};

enum jwe_enc {
	JWE_A128GCM = 1, JWE_A192GCM, JWE_A256GCM,
	JWE_A128CBC_HS256, JWE_A192CBC_HS384, JWE_A256CBC_HS512,
	JWE_ENC_END
};

#define JWE_BIT(x)	(1u << (x))

struct jwe_enc_row {
	const char *name;
	const char *cipher;	/* OpenSSL's name */
	const char *hash;	/* of the MAC; NULL for GCM */
	size_t key, iv, tag;	/* bytes; the key of CBC is MAC key, then
				 * encryption key */
};

/* By the exact name; 0 if it is none. */
enum jwe_alg jwe_alg_find(struct csn_str name);
enum jwe_enc jwe_enc_find(struct csn_str name);
const char *jwe_alg_name(enum jwe_alg);
/* NULL for what is none. */
const struct jwe_enc_row *jwe_enc_row(enum jwe_enc);

#endif
