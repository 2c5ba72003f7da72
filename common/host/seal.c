/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal.c - bytes sealed for one purpose and one place, AES-256-GCM
 *
 * The nonce is a counter that all threads share in blocks, so it cannot
 * repeat under one salt; threads share nothing else but a shard of kept keys.
 * It must never seal twice under one salt and nonce, nor leave a byte that
 * did not authenticate in the caller's buffer.
 */
#include "seal.h"

#include <endian.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "gcm.h"
#include "lane.h"
#include "lib/secret.h"
#include "seal_impl.h"

#define LAYOUT		1u
#define TAG_LEN		16u
#define HEAD_LEN	(SEAL_OVERHEAD - TAG_LEN)
#define NONCE_BLOCK	UINT64_C(1024)		/* taken by a shard at once */

/* What is sealed for whom. */
struct seal_place {
	struct seal_which which;
	struct csn_str context;
	uint8_t nonce[SEAL_NONCE_LEN];
};

/* The shard of the thread that calls, locked. */
static struct seal_shard *
shard_enter(struct sealer *s)
{
	struct seal_shard *shard;

	shard = &s->shards[lane_number(LANE_OF_SEALER,
	    (unsigned)s->nshards)];
	latch_take(&shard->latch);
	return shard;
}

static void
shard_leave(struct seal_shard *shard)
{
	latch_give(&shard->latch);
}

/* A block of nonces for the shard, under a new salt where the old one is used
 * up or the parent's. */
static void
nonce_refill(struct sealer *s, struct seal_shard *shard, unsigned now)
{
	uint64_t n;

	(void)pthread_mutex_lock(&s->lock);
	if (s->next >= s->limit || s->forks != now) {
		secret_random(s->salt, sizeof(s->salt));
		s->next = 0;
		s->forks = now;
	}
	n = s->limit - s->next;
	if (n > NONCE_BLOCK)
		n = NONCE_BLOCK;
	memcpy(shard->salt, s->salt, sizeof(shard->salt));
	shard->nonce = s->next;
	s->next += n;
	shard->nonce_end = s->next;
	shard->forks = now;
	(void)pthread_mutex_unlock(&s->lock);
}

static void
nonce_take(struct sealer *s, struct seal_shard *shard, struct seal_place *p)
{
	unsigned now = sealer_forks();
	uint64_t n;

	if (shard->nonce == shard->nonce_end || shard->forks != now)
		nonce_refill(s, shard, now);
	n = shard->nonce++;
	memcpy(p->which.salt, shard->salt, sizeof(p->which.salt));
	memset(p->nonce, 0, sizeof(p->nonce));
	for (size_t i = sizeof(p->nonce); n > 0; n >>= 8)
		p->nonce[--i] = (uint8_t)n;
}

/* Additional data: fixed word, purpose, key id, length of the context, and
 * the context; no two places give the same bytes. */
static const char aad_word[16] = "countersign seal";

#define AAD_SHORT	256u		/* a context that fits at once */
#define AAD_MAX		(sizeof(aad_word) + 10 + AAD_SHORT)

/* Returns how many bytes; without a context that is too long. */
static size_t
aad_write(const struct seal_place *p, uint8_t head[AAD_MAX])
{
	uint32_t id = htobe32(p->which.key_id);
	uint32_t n = htobe32((uint32_t)p->context.n);
	size_t at = sizeof(aad_word);

	memcpy(head, aad_word, sizeof(aad_word));
	head[at++] = LAYOUT;
	head[at++] = (uint8_t)p->which.purpose;
	memcpy(head + at, &id, sizeof(id));
	memcpy(head + at + 4, &n, sizeof(n));
	at += 8;
	if (p->context.n > AAD_SHORT || p->context.n == 0)
		return at;
	memcpy(head + at, p->context.p, p->context.n);
	return at + p->context.n;
}

static int
aad_put(EVP_CIPHER_CTX *ctx, const struct seal_place *p)
{
	uint8_t head[AAD_MAX];
	size_t n = aad_write(p, head);
	int done;

	/* one call where it fits: each costs as much as the bytes */
	if (EVP_CipherUpdate(ctx, NULL, &done, head, (int)n) != 1)
		return -1;
	if (p->context.n > AAD_SHORT && EVP_CipherUpdate(ctx, NULL, &done,
	    (const uint8_t *)p->context.p, (int)p->context.n) != 1)
		return -1;
	return 0;
}

/* The plain or sealed bytes through the cipher; out has as many. */
static int
body_put(EVP_CIPHER_CTX *ctx, struct csn_str in, uint8_t *out)
{
	int n = 0;

	if (in.n == 0)
		return 0;
	if (EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)in.p,
	    (int)in.n) != 1 || (size_t)n != in.n)
		return -1;
	return 0;
}

/* Whether the short way is there, and takes this context. */
static bool
short_way(const struct seal_slot *slot, const struct seal_place *p)
{
	return slot->gcm != NULL && p->context.n <= AAD_SHORT;
}

static int
aead_seal(struct seal_slot *slot, const struct seal_place *p,
    struct csn_str plain, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = slot->ctx;
	uint8_t none[TAG_LEN], head[AAD_MAX];
	int n;

	if (short_way(slot, p)) {
		gcm_seal(slot->gcm, p->nonce, str_of(head, aad_write(p,
		    head)), plain, out);
		return 0;
	}
	slot->opens = false;
	if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, p->nonce, 1) != 1 ||
	    aad_put(ctx, p) < 0 || body_put(ctx, plain, out) < 0 ||
	    EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    out + plain.n) != 1)
		return -1;
	return 0;
}

/* Sets nonce and tag. The plain way costs as much as the decryption of a
 * cookie; a context that was set to open once takes both as parameters, the
 * nonce as an "invocation field" that covers all of it. */
static int
open_begin(struct seal_slot *slot, const struct seal_place *p, uint8_t *tag)
{
	uint8_t nonce[SEAL_NONCE_LEN];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
		    TAG_LEN),
		OSSL_PARAM_octet_string(
		    OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, nonce,
		    sizeof(nonce)),
		OSSL_PARAM_END
	};

	memcpy(nonce, p->nonce, sizeof(nonce));
	if (slot->opens)
		return EVP_CIPHER_CTX_set_params(slot->ctx, params) == 1 ?
		    0 : -1;
	if (EVP_CipherInit_ex(slot->ctx, NULL, NULL, NULL, nonce, 0) != 1 ||
	    EVP_CIPHER_CTX_ctrl(slot->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    tag) != 1)
		return -1;
	/* not every provider can; -1: all of the nonce */
	slot->opens = EVP_CIPHER_CTX_ctrl(slot->ctx,
	    EVP_CTRL_AEAD_SET_IV_FIXED, -1, nonce) == 1;
	return 0;
}

/* `sealed` ends in the tag. */
static int
aead_open(struct seal_slot *slot, const struct seal_place *p,
    struct csn_str sealed, uint8_t *out)
{
	uint8_t tag[TAG_LEN], none[TAG_LEN], head[AAD_MAX];
	int n;

	sealed.n -= TAG_LEN;
	if (short_way(slot, p))
		return gcm_open(slot->gcm, p->nonce, str_of(head,
		    aad_write(p, head)), sealed, out);
	memcpy(tag, sealed.p + sealed.n, TAG_LEN);
	if (open_begin(slot, p, tag) < 0 || aad_put(slot->ctx, p) < 0 ||
	    body_put(slot->ctx, sealed, out) < 0 ||
	    EVP_CipherFinal_ex(slot->ctx, none, &n) != 1)
		return -1;
	return 0;
}

static void
head_write(uint8_t *out, const struct seal_place *p)
{
	struct buf b;

	/* over memory that the caller grew: the NUL falls on the body, which
	 * is written later */
	buf_init_fixed(&b, out, HEAD_LEN + 1);
	buf_u8(&b, LAYOUT);
	buf_u32(&b, p->which.key_id);
	buf_put(&b, p->which.salt, sizeof(p->which.salt));
	buf_put(&b, p->nonce, sizeof(p->nonce));
}

static int
place_seal(struct sealer *s, struct seal_shard *shard, struct seal_place *p,
    struct csn_str plain, uint8_t *out)
{
	const struct keyring *ring = seal_rings_of(shard->rings,
	    p->which.purpose);
	const struct keyring_key *key = ring == NULL ? NULL :
	    keyring_active(ring);
	struct seal_slot *slot;

	if (key == NULL)
		return -1;
	p->which.key_id = key->id;
	nonce_take(s, shard, p);
	slot = seal_shard_key(shard, &p->which, key);
	if (slot == NULL)
		return -1;
	head_write(out, p);
	if (aead_seal(slot, p, plain, out + HEAD_LEN) < 0)
		return -1;
	seal_shard_keep(shard, slot);
	return 0;
}

int
seal_put(struct sealer *s, enum seal_purpose purpose, struct csn_str context,
    struct csn_str plain, struct buf *ret)
{
	struct seal_place p = { .which.purpose = purpose,
		.context = context };
	struct seal_shard *shard;
	size_t before = ret->n;
	uint8_t *out;
	int rc;

	if (plain.n > SEAL_PLAIN_MAX || context.n > SEAL_PLAIN_MAX)
		return -1;
	out = buf_grow(ret, SEAL_OVERHEAD + plain.n);
	if (out == NULL)
		return -1;
	shard = shard_enter(s);
	rc = place_seal(s, shard, &p, plain, out);
	shard_leave(shard);
	if (rc < 0) {
		buf_cut(ret, before);
		ERR_clear_error();
	}
	return rc;
}

/* Reads the head; what follows it is left in *sealed. 0 or -1. */
static int
head_read(struct csn_str *sealed, struct seal_place *p)
{
	const char *at = sealed->p;
	uint32_t id;

	if (sealed->n < SEAL_OVERHEAD ||
	    sealed->n - SEAL_OVERHEAD > SEAL_PLAIN_MAX || at[0] != LAYOUT)
		return -1;
	memcpy(&id, at + 1, sizeof(id));
	p->which.key_id = be32toh(id);
	if (p->which.key_id == 0)
		return -1;
	memcpy(p->which.salt, at + 5, SEAL_SALT_LEN);
	memcpy(p->nonce, at + 5 + SEAL_SALT_LEN, SEAL_NONCE_LEN);
	*sealed = str_from_at(*sealed, HEAD_LEN);
	return 0;
}

static int
place_open(struct seal_shard *shard, const struct seal_place *p,
    struct csn_str sealed, uint8_t *out)
{
	const struct keyring *ring = seal_rings_of(shard->rings,
	    p->which.purpose);
	const struct keyring_key *key = ring == NULL ? NULL :
	    keyring_find(ring, p->which.key_id);
	struct seal_slot *slot;

	if (key == NULL)
		return -1;
	slot = seal_shard_key(shard, &p->which, key);
	if (slot == NULL || aead_open(slot, p, sealed, out) < 0)
		return -1;
	seal_shard_keep(shard, slot);
	return 0;
}

/* Opens into out, which has room for the plain bytes and may be where the
 * sealed ones lie; wipes it when it fails. *sealed becomes the plain bytes. */
static int
open_into(struct sealer *s, struct seal_place *p, struct csn_str *sealed,
    uint8_t *out)
{
	struct seal_shard *shard = shard_enter(s);
	size_t n = sealed->n - TAG_LEN;
	int rc = place_open(shard, p, *sealed, out);

	shard_leave(shard);
	if (rc < 0) {
		/* it was decrypted before it was known to be false */
		secret_wipe(out, n);
		ERR_clear_error();
		return -1;
	}
	*sealed = str_of(out, n);
	return 0;
}

int
seal_open(struct sealer *s, enum seal_purpose purpose, struct csn_str context,
    struct csn_str sealed, struct buf *ret)
{
	struct seal_place p = { .which.purpose = purpose,
		.context = context };
	size_t before = ret->n;
	uint8_t *out;
	int rc;

	if (context.n > SEAL_PLAIN_MAX || head_read(&sealed, &p) < 0)
		return -1;
	out = buf_grow(ret, sealed.n - TAG_LEN);
	if (out == NULL)
		return -1;
	rc = open_into(s, &p, &sealed, out);
	if (rc < 0)
		buf_cut(ret, before);
	return rc;
}

int
seal_open_here(struct sealer *s, enum seal_purpose purpose,
    struct csn_str context, uint8_t *sealed, size_t n, struct csn_str *ret)
{
	struct seal_place p = { .which.purpose = purpose,
		.context = context };
	struct csn_str body = str_of(sealed, n);

	if (context.n > SEAL_PLAIN_MAX || head_read(&body, &p) < 0 ||
	    open_into(s, &p, &body, sealed + HEAD_LEN) < 0)
		return -1;
	*ret = body;
	return 0;
}

uint32_t
seal_key_id(struct csn_str sealed)
{
	struct seal_place p;

	return head_read(&sealed, &p) < 0 ? 0 : p.which.key_id;
}

int
seal_name(struct sealer *s, const char *label, struct csn_str data,
    uint8_t *ret)
{
	struct seal_shard *shard = shard_enter(s);
	int rc = seal_shard_name(shard, label, data, ret);

	shard_leave(shard);
	if (rc < 0)
		ERR_clear_error();
	return rc;
}
