/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published vectors, and the openssl command as the other side.
 */
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "key_ops.h"
#include "key_vectors.h"
#include "lib/base64url.h"
#include "lib/testing.h"
#include "secret_command.h"

static char folder[] = "/tmp/csn-key-XXXXXX";
static struct arena arena;

/* Runs openssl with its files in the folder; what it prints, or NULL when it
 * fails. */
static __attribute__((format(printf, 1, 2))) const char *
openssl(const char *fmt, ...)
{
	static char output[8192];
	char words[256];
	struct buf line, out;
	const char *fault;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	buf_init(&line, 0);
	buf_puts(&line, "/usr/bin/openssl ");
	for (const char *p = words; *p != '\0'; p++) {
		if (*p == '@')
			buf_printf(&line, "%s/", folder);
		else
			buf_char(&line, *p);
	}
	buf_init(&out, sizeof(output) - 1);
	fault = secret_command_run(buf_str(&line), 8000, 60000, &out);
	memcpy(output, out.n > 0 ? (const char *)out.p : "", out.n);
	output[out.n] = '\0';
	buf_free(&line);
	buf_free(&out);
	return fault == NULL ? output : NULL;
}

static void
put(const char *name, struct csn_str s)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.n), s.n);
	assert_int_equal(close(fd), 0);
}

/* Good until the arena is freed. */
static struct csn_str
get(const char *name)
{
	char path[64], *text = arena_alloc(&arena, 16384);
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, text, 16384);
	assert_true(n >= 0);
	assert_int_equal(close(fd), 0);
	return str_of(text, (size_t)n);
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	const char *names[] = { "k", "pub", "data", "sig", "out", "k2" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static int
arena_new(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 22);
	return 0;
}

static int
arena_gone(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct key_ops *
loaded(struct csn_str secret)
{
	struct key_ops *k;
	struct buf error;

	buf_init(&error, 0);
	k = key_ops_load(secret, &error);
	if (k == NULL)
		fail_msg("%.*s", STR_FMT(buf_str(&error)));
	assert_int_equal(error.n, 0);
	buf_free(&error);
	return k;
}

/* base64url, both ways */
static struct csn_str
text(struct csn_str bytes)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 0);
	base64url_encode(&b, bytes);
	ret = arena_str(&arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

static struct csn_str
bytes(const char *text_of_them)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(base64url_decode(&b, str_from(text_of_them)), 0);
	ret = arena_str(&arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

/* ------------------------------------------------------------------ */

static void
signatures_are_the_published_ones(void **state)
{
	static const struct {
		const char *key, *alg, *input, *signature;
		bool pem;
	} table[] = {
		{ RFC7515_A1_KEY, "HS256", RFC7515_A1_INPUT,
		    RFC7515_A1_SIGNATURE, false },
		{ RFC7515_A2_PEM, "RS256", RFC7515_A2_INPUT,
		    RFC7515_A2_SIGNATURE, true },
		{ RFC8037_A1_PEM, "EdDSA", RFC8037_A4_INPUT,
		    RFC8037_A4_SIGNATURE, true },
	};
	struct key_ops *k;
	struct csn_str sig;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		k = loaded(table[i].pem ? str_from(table[i].key) :
		    bytes(table[i].key));
		assert_int_equal(key_ops_sign(k, str_from(table[i].alg),
		    str_from(table[i].input), &arena, &sig), CSN_OK);
		assert_str(text(sig), table[i].signature);
		key_ops_free(k);
	}
}

/* RFC 4231 4.3, test case 2, with the key made long enough by zeros, which
 * HMAC does not see. */
static void
secrets_sign_by_all_hashes(void **state)
{
	static const struct {
		const char *alg, *mac;
		size_t least;
	} table[] = {
		{ "HS256", "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843", 32 },
		{ "HS384", "af45d2e376484031617f78d2b58a6b1b"
		    "9c7ef464f5a01b47e42ec3736322445e"
		    "8e2240ca5e69e2c78b3239ecfab21649", 48 },
		{ "HS512", "164b7a7bfcf819e2e395fbe73b56e0a3"
		    "87bd64222e831fd610270cd7ea250554"
		    "9758bf75c05a994a6d034f65f8f0e6fd"
		    "caeab1a34d4a6b4b636e070a38bce737", 64 },
	};
	const struct csn_str data = STR("what do ya want for nothing?");
	char key[64] = "Jefe";
	struct csn_str sig;
	struct key_ops *k;
	struct buf hex;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		k = loaded(str_of(key, table[i].least));
		assert_int_equal(key_ops_sign(k, str_from(table[i].alg), data,
		    &arena, &sig), CSN_OK);
		buf_init(&hex, 0);
		hex_encode(&hex, sig);
		assert_str(buf_str(&hex), table[i].mac);
		buf_free(&hex);
		key_ops_free(k);
		/* one byte too short: RFC 7518 3.2 */
		k = loaded(str_of(key, table[i].least - 1));
		assert_int_equal(key_ops_sign(k, str_from(table[i].alg), data,
		    &arena, &sig), CSN_E_INVALID);
		key_ops_free(k);
	}
}

/* r||s as the DER that the command reads. */
static struct csn_str
as_der(struct csn_str raw)
{
	const unsigned char *p = (const unsigned char *)raw.p;
	unsigned char *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	struct csn_str ret;
	int n;

	assert_int_equal(ECDSA_SIG_set0(sig,
	    BN_bin2bn(p, (int)raw.n / 2, NULL),
	    BN_bin2bn(p + raw.n / 2, (int)raw.n / 2, NULL)), 1);
	n = i2d_ECDSA_SIG(sig, &der);
	assert_true(n > 0);
	ret = arena_str(&arena, str_of(der, (size_t)n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	return ret;
}

static void
verified(struct key_ops *k, const char *alg, const char *options, size_t ec)
{
	struct csn_str data = STR("eyJhbGciOiJ.eyJzdWIi"), sig, spki;
	const char *said;

	assert_int_equal(key_ops_sign(k, str_from(alg), data, &arena, &sig),
	    CSN_OK);
	if (ec > 0)
		assert_int_equal(sig.n, ec);
	assert_int_equal(key_ops_public(k, &arena, &spki), CSN_OK);
	put("pub", spki);
	put("data", data);
	put("sig", ec > 0 ? as_der(sig) : sig);
	said = openssl("dgst %s -keyform DER -verify @pub -signature @sig "
	    "@data", options);
	if (said == NULL || strcmp(said, "Verified OK\n") != 0)
		fail_msg("%s: %s", alg, said == NULL ? "failed" : said);
	put("data", STR("something else"));
	if (openssl("dgst %s -keyform DER -verify @pub -signature @sig @data",
	    options) != NULL)
		fail_msg("%s verifies other data", alg);
}

static void
signatures_verify_elsewhere(void **state)
{
	static const char pss[] = " -sigopt rsa_padding_mode:pss "
	    "-sigopt rsa_pss_saltlen:digest";
	struct key_ops *k = loaded(STR(RFC7515_A2_PEM));
	char options[128];

	(void)state;
	for (int bits = 256; bits <= 512; bits += 128) {
		char alg[16];

		(void)snprintf(alg, sizeof(alg), "RS%d", bits);
		(void)snprintf(options, sizeof(options), "-sha%d", bits);
		verified(k, alg, options, 0);
		alg[0] = 'P';
		(void)snprintf(options, sizeof(options), "-sha%d%s", bits,
		    pss);
		verified(k, alg, options, 0);
	}
	key_ops_free(k);
	for (int i = 0; i < 8; i++) {	/* leading zeros do come */
		k = loaded(STR(RFC7515_A3_PEM));
		verified(k, "ES256", "-sha256", 64);
		key_ops_free(k);
	}
	k = loaded(STR(RFC7520_5_4_PEM));
	verified(k, "ES384", "-sha384", 96);
	key_ops_free(k);
	k = loaded(STR(RFC7520_3_2_PEM));
	verified(k, "ES512", "-sha512", 132);
	key_ops_free(k);
}

static void
algorithms_are_bound_to_keys(void **state)
{
	static const char *const algs[] = { "RS256", "RS384", "RS512", "PS256",
		"PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256",
		"HS384", "HS512", "none", "", "rs256", "ES256K", "RS1",
		"RSA-OAEP" };
	static const struct {
		const char *key;
		unsigned may;		/* bits by index above */
	} keys[] = {
		{ RFC7515_A2_PEM, 0x3f }, { RFC7515_A3_PEM, 0x40 },
		{ RFC7520_5_4_PEM, 0x80 }, { RFC7520_3_2_PEM, 0x100 },
		{ RFC8037_A1_PEM, 0x200 },
		{ "0123456789012345678901234567890123456789012345678901234567"
		    "890123", 0x1c00 },
	};
	struct csn_str sig;
	struct key_ops *k;
	int32_t rc;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		k = loaded(str_from(keys[i].key));
		for (size_t a = 0; a < COUNT(algs); a++) {
			rc = key_ops_sign(k, str_from(algs[a]), STR("x"),
			    &arena, &sig);
			if (rc != ((keys[i].may >> a & 1) != 0 ? CSN_OK :
			    CSN_E_INVALID))
				fail_msg("key %zu, %s: %d", i, algs[a], rc);
		}
		key_ops_free(k);
	}
}

static void
public_halves_are_given(void **state)
{
	const char *pems[] = { RFC7515_A2_PEM, RFC7515_A3_PEM,
		RFC7520_3_2_PEM, RFC8037_A1_PEM };
	struct csn_str spki;
	struct key_ops *k;

	(void)state;
	for (size_t i = 0; i < COUNT(pems); i++) {
		put("k", str_from(pems[i]));
		assert_non_null(openssl("pkey -in @k -pubout -outform DER "
		    "-out @pub"));
		k = loaded(str_from(pems[i]));
		assert_int_equal(key_ops_public(k, &arena, &spki), CSN_OK);
		assert_true(str_equal(spki, get("pub")));
		key_ops_free(k);
	}
	k = loaded(STR("a secret"));
	assert_int_equal(key_ops_public(k, &arena, &spki), CSN_E_INVALID);
	key_ops_free(k);
}

/* ------------------------------------------------------------------ */
/* loading */

static void
refused(struct csn_str secret, const char *words)
{
	struct buf error;

	buf_init(&error, 0);
	assert_null(key_ops_load(secret, &error));
	if (str_find(buf_str(&error), str_from(words)) < 0)
		fail_msg("\"%.*s\", not \"%s\"", STR_FMT(buf_str(&error)),
		    words);
	buf_free(&error);
}

static void
made(const char *how)
{
	if (openssl("%s -out @k", how) == NULL)
		fail_msg("openssl %s", how);
}

static void
forms_of_keys_are_read(void **state)
{
	struct csn_str sig, both;

	(void)state;
	put("k2", STR(RFC7515_A2_PEM));
	made("pkey -in @k2 -traditional");
	assert_true(str_find(get("k"), STR("BEGIN RSA PRIVATE")) >= 0);
	key_ops_free(loaded(get("k")));
	put("k2", STR(RFC7515_A3_PEM));
	made("pkey -in @k2 -traditional");
	assert_true(str_find(get("k"), STR("BEGIN EC PRIVATE")) >= 0);
	key_ops_free(loaded(get("k")));
	/* with parameters before it, and with a certificate */
	made("ecparam -name prime256v1 -genkey");
	assert_true(str_find(get("k"), STR("BEGIN EC PARAM")) >= 0);
	key_ops_free(loaded(get("k")));
	assert_non_null(openssl("req -x509 -new -key @k -subj /CN=x -days 9 "
	    "-out @out"));
	both = arena_printf(&arena, "%.*s%.*s", STR_FMT(get("out")),
	    STR_FMT(get("k")));
	struct key_ops *k = loaded(both);
	assert_int_equal(key_ops_sign(k, STR("ES256"), STR("x"), &arena, &sig),
	    CSN_OK);
	key_ops_free(k);
	refused(get("out"), "no private key");
	refused(arena_printf(&arena, "%.*s%.*s", STR_FMT(get("k")),
	    STR_FMT(get("k"))), "several private keys");
	refused(arena_printf(&arena, "%.*s%s", STR_FMT(get("k")),
	    RFC7515_A2_PEM), "several private keys");
}

static void
other_keys_are_refused(void **state)
{
	(void)state;
	refused(STR(""), "is empty");
	refused(str_of(arena_alloc(&arena, 513), 513), "512 bytes");
	refused(str_of(arena_alloc(&arena, 65537), 65537), "64 KiB");
	made("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024");
	refused(get("k"), "2048 bits");
	made("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1");
	refused(get("k"), "curve");
	made("genpkey -algorithm X25519");
	refused(get("k"), "neither RSA");
	made("genpkey -algorithm ED448");
	refused(get("k"), "neither RSA");
	made("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048");
	refused(get("k"), "neither RSA");
	put("k2", STR(RFC7515_A3_PEM));
	made("pkey -in @k2 -aes128 -passout pass:Hunter2!");
	refused(get("k"), "is encrypted");
	made("pkey -in @k2 -traditional -aes128 -passout pass:Hunter2!");
	refused(get("k"), "is encrypted");
	made("pkey -in @k2 -pubout");
	refused(get("k"), "no private key");
	refused(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n"
	    "-----END PRIVATE KEY-----\n"), "cannot be read");
	refused(STR("-----BEGIN PRIVATE KEY-----\n"), "cannot be read");
}

static void
der_refused(const char *label, const struct buf *der)
{
	struct buf pem;

	buf_init(&pem, 0);
	buf_printf(&pem, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < der->n; at += 48) {
		base64_encode(&pem, str_of(der->p + at, der->n - at < 48 ?
		    der->n - at : 48));
		buf_char(&pem, '\n');
	}
	buf_printf(&pem, "-----END %s-----\n", label);
	refused(buf_str(&pem), "is damaged");
	buf_free(&pem);
}

static void
der_of(const char *pem, struct buf *der)
{
	put("k2", str_from(pem));
	made("pkey -in @k2 -outform DER");
	buf_init(der, 0);
	buf_str_put(der, get("k"));
}

static void
damaged_keys_are_refused(void **state)
{
	struct buf der, other;

	(void)state;
	/* the public half, the last 64 bytes, is another's */
	der_of(RFC7515_A3_PEM, &der);
	der_of(RFC7518_C_PEM, &other);
	assert_int_equal(other.n, der.n);
	memcpy(der.p + der.n - 64, other.p + der.n - 64, 64);
	der_refused("EC PRIVATE KEY", &der);
	buf_free(&der);
	buf_free(&other);
	/* a byte of the modulus, which begins at the twelfth. A prime is not
	 * seen: OpenSSL mends the signature by d */
	der_of(RFC7515_A2_PEM, &der);
	der.p[100] ^= 1;
	der_refused("RSA PRIVATE KEY", &der);
	buf_free(&der);
}

static void
limits_are_told_without_a_trace(void **state)
{
	struct key_ops *k = loaded(STR(RFC7515_A2_PEM));
	void *big = calloc(1, KEY_OPS_DATA_MAX + 1);
	struct csn_str ret = STR("untouched");
	struct arena small;

	(void)state;
	assert_int_equal(key_ops_sign(k, STR("RS256"), str_of(big,
	    KEY_OPS_DATA_MAX + 1), &arena, &ret), CSN_E_LIMIT);
	arena_init(&small, 256);
	assert_int_equal(key_ops_sign(k, STR("RS256"), STR("x"), &small, &ret),
	    CSN_E_LIMIT);
	assert_int_equal(key_ops_public(k, &small, &ret), CSN_E_LIMIT);
	assert_false(small.over);
	assert_int_equal(small.used, 0);
	assert_str(ret, "untouched");
	arena_free(&small);
	free(big);
	key_ops_free(k);
}

/* ------------------------------------------------------------------ */
/* decryption */

static void
rsa_keys_unwrap(void **state)
{
	struct key_ops *k = loaded(STR(RFC7516_A1_PEM));
	const struct csn_pairs none = { NULL, 0 };
	struct csn_str cek = STR("untouched"), wrapped, longer;
	char *bad;

	(void)state;
	wrapped = bytes(RFC7516_A1_WRAPPED);
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP"), none, wrapped,
	    &arena, &cek), CSN_OK);
	assert_str(text(cek), RFC7516_A1_CEK);

	cek = STR("untouched");
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP-256"), none,
	    wrapped, &arena, &cek), CSN_E_INVALID);
	assert_int_equal(key_ops_decrypt(k, STR("RSA1_5"), none, wrapped,
	    &arena, &cek), CSN_E_INVALID);
	assert_int_equal(key_ops_decrypt(k, STR("ECDH-ES"), none, wrapped,
	    &arena, &cek), CSN_E_INVALID);
	longer = arena_printf(&arena, "%c%.*s", 0, STR_FMT(wrapped));
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP"), none, longer,
	    &arena, &cek), CSN_E_INVALID);
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP"), none,
	    str_from_at(wrapped, 1), &arena, &cek), CSN_E_INVALID);
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP"), none, STR(""),
	    &arena, &cek), CSN_E_INVALID);
	bad = arena_alloc(&arena, wrapped.n);
	memcpy(bad, wrapped.p, wrapped.n);
	bad[100] ^= 1;
	assert_int_equal(key_ops_decrypt(k, STR("RSA-OAEP"), none,
	    str_of(bad, wrapped.n), &arena, &cek), CSN_E_INVALID);
	assert_str(cek, "untouched");
	key_ops_free(k);
}

static void
what_openssl_wrapped_is_unwrapped(void **state)
{
	static const char *const digests[] = { "sha1", "sha256" };
	static const char *const algs[] = { "RSA-OAEP", "RSA-OAEP-256" };
	const struct csn_pairs none = { NULL, 0 };
	struct key_ops *k = loaded(STR(RFC7516_A1_PEM));
	struct csn_str spki, cek;

	(void)state;
	assert_int_equal(key_ops_public(k, &arena, &spki), CSN_OK);
	put("pub", spki);
	put("data", STR("0123456789abcdef"));
	for (size_t i = 0; i < COUNT(digests); i++) {
		assert_non_null(openssl("pkeyutl -encrypt -pubin -keyform DER "
		    "-inkey @pub -in @data -out @out -pkeyopt "
		    "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:%s -pkeyopt "
		    "rsa_mgf1_md:%s", digests[i], digests[i]));
		assert_int_equal(key_ops_decrypt(k, str_from(algs[i]), none,
		    get("out"), &arena, &cek), CSN_OK);
		assert_str(cek, "0123456789abcdef");
	}
	assert_non_null(openssl("pkeyutl -encrypt -pubin -keyform DER -inkey "
	    "@pub -in @data -out @out -pkeyopt rsa_padding_mode:pkcs1"));
	for (size_t i = 0; i < COUNT(digests); i++)
		assert_int_equal(key_ops_decrypt(k, str_from(algs[i]), none,
		    get("out"), &arena, &cek), CSN_E_INVALID);
	key_ops_free(k);
}

static int32_t
unwrap_masked(const struct key_ops *k, const char *alg, const char *mgf,
    struct csn_str *ret)
{
	struct csn_pair pair = { STR("mgf"), str_from(mgf) };

	return key_ops_decrypt(k, str_from(alg), (struct csn_pairs){ &pair,
	    1 }, get("out"), &arena, ret);
}

/* XML Encryption names both digests, and they need not be the same. */
static void
digests_of_message_and_mask_may_differ(void **state)
{
	static const struct { const char *md, *alg; } digests[] = {
		{ "sha1", "RSA-OAEP" }, { "sha256", "RSA-OAEP-256" },
		{ "sha384", "RSA-OAEP-384" }, { "sha512", "RSA-OAEP-512" },
	};
	static const char *const masks[] = { "sha1", "sha256", "sha384",
		"sha512" }, *const mgfs[] = { "SHA1", "SHA256", "SHA384",
		"SHA512" };
	struct key_ops *k = loaded(STR(RFC7516_A1_PEM));
	struct csn_str spki, cek;

	(void)state;
	assert_int_equal(key_ops_public(k, &arena, &spki), CSN_OK);
	put("pub", spki);
	put("data", STR("0123456789abcdef"));
	for (size_t i = 0; i < COUNT(digests); i++)
		for (size_t m = 0; m < COUNT(masks); m++) {
			assert_non_null(openssl("pkeyutl -encrypt -pubin "
			    "-keyform DER -inkey @pub -in @data -out @out "
			    "-pkeyopt rsa_padding_mode:oaep -pkeyopt "
			    "rsa_oaep_md:%s -pkeyopt rsa_mgf1_md:%s",
			    digests[i].md, masks[m]));
			for (size_t n = 0; n < COUNT(mgfs); n++)
				assert_int_equal(unwrap_masked(k,
				    digests[i].alg, mgfs[n], &cek), n == m ?
				    CSN_OK : CSN_E_INVALID);
			assert_str(cek, "0123456789abcdef");
			assert_int_equal(unwrap_masked(k, digests[i].alg,
			    "MD5", &cek), CSN_E_INVALID);
		}
	key_ops_free(k);
}

#define EPK_C	"{\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\"," \
	"\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"
#define EPK_5_4	"{\"kty\":\"EC\",\"crv\":\"P-384\"," \
	"\"x\":\"uBo4kHPw6kbjx5l0xowrd_oYzBmaz-GKFZu4xAFFkbYiWgutEK6iuEDsQ6w" \
	"NdNg3\",\"y\":\"sp3p5SGhZVC2faXumI-e9JU2Mo8KpoYrFDr5yPNVtW4PgEwZOyQ" \
	"TA-JdaY8tb7E0\"}"
#define EPK_5_5	"{\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"mPUKT_bAWGHIhg0TpjjqVsP1rXWQu_vwVOHHtNkdYoA\"," \
	"\"y\":\"8BQAsImGeAS46fyWw5MhYfGTT0IjBpFw2SS34Dv4Irs\"}"

static int32_t
agree(const char *pem, const char *alg, const char *enc, const char *epk,
    const char *apu, const char *apv, const char *wrapped, struct csn_str *ret)
{
	const struct csn_pair v[] = {
		{ STR("enc"), str_from(enc) }, { STR("epk"), str_from(epk) },
		{ STR("apu"), str_from(apu) }, { STR("apv"), str_from(apv) },
	};
	struct key_ops *k = loaded(str_from(pem));
	int32_t rc = key_ops_decrypt(k, str_from(alg), (struct csn_pairs){ v,
	    COUNT(v) }, bytes(wrapped), &arena, ret);

	key_ops_free(k);
	return rc;
}

static void
curves_agree_on_the_published_keys(void **state)
{
	struct csn_str key;

	(void)state;
	assert_int_equal(agree(RFC7518_C_PEM, "ECDH-ES", "A128GCM", EPK_C,
	    "QWxpY2U", "Qm9i", "", &key), CSN_OK);
	assert_str(text(key), "VqqN6vgjbSBcIijNcacQGg");
	assert_int_equal(agree(RFC7520_5_5_PEM, "ECDH-ES", "A128CBC-HS256",
	    EPK_5_5, "", "", "", &key), CSN_OK);
	assert_str(text(key), RFC7520_5_5_CEK);
	assert_int_equal(agree(RFC7520_5_4_PEM, "ECDH-ES+A128KW", "A128GCM",
	    EPK_5_4, "", "", RFC7520_5_4_WRAPPED, &key), CSN_OK);
	assert_str(text(key), RFC7520_5_4_CEK);
}

static void
other_agreements_are_refused(void **state)
{
#define C RFC7518_C_PEM
	static const struct {
		const char *pem, *alg, *enc, *epk, *apu, *wrapped;
	} table[] = {
		/* enc, data and parties */
		{ C, "ECDH-ES", "A128XXX", EPK_C, "", "" },
		{ C, "ECDH-ES", "", EPK_C, "", "" },
		{ C, "ECDH-ES", "A128GCM", EPK_C, "", "AAAA" },
		{ C, "ECDH-ES", "A128GCM", EPK_C, "A", "" },
		{ C, "ECDH-ES", "A128GCM", EPK_C, "QWxpY2U=", "" },
		/* not wrapped for us */
		{ C, "ECDH-ES+A128KW", "A128GCM", EPK_C, "",
		    RFC7520_5_4_WRAPPED },
		{ RFC7520_5_4_PEM, "ECDH-ES+A192KW", "A128GCM", EPK_5_4, "",
		    RFC7520_5_4_WRAPPED },
		{ RFC7520_5_4_PEM, "ECDH-ES+A128KW", "A128GCM", EPK_5_4,
		    "QWxpY2U", RFC7520_5_4_WRAPPED },
		{ RFC7520_5_4_PEM, "ECDH-ES+A128KW", "A128GCM", EPK_5_4, "",
		    "" },
		{ RFC7520_5_4_PEM, "ECDH-ES+A128KW", "A128GCM", EPK_5_4, "",
		    "AAAA" },
		/* other keys */
		{ RFC7520_5_4_PEM, "ECDH-ES", "A128GCM", EPK_C, "", "" },
		{ RFC7516_A1_PEM, "ECDH-ES", "A128GCM", EPK_C, "", "" },
		{ RFC8037_A1_PEM, "ECDH-ES", "A128GCM", EPK_C, "", "" },
		{ "a secret", "ECDH-ES", "A128GCM", EPK_C, "", "" },
		/* epk */
		{ C, "ECDH-ES", "A128GCM", "", "", "" },
		{ C, "ECDH-ES", "A128GCM", "{}", "", "" },
		{ C, "ECDH-ES", "A128GCM", "[1]", "", "" },
		{ C, "ECDH-ES", "A128GCM", EPK_C "x", "", "" },
		{ C, "ECDH-ES", "A128GCM", EPK_5_4, "", "" },
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"crv\":\"P-384\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
		    "", "" },
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"RSA\",\"crv\":\"P-256\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
		    "", "" },
		/* not on the curve */
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppo\"}",
		    "", "" },
		/* the point at infinity has no such form; zeros are none */
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		    "", "" },
		/* a coordinate too short; a private half; a member twice */
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SQ\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
		    "", "" },
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"d\":\"AA\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
		    "", "" },
		{ C, "ECDH-ES", "A128GCM", "{\"kty\":\"EC\",\"kty\":\"EC\","
		    "\"crv\":\"P-256\","
		    "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","
		    "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}",
		    "", "" },
	};
#undef C
	struct csn_str key = STR("untouched");

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (agree(table[i].pem, table[i].alg, table[i].enc,
		    table[i].epk, table[i].apu, "", table[i].wrapped, &key) !=
		    CSN_E_INVALID)
			fail_msg("row %zu", i);
	assert_str(key, "untouched");
}

#define T(test) cmocka_unit_test_setup_teardown(test, arena_new, arena_gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(signatures_are_the_published_ones),
		T(secrets_sign_by_all_hashes),
		T(signatures_verify_elsewhere),
		T(algorithms_are_bound_to_keys),
		T(public_halves_are_given),
		T(forms_of_keys_are_read),
		T(other_keys_are_refused),
		T(damaged_keys_are_refused),
		T(limits_are_told_without_a_trace),
		T(rsa_keys_unwrap),
		T(what_openssl_wrapped_is_unwrapped),
		T(digests_of_message_and_mask_may_differ),
		T(curves_agree_on_the_published_keys),
		T(other_agreements_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
