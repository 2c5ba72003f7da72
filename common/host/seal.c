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

#include <openssl/err.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/secret.h"
#include "seal_keys.h"

#define LAYOUT		1u
#define TAG_LEN		16u
#define HEAD_LEN	(SEAL_OVERHEAD - TAG_LEN)
#define NONCE_BLOCK	UINT64_C(1024)		/* taken by a shard at once */
#define SEALS_MAX	(UINT64_C(1) << 30)	/* under one salt */
#define SHARDS_MAX	64u

struct sealer {
	struct seal_algorithms algorithms;
	pthread_mutex_t reload;		/* one at a time */
	pthread_mutex_t lock;		/* of the counter that follows */
	uint8_t salt[SEAL_SALT_LEN];
	uint64_t next, limit;
	unsigned forks;
	const struct seal_rings *rings;	/* the shards' */
	size_t nshards;
	struct seal_shard *shards;
};

/* What is sealed for whom. */
struct seal_place {
	struct seal_which which;
	struct csn_str context;
	uint8_t nonce[SEAL_NONCE_LEN];
};

/* Goes up in each child, so that it does not seal under its parent's salt
 * with the same nonces. */
static atomic_uint forks;

static void
fork_child(void)
{
	atomic_fetch_add(&forks, 1);
}

static void
fork_watch(void)
{
	if (pthread_atfork(NULL, NULL, fork_child) != 0)
		abort();
}

static size_t
shards_wanted(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = 2;

	while (cpus > 0 && n < (size_t)cpus && n < SHARDS_MAX)
		n *= 2;
	return n;
}

static int
sealer_shards_make(struct sealer *s)
{
	s->nshards = shards_wanted();
	s->shards = aligned_alloc(64, s->nshards * sizeof(*s->shards));
	if (s->shards == NULL)
		return -1;
	memset(s->shards, 0, s->nshards * sizeof(*s->shards));
	for (size_t i = 0; i < s->nshards; i++) {
		(void)pthread_mutex_init(&s->shards[i].lock, NULL);
		s->shards[i].algorithms = &s->algorithms;
		s->shards[i].rings = s->rings;
	}
	return 0;
}

struct sealer *
sealer_new(const struct keyring *cookies, const struct keyring *records)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sealer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	(void)pthread_once(&once, fork_watch);
	(void)pthread_mutex_init(&s->reload, NULL);
	(void)pthread_mutex_init(&s->lock, NULL);
	s->limit = SEALS_MAX;
	s->next = s->limit;		/* the first seal takes a salt */
	s->forks = atomic_load(&forks);
	if (seal_algorithms_fetch(&s->algorithms) == 0)
		s->rings = seal_rings_new(&s->algorithms, cookies, records);
	if (s->rings == NULL || sealer_shards_make(s) < 0) {
		sealer_free(s);
		return NULL;
	}
	return s;
}

void
sealer_free(struct sealer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->shards != NULL && i < s->nshards; i++) {
		seal_shard_clear(&s->shards[i]);
		(void)pthread_mutex_destroy(&s->shards[i].lock);
	}
	free(s->shards);
	seal_rings_free(s->rings);
	seal_algorithms_free(&s->algorithms);
	(void)pthread_mutex_destroy(&s->reload);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

int
sealer_reload(struct sealer *s, const struct keyring *cookies,
    const struct keyring *records)
{
	const struct seal_rings *old;
	struct seal_rings *rings = seal_rings_new(&s->algorithms, cookies,
	    records);

	if (rings == NULL)
		return -1;
	(void)pthread_mutex_lock(&s->reload);
	old = s->rings;
	s->rings = rings;
	for (size_t i = 0; i < s->nshards; i++) {
		/* a key that was retired must not stay in a kept context */
		(void)pthread_mutex_lock(&s->shards[i].lock);
		seal_shard_clear(&s->shards[i]);
		s->shards[i].rings = rings;
		(void)pthread_mutex_unlock(&s->shards[i].lock);
	}
	(void)pthread_mutex_unlock(&s->reload);
	seal_rings_free(old);
	return 0;
}

void
sealer_limit(struct sealer *s, uint64_t seals)
{
	(void)pthread_mutex_lock(&s->lock);
	s->limit = seals == 0 ? 1 : seals < SEALS_MAX ? seals : SEALS_MAX;
	s->next = s->limit;
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < s->nshards; i++) {
		(void)pthread_mutex_lock(&s->shards[i].lock);
		s->shards[i].nonce = s->shards[i].nonce_end;
		(void)pthread_mutex_unlock(&s->shards[i].lock);
	}
}

/* The shard of the thread that calls, locked. */
static struct seal_shard *
shard_enter(struct sealer *s)
{
	static atomic_uint threads;
	static __thread unsigned number;
	struct seal_shard *shard;

	if (number == 0)
		number = 1 + atomic_fetch_add(&threads, 1) % SHARDS_MAX;
	shard = &s->shards[number % s->nshards];
	(void)pthread_mutex_lock(&shard->lock);
	return shard;
}

static void
shard_leave(struct seal_shard *shard)
{
	(void)pthread_mutex_unlock(&shard->lock);
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
	unsigned now = atomic_load_explicit(&forks, memory_order_relaxed);
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
static int
aad_put(EVP_CIPHER_CTX *ctx, const struct seal_place *p)
{
	uint8_t memory[48 + 256];
	bool whole = p->context.n <= 256;
	struct buf b;
	int n;

	buf_init_fixed(&b, memory, sizeof(memory));
	buf_puts(&b, "countersign seal");
	buf_u8(&b, LAYOUT);
	buf_u8(&b, (uint8_t)p->which.purpose);
	buf_u32(&b, p->which.key_id);
	buf_u32(&b, (uint32_t)p->context.n);
	/* one call where it fits: each costs as much as the bytes */
	if (whole)
		buf_str_put(&b, p->context);
	if (buf_failed(&b) || EVP_CipherUpdate(ctx, NULL, &n, b.p,
	    (int)b.n) != 1)
		return -1;
	if (!whole && EVP_CipherUpdate(ctx, NULL, &n,
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

static int
aead_seal(EVP_CIPHER_CTX *ctx, const struct seal_place *p,
    struct csn_str plain, uint8_t *out)
{
	uint8_t none[TAG_LEN];
	int n;

	if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, p->nonce, 1) != 1 ||
	    aad_put(ctx, p) < 0 || body_put(ctx, plain, out) < 0 ||
	    EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    out + plain.n) != 1)
		return -1;
	return 0;
}

/* `sealed` ends in the tag. */
static int
aead_open(EVP_CIPHER_CTX *ctx, const struct seal_place *p,
    struct csn_str sealed, uint8_t *out)
{
	uint8_t tag[TAG_LEN], none[TAG_LEN];
	int n;

	sealed.n -= TAG_LEN;
	memcpy(tag, sealed.p + sealed.n, TAG_LEN);
	if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, p->nonce, 0) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    tag) != 1 ||
	    aad_put(ctx, p) < 0 || body_put(ctx, sealed, out) < 0 ||
	    EVP_CipherFinal_ex(ctx, none, &n) != 1)
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
	EVP_CIPHER_CTX *ctx;
	bool kept;

	if (key == NULL)
		return -1;
	p->which.key_id = key->id;
	nonce_take(s, shard, p);
	ctx = seal_shard_key(shard, &p->which, key, &kept);
	if (ctx == NULL)
		return -1;
	head_write(out, p);
	if (aead_seal(ctx, p, plain, out + HEAD_LEN) < 0)
		return -1;
	if (!kept)
		seal_shard_keep(shard, &p->which);
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
	struct reader r;
	struct csn_str salt, nonce;

	if (sealed->n < SEAL_OVERHEAD ||
	    sealed->n - SEAL_OVERHEAD > SEAL_PLAIN_MAX)
		return -1;
	reader_init(&r, *sealed);
	if (reader_u8(&r) != LAYOUT)
		return -1;
	p->which.key_id = reader_u32(&r);
	salt = reader_bytes(&r, SEAL_SALT_LEN);
	nonce = reader_bytes(&r, SEAL_NONCE_LEN);
	if (r.failed || p->which.key_id == 0)
		return -1;
	memcpy(p->which.salt, salt.p, SEAL_SALT_LEN);
	memcpy(p->nonce, nonce.p, SEAL_NONCE_LEN);
	*sealed = reader_bytes(&r, r.n);
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
	EVP_CIPHER_CTX *ctx;
	bool kept;

	if (key == NULL)
		return -1;
	ctx = seal_shard_key(shard, &p->which, key, &kept);
	if (ctx == NULL || aead_open(ctx, p, sealed, out) < 0)
		return -1;
	if (!kept)
		seal_shard_keep(shard, &p->which);
	return 0;
}

int
seal_open(struct sealer *s, enum seal_purpose purpose, struct csn_str context,
    struct csn_str sealed, struct buf *ret)
{
	struct seal_place p = { .which.purpose = purpose,
		.context = context };
	struct seal_shard *shard;
	size_t before = ret->n;
	uint8_t *out;
	int rc;

	if (context.n > SEAL_PLAIN_MAX || head_read(&sealed, &p) < 0)
		return -1;
	out = buf_grow(ret, sealed.n - TAG_LEN);
	if (out == NULL)
		return -1;
	shard = shard_enter(s);
	rc = place_open(shard, &p, sealed, out);
	shard_leave(shard);
	if (rc < 0) {
		/* it was decrypted before it was known to be false */
		buf_cut(ret, before);
		ERR_clear_error();
	}
	return rc;
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
