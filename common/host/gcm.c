/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gcm.c - AES-256-GCM by Nettle
 *
 * It must never say that bytes are sound whose tag is another, nor run AES by
 * tables, whose time tells of the key.
 */
#include "gcm.h"

#ifdef CSN_NETTLE
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "lib/secret.h"

struct gcm {
	struct gcm_key key;
	struct gcm_ctx ctx;
	struct aes256_ctx cipher;
};

/* The functions that Nettle's for AES alone are made of, without those between:
 * each is two jumps through a table more. */
#define CIPHER(g)	&(g)->cipher, (nettle_cipher_func *)aes256_encrypt

/* What Nettle itself asks the processor. */
static bool
has_instructions(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("aes") &&
	    __builtin_cpu_supports("pclmul");
#else
	return false;
#endif
}

struct gcm *
gcm_new(const uint8_t key[GCM_KEY_LEN])
{
	struct gcm *g;

	if (!has_instructions() ||
	    EVP_default_properties_is_fips_enabled(NULL) == 1)
		return NULL;
	g = malloc(sizeof(*g));
	if (g == NULL)
		return NULL;
	aes256_set_encrypt_key(&g->cipher, key);
	gcm_set_key(&g->key, CIPHER(g));
	return g;
}

void
gcm_free(struct gcm *g)
{
	if (g == NULL)
		return;
	secret_wipe(g, sizeof(*g));
	free(g);
}

static void
begin(struct gcm *g, const uint8_t *nonce, struct csn_str aad)
{
	gcm_set_iv(&g->ctx, &g->key, GCM_NONCE_LEN, nonce);
	gcm_update(&g->ctx, &g->key, aad.n, (const uint8_t *)aad.p);
}

void
gcm_seal(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str plain, uint8_t *out)
{
	begin(g, nonce, aad);
	gcm_encrypt(&g->ctx, &g->key, CIPHER(g), plain.n, out,
	    (const uint8_t *)plain.p);
	gcm_digest(&g->ctx, &g->key, CIPHER(g), GCM_TAG_LEN, out + plain.n);
}

int
gcm_open(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str sealed, uint8_t *out)
{
	const uint8_t *in = (const uint8_t *)sealed.p;
	uint8_t tag[GCM_TAG_LEN];

	begin(g, nonce, aad);
	gcm_decrypt(&g->ctx, &g->key, CIPHER(g), sealed.n, out, in);
	gcm_digest(&g->ctx, &g->key, CIPHER(g), sizeof(tag), tag);
	return secret_equal(str_of(tag, sizeof(tag)),
	    str_of(in + sealed.n, sizeof(tag))) ? 0 : -1;
}
#else
struct gcm *
gcm_new(const uint8_t key[GCM_KEY_LEN])
{
	(void)key;
	return NULL;
}

void
gcm_free(struct gcm *g)
{
	(void)g;
}

void
gcm_seal(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str plain, uint8_t *out)
{
	(void)g;
	(void)nonce;
	(void)aad;
	(void)plain;
	(void)out;
}

int
gcm_open(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN],
    struct csn_str aad, struct csn_str sealed, uint8_t *out)
{
	(void)g;
	(void)nonce;
	(void)aad;
	(void)sealed;
	(void)out;
	return -1;
}
#endif
