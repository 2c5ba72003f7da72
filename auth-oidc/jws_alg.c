/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws_alg.c - the table of signature algorithms
 *
 * It must never let a name stand for an algorithm by folding, by prefix or by
 * a digest that the message chooses.
 */
#include "jws_alg.h"

static const struct jws_alg_row rows[JWS_ALG_END] = {
	[JWS_RS256] = { "RS256", "SHA256", JWS_KEY_RSA, 0, false },
	[JWS_RS384] = { "RS384", "SHA384", JWS_KEY_RSA, 0, false },
	[JWS_RS512] = { "RS512", "SHA512", JWS_KEY_RSA, 0, false },
	[JWS_PS256] = { "PS256", "SHA256", JWS_KEY_RSA, 0, true },
	[JWS_PS384] = { "PS384", "SHA384", JWS_KEY_RSA, 0, true },
	[JWS_PS512] = { "PS512", "SHA512", JWS_KEY_RSA, 0, true },
	[JWS_ES256] = { "ES256", "SHA256", JWS_KEY_P256, 32, false },
	[JWS_ES384] = { "ES384", "SHA384", JWS_KEY_P384, 48, false },
	[JWS_ES512] = { "ES512", "SHA512", JWS_KEY_P521, 66, false },
	[JWS_EDDSA] = { "EdDSA", "SHA512", JWS_KEY_ED25519, 64, false },
	[JWS_HS256] = { "HS256", "SHA256", JWS_KEY_SECRET, 32, false },
	[JWS_HS384] = { "HS384", "SHA384", JWS_KEY_SECRET, 48, false },
	[JWS_HS512] = { "HS512", "SHA512", JWS_KEY_SECRET, 64, false },
};

const struct jws_alg_row *
jws_alg_row(enum jws_alg alg)
{
	return (size_t)alg < JWS_ALG_END && rows[alg].name != NULL ?
	    &rows[alg] : NULL;
}

enum jws_alg
jws_alg_find(struct csn_str name)
{
	for (size_t i = 1; i < JWS_ALG_END; i++)
		if (str_is(name, rows[i].name))
			return (enum jws_alg)i;
	return str_is(name, "Ed25519") ? JWS_EDDSA : (enum jws_alg)0;
}

const char *
jws_alg_name(enum jws_alg alg)
{
	const struct jws_alg_row *row = jws_alg_row(alg);

	return row != NULL ? row->name : "none";
}

const char *
jws_alg_hash(enum jws_alg alg)
{
	const struct jws_alg_row *row = jws_alg_row(alg);

	return row != NULL ? row->hash : NULL;
}
