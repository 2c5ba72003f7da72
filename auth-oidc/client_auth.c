/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * client_auth.c - OIDC Core 9, RFC 6749 2.3.1, RFC 7523 2.2, RFC 8705 2
 *
 * One method, the configured one: a refusal is never a reason to try another,
 * which would hand the secret to whoever asks.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "client_auth.h"
#include "jwk_make.h"

#include "lib/base64url.h"

#define ASSERTION_TYPE \
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

int
client_secret(const struct round *r, struct csn_str *ret)
{
	uint32_t val = r->o->opt.val[OPT_CLIENT_SECRET];

	if (val != 0 && r->o->host->secret(r->call, val, ret) == CSN_OK)
		return 0;
	round_log(r, CSN_FAIL, "client_secret cannot be read");
	return -1;
}

/* RFC 6749 2.3.1: each is form-encoded, then joined. */
static int
basic_add(const struct round *r, struct fetch *f)
{
	struct csn_str secret, id, pair, header;
	struct buf b;

	if (client_secret(r, &secret) < 0)
		return -1;
	id = params_encode(r, r->o->opt.text[OPT_CLIENT_ID]);
	secret = params_encode(r, secret);
	pair = arena_printf(r->arena, "%.*s:%.*s", STR_FMT(id),
	    STR_FMT(secret));
	if (id.p == NULL || secret.p == NULL || pair.p == NULL)
		return -1;
	buf_init(&b, 65536);
	buf_puts(&b, "Basic ");
	base64_encode(&b, pair);
	header = arena_str(r->arena, buf_str(&b));
	buf_free(&b);
	if (header.n == 0)
		return -1;
	fetch_header(f, "Authorization", header);
	return 0;
}

static int
post_add(const struct round *r, struct params *p)
{
	struct csn_str secret;

	if (client_secret(r, &secret) < 0)
		return -1;
	return params_add_secret(p, r->o->opt.text[OPT_CLIENT_ID], secret);
}

/* ------------------------------------------------------------------ */
/* keys */

/* What fits a key where the configuration says nothing. */
static enum jws_alg
alg_of_key(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return JWS_PS256;
	case EVP_PKEY_ED25519:
		return JWS_EDDSA;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_bits(key) == 256 ? JWS_ES256 :
		    EVP_PKEY_get_bits(key) == 384 ? JWS_ES384 : JWS_ES512;
	default:
		return 0;
	}
}

static enum jws_alg
alg_by_key(const struct round *r, uint32_t val)
{
	const unsigned char *p;
	struct csn_str spki;
	enum jws_alg alg = 0;
	EVP_PKEY *key;

	if (r->o->host->public_key(r->call, val, &spki) != CSN_OK)
		return 0;
	p = (const unsigned char *)spki.p;
	key = d2i_PUBKEY(NULL, &p, (long)spki.n);
	if (key != NULL)
		alg = alg_of_key(key);
	EVP_PKEY_free(key);
	return alg;
}

/* RFC 7515 4.1.8: how Entra finds the certificate of an assertion. */
static struct csn_str
certificate_hash(const struct round *r)
{
	struct csn_str pem = r->o->opt.text[OPT_CLIENT_CERT], ret = STR("");
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	X509 *cert = NULL;
	struct buf b;
	BIO *bio;

	bio = pem.n == 0 ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	if (bio != NULL)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (cert != NULL && X509_digest(cert, EVP_sha256(), hash, &n) == 1) {
		buf_init(&b, 128);
		base64url_encode(&b, str_of(hash, n));
		ret = arena_str(r->arena, buf_str(&b));
		buf_free(&b);
	}
	X509_free(cert);
	BIO_free(bio);
	return ret;
}

struct csn_str
client_key_name(const struct round *r, uint32_t val)
{
	char name[JWK_THUMBPRINT];
	struct csn_str spki;

	if (r->o->host->public_key(r->call, val, &spki) != CSN_OK ||
	    jwk_make_thumbprint(spki, name) < 0)
		return STR("");
	return arena_str(r->arena, str_from(name));
}

int
client_signer(const struct round *r, struct jws_signer *ret)
{
	const struct options *o = &r->o->opt;

	*ret = (struct jws_signer){ .host = r->o->host, .call = r->call,
	    .val = o->val[OPT_CLIENT_KEY],
	    .kid = o->text[OPT_CLIENT_KEY_ID], .x5t_s256 = STR("") };
	if (o->val[OPT_CLIENT_CERT] != 0)
		ret->x5t_s256 = certificate_hash(r);
	else if (ret->kid.n == 0)
		ret->kid = client_key_name(r, ret->val);
	if (o->num[OPT_CLIENT_AUTH_ALG] > 1)
		ret->alg = jws_alg_find(o->text[OPT_CLIENT_AUTH_ALG]);
	else
		ret->alg = alg_by_key(r, ret->val);
	if (ret->alg != 0)
		return 0;
	round_log(r, CSN_FAIL, "client_key is no private key that we can "
	    "sign with");
	return -1;
}

static int
assertion_add(const struct round *r, struct params *p,
    const struct fetch *f)
{
	const struct options *o = &r->o->opt;
	struct csn_str audience = o->text[OPT_ISSUER];
	struct jws_signer signer;
	struct buf b;
	int rc = -1;

	if (o->auth == AUTH_KEY_JWT) {
		if (client_signer(r, &signer) < 0)
			return -1;
	} else {
		signer = (struct jws_signer){ .host = r->o->host,
		    .call = r->call, .val = o->val[OPT_CLIENT_SECRET],
		    .alg = JWS_HS256, .kid = STR(""), .x5t_s256 = STR("") };
	}
	if (o->num[OPT_CLIENT_AUTH_AUDIENCE] == AUDIENCE_ENDPOINT)
		audience = f->url;
	buf_init(&b, 16384);
	if (jws_make_assertion(&signer, o->text[OPT_CLIENT_ID], audience,
	    &b) == 0) {
		params_add(p, "client_id", o->text[OPT_CLIENT_ID]);
		params_add(p, "client_assertion_type", STR(ASSERTION_TYPE));
		params_add(p, "client_assertion", buf_str(&b));
		rc = 0;
	} else {
		round_log(r, CSN_FAIL, "the client assertion cannot be "
		    "signed");
	}
	buf_free(&b);
	return rc;
}

int
client_auth_add(const struct round *r, struct params *p, struct fetch *f)
{
	f->certificate = r->o->opt.auth == AUTH_TLS ||
	    r->o->opt.num[OPT_CERT_BOUND] == 1;
	switch (r->o->opt.auth) {
	case AUTH_BASIC:
		return basic_add(r, f);
	case AUTH_POST:
		return post_add(r, p);
	case AUTH_SECRET_JWT:
	case AUTH_KEY_JWT:
		return assertion_add(r, p, f);
	case AUTH_TLS:
	case AUTH_NONE:
		params_add(p, "client_id", r->o->opt.text[OPT_CLIENT_ID]);
		return 0;
	case AUTH_AUTO:
		break;
	}
	return -1;
}
