/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-seal.c - each sentence of seal.h
 *
 * OpenSSL's derivation and its memory are counted: EVP_KDF_derive() below
 * stands before the library's own.
 */
#include "lib/testing.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/secret.h"
#include "seal.h"

#define CONTEXT	STR("app.example.org")

static atomic_uint derived, allocated;

int
EVP_KDF_derive(EVP_KDF_CTX *ctx, unsigned char *key, size_t n,
    const OSSL_PARAM params[])
{
	static int (*_Atomic real)(EVP_KDF_CTX *, unsigned char *, size_t,
	    const OSSL_PARAM[]);

	if (real == NULL) {
		void *p = dlsym(RTLD_NEXT, "EVP_KDF_derive");
		int (*f)(EVP_KDF_CTX *, unsigned char *, size_t,
		    const OSSL_PARAM[]);

		memcpy(&f, &p, sizeof(f));
		real = f;
	}
	atomic_fetch_add(&derived, 1);
	return real(ctx, key, n, params);
}

static void *
count_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	atomic_fetch_add(&allocated, 1);
	return malloc(n);
}

static void *
count_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	atomic_fetch_add(&allocated, 1);
	return realloc(p, n);
}

static void
count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static struct keyring cookies, records;
static struct sealer *sealer;
static struct buf b, sealed;

static void
ring_key(struct keyring *ring, enum key_state state)
{
	struct keyring_key *key = &ring->keys[ring->nkeys];

	*key = (struct keyring_key){ .id = 10 + (uint32_t)ring->nkeys,
		.state = state };
	ring->nkeys++;
	if (state != KEY_RETIRED)
		secret_random(key->bytes, sizeof(key->bytes));
}

static int
set_up(void **state)
{
	(void)state;
	cookies = (struct keyring){ .name = KEYRING_COOKIES };
	records = (struct keyring){ .name = KEYRING_RECORDS };
	ring_key(&cookies, KEY_ACTIVE);
	ring_key(&records, KEY_ACTIVE);
	buf_init(&b, 0);
	buf_init(&sealed, 0);
	sealer = sealer_new(&cookies, &records);
	return sealer == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sealer_free(sealer);
	buf_free(&b);
	buf_free(&sealed);
	return 0;
}

static struct csn_str
seal(enum seal_purpose purpose, struct csn_str context, struct csn_str plain)
{
	buf_clear(&sealed);
	assert_int_equal(seal_put(sealer, purpose, context, plain, &sealed),
	    0);
	assert_int_equal(sealed.n, plain.n + SEAL_OVERHEAD);
	return buf_str(&sealed);
}

static int
open_as(enum seal_purpose purpose, struct csn_str context, struct csn_str s)
{
	buf_clear(&b);
	return seal_open(sealer, purpose, context, s, &b);
}

static void
assert_refused(enum seal_purpose purpose, struct csn_str context,
    struct csn_str s)
{
	buf_clear(&b);
	buf_puts(&b, "before");
	assert_int_equal(seal_open(sealer, purpose, context, s, &b), -1);
	assert_str(buf_str(&b), "before");
}

static void
test_round_trip(void **state)
{
	static char big[100000];
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 300, 4096,
		sizeof(big) };

	(void)state;
	secret_random(big, sizeof(big));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct csn_str plain = str_of(big, lengths[i]);

		assert_int_equal(open_as(SEAL_SESSION, CONTEXT,
		    seal(SEAL_SESSION, CONTEXT, plain)), 0);
		assert_true(str_equal(buf_str(&b), plain));
		assert_int_equal(open_as(SEAL_SESSION, str_of(big, i * 100),
		    seal(SEAL_SESSION, str_of(big, i * 100), plain)), 0);
	}
	/* it appends */
	buf_clear(&sealed);
	buf_puts(&sealed, "head");
	assert_int_equal(seal_put(sealer, SEAL_FORM, CONTEXT, STR("tail"),
	    &sealed), 0);
	buf_clear(&b);
	buf_puts(&b, "head");
	assert_int_equal(seal_open(sealer, SEAL_FORM, CONTEXT,
	    str_from_at(buf_str(&sealed), 4), &b), 0);
	assert_str(buf_str(&b), "headtail");
}

/* HKDF-SHA256 by RFC 5869, one block, out of nothing but HMAC. */
static void
hkdf(struct csn_str key, struct csn_str salt, const char *info, uint8_t *ret)
{
	uint8_t prk[32], text[128], zero[32] = { 0 };
	size_t n = strlen(info);
	unsigned len;

	assert_non_null(HMAC(EVP_sha256(), salt.n == 0 ? (void *)zero :
	    (const void *)salt.p, salt.n == 0 ? 32 : (int)salt.n,
	    (const uint8_t *)key.p, key.n, prk, &len));
	memcpy(text, info, n);
	text[n] = 1;
	assert_non_null(HMAC(EVP_sha256(), prk, 32, text, n + 1, ret, &len));
}

/* The layout and the derivation as the header says, written out again. */
static void
test_layout(void **state)
{
	static const uint8_t aad[] = "countersign seal\1\7\0\0\0\12\0\0\0\5"
	    "inst1";
	struct csn_str s = seal(SEAL_RECORD, STR("inst1"), STR("plain!"));
	const uint8_t *p = (const uint8_t *)s.p;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32], out[16], tag[16];
	int n;

	(void)state;
	assert_int_equal(p[0], 1);
	assert_memory_equal(p + 1, "\0\0\0\12", 4);
	assert_memory_equal(p + 21, "\0\0\0\0", 4);
	hkdf(str_of(records.keys[0].bytes, 32), str_of(p + 5, 16),
	    "countersign seal 1 record", key);
	memcpy(tag, p + 33 + 6, 16);
	assert_int_equal(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
	    p + 21), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, aad,
	    sizeof(aad) - 1), 1);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, p + 33, 6), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16,
	    tag), 1);
	assert_int_equal(EVP_DecryptFinal_ex(ctx, out + 6, &n), 1);
	assert_memory_equal(out, "plain!", 6);
	EVP_CIPHER_CTX_free(ctx);
}

static void
test_purposes_do_not_cross(void **state)
{
	uint64_t epoch;

	(void)state;
	/* with one and the same key in both rings */
	records.keys[0] = cookies.keys[0];
	epoch = sealer_epoch(sealer);
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_true(epoch != 0 && sealer_epoch(sealer) > epoch);
	for (enum seal_purpose p = SEAL_SESSION; p <= SEAL_BROWSER; p++) {
		struct csn_str s = seal(p, CONTEXT, STR("plain"));

		for (enum seal_purpose q = SEAL_SESSION; q <= SEAL_BROWSER;
		    q++) {
			if (p != q)
				assert_refused(q, CONTEXT, s);
		}
		assert_int_equal(open_as(p, CONTEXT, s), 0);
		assert_refused((enum seal_purpose)0, CONTEXT, s);
		assert_refused((enum seal_purpose)10, CONTEXT, s);
		assert_refused((enum seal_purpose)257, CONTEXT, s);
	}
	buf_clear(&sealed);
	assert_int_equal(seal_put(sealer, (enum seal_purpose)0, CONTEXT,
	    STR("x"), &sealed), -1);
	assert_int_equal(seal_put(sealer, (enum seal_purpose)10, CONTEXT,
	    STR("x"), &sealed), -1);
	assert_int_equal(sealed.n, 0);
}

static void
test_contexts_do_not_cross(void **state)
{
	static const char zeros[8];
	const struct csn_str contexts[] = { STR(""), STR("a"), STR("ab"),
		STR("b"), STR("A"), STR("a "), str_of(zeros, 1),
		str_of(zeros, 2), str_of(zeros, 8) };

	(void)state;
	for (size_t i = 0; i < COUNT(contexts); i++) {
		struct csn_str s = seal(SEAL_SESSION, contexts[i],
		    STR("plain"));

		for (size_t k = 0; k < COUNT(contexts); k++) {
			if (k == i)
				assert_int_equal(open_as(SEAL_SESSION,
				    contexts[k], s), 0);
			else
				assert_refused(SEAL_SESSION, contexts[k], s);
		}
	}
}

static void
test_every_bit_and_length(void **state)
{
	struct csn_str s = seal(SEAL_SESSION, CONTEXT,
	    STR("twenty characters!!!"));
	uint8_t copy[128];

	(void)state;
	memcpy(copy, s.p, s.n);
	for (size_t i = 0; i < s.n * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_refused(SEAL_SESSION, CONTEXT, str_of(copy, s.n));
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t n = 0; n < s.n; n++) {
		assert_refused(SEAL_SESSION, CONTEXT, str_of(copy, n));
		assert_refused(SEAL_SESSION, CONTEXT,
		    str_of(copy + s.n - n, n));
	}
	assert_refused(SEAL_SESSION, CONTEXT, str_of(NULL, 0));
	copy[s.n] = 0;
	assert_refused(SEAL_SESSION, CONTEXT, str_of(copy, s.n + 1));
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, str_of(copy, s.n)),
	    0);
}

static int
open_here(struct csn_str s, uint8_t *memory, struct csn_str *ret)
{
	memcpy(memory, s.p, s.n);
	return seal_open_here(sealer, SEAL_SESSION, CONTEXT, memory, s.n, ret);
}

/* In place, sealing and opening by turns, so that a context which was set for
 * the one is used for the other; a forgery in between changes nothing. */
static void
test_open_here(void **state)
{
	static uint8_t memory[512];
	struct csn_str s, plain, bad;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		uint8_t text[200];

		memset(text, (int)i, i);
		s = seal(SEAL_SESSION, CONTEXT, str_of(text, i));
		for (unsigned again = 0; again <= i % 3; again++) {
			assert_int_equal(open_here(s, memory, &plain), 0);
			assert_true(str_equal(plain, str_of(text, i)));
			assert_true((const uint8_t *)plain.p >= memory &&
			    (const uint8_t *)plain.p + plain.n <=
			    memory + s.n);
		}
		sealed.p[i % s.n] ^= 0x10;
		assert_int_equal(open_here(s, memory, &bad), -1);
		sealed.p[i % s.n] ^= 0x10;
	}
	/* nothing that was decrypted before it was found false stays */
	s = seal(SEAL_SESSION, CONTEXT, STR("Hunter2 Hunter2!"));
	sealed.p[s.n - 1] ^= 1;
	assert_int_equal(open_here(s, memory, &bad), -1);
	assert_null(memmem(memory, sizeof(memory), "Hunter", 6));
	assert_int_equal(open_here(str_of(s.p, SEAL_OVERHEAD - 1), memory,
	    &bad), -1);
	assert_int_equal(open_here(str_of(s.p, 0), memory, &bad), -1);
}

static void
test_buffers(void **state)
{
	struct csn_str s = seal(SEAL_SESSION, CONTEXT, STR("Hunter2!"));
	uint8_t memory[64] = { 0 };
	static char *huge;
	struct buf fixed;

	(void)state;
	buf_init_fixed(&fixed, memory, 8);
	assert_int_equal(seal_open(sealer, SEAL_SESSION, CONTEXT, s, &fixed),
	    -1);
	buf_init_fixed(&fixed, memory, 9);
	assert_int_equal(seal_open(sealer, SEAL_SESSION, CONTEXT, s, &fixed),
	    0);
	assert_str(buf_str(&fixed), "Hunter2!");
	/* forged: nothing of the plain text stays behind */
	memset(memory, 0, sizeof(memory));
	buf_init_fixed(&fixed, memory, sizeof(memory));
	sealed.p[sealed.n - 1] ^= 1;
	assert_int_equal(seal_open(sealer, SEAL_SESSION, CONTEXT, s, &fixed),
	    -1);
	assert_null(memmem(memory, sizeof(memory), "Hunter", 6));
	/* too small, or failed already */
	buf_init_fixed(&fixed, memory, SEAL_OVERHEAD + 1);
	assert_int_equal(seal_put(sealer, SEAL_SESSION, CONTEXT, STR("xx"),
	    &fixed), -1);
	assert_int_equal(seal_put(sealer, SEAL_SESSION, CONTEXT, STR(""),
	    &fixed), -1);
	/* longer than anything that is sealed */
	huge = calloc(1, SEAL_PLAIN_MAX + 1 + SEAL_OVERHEAD);
	assert_non_null(huge);
	buf_clear(&sealed);
	assert_int_equal(seal_put(sealer, SEAL_SESSION, CONTEXT,
	    str_of(huge, SEAL_PLAIN_MAX + 1), &sealed), -1);
	huge[0] = 1;
	assert_refused(SEAL_SESSION, CONTEXT,
	    str_of(huge, SEAL_PLAIN_MAX + 1 + SEAL_OVERHEAD));
	free(huge);
}

static void
test_keys(void **state)
{
	uint64_t epoch;
	uint8_t old[64];
	struct csn_str s = seal(SEAL_SESSION, CONTEXT, STR("old"));

	(void)state;
	assert_int_equal(seal_key_id(s), 10);
	memcpy(old, s.p, s.n);
	s = str_of(old, s.n);
	/* the same keys once more: nothing is made anew */
	epoch = sealer_epoch(sealer);
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_true(sealer_epoch(sealer) == epoch);
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, s), 0);
	/* rotated: the new key seals, both open */
	cookies.keys[0].state = KEY_OLD;
	ring_key(&cookies, KEY_ACTIVE);
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, s), 0);
	assert_int_equal(seal_key_id(seal(SEAL_SESSION, CONTEXT, STR("new"))),
	    11);
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, buf_str(&sealed)), 0);
	/* retired: what is kept of it is forgotten with it */
	cookies.keys[0].state = KEY_RETIRED;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_refused(SEAL_SESSION, CONTEXT, s);
	assert_int_equal(seal_key_id(s), 10);
	/* other bytes under the same id */
	cookies.keys[0].state = KEY_OLD;
	cookies.keys[0].bytes[0] ^= 1;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_refused(SEAL_SESSION, CONTEXT, s);
	/* unknown ids, and no sealed value at all */
	old[4] = 99;
	assert_refused(SEAL_SESSION, CONTEXT, s);
	assert_int_equal(seal_key_id(s), 99);
	old[4] = 0;
	assert_refused(SEAL_SESSION, CONTEXT, s);
	assert_int_equal(seal_key_id(s), 0);
	old[4] = 10;
	old[0] = 2;
	assert_int_equal(seal_key_id(s), 0);
	assert_int_equal(seal_key_id(str_of(old, SEAL_OVERHEAD - 1)), 0);
	assert_int_equal(seal_key_id(STR("")), 0);
}

/* A ring without an active key seals nothing, and the other is as it was. */
static bool
of_cookies(enum seal_purpose p)
{
	return p != SEAL_RECORD && p != SEAL_ANSWER;
}

static void
test_rings_apart(void **state)
{
	(void)state;
	records.keys[0].state = KEY_OLD;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	for (enum seal_purpose p = SEAL_SESSION; p <= SEAL_BROWSER; p++) {
		buf_clear(&sealed);
		assert_int_equal(seal_put(sealer, p, CONTEXT, STR("x"),
		    &sealed), of_cookies(p) ? 0 : -1);
	}
	records.keys[0].state = KEY_ACTIVE;
	cookies.nkeys = 0;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	for (enum seal_purpose p = SEAL_SESSION; p <= SEAL_BROWSER; p++) {
		buf_clear(&sealed);
		assert_int_equal(seal_put(sealer, p, CONTEXT, STR("x"),
		    &sealed), of_cookies(p) ? -1 : 0);
	}
}

static void
test_cache(void **state)
{
	struct csn_str s = seal(SEAL_SESSION, CONTEXT, STR("plain"));
	uint8_t forged[128];
	unsigned before, allocations;

	(void)state;
	memcpy(forged, s.p, s.n);
	before = derived;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(open_as(SEAL_SESSION, CONTEXT, s), 0);
	assert_int_equal(derived, before);
	/* strangers' salts are derived, and not kept */
	for (int i = 0; i < 1000; i++) {
		secret_random(forged + 5, 16);
		assert_refused(SEAL_SESSION, CONTEXT, str_of(forged, s.n));
	}
	assert_int_equal(derived, before + 1000);
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, s), 0);
	assert_int_equal(derived, before + 1000);
	/* a forgery under a known salt derives nothing */
	memcpy(forged, s.p, s.n);
	forged[40] ^= 1;
	assert_refused(SEAL_SESSION, CONTEXT, str_of(forged, s.n));
	assert_int_equal(derived, before + 1000);
	/* and opening allocates nothing */
	allocations = allocated;
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, s), 0);
	assert_int_equal(allocated, allocations);
}

/* More honest salts than are kept: all open, the last ones without work. */
static void
test_cache_bounded(void **state)
{
	static struct buf some[150];
	unsigned before;

	(void)state;
	sealer_limit(sealer, 1);
	for (size_t i = 0; i < COUNT(some); i++) {
		buf_init(&some[i], 0);
		assert_int_equal(seal_put(sealer, SEAL_SESSION, CONTEXT,
		    STR("plain"), &some[i]), 0);
	}
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(some); i++)
			assert_int_equal(open_as(SEAL_SESSION, CONTEXT,
			    buf_str(&some[i])), 0);
	}
	before = derived;
	for (size_t i = COUNT(some) - 64; i < COUNT(some); i++)
		assert_int_equal(open_as(SEAL_SESSION, CONTEXT,
		    buf_str(&some[i])), 0);
	assert_int_equal(derived, before);
	assert_int_equal(open_as(SEAL_SESSION, CONTEXT, buf_str(&some[0])),
	    0);
	assert_int_equal(derived, before + 1);
	for (size_t i = 0; i < COUNT(some); i++)
		buf_free(&some[i]);
}

/* Salt and nonce of a seal. */
struct used { uint8_t bytes[28]; };

#define SEALERS	4
#define SEALS	250000			/* of each: a million in all */

static struct used *used;

static int
used_compare(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct used));
}

static void *
nonce_thread(void *arg)
{
	size_t first = *(size_t *)arg;
	uint8_t memory[128];
	struct buf out;

	buf_init_fixed(&out, memory, sizeof(memory));
	for (size_t i = first; i < first + SEALS; i++) {
		buf_clear(&out);
		if (seal_put(sealer, SEAL_SESSION, CONTEXT, STR("x"),
		    &out) < 0)
			return NULL;
		memcpy(used[i].bytes, out.p + 5, 28);
	}
	return sealer;
}

static void
test_nonces(void **state)
{
	pthread_t thread[SEALERS];
	size_t first[SEALERS], salts = 1;
	void *ok;

	(void)state;
	sealer_limit(sealer, 300000);
	used = calloc(SEALERS * SEALS, sizeof(*used));
	assert_non_null(used);
	for (size_t i = 0; i < SEALERS; i++) {
		first[i] = i * SEALS;
		assert_int_equal(pthread_create(&thread[i], NULL,
		    nonce_thread, &first[i]), 0);
	}
	for (size_t i = 0; i < SEALERS; i++) {
		assert_int_equal(pthread_join(thread[i], &ok), 0);
		assert_non_null(ok);
	}
	qsort(used, (size_t)SEALERS * SEALS, sizeof(*used), used_compare);
	for (size_t i = 1; i < (size_t)SEALERS * SEALS; i++) {
		if (memcmp(&used[i - 1], &used[i], sizeof(*used)) == 0)
			fail_msg("a nonce came twice");
		salts += memcmp(&used[i - 1], &used[i], 16) != 0;
	}
	assert_int_equal(salts, 4);
	free(used);
}

static void
test_new_salt(void **state)
{
	uint8_t salt[16] = { 0 };
	unsigned of_one = 0, salts = 0;

	(void)state;
	sealer_limit(sealer, 100);
	for (int i = 0; i < 1000; i++) {
		struct csn_str s = seal(i % 2 ? SEAL_SESSION : SEAL_RECORD,
		    CONTEXT, STR("x"));

		if (memcmp(salt, s.p + 5, 16) != 0) {
			assert_true(salts == 0 || of_one == 100);
			memcpy(salt, s.p + 5, 16);
			salts++;
			of_one = 0;
		}
		of_one++;
		assert_int_equal(open_as(i % 2 ? SEAL_SESSION : SEAL_RECORD,
		    CONTEXT, s), 0);
	}
	assert_int_equal(salts, 10);
}

/* A child seals under a salt of its own, and what it sealed opens here; so
 * does what another process with the same keys sealed. */
static void
test_processes(void **state)
{
	uint8_t mine[16], theirs[64];
	size_t n = SEAL_OVERHEAD + 5;
	int fds[2], status;
	pid_t pid;

	(void)state;
	memcpy(mine, seal(SEAL_SESSION, CONTEXT, STR("plain")).p + 5, 16);
	for (int anew = 0; anew < 2; anew++) {
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			struct sealer *s = anew ? sealer_new(&cookies,
			    &records) : sealer;

			buf_clear(&sealed);
			if (seal_put(s, SEAL_SESSION, CONTEXT, STR("plain"),
			    &sealed) < 0 || write(fds[1], sealed.p,
			    sealed.n) != (ssize_t)n)
				_exit(1);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(read(fds[0], theirs, sizeof(theirs)), n);
		assert_memory_not_equal(mine, theirs + 5, 16);
		assert_int_equal(open_as(SEAL_SESSION, CONTEXT,
		    str_of(theirs, n)), 0);
		assert_str(buf_str(&b), "plain");
		close(fds[0]);
		close(fds[1]);
	}
	/* and this process goes on under its own */
	assert_memory_equal(mine, seal(SEAL_SESSION, CONTEXT,
	    STR("plain")).p + 5, 16);
}

static void
test_name(void **state)
{
	uint8_t one[32], two[32], key[32], label[32];
	unsigned n;

	(void)state;
	assert_int_equal(seal_name(sealer, "account", STR("alice"), one), 0);
	hkdf(str_of(records.keys[0].bytes, 32), STR(""),
	    "countersign names 1", key);
	assert_non_null(HMAC(EVP_sha256(), key, 32,
	    (const uint8_t *)"account", 7, label, &n));
	assert_non_null(HMAC(EVP_sha256(), label, 32,
	    (const uint8_t *)"alice", 5, two, &n));
	assert_memory_equal(one, two, 32);
	/* asked again, and again behind others */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(seal_name(sealer, "account", STR("alice"),
		    two), 0);
		assert_memory_equal(one, two, sizeof(one));
	}
	assert_int_equal(seal_name(sealer, "account", STR("bob"), two), 0);
	assert_memory_not_equal(one, two, sizeof(one));
	assert_int_equal(seal_name(sealer, "account", STR("alice"), two), 0);
	assert_memory_equal(one, two, sizeof(one));
	assert_int_equal(seal_name(sealer, "account", STR("alicf"), two), 0);
	assert_memory_not_equal(one, two, 32);
	assert_int_equal(seal_name(sealer, "accounu", STR("alice"), two), 0);
	assert_memory_not_equal(one, two, 32);
	assert_int_equal(seal_name(sealer, "account", STR(""), two), 0);
	/* a rotation changes no name */
	records.keys[0].state = KEY_OLD;
	ring_key(&records, KEY_ACTIVE);
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_int_equal(seal_name(sealer, "account", STR("alice"), two), 0);
	assert_memory_equal(one, two, 32);
	/* without the first key there are no names: never others */
	records.keys[0].state = KEY_RETIRED;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_int_equal(seal_name(sealer, "account", STR("alice"), two), -1);
	records.nkeys = 0;
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
	assert_int_equal(seal_name(sealer, "account", STR("alice"), two), -1);
}

static atomic_bool rotating;
static atomic_uint turns;

static void *
busy_thread(void *arg)
{
	static const enum seal_purpose purposes[] = { SEAL_SESSION,
		SEAL_RECORD, SEAL_FORM };
	uint8_t memory[2][128], name[32];
	struct buf in, out;
	unsigned i = 0;

	buf_init_fixed(&in, memory[0], sizeof(memory[0]));
	buf_init_fixed(&out, memory[1], sizeof(memory[1]));
	while (rotating) {
		enum seal_purpose p = purposes[i++ % COUNT(purposes)];

		buf_clear(&in);
		buf_clear(&out);
		if (seal_put(sealer, p, CONTEXT, STR("plain"), &in) < 0 ||
		    seal_open(sealer, p, CONTEXT, buf_str(&in), &out) < 0 ||
		    !str_is(buf_str(&out), "plain") ||
		    seal_name(sealer, "l", STR("x"), name) < 0)
			return NULL;
		/* a forgery in between */
		in.p[in.n / 2] ^= 1;
		if (seal_open(sealer, p, CONTEXT, buf_str(&in), &out) == 0)
			return NULL;
		atomic_fetch_add(&turns, 1);
	}
	return arg;
}

/* The rings are replaced while threads seal and open: nothing is lost. */
static void
test_rotation_under_load(void **state)
{
	pthread_t thread[SEALERS];
	unsigned seen = 0;
	void *ok;

	(void)state;
	rotating = true;
	turns = 0;
	sealer_limit(sealer, 5000);
	for (int i = 0; i < SEALERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, busy_thread,
		    sealer), 0);
	for (int i = 0; i < 50; i++) {
		struct keyring *ring = i % 2 ? &cookies : &records;

		ring->keys[ring->nkeys - 1].state = KEY_OLD;
		ring_key(ring, KEY_ACTIVE);
		assert_int_equal(sealer_reload(sealer, &cookies, &records),
		    0);
		for (; turns < seen + 100; )
			sched_yield();
		seen = turns;
	}
	rotating = false;
	for (int i = 0; i < SEALERS; i++) {
		assert_int_equal(pthread_join(thread[i], &ok), 0);
		assert_non_null(ok);
	}
}

static double
now_ns(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#define TIMED	100000

static void *
timed_thread(void *arg)
{
	static const char plain[300];
	uint8_t memory[2][512];
	struct buf in, out;
	double *ns = arg, start;

	buf_init_fixed(&in, memory[0], sizeof(memory[0]));
	buf_init_fixed(&out, memory[1], sizeof(memory[1]));
	if (seal_put(sealer, SEAL_SESSION, CONTEXT, str_of(plain, 300),
	    &in) < 0)
		return NULL;
	start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < TIMED; i++) {
		buf_cut(&out, 0);
		if (seal_open(sealer, SEAL_SESSION, CONTEXT, buf_str(&in),
		    &out) < 0)
			return NULL;
	}
	*ns = (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / TIMED;
	return arg;
}

/* Prints; the bars are judged by the benchmarks, not by a shared machine. */
static void
test_timing(void **state)
{
	static const char plain[300];
	pthread_t thread[2];
	double ns[2], start;
	uint8_t name[32];
	void *ok;

	(void)state;
	assert_non_null(timed_thread(ns));
	print_message("# seal_open, 300 bytes, one thread: %.0f ns\n", ns[0]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL,
		    timed_thread, &ns[i]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(thread[i], &ok), 0);
		assert_non_null(ok);
	}
	print_message("# in each of two threads: %.0f and %.0f ns\n", ns[0],
	    ns[1]);
	start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < TIMED; i++)
		(void)seal(SEAL_SESSION, CONTEXT, str_of(plain, 300));
	print_message("# seal_put: %.0f ns\n",
	    (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / TIMED);
	start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < TIMED / 10; i++)
		assert_int_equal(seal_name(sealer, "account", STR("alice"),
		    name), 0);
	print_message("# seal_name: %.0f ns\n",
	    (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / (TIMED / 10));
	(void)seal(SEAL_SESSION, CONTEXT, str_of(plain, 300));
	start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < TIMED / 10; i++) {
		memcpy(sealed.p + 5, &i, sizeof(i));
		assert_int_equal(open_as(SEAL_SESSION, CONTEXT,
		    buf_str(&sealed)), -1);
	}
	print_message("# seal_open, a forged salt: %.0f ns\n",
	    (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / (TIMED / 10));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_layout),
		TEST(test_purposes_do_not_cross),
		TEST(test_contexts_do_not_cross),
		TEST(test_every_bit_and_length),
		TEST(test_open_here), TEST(test_buffers),
		TEST(test_keys),
		TEST(test_rings_apart),
		TEST(test_cache),
		TEST(test_cache_bounded),
		TEST(test_nonces),
		TEST(test_new_salt),
		TEST(test_processes),
		TEST(test_name),
		TEST(test_rotation_under_load),
		TEST(test_timing),
	};

	if (CRYPTO_set_mem_functions(count_malloc, count_realloc,
	    count_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
