/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - crypt_r() behind a list of the kinds we take
 *
 * crypt_r() knows a dozen kinds, down to DES. Only those of the list reach it,
 * and its buffer, which held the password's key, is wiped. It must never take
 * a text that is not a hash for one.
 */
#include "hash.h"

#include <crypt.h>
#include <stdlib.h>

#include "lib/secret.h"

#define ADVICE "; make a new one by \"countersign people add\" or mkpasswd"

struct kind {
	const char *prefix;
	size_t last;		/* bytes behind the last $ */
	const char *refused;	/* why, or NULL */
};

static const struct kind kinds[] = {
	{ "$y$", 43, NULL },
	{ "$2a$", 53, NULL },
	{ "$2b$", 53, NULL },
	{ "$2y$", 53, NULL },
	{ "$6$", 86, NULL },
	{ "$argon2i$", 0, "argon2i is not taken, argon2id is" ADVICE },
	{ "$argon2d$", 0, "argon2d is not taken, argon2id is" ADVICE },
	{ "$apr1$", 0, "apr1 (MD5) is too weak" ADVICE },
	{ "$1$", 0, "MD5 is too weak" ADVICE },
	{ "$5$", 0, "sha256-crypt is not taken, sha512-crypt is" ADVICE },
	{ "$gy$", 0, "gost-yescrypt is not taken, yescrypt is" ADVICE },
	{ "$7$", 0, "scrypt is not taken, yescrypt is" ADVICE },
	{ "$scrypt$", 0, "scrypt is not taken, yescrypt is" ADVICE },
	{ "$pbkdf2", 0, "pbkdf2 is not taken, yescrypt is" ADVICE },
	{ "{SHA}", 0, "SHA-1 without salt is too weak" ADVICE },
	{ "{", 0, "hashes in braces are a directory's, not taken here" ADVICE },
	{ "$", 0, "a hash of a kind that is not known here" ADVICE },
};

static const struct kind *
kind_find(struct csn_str hash)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(hash, str_from(kinds[i].prefix)))
			return &kinds[i];
	return NULL;
}

/* Only what a hash is written with: base64 of either kind, and the signs
 * between its parts. */
static bool
hash_alphabet(struct csn_str hash)
{
	for (size_t i = 0; i < hash.n; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
		    "wxyz0123456789./+$=,", hash.p[i]) == NULL ||
		    hash.p[i] == '\0')
			return false;
	return true;
}

/* "$6$salt$" alone is a setting, not a hash. */
static size_t
hash_last(struct csn_str hash)
{
	struct csn_str part;
	size_t n = 0;

	while (str_cut(&hash, '$', &part))
		n = part.n;
	return n;
}

/* As crypt wants it: a C string. */
static bool
hash_setting(struct csn_str hash, char ret[CRYPT_OUTPUT_SIZE])
{
	if (hash.n >= CRYPT_OUTPUT_SIZE || !hash_alphabet(hash))
		return false;
	memcpy(ret, hash.p, hash.n);
	ret[hash.n] = '\0';
	return true;
}

/* ------------------------------------------------------------------
 * What a try may cost: seconds, for anybody who types a name can ask for it. A
 * costlier one would hold a worker for minutes or days, for nobody's login.
 */

#define BCRYPT_MAX	17u		/* doublings */
#define ROUNDS_MAX	5000000u	/* of sha512-crypt; 5000 if not said */
#define YESCRYPT_MAX	((uint64_t)256 << 20)	/* bytes */

/* The part behind the kind, as "10" of "$2b$10$". */
static struct csn_str
cost_part(struct csn_str hash, size_t prefix)
{
	struct csn_str rest = str_from_at(hash, prefix), part;

	(void)str_cut(&rest, '$', &part);
	return part;
}

/* A number of one letter; those from 48 on begin a longer one. */
static uint64_t
yescrypt_number(char c)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghij";
	const char *at = memchr(letters, c, sizeof(letters) - 1);

	return at == NULL ? UINT32_MAX : (uint64_t)(at - letters);
}

/* "j9T": what it is, the doublings of N but one, and r but one (crypt(5)); more
 * parameters make it longer. */
static bool
yescrypt_bounded(struct csn_str part)
{
	uint64_t doublings, r;

	if (part.n != 3)
		return false;
	doublings = yescrypt_number(part.p[1]) + 1;
	r = yescrypt_number(part.p[2]) + 1;
	return doublings <= 32 && r <= 48 &&
	    (128 * r) << doublings <= YESCRYPT_MAX;
}

static bool
cost_bounded(struct csn_str hash)
{
	struct csn_str part;
	uint64_t n;

	if (str_starts(hash, STR("$y$")))
		return yescrypt_bounded(cost_part(hash, 3));
	if (str_starts(hash, STR("$2")))
		return str_u64(cost_part(hash, 4), BCRYPT_MAX, &n) == 0;
	part = cost_part(hash, 3);
	return !str_starts(part, STR("rounds=")) ||
	    str_u64(str_from_at(part, 7), ROUNDS_MAX, &n) == 0;
}

const char *
hash_refused(struct csn_str hash)
{
	char setting[CRYPT_OUTPUT_SIZE];
	const struct kind *kind;

	if (hash.n == 0)
		return "the hash is empty; nobody could log in" ADVICE;
	if (str_starts(hash, STR("$argon2id$")))
		return hash_argon2_refused(hash);
	kind = kind_find(hash);
	if (kind == NULL)
		return hash.n == 13 && hash_alphabet(hash) ?
		    "DES is too weak" ADVICE :
		    "not a hash; a password must not stand here" ADVICE;
	if (kind->refused != NULL)
		return kind->refused;
	if (!hash_setting(hash, setting) || hash_last(hash) != kind->last ||
	    crypt_checksalt(setting) != CRYPT_SALT_OK)
		return "the hash is damaged, or cut" ADVICE;
	if (!cost_bounded(hash))
		return "the hash costs more than a login may: bcrypt is taken "
		    "up to 17, sha512-crypt to 5000000 rounds, yescrypt to "
		    "256 MiB" ADVICE;
	return NULL;
}

static int
crypt_verify(struct csn_str hash, struct csn_str password)
{
	char setting[CRYPT_OUTPUT_SIZE];
	struct crypt_data *data;
	const char *got;
	int rc = -1;

	if (!hash_setting(hash, setting) ||
	    password.n >= CRYPT_MAX_PASSPHRASE_SIZE)
		return 0;
	data = calloc(1, sizeof(*data));
	if (data == NULL)
		return -1;
	got = crypt_r(password.p, setting, data);
	if (got != NULL && got[0] != '*')
		rc = secret_equal(str_from(got), hash);
	secret_wipe(data, sizeof(*data));
	free(data);
	return rc;
}

int
hash_verify(struct csn_str hash, struct csn_str password)
{
	if (password.n == 0 || password.n > HASH_PASSWORD_MAX ||
	    memchr(password.p, '\0', password.n) != NULL)
		return 0;
	if (str_starts(hash, STR("$argon2id$")))
		return hash_argon2_verify(hash, password);
	return hash_refused(hash) == NULL ? crypt_verify(hash, password) : 0;
}

int
hash_selftest(void)
{
	/* from the specification of SHA-crypt, its first test */
	struct csn_str hash = STR("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKw"
	    "SMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1");

	return hash_verify(hash, STR("Hello world!")) == 1 &&
	    hash_verify(hash, STR("Hello world")) == 0 ? 0 : -1;
}
