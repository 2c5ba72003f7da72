/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jws_make.c - tokens that we sign, with a key that stays in the host or with
 * a login's own
 *
 * It must never sign for longer than a minute, or the same token twice: each
 * has a jti of 128 random bits.
 */
#include "jws_make.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "jwk_make.h"
#include "lib/base64url.h"

#define TOKEN_MAX	65536u
#define JTI_BYTES	16u

/* ------------------------------------------------------------------ */
/* members, where a failure is remembered until the end */

static json_t *
text_json(struct csn_str s)
{
	return json_stringn(s.p != NULL ? s.p : "", s.n);
}

/* Takes the value. */
static bool
member_put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static bool
text_put(json_t *object, const char *name, struct csn_str s)
{
	return member_put(object, name, text_json(s));
}

static bool
jti_put(const struct jws_signer *by, json_t *claims)
{
	uint8_t random[JTI_BYTES];
	char text[BASE64URL_LEN(JTI_BYTES) + 1];
	struct buf b;

	by->host->random(by->call, random, sizeof(random));
	buf_init_fixed(&b, text, sizeof(text));
	base64url_encode(&b, str_of(random, sizeof(random)));
	return !buf_failed(&b) && text_put(claims, "jti", buf_str(&b));
}

static int64_t
now_s(const struct jws_signer *by)
{
	return by->host->now_ms(by->call) / 1000;
}

static bool
times_put(const struct jws_signer *by, json_t *claims)
{
	int64_t now = now_s(by);

	return jti_put(by, claims) &&
	    member_put(claims, "iat", json_integer(now)) &&
	    member_put(claims, "exp", json_integer(now + JWS_MAKE_LIFE_S));
}

/* ------------------------------------------------------------------ */
/* the compact form */

static bool
json_put(struct buf *b, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text != NULL)
		base64url_encode(b, str_from(text));
	free(text);
	return text != NULL && !buf_failed(b);
}

static json_t *
header_make(const struct jws_signer *by, const char *typ, json_t *jwk)
{
	json_t *header = json_object();
	bool good = header != NULL && text_put(header, "alg",
	    str_from(jws_alg_name(by->alg))) &&
	    (typ == NULL || text_put(header, "typ", str_from(typ))) &&
	    (by->kid.n == 0 || text_put(header, "kid", by->kid)) &&
	    (by->x5t_s256.n == 0 || text_put(header, "x5t#S256",
	    by->x5t_s256)) && (jwk == NULL ||
	    json_object_set(header, "jwk", jwk) == 0);

	if (good)
		return header;
	json_decref(header);
	return NULL;
}

/* Of the host's key, or the login's own; a copy in memory of 64 bytes. */
static int
signed_by(const struct jws_signer *by, struct csn_str data, uint8_t own[64],
    struct csn_str *ret)
{
	if (by->own == NULL)
		return by->host->sign(by->call, by->val,
		    str_from(jws_alg_name(by->alg)), data, ret) == CSN_OK ?
		    0 : -1;
	*ret = str_of(own, 64);
	return by->alg == JWS_ES256 ? dpop_key_sign(by->own, data, own) : -1;
}

/* Appends all or nothing. */
static int
token_put(const struct jws_signer *by, const json_t *header,
    const json_t *claims, struct buf *out)
{
	struct csn_str signature;
	uint8_t own[64];
	size_t before = out->n;
	struct buf b;
	bool good;

	buf_init(&b, TOKEN_MAX);
	good = jws_alg_row(by->alg) != NULL && header != NULL &&
	    json_put(&b, header);
	buf_char(&b, '.');
	good = good && json_put(&b, claims) &&
	    signed_by(by, buf_str(&b), own, &signature) == 0;
	if (good) {
		buf_char(&b, '.');
		base64url_encode(&b, signature);
		good = !buf_failed(&b);
	}
	if (good)
		buf_str_put(out, buf_str(&b));
	buf_free(&b);
	if (good && !buf_failed(out))
		return 0;
	buf_cut(out, before);
	return -1;
}

int
jws_make(const struct jws_signer *by, const char *typ, const json_t *claims,
    struct buf *out)
{
	json_t *header = header_make(by, typ, NULL);
	int rc = token_put(by, header, claims, out);

	json_decref(header);
	return rc;
}

/* ------------------------------------------------------------------ */
/* what we send */

int
jws_make_assertion(const struct jws_signer *by, struct csn_str client_id,
    struct csn_str audience, struct buf *out)
{
	json_t *claims = json_object();
	/* RFC 7523 3, OIDC Core 9: iss and sub are the client */
	bool good = claims != NULL && text_put(claims, "iss", client_id) &&
	    text_put(claims, "sub", client_id) &&
	    text_put(claims, "aud", audience) && times_put(by, claims);
	int rc = good ? jws_make(by, "JWT", claims, out) : -1;

	json_decref(claims);
	return rc;
}

/* RFC 9101 4: a parameter has the JSON type that it has in OIDC Core 3.1.2.1,
 * 5.5; a request within a request is forbidden. */
static bool
param_put(json_t *claims, const struct csn_pair *p)
{
	json_t *value = NULL;
	uint64_t n;

	if (str_is(p->name, "request") || str_is(p->name, "request_uri"))
		return false;
	if (str_is(p->name, "max_age")) {
		if (str_u64(p->value, INT32_MAX, &n) != 0)
			return false;
		value = json_integer((json_int_t)n);
	} else if (str_is(p->name, "claims")) {
		if (json_text_read(p->value, &json_token_caps, &value) !=
		    REFUSAL_NONE)
			return false;
	} else
		value = text_json(p->value);
	return json_object_setn_new(claims, p->name.p, p->name.n, value) == 0;
}

int
jws_make_request(const struct jws_signer *by, struct csn_str client_id,
    struct csn_str issuer, struct csn_pairs params, struct buf *out)
{
	json_t *claims = json_object();
	bool good = claims != NULL;
	int rc;

	for (size_t i = 0; i < params.n && good; i++)
		good = param_put(claims, &params.v[i]);
	/* RFC 9101 5.2, 10.2; FAPI 2.0 Message Signing 5.3.1: nbf and exp */
	good = good && text_put(claims, "iss", client_id) &&
	    text_put(claims, "client_id", client_id) &&
	    text_put(claims, "aud", issuer) && times_put(by, claims) &&
	    member_put(claims, "nbf", json_integer(now_s(by)));
	rc = good ? jws_make(by, "oauth-authz-req+jwt", claims, out) : -1;
	json_decref(claims);
	return rc;
}

/* ------------------------------------------------------------------ */
/* DPoP (RFC 9449 4.2) */

/* Our public key, for the header; a new object or NULL. */
static json_t *
own_jwk(const struct jws_signer *by)
{
	struct csn_str spki = STR("");
	json_t *jwk = NULL;
	struct buf b, own;

	if ((JWS_HMAC & JWS_BIT(by->alg)) != 0 || (by->own == NULL &&
	    by->host->public_key(by->call, by->val, &spki) != CSN_OK))
		return NULL;
	buf_init(&own, 256);
	if (by->own != NULL && dpop_key_public(by->own, &own) == 0)
		spki = buf_str(&own);
	buf_init(&b, 0);
	if (jwk_make(spki, &b) == 0)
		jwk = json_loadb(buf_str(&b).p, b.n, JSON_REJECT_DUPLICATES,
		    NULL);
	buf_free(&b);
	buf_free(&own);
	return jwk;
}

static struct csn_str
url_bare(struct csn_str url)
{
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] == '?' || url.p[i] == '#')
			return str_of(url.p, i);
	return url;
}

static bool
ath_put(json_t *claims, struct csn_str access_token)
{
	char text[BASE64URL_LEN(32) + 1];
	uint8_t md[EVP_MAX_MD_SIZE];
	size_t n = 0;
	struct buf b;

	if (access_token.n == 0)
		return true;
	if (EVP_Q_digest(NULL, "SHA256", NULL, access_token.p, access_token.n,
	    md, &n) != 1)
		return false;
	buf_init_fixed(&b, text, sizeof(text));
	base64url_encode(&b, str_of(md, n));
	return !buf_failed(&b) && text_put(claims, "ath", buf_str(&b));
}

int
jws_make_dpop(const struct jws_signer *by, struct csn_str method,
    struct csn_str url, struct csn_str nonce, struct csn_str access_token,
    struct buf *out)
{
	struct jws_signer bare = *by;
	json_t *claims = json_object(), *jwk = own_jwk(by), *header;
	bool good = claims != NULL && jwk != NULL && jti_put(by, claims) &&
	    text_put(claims, "htm", method) &&
	    text_put(claims, "htu", url_bare(url)) &&
	    member_put(claims, "iat", json_integer(now_s(by))) &&
	    (nonce.n == 0 || text_put(claims, "nonce", nonce)) &&
	    ath_put(claims, access_token);
	int rc = -1;

	bare.kid = bare.x5t_s256 = STR("");	/* the key itself is there */
	header = good ? header_make(&bare, "dpop+jwt", jwk) : NULL;
	if (header != NULL)
		rc = token_put(&bare, header, claims, out);
	json_decref(header);
	json_decref(jwk);
	json_decref(claims);
	return rc;
}
