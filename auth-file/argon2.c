/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argon2.c - argon2id, as Authelia writes it
 *
 * $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH. The library's own verify starts a
 * thread per lane, which no plugin may; so the text is read here, within
 * bounds, and computed with all lanes on this thread.
 */
#include "hash.h"

#ifdef HAVE_ARGON2

#include <argon2.h>

#include "lib/base64url.h"
#include "lib/secret.h"

#define MEMORY_KIB_MAX	(256u * 1024)
#define PASSES_MAX	64u
#define LANES_MAX	16u
/* What a try may cost, as of the other kinds (hash.c): each pass goes through
 * all of the memory. */
#define WORK_KIB_MAX	(16u * MEMORY_KIB_MAX)
#define BYTES_MIN	8u
#define BYTES_MAX	64u

struct cost {
	uint64_t memory_kib, passes, lanes;
	uint8_t salt[BYTES_MAX], hash[BYTES_MAX];
	size_t nsalt, nhash;
};

/* "m=65536" */
static int
read_number(struct csn_str *rest, char sep, const char *name, uint64_t max,
    uint64_t *ret)
{
	struct csn_str word;

	if (!str_cut(rest, sep, &word) || !str_starts(word, str_from(name)))
		return -1;
	word = str_from_at(word, strlen(name));
	return word.n == 0 || str_u64(word, max, ret) < 0 || *ret == 0 ? -1 :
	    0;
}

/* Standard alphabet without padding, strict. */
static int
read_bytes(struct csn_str s, uint8_t ret[BYTES_MAX], size_t *ret_n)
{
	char text[BASE64URL_LEN(BYTES_MAX) + 1], memory[BYTES_MAX + 1];
	struct buf b;
	int rc = -1;

	if (s.n >= sizeof(text))
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '-' || s.p[i] == '_')
			return -1;
		text[i] = s.p[i] == '+' ? '-' : s.p[i] == '/' ? '_' : s.p[i];
	}
	buf_init_fixed(&b, memory, sizeof(memory));
	if (base64url_decode(&b, str_of(text, s.n)) == 0 &&
	    b.n >= BYTES_MIN) {
		memcpy(ret, b.p, b.n);
		*ret_n = b.n;
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

static int
read_cost(struct csn_str hash, struct cost *c)
{
	struct csn_str rest = str_from_at(hash, strlen("$argon2id$")), costs,
	    salt;
	uint64_t version;

	if (read_number(&rest, '$', "v=", ARGON2_VERSION_13, &version) < 0 ||
	    version != ARGON2_VERSION_13 || !str_cut(&rest, '$', &costs) ||
	    read_number(&costs, ',', "m=", MEMORY_KIB_MAX,
	    &c->memory_kib) < 0 ||
	    read_number(&costs, ',', "t=", PASSES_MAX, &c->passes) < 0 ||
	    read_number(&costs, ',', "p=", LANES_MAX, &c->lanes) < 0 ||
	    costs.p != NULL || c->memory_kib < 8 * c->lanes ||
	    c->memory_kib * c->passes > WORK_KIB_MAX ||
	    !str_cut(&rest, '$', &salt))
		return -1;
	return read_bytes(salt, c->salt, &c->nsalt) < 0 ||
	    read_bytes(rest, c->hash, &c->nhash) < 0 ? -1 : 0;
}

const char *
hash_argon2_refused(struct csn_str hash)
{
	struct cost c;

	return read_cost(hash, &c) == 0 ? NULL : "the argon2id hash is "
	    "damaged, or costs more than a login may: version 19 is taken up "
	    "to 256 MiB, 64 passes, 16 lanes, and passes times memory up to "
	    "4 GiB; make a new one by \"countersign people add\"";
}

int
hash_argon2_verify(struct csn_str hash, struct csn_str password)
{
	uint8_t got[BYTES_MAX];
	struct cost c;
	argon2_context x;
	int rc = -1;

	if (read_cost(hash, &c) < 0)
		return 0;
	x = (argon2_context){
		.out = got, .outlen = (uint32_t)c.nhash,
		/* borrowed and not written to, as no flag asks to clear it */
		.pwd = (uint8_t *)(uintptr_t)password.p,
		.pwdlen = (uint32_t)password.n,
		.salt = c.salt, .saltlen = (uint32_t)c.nsalt,
		.t_cost = (uint32_t)c.passes,
		.m_cost = (uint32_t)c.memory_kib,
		.lanes = (uint32_t)c.lanes, .threads = 1,
		.version = ARGON2_VERSION_13, .flags = ARGON2_DEFAULT_FLAGS,
	};
	if (argon2id_ctx(&x) == ARGON2_OK)
		rc = secret_equal(str_of(got, c.nhash),
		    str_of(c.hash, c.nhash));
	secret_wipe(got, sizeof(got));
	return rc;
}

#else

const char *
hash_argon2_refused(struct csn_str hash)
{
	(void)hash;
	return "argon2id was left out of this build; use yescrypt";
}

int
hash_argon2_verify(struct csn_str hash, struct csn_str password)
{
	(void)hash;
	(void)password;
	return 0;
}

#endif
