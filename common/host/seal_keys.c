/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal_keys.c - keys derived for sealing, kept ready in cipher contexts
 *
 * It must never keep a key under which nothing was opened or sealed: a
 * stranger may write any salt into a cookie, and would empty the cache.
 */
#include "seal_keys.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "gcm.h"
#include "lib/secret.h"

/* Words in HKDF's info: never to be changed, or nothing sealed opens. */
#define NAMES_INFO	"countersign names 1"
static const char *const purpose_info[] = {
	[SEAL_SESSION] = "countersign seal 1 session",
	[SEAL_EXCHANGE] = "countersign seal 1 exchange",
	[SEAL_TARGET] = "countersign seal 1 target",
	[SEAL_NONCE] = "countersign seal 1 nonce",
	[SEAL_FORM] = "countersign seal 1 form",
	[SEAL_LOGOUT] = "countersign seal 1 logout",
	[SEAL_RECORD] = "countersign seal 1 record",
	[SEAL_ANSWER] = "countersign seal 1 answer",
	[SEAL_BROWSER] = "countersign seal 1 browser",
};

int
seal_algorithms_fetch(struct seal_algorithms *a)
{
	a->aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	a->hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	a->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	return a->aes != NULL && a->hkdf != NULL && a->hmac != NULL ? 0 : -1;
}

void
seal_algorithms_free(struct seal_algorithms *a)
{
	EVP_CIPHER_free(a->aes);
	EVP_KDF_free(a->hkdf);
	EVP_MAC_free(a->hmac);
}

/* HKDF-SHA256 (RFC 5869), 32 bytes. */
static int
derive(EVP_KDF_CTX *kdf, struct csn_str key, struct csn_str salt,
    const char *info, uint8_t *ret)
{
	OSSL_PARAM params[5], *p = params;
	int ok;

	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    (char *)(uintptr_t)"SHA256", 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)key.p, key.n);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
	    (void *)(uintptr_t)salt.p, salt.n);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	*p = OSSL_PARAM_construct_end();
	ok = EVP_KDF_derive(kdf, ret, KEYRING_KEY_LEN, params);
	EVP_KDF_CTX_reset(kdf);		/* it holds a copy of the key */
	return ok == 1 ? 0 : -1;
}

/* The key of names comes from the first record key, and from no other. */
static int
rings_name_key(const struct seal_algorithms *a, struct seal_rings *r)
{
	const struct keyring_key *first = r->records.nkeys == 0 ? NULL :
	    keyring_find(&r->records, r->records.keys[0].id);
	EVP_KDF_CTX *kdf;
	int rc;

	if (first == NULL)
		return 0;
	kdf = EVP_KDF_CTX_new(a->hkdf);
	if (kdf == NULL)
		return -1;
	rc = derive(kdf, str_of(first->bytes, sizeof(first->bytes)), STR(""),
	    NAMES_INFO, r->name_key);
	EVP_KDF_CTX_free(kdf);
	r->named = rc == 0;
	return rc;
}

struct seal_rings *
seal_rings_new(const struct seal_algorithms *a, const struct keyring *cookies,
    const struct keyring *records)
{
	struct seal_rings *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->cookies = *cookies;
	r->records = *records;
	if (rings_name_key(a, r) < 0) {
		seal_rings_free(r);
		return NULL;
	}
	return r;
}

void
seal_rings_free(const struct seal_rings *r)
{
	struct seal_rings *own = (struct seal_rings *)(uintptr_t)r;

	if (own == NULL)
		return;
	secret_wipe(own, sizeof(*own));
	free(own);
}

const struct keyring *
seal_rings_of(const struct seal_rings *r, enum seal_purpose purpose)
{
	switch (purpose) {
	case SEAL_SESSION:
	case SEAL_EXCHANGE:
	case SEAL_TARGET:
	case SEAL_NONCE:
	case SEAL_FORM:
	case SEAL_LOGOUT:
	case SEAL_BROWSER:
		return &r->cookies;
	case SEAL_RECORD:
	case SEAL_ANSWER:
		return &r->records;
	}
	return NULL;
}

static bool
which_equal(const struct seal_which *a, const struct seal_which *b)
{
	return a->purpose == b->purpose && a->key_id == b->key_id &&
	    memcmp(a->salt, b->salt, sizeof(a->salt)) == 0;
}

/* Derives into the spare slot. */
static struct seal_slot * __attribute__((noinline, cold))
shard_derive(struct seal_shard *s, const struct seal_which *which,
    const struct keyring_key *key)
{
	uint8_t derived[KEYRING_KEY_LEN];
	int ok = 0;

	if (s->kdf == NULL)
		s->kdf = EVP_KDF_CTX_new(s->algorithms->hkdf);
	if (s->spare.ctx == NULL)
		s->spare.ctx = EVP_CIPHER_CTX_new();
	if (s->kdf == NULL || s->spare.ctx == NULL)
		return NULL;
	gcm_free(s->spare.gcm);
	s->spare.gcm = NULL;
	s->spare.which = *which;
	s->spare.opens = false;
	if (derive(s->kdf, str_of(key->bytes, sizeof(key->bytes)),
	    str_of(which->salt, sizeof(which->salt)),
	    purpose_info[which->purpose], derived) == 0)
		ok = EVP_EncryptInit_ex2(s->spare.ctx, s->algorithms->aes,
		    derived, NULL, NULL);
	if (ok == 1)
		s->spare.gcm = gcm_new(derived);
	secret_wipe(derived, sizeof(derived));
	return ok == 1 ? &s->spare : NULL;
}

struct seal_slot *
seal_shard_key(struct seal_shard *s, const struct seal_which *which,
    const struct keyring_key *key)
{
	for (size_t i = 0; i < s->nslots; i++) {
		if (which_equal(&s->slots[i].which, which)) {
			s->slots[i].used = ++s->clock;
			return &s->slots[i];
		}
	}
	return shard_derive(s, which, key);
}

void
seal_shard_keep(struct seal_shard *s, const struct seal_slot *used)
{
	struct seal_slot *slot = &s->slots[0], spare = s->spare;

	if (used != &s->spare)
		return;
	if (s->nslots < SEAL_SLOTS) {
		slot = &s->slots[s->nslots++];
		s->spare.ctx = NULL;
		s->spare.gcm = NULL;
	} else {
		for (size_t i = 1; i < s->nslots; i++) {
			if (s->slots[i].used < slot->used)
				slot = &s->slots[i];
		}
		s->spare.ctx = slot->ctx;
		s->spare.gcm = slot->gcm;
	}
	*slot = spare;
	slot->used = ++s->clock;
}

static void
slot_clear(struct seal_slot *slot)
{
	EVP_CIPHER_CTX_free(slot->ctx);
	gcm_free(slot->gcm);
	slot->ctx = NULL;
	slot->gcm = NULL;
}

void
seal_shard_clear(struct seal_shard *s)
{
	while (s->nslots > 0)
		slot_clear(&s->slots[--s->nslots]);
	slot_clear(&s->spare);
	EVP_KDF_CTX_free(s->kdf);
	s->kdf = NULL;
	EVP_MAC_CTX_free(s->mac);
	s->mac = NULL;
	s->mac_label[0] = '\0';
	s->named.n = 0;
}

/* Key p NULL: the one that the context has. */
static int
mac_run(EVP_MAC_CTX *mac, struct csn_str key, struct csn_str data,
    uint8_t *ret)
{
	size_t n = 0;

	if (EVP_MAC_init(mac, (const uint8_t *)key.p, key.n, NULL) != 1)
		return -1;
	if (data.n > 0 && EVP_MAC_update(mac, (const uint8_t *)data.p,
	    data.n) != 1)
		return -1;
	return EVP_MAC_final(mac, ret, &n, 32) == 1 && n == 32 ? 0 : -1;
}

static EVP_MAC_CTX *
shard_mac(struct seal_shard *s)
{
	OSSL_PARAM params[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    (char *)(uintptr_t)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	if (s->mac == NULL) {
		s->mac = EVP_MAC_CTX_new(s->algorithms->hmac);
		if (s->mac == NULL || EVP_MAC_CTX_set_params(s->mac,
		    params) != 1)
			return NULL;
	}
	return s->mac;
}

/* With the key of the label that the context has. A login asks for one name
 * several times in a row. */
static int
name_again(struct seal_shard *s, struct csn_str data, uint8_t *ret)
{
	int rc;

	if (data.n > 0 && data.n == s->named.n &&
	    memcmp(data.p, s->named.data, data.n) == 0) {
		memcpy(ret, s->named.mac, sizeof(s->named.mac));
		return 0;
	}
	s->named.n = 0;
	rc = mac_run(s->mac, str_of(NULL, 0), data, ret);
	if (rc == 0 && data.n > 0 && data.n <= sizeof(s->named.data)) {
		memcpy(s->named.data, data.p, data.n);
		memcpy(s->named.mac, ret, sizeof(s->named.mac));
		s->named.n = data.n;
	}
	return rc;
}

int
seal_shard_name(struct seal_shard *s, const char *label, struct csn_str data,
    uint8_t *ret)
{
	struct csn_str name = str_from(label);
	uint8_t key[32];
	int rc;

	if (!s->rings->named || shard_mac(s) == NULL)
		return -1;
	/* the names of people are asked for again and again */
	if (name.n > 0 && str_is(name, s->mac_label))
		return name_again(s, data, ret);
	s->mac_label[0] = '\0';
	s->named.n = 0;
	rc = mac_run(s->mac, str_of(s->rings->name_key,
	    sizeof(s->rings->name_key)), name, key);
	if (rc == 0)
		rc = mac_run(s->mac, str_of(key, sizeof(key)), data, ret);
	secret_wipe(key, sizeof(key));
	if (rc == 0 && name.n <= SEAL_LABEL_MAX)
		memcpy(s->mac_label, label, name.n + 1);
	return rc;
}
