/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe_alg.c - the tables of encryption algorithms
 *
 * It must never let a name stand for an algorithm by folding or by prefix.
 */
#include "jwe_alg.h"

static const char *const algs[JWE_ALG_END] = {
	[JWE_RSA_OAEP] = "RSA-OAEP",
	[JWE_RSA_OAEP_256] = "RSA-OAEP-256",
	[JWE_ECDH_ES] = "ECDH-ES",
	[JWE_ECDH_ES_A128KW] = "ECDH-ES+A128KW",
	[JWE_ECDH_ES_A192KW] = "ECDH-ES+A192KW",
	[JWE_ECDH_ES_A256KW] = "ECDH-ES+A256KW",
	[JWE_DIR] = "dir",
};

static const struct jwe_enc_row encs[JWE_ENC_END] = {
	[JWE_A128GCM] = { "A128GCM", "AES-128-GCM", NULL, 16, 12, 16 },
	[JWE_A192GCM] = { "A192GCM", "AES-192-GCM", NULL, 24, 12, 16 },
	[JWE_A256GCM] = { "A256GCM", "AES-256-GCM", NULL, 32, 12, 16 },
	[JWE_A128CBC_HS256] = { "A128CBC-HS256", "AES-128-CBC", "SHA256", 32,
	    16, 16 },
	[JWE_A192CBC_HS384] = { "A192CBC-HS384", "AES-192-CBC", "SHA384", 48,
	    16, 24 },
	[JWE_A256CBC_HS512] = { "A256CBC-HS512", "AES-256-CBC", "SHA512", 64,
	    16, 32 },
};

enum jwe_alg
jwe_alg_find(struct csn_str name)
{
	for (size_t i = 1; i < JWE_ALG_END; i++)
		if (str_is(name, algs[i]))
			return (enum jwe_alg)i;
	return (enum jwe_alg)0;
}

enum jwe_enc
jwe_enc_find(struct csn_str name)
{
	for (size_t i = 1; i < JWE_ENC_END; i++)
		if (str_is(name, encs[i].name))
			return (enum jwe_enc)i;
	return (enum jwe_enc)0;
}

const char *
jwe_alg_name(enum jwe_alg alg)
{
	return (size_t)alg < JWE_ALG_END && algs[alg] != NULL ? algs[alg] :
	    "none";
}

const struct jwe_enc_row *
jwe_enc_row(enum jwe_enc enc)
{
	return (size_t)enc < JWE_ENC_END && encs[enc].name != NULL ?
	    &encs[enc] : NULL;
}
