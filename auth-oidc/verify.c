/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * verify.c - the provider's keys and the client's rules, put to a token
 *
 * It must never fetch keys for any other reason than a key that is not known:
 * a wrong signature stays wrong.
 */
#include "verify.h"

#include "client_auth.h"
#include "metadata.h"

void
verify_rules(const struct round *r, struct claims_rules *ret)
{
	const struct options *o = &r->o->opt;

	*ret = (struct claims_rules){ .issuer = o->text[OPT_ISSUER],
	    .client_id = o->text[OPT_CLIENT_ID],
	    .trusted = o->list[OPT_AUDIENCES],
	    .skew_s = o->num[OPT_SKEW], .age_s = CLAIMS_AGE_S,
	    .now_ms = r->o->host->now_ms(r->call) };
}

static void
opener_fill(const struct round *r, struct jwe_key keys[JWE_KEYS_MAX],
    struct jwe_opener *ret)
{
	const struct options *o = &r->o->opt;

	*ret = (struct jwe_opener){ .host = r->o->host, .call = r->call,
	    .keys = keys,
	    .algs = JWE_BIT(JWE_RSA_OAEP) | JWE_BIT(JWE_RSA_OAEP_256) |
	    JWE_BIT(JWE_ECDH_ES) | JWE_BIT(JWE_ECDH_ES_A128KW) |
	    JWE_BIT(JWE_ECDH_ES_A192KW) | JWE_BIT(JWE_ECDH_ES_A256KW),
	    .encs = JWE_BIT(JWE_A128GCM) | JWE_BIT(JWE_A192GCM) |
	    JWE_BIT(JWE_A256GCM) | JWE_BIT(JWE_A128CBC_HS256) |
	    JWE_BIT(JWE_A192CBC_HS384) | JWE_BIT(JWE_A256CBC_HS512),
	    .secret = STR(""), .foreign_kids = true };
	/* who names a key as we publish it has one tried */
	for (size_t i = 0; i < o->ndecryption_keys; i++)
		keys[ret->nkeys++] = (struct jwe_key){
		    .val = o->decryption_keys[i], .kid = o->ndecryption_keys >
		    1 ? client_key_name(r, o->decryption_keys[i]) : STR("") };
}

enum refusal
verify_read(const struct round *r, struct csn_str compact,
    struct token *ret)
{
	struct jwe_key keys[JWE_KEYS_MAX];
	struct jwe_opener opener;

	if (r->o->opt.ndecryption_keys == 0)
		return token_read(compact, NULL, r->arena, ret);
	opener_fill(r, keys, &opener);
	return token_read(compact, &opener, r->arena, ret);
}

static enum refusal
signature_check(const struct round *r, struct token *t)
{
	struct jws_keys keys = { .jwks = r->p->keys,
	    .algs = metadata_algs(&r->o->opt), .secret = STR("") };

	if ((keys.algs & JWS_HMAC) != 0 && client_secret(r, &keys.secret) < 0)
		return REFUSAL_SECRET_MISSING;
	return token_verify(t, &keys);
}

enum refusal
verify_signature(struct round *r, bool foreign, struct token *t)
{
	enum refusal why = signature_check(r, t);

	/* twice: what another's fetch brought may have been asked for before
	 * the key was there, and our own is left then */
	for (int i = 0; i < 2 && why == REFUSAL_KID_UNKNOWN &&
	    provider_refetch_keys(r, foreign) && r->p != NULL; i++)
		why = signature_check(r, t);
	return why;
}

enum refusal
verify_token(struct round *r, struct csn_str compact, bool foreign,
    struct token *ret)
{
	enum refusal why = verify_read(r, compact, ret);

	return why == REFUSAL_NONE ? verify_signature(r, foreign, ret) : why;
}
