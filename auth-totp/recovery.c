/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.c - recovery codes: made, read as people type them, compared
 *
 * One salt serves a set, so that a try costs one scrypt whatever the set's
 * size. Every hash is compared, whichever fits. It must never keep a code in
 * clear beyond the call.
 */
#include "recovery.h"

#include <openssl/evp.h>

#include "lib/secret.h"
#include "lib/text.h"

#include "otp.h"

/* RFC 7914 2. The codes have 60 bits of their own: the cost is there for a
 * stolen store, and must not be one that a visitor can make us pay. */
#define SCRYPT_N	4096u
#define SCRYPT_R	8u
#define SCRYPT_P	1u
#define SCRYPT_MEMORY	(16u << 20)

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
recovery_make(const struct round *r, uint32_t n, struct recovery_codes *ret)
{
	uint8_t bytes[RECOVERY_LEN];

	memset(ret, 0, sizeof(*ret));
	ret->n = n < RECOVERY_MAX ? n : RECOVERY_MAX;
	for (uint32_t i = 0; i < ret->n; i++) {
		r->t->host->random(r->call, bytes, sizeof(bytes));
		for (size_t k = 0; k < RECOVERY_LEN; k++)
			ret->v[i].text[k] = letters[bytes[k] % 32];
	}
	secret_wipe(bytes, sizeof(bytes));
}

static int
hash_one(const struct recovery_code *code, const uint8_t *salt, uint8_t *ret)
{
	return EVP_PBE_scrypt(code->text, RECOVERY_LEN, salt, RECOVERY_SALT,
	    SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MEMORY, ret,
	    RECOVERY_HASH) == 1 ? 0 : -1;
}

int
recovery_hash(const struct round *r, const struct recovery_codes *codes,
    struct recovery *ret)
{
	memset(ret, 0, sizeof(*ret));
	r->t->host->random(r->call, ret->salt, sizeof(ret->salt));
	ret->made_ms = r->now_ms;
	for (uint32_t i = 0; i < codes->n; i++)
		if (hash_one(&codes->v[i], ret->salt, ret->hash[i]) < 0)
			return -1;
	ret->n = codes->n;
	return 0;
}

/* The letter meant, or 0. */
static char
letter_meant(uint32_t c)
{
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	switch (c) {
	case 'O':
		return '0';
	case 'I':
	case 'L':
		return '1';
	default:
		return c > 0 && c < 0x80 && strchr(letters, (int)c) != NULL ?
		    (char)c : 0;
	}
}

static int
code_collect(struct csn_str s, struct recovery_code *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < s.n;) {
		uint32_t c = text_next(s, &at);
		char letter;

		if (otp_filler(c))
			continue;
		letter = letter_meant(c);
		if (letter == 0 || n == RECOVERY_LEN)
			return -1;
		ret->text[n++] = letter;
	}
	return n == RECOVERY_LEN ? 0 : -1;
}

int
recovery_read(struct csn_str typed, struct recovery_code *ret)
{
	char memory[OTP_TYPED_MAX + 1];
	struct buf narrow;
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (typed.n > OTP_TYPED_MAX)
		return -1;
	buf_init_fixed(&narrow, memory, sizeof(memory));
	text_narrow(&narrow, typed);
	rc = buf_failed(&narrow) ? -1 : code_collect(buf_str(&narrow), ret);
	buf_free(&narrow);
	if (rc < 0)
		secret_wipe(ret, sizeof(*ret));
	return rc;
}

int
recovery_take(struct recovery *set, const struct recovery_code *code)
{
	uint8_t hash[RECOVERY_HASH];
	uint32_t at = set->n;
	int rc = -1;

	if (hash_one(code, set->salt, hash) < 0)
		goto out;
	for (uint32_t i = 0; i < set->n; i++)
		if (secret_equal(str_of(hash, sizeof(hash)),
		    str_of(set->hash[i], RECOVERY_HASH)))
			at = i;
	rc = at < set->n;
	if (rc == 1) {
		memmove(set->hash[at], set->hash[at + 1],
		    (set->n - at - 1) * sizeof(set->hash[0]));
		set->n--;
	}
out:
	secret_wipe(hash, sizeof(hash));
	return rc;
}

int
recovery_lines(const struct round *r, const struct recovery_codes *codes,
    struct csn_str *ret)
{
	size_t size = RECOVERY_MAX * (RECOVERY_LEN + 4);
	char *memory = round_alloc(r, size);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, size);
	for (uint32_t i = 0; i < codes->n; i++) {
		if (i > 0)
			buf_char(&b, '\n');
		for (size_t k = 0; k < RECOVERY_LEN; k++) {
			if (k > 0 && k % 4 == 0)
				buf_char(&b, '-');
			buf_char(&b, codes->v[i].text[k]);
		}
	}
	*ret = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}
