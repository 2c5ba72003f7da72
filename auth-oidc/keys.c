/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * keys.c - jwks_uri of this client: public halves only
 */
#include "keys.h"

#include "client_auth.h"
#include "jwk_make.h"

static const char *
encryption_alg(struct csn_str spki)
{
	/* RFC 7518 4.3, 4.6: an RSA key's SPKI is the long one */
	return spki.n > 200 ? "RSA-OAEP-256" : "ECDH-ES";
}

static size_t
keys_collect(const struct round *r, struct jwk_publish *v)
{
	const struct options *o = &r->o->opt;
	struct jws_signer signer;
	size_t n = 0;

	if (o->val[OPT_CLIENT_KEY] != 0 && client_signer(r, &signer) == 0 &&
	    r->o->host->public_key(r->call, signer.val, &v[n].spki) ==
	    CSN_OK) {
		v[n].use = "sig";
		v[n++].alg = jws_alg_name(signer.alg);
	}
	for (size_t i = 0; i < o->ndecryption_keys; i++)
		if (r->o->host->public_key(r->call, o->decryption_keys[i],
		    &v[n].spki) == CSN_OK) {
			v[n].use = "enc";
			v[n].alg = encryption_alg(v[n].spki);
			n++;
		}
	return n;
}

enum outcome
keys_serve(const struct round *r)
{
	struct jwk_publish v[9];
	size_t n = keys_collect(r, v);
	struct buf b;

	round_buf(r, &b, 32768);
	if (n == 0)
		buf_puts(&b, "{\"keys\":[]}");
	else if (jwk_make_set(v, n, &b) < 0)
		return OUTCOME_ERROR;
	r->reply->action = CSN_A_BODY;
	r->reply->content_type = STR("application/json");
	r->reply->body = buf_str(&b);
	return buf_failed(&b) ? OUTCOME_ERROR : OUTCOME_DONE;
}
