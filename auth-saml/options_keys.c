/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options_keys.c - our own keys, as the configuration gives them
 *
 * Of a private key only the public half is seen here. It must never accept a
 * certificate of another key, nor a key that could not do what it is for.
 */
#include "options_int.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static const struct { const char *type, *group, *alg; } algs[] = {
	{ "RSA", NULL, "RS256" },
	{ "EC", "prime256v1", "ES256" },
	{ "EC", "secp384r1", "ES384" },
	{ "EC", "secp521r1", "ES512" },
	{ "ED25519", NULL, "EdDSA" },
};

static const char *
alg_of(EVP_PKEY *key)
{
	char group[32] = "";
	size_t n;

	(void)EVP_PKEY_get_group_name(key, group, sizeof(group), &n);
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (EVP_PKEY_is_a(key, algs[i].type) &&
		    (algs[i].group == NULL ||
		    strcmp(algs[i].group, group) == 0))
			return algs[i].alg;
	return NULL;
}

static EVP_PKEY *
key_public(struct reading *r, uint32_t val)
{
	struct csn_str spki;
	const unsigned char *at;
	EVP_PKEY *key = NULL;

	if (r->host->public_key(r->call, val, &spki) == CSN_OK) {
		at = (const unsigned char *)spki.p;
		key = d2i_PUBKEY(NULL, &at, (long)spki.n);
	}
	ERR_clear_error();
	if (key == NULL)
		fault(r, val, "is no private key: give it as PEM");
	return key;
}

static void
certificate_check(struct reading *r, EVP_PKEY *key, struct csn_str pem,
    uint32_t val)
{
	struct keys k = { .ours = true };
	const char *why;

	if (pem.n == 0)
		return;
	if (keys_add_pem(&k, pem, &why) < 0)
		fault(r, val, why);
	else if (key != NULL && EVP_PKEY_eq(k.v[0], key) != 1)
		fault(r, val, "is not the certificate of its key");
	keys_free(&k);
}

static void
signing_key_read(struct reading *r)
{
	struct options *o = r->o;
	const char *alg;
	EVP_PKEY *key;

	if (o->val_key == 0) {
		if (o->signing == SIGN_ALWAYS || o->sign_metadata)
			fault(r, r->seen[OPT_SIGN_REQUESTS], "needs "
			    "`signing_key`");
		return;
	}
	key = key_public(r, o->val_key);
	if (key == NULL)
		return;
	alg = alg_of(key);
	if (alg == NULL)
		fault(r, o->val_key, "is neither RSA nor on P-256, P-384 or "
		    "P-521, nor Ed25519; SAML signs with these");
	else
		o->alg = str_from(alg);
	certificate_check(r, key, o->certificate, o->val_certificate);
	if (EVP_PKEY_is_a(key, "RSA")) {
		/* what others encrypt for, if it is the only one */
		if (o->ndecrypt == 0)
			certificate_check(r, key, o->decryption_certificate,
			    r->seen[OPT_DECRYPTION_CERTIFICATE]);
		o->decrypt[o->ndecrypt++] = o->val_key;
	}
	EVP_PKEY_free(key);
}

/* Bind 3.6.7: the artifact's way may be proved by TLS instead of a signature.
 * The host takes both or none. */
static void
client_key_read(struct reading *r)
{
	struct options *o = r->o;

	if (o->tls_certificate == 0) {
		if (r->seen[OPT_CLIENT_KEY] > 0)
			fault(r, r->seen[OPT_CLIENT_KEY], "needs "
			    "`client_certificate`");
		o->tls_key = 0;
	} else if (o->tls_key == 0) {
		fault(r, o->tls_certificate, "needs its key: give "
		    "`client_key`, or `signing_key`");
	}
}

static void
decryption_keys_read(struct reading *r)
{
	struct options *o = r->o;
	EVP_PKEY *key;

	for (size_t i = 0; i < o->ndecrypt; i++) {
		key = key_public(r, o->decrypt[i]);
		if (key == NULL)
			continue;
		if (!EVP_PKEY_is_a(key, "RSA"))
			fault(r, o->decrypt[i], "is not RSA: XML encryption "
			    "needs an RSA key");
		if (i == 0)
			certificate_check(r, key, o->decryption_certificate,
			    r->seen[OPT_DECRYPTION_CERTIFICATE]);
		EVP_PKEY_free(key);
	}
	certificate_check(r, NULL, o->next_certificate,
	    r->seen[OPT_NEXT_CERTIFICATE]);
}

/* Behind all keys. */
static void
encryption_check(struct reading *r)
{
	const struct options *o = r->o;
	const char *text = "needs `decryption_key`, or an RSA `signing_key`";

	if (o->ndecrypt > 0)
		return;
	if (o->policy.require_encryption)
		fault(r, r->seen[OPT_ENCRYPTION], text);
	if (o->decryption_certificate.n > 0)
		fault(r, r->seen[OPT_DECRYPTION_CERTIFICATE], text);
}

void
options_keys_read(struct reading *r)
{
	decryption_keys_read(r);
	signing_key_read(r);
	encryption_check(r);
	client_key_read(r);
}
