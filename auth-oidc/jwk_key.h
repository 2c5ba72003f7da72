/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk_key.h - one public key of a provider, for jwk*.c and jws.c only
 */
#ifndef AUTH_OIDC_JWK_KEY_H
#define AUTH_OIDC_JWK_KEY_H

#include <openssl/evp.h>

#include "jwk.h"

struct jwk {
	struct csn_str kid;	/* p is NULL if there is none */
	enum jws_kind kind;
	enum jws_alg alg;	/* the only one that it is for, or 0 */
	enum refusal why;	/* REFUSAL_NONE, or why it checks nothing */
	EVP_PKEY *pkey;		/* NULL unless why is REFUSAL_NONE */
	/* of each pinned algorithm that fits: all but the message done */
	EVP_MD_CTX *ready[JWS_ALG_END];
};

struct jwks {
	int holders;		/* atomic */
	struct jwk *v;
	size_t n;
	struct arena arena;	/* v and what it borrows */
};

/* Reads one member of a set's list. REFUSAL_NONE even if the key is not
 * usable, which ret->why then says; another if the whole set is to be
 * refused. jwk_key_free() it in either case. */
enum refusal jwk_key_read(const json_t *, uint32_t algs, struct arena *,
    struct jwk *ret);
void jwk_key_free(struct jwk *);
/* May the key check that algorithm's signatures? Else why not. */
enum refusal jwk_key_fits(const struct jwk *, enum jws_alg);
/* REFUSAL_NONE if the signature over the input is the key's. The key fits. */
enum refusal jwk_key_verify(const struct jwk *, enum jws_alg,
    struct csn_str input, struct csn_str signature);

#endif
