/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paper_keys.c - the host's key services for tests
 *
 * It must never be linked into anything but a test.
 */
#include "paper_keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/key_ops.h"
#include "lib/secret.h"

struct csn_call { int unused; };

int64_t paper_keys_now_ms = INT64_C(1800000000000);
unsigned paper_keys_decryptions;

static struct csn_call the_call;
static struct arena memory;
static struct key_ops *keys[PAPER_KEYS_MAX];
static struct csn_str secrets[PAPER_KEYS_MAX];
static uint32_t nkeys;

struct csn_call *
paper_keys_call(void)
{
	return &the_call;
}

uint32_t
paper_keys_add(struct csn_str secret)
{
	struct buf error;
	char *copy = malloc(secret.n + 1);

	buf_init(&error, 0);
	if (nkeys == 0)
		arena_init(&memory, 1u << 20);
	if (nkeys < PAPER_KEYS_MAX)
		keys[nkeys] = key_ops_load(secret, &error);
	if (nkeys == PAPER_KEYS_MAX || keys[nkeys] == NULL || copy == NULL) {
		(void)fprintf(stderr, "paper_keys: %.*s\n",
		    STR_FMT(buf_str(&error)));
		abort();
	}
	memcpy(copy, secret.p, secret.n);
	secrets[nkeys] = str_of(copy, secret.n);
	buf_free(&error);
	return ++nkeys;
}

void
paper_keys_clear(void)
{
	while (nkeys > 0) {
		key_ops_free(keys[--nkeys]);
		free((void *)(uintptr_t)secrets[nkeys].p);
	}
	arena_free(&memory);
	paper_keys_decryptions = 0;
}

static const struct key_ops *
key_of(uint32_t val)
{
	return val > 0 && val <= nkeys ? keys[val - 1] : NULL;
}

/* What one call took must not fill the memory of the next. */
static void
memory_renew(void)
{
	if (memory.used > memory.budget / 2)
		arena_free(&memory);
}

static int32_t
service_sign(struct csn_call *call, uint32_t val, struct csn_str alg,
    struct csn_str data, struct csn_str *ret)
{
	(void)call;
	memory_renew();
	return key_of(val) == NULL ? CSN_E_INVALID :
	    key_ops_sign(key_of(val), alg, data, &memory, ret);
}

static int32_t
service_decrypt(struct csn_call *call, uint32_t val, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct csn_str *ret)
{
	(void)call;
	memory_renew();
	paper_keys_decryptions++;
	return key_of(val) == NULL ? CSN_E_INVALID :
	    key_ops_decrypt(key_of(val), alg, params, data, &memory, ret);
}

static int32_t
service_public_key(struct csn_call *call, uint32_t val, struct csn_str *ret)
{
	(void)call;
	memory_renew();
	return key_of(val) == NULL ? CSN_E_INVALID :
	    key_ops_public(key_of(val), &memory, ret);
}

static int32_t
service_secret(struct csn_call *call, uint32_t val, struct csn_str *ret)
{
	(void)call;
	if (key_of(val) == NULL)
		return CSN_E_INVALID;
	*ret = secrets[val - 1];
	return CSN_OK;
}

static int64_t
service_now_ms(struct csn_call *call)
{
	(void)call;
	return paper_keys_now_ms;
}

static void
service_random(struct csn_call *call, void *p, size_t n)
{
	(void)call;
	secret_random(p, n);
}

const struct csn_host paper_keys_host = {
	.struct_size = sizeof(struct csn_host),
	.sign = service_sign,
	.decrypt = service_decrypt,
	.public_key = service_public_key,
	.secret = service_secret,
	.now_ms = service_now_ms,
	.random = service_random,
};
