/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-gcm.c - the short way seals as OpenSSL does, and opens nothing else
 */
#include "lib/testing.h"

#include <openssl/evp.h>

#include "gcm.h"
#include "lib/secret.h"

#define LENGTH_MAX	300u
#define AAD_MAX		70u

/* Test case 16 of the paper that GCM comes from (McGrew, Viega). */
static const uint8_t key[GCM_KEY_LEN] = {
	0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94,
	0x67, 0x30, 0x83, 0x08, 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
	0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08,
};
static const uint8_t vector_nonce[GCM_NONCE_LEN] = {
	0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88,
};
static const uint8_t vector_aad[20] = {
	0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce,
	0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2,
};
static const uint8_t vector_sealed[60 + GCM_TAG_LEN] = {
	0x52, 0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3,
	0x2a, 0x84, 0x42, 0x7d, 0x64, 0x3a, 0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9,
	0x75, 0x98, 0xa2, 0xbd, 0x25, 0x55, 0xd1, 0xaa, 0x8c, 0xb0, 0x8e, 0x48,
	0x59, 0x0d, 0xbb, 0x3d, 0xa7, 0xb0, 0x8b, 0x10, 0x56, 0x82, 0x88, 0x38,
	0xc5, 0xf6, 0x1e, 0x63, 0x93, 0xba, 0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62,
	0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53,
	0xbb, 0x2d, 0x55, 0x1b,
};
static const uint8_t vector_plain[60] = {
	0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5,
	0xaf, 0xf5, 0x26, 0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda,
	0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95,
	0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25,
	0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
};

static struct gcm *g;

static int
set_up(void **state)
{
	(void)state;
	g = gcm_new(key);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	gcm_free(g);
	return 0;
}

static void
needs_gcm(void)
{
	if (g == NULL)
		skip();		/* no Nettle, or no AES in the processor */
}

static int
open_vector(const uint8_t *nonce, const uint8_t *aad, const uint8_t *sealed,
    uint8_t *out)
{
	return gcm_open(g, nonce, str_of(aad, sizeof(vector_aad)),
	    str_of(sealed, sizeof(vector_plain)), out);
}

static void
test_vector(void **state)
{
	uint8_t nonce[sizeof(vector_nonce)], aad[sizeof(vector_aad)];
	uint8_t sealed[sizeof(vector_sealed)], out[sizeof(vector_plain)];
	uint8_t *const parts[] = { nonce, aad, sealed };
	const size_t sizes[] = { sizeof(nonce), sizeof(aad), sizeof(sealed) };

	(void)state;
	needs_gcm();
	memcpy(nonce, vector_nonce, sizeof(nonce));
	memcpy(aad, vector_aad, sizeof(aad));
	memcpy(sealed, vector_sealed, sizeof(sealed));
	assert_int_equal(open_vector(nonce, aad, sealed, out), 0);
	assert_memory_equal(out, vector_plain, sizeof(out));
	for (size_t part = 0; part < 3; part++)
		for (size_t bit = 0; bit < sizes[part] * 8; bit++) {
			parts[part][bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(open_vector(nonce, aad, sealed, out),
			    -1);
			parts[part][bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	assert_int_equal(open_vector(nonce, aad, sealed, out), 0);
}

static void
seal(const uint8_t *nonce, struct csn_str aad, struct csn_str plain,
    uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
	    nonce), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n,
	    (const uint8_t *)aad.p, (int)aad.n), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n,
	    (const uint8_t *)plain.p, (int)plain.n), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out + plain.n, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
	    GCM_TAG_LEN, out + plain.n), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* What OpenSSL seals, of each length, sealed and opened where it lies. */
static void
test_openssl(void **state)
{
	uint8_t nonce[GCM_NONCE_LEN], aad[AAD_MAX], plain[LENGTH_MAX];
	uint8_t sealed[LENGTH_MAX + GCM_TAG_LEN];
	uint8_t ours[LENGTH_MAX + GCM_TAG_LEN];

	(void)state;
	needs_gcm();
	for (size_t n = 0; n <= LENGTH_MAX; n++) {
		struct csn_str a = str_of(aad, n % AAD_MAX);

		secret_random(nonce, sizeof(nonce));
		secret_random(aad, sizeof(aad));
		secret_random(plain, sizeof(plain));
		seal(nonce, a, str_of(plain, n), sealed);
		memcpy(ours, plain, n);
		gcm_seal(g, nonce, a, str_of(ours, n), ours);
		assert_memory_equal(ours, sealed, n + GCM_TAG_LEN);
		assert_int_equal(gcm_open(g, nonce, a, str_of(sealed, n),
		    sealed), 0);
		assert_memory_equal(sealed, plain, n);
		/* the tag of other bytes now, unless there were none */
		assert_int_equal(gcm_open(g, nonce, a, str_of(sealed, n),
		    sealed), n == 0 ? 0 : -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_openssl),
	};

	return cmocka_run_group_tests_name("gcm", tests, set_up, tear_down);
}
