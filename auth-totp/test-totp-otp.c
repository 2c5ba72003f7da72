/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-otp.c - codes against the RFCs' vectors, OpenSSL, and oathtool
 */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base64url.h"
#include "lib/secret.h"

#include "otp.h"

extern char **environ;

#define SEED64	"12345678901234567890123456789012345678901234567890123456" \
    "78901234"

static struct csn_str
seed(enum totp_alg alg)
{
	return str_of(SEED64, otp_secret_size(alg));
}

/* RFC 6238 appendix B, all eighteen. */
static void
test_rfc6238(void **state)
{
	static const struct {
		int64_t time;
		const char *code[3];
	} rows[] = {
		{ 59, { "94287082", "46119246", "90693936" } },
		{ 1111111109, { "07081804", "68084774", "25091201" } },
		{ 1111111111, { "14050471", "67062674", "99943326" } },
		{ 1234567890, { "89005924", "91819424", "93441116" } },
		{ 2000000000, { "69279037", "90698825", "38618901" } },
		{ 20000000000, { "65353130", "77737706", "47863826" } },
	};
	struct totp_params p = { .digits = 8, .period = 30 };
	char code[OTP_DIGITS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned a = 0; a < 3; a++) {
			p.alg = (enum totp_alg)(a + 1);
			assert_int_equal(otp_generate(&p, seed(p.alg),
			    (uint64_t)rows[i].time / 30, code), 0);
			assert_string_equal(code, rows[i].code[a]);
		}
	assert_int_equal(otp_selftest(), 0);
}

/* RFC 4226 appendix D. */
static void
test_rfc4226(void **state)
{
	static const char *const want[] = { "755224", "287082", "359152",
		"969429", "338314", "254676", "287922", "162583", "399871",
		"520489" };
	struct totp_params p = { TOTP_SHA1, 6, 30 };
	char code[OTP_DIGITS_MAX + 1];

	(void)state;
	for (uint64_t i = 0; i < 10; i++) {
		assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), i, code),
		    0);
		assert_string_equal(code, want[i]);
	}
}

/* RFC 4226 5.3 over OpenSSL: a second opinion on every step. */
static void
openssl_code(const struct totp_params *p, struct csn_str secret,
    uint64_t step, char *ret)
{
	const EVP_MD *md = p->alg == TOTP_SHA1 ? EVP_sha1() :
	    p->alg == TOTP_SHA256 ? EVP_sha256() : EVP_sha512();
	uint32_t modulus[] = { 1000000, 10000000, 100000000 }, value;
	uint8_t counter[8], mac[EVP_MAX_MD_SIZE], *at;
	unsigned n = 0;

	for (unsigned i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (56 - 8 * i));
	assert_non_null(HMAC(md, secret.p, (int)secret.n, counter, 8, mac,
	    &n));
	at = mac + (mac[n - 1] & 0x0f);
	value = ((uint32_t)at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
	(void)snprintf(ret, OTP_DIGITS_MAX + 1, "%0*u", (int)p->digits,
	    (unsigned)(value % modulus[p->digits - 6]));
}

static void
random_case(struct totp_params *p, uint8_t *secret, size_t *n,
    uint64_t *step)
{
	uint8_t r[4];

	secret_random(r, sizeof(r));
	p->alg = (enum totp_alg)(1 + r[0] % 3);
	p->digits = 6 + r[1] % 3;
	p->period = 30;
	*n = TOTP_SECRET_MIN + r[2] % (TOTP_SECRET_MAX - TOTP_SECRET_MIN + 1);
	secret_random(secret, *n);
	secret_random(step, sizeof(*step));
	*step >>= 24 + r[3] % 16;
}

static void
test_openssl(void **state)
{
	uint8_t secret[TOTP_SECRET_MAX];
	char ours[OTP_DIGITS_MAX + 1], theirs[OTP_DIGITS_MAX + 1];
	struct totp_params p;
	uint64_t step;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		random_case(&p, secret, &n, &step);
		assert_int_equal(otp_generate(&p, str_of(secret, n), step,
		    ours), 0);
		openssl_code(&p, str_of(secret, n), step, theirs);
		assert_string_equal(ours, theirs);
	}
}

/* One line of a real program's output. */
static void
oathtool_run(char *const argv[], char *ret, size_t size)
{
	posix_spawn_file_actions_t fa;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(posix_spawn_file_actions_init(&fa), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&fa, fd[1], 1), 0);
	assert_int_equal(posix_spawn_file_actions_addclose(&fa, fd[0]), 0);
	if (posix_spawnp(&pid, "oathtool", &fa, NULL, argv, environ) != 0)
		fail_msg("oathtool is missing: apt install oathtool");
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)close(fd[1]);
	n = read(fd[0], ret, size - 1);
	(void)close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(n > 0);
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void
oathtool_code(const struct totp_params *p, struct csn_str secret,
    uint64_t step, char *ret, size_t size)
{
	char kind[16], digits[16], now[40], hex[2 * TOTP_SECRET_MAX + 1];
	char *argv[] = { (char []){ "oathtool" }, kind, digits, now, hex,
		NULL };
	struct buf b;

	(void)snprintf(kind, sizeof(kind), "--totp=%s", otp_alg_name(p->alg));
	(void)snprintf(digits, sizeof(digits), "-d%u", (unsigned)p->digits);
	(void)snprintf(now, sizeof(now), "-N@%llu",
	    (unsigned long long)step * p->period);
	buf_init_fixed(&b, hex, sizeof(hex));
	hex_encode(&b, secret);
	oathtool_run(argv, ret, size);
}

static void
test_oathtool(void **state)
{
	uint8_t secret[TOTP_SECRET_MAX];
	char ours[OTP_DIGITS_MAX + 1], theirs[64];
	struct totp_params p;
	uint64_t step;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		random_case(&p, secret, &n, &step);
		step %= 100000000;
		assert_int_equal(otp_generate(&p, str_of(secret, n), step,
		    ours), 0);
		oathtool_code(&p, str_of(secret, n), step, theirs,
		    sizeof(theirs));
		assert_string_equal(ours, theirs);
	}
}

static void
test_read(void **state)
{
	static const struct { const char *typed, *want; } rows[] = {
		{ "123456", "123456" }, { " 123 456 ", "123456" },
		{ "123-456", "123456" }, { "12345678", "12345678" },
		{ "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93"
		    "\xef\xbc\x94\xef\xbc\x95\xef\xbc\x96", "123456" },
		{ "123\xe3\x80\x80" "456", "123456" },	/* U+3000 */
		{ "123\xe3\x83\xbc" "456", "123456" },	/* U+30FC */
		{ "123\xe2\x88\x92" "456", "123456" },	/* U+2212 */
		{ "", NULL }, { "12345", NULL }, { "123456789", NULL },
		{ "12345a", NULL }, { "+123456", NULL }, { "0x1234", NULL },
		{ "123456\n", NULL }, { "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4"
		    "\xd9\xa5\xd9\xa6", NULL },		/* Arabic digits */
		{ "123456\xff", NULL }, { "      ", NULL },
	};
	struct otp_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].want == NULL) {
			assert_int_equal(otp_read(str_from(rows[i].typed),
			    &code), -1);
			continue;
		}
		assert_int_equal(otp_read(str_from(rows[i].typed), &code), 0);
		assert_int_equal(code.n, strlen(rows[i].want));
		assert_memory_equal(code.digits, rows[i].want, code.n);
	}
	assert_int_equal(otp_read(STR("123456\0"), &code), -1);
	assert_int_equal(otp_read(str_of(SEED64 SEED64, 65), &code), -1);
}

static void
test_refused(void **state)
{
	struct totp_params p = { TOTP_SHA1, 6, 30 };
	char code[OTP_DIGITS_MAX + 1] = "kept";
	uint64_t step;

	(void)state;
	assert_int_equal(otp_generate(&p, STR(""), 1, code), -1);
	assert_int_equal(otp_generate(&p, STR("123456789012345"), 1, code),
	    -1);
	assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), UINT64_MAX, code),
	    -1);
	p.digits = 5;
	assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), 1, code), -1);
	p.digits = 9;
	assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), 1, code), -1);
	p = (struct totp_params){ 4, 6, 30 };
	assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), 1, code), -1);
	p = (struct totp_params){ TOTP_SHA1, 6, 0 };
	assert_int_equal(otp_generate(&p, seed(TOTP_SHA1), 1, code), -1);
	assert_string_equal(code, "kept");
	p.period = 30;
	assert_int_equal(otp_step(&p, -1, &step), -1);
	assert_int_equal(otp_step(&p, TOTP_EARLIEST_MS - 1, &step), -1);
	assert_int_equal(otp_step(&p, TOTP_EARLIEST_MS + 30000, &step), 0);
	assert_int_equal(step, TOTP_EARLIEST_MS / 30000 + 1);
}

static struct otp_found
search(const char *typed, uint64_t step, int from, int to, uint64_t after)
{
	static const struct totp_params p = { TOTP_SHA1, 6, 30 };
	struct otp_search s = { &p, seed(TOTP_SHA1), step, from, to, after };
	struct otp_found found;
	struct otp_code code;

	assert_int_equal(otp_read(str_from(typed), &code), 0);
	assert_int_equal(otp_search(&s, &code, &found), 0);
	return found;
}

/* Codes of RFC 4226 appendix D: step 5 is 254676, 6 is 287922. */
static void
test_search(void **state)
{
	struct otp_found f;

	(void)state;
	f = search("254676", 5, -1, 1, 0);
	assert_true(f.fresh && !f.used && f.step == 5 && f.offset == 0);
	f = search("254676", 6, -1, 1, 0);
	assert_true(f.fresh && f.step == 5 && f.offset == -1);
	f = search("254676", 4, -1, 1, 0);
	assert_true(f.fresh && f.step == 5 && f.offset == 1);
	f = search("254676", 7, -1, 1, 0);
	assert_true(!f.fresh && !f.used);
	f = search("254676", 3, -1, 1, 0);
	assert_true(!f.fresh && !f.used);
	f = search("254676", 5, 0, 0, 4);
	assert_true(f.fresh && f.step == 5);
	f = search("254676", 5, -1, 1, 5);
	assert_true(!f.fresh && f.used && f.step == 5);
	f = search("254676", 5, -1, 1, 9);
	assert_true(!f.fresh && f.used);
	/* before the first step there is none, not step 2^64 - 1 */
	f = search("254676", 0, -2, 2, 0);
	assert_true(!f.fresh && !f.used);
	/* the last six digits of a longer code are no code */
	f = search("00254676", 5, -1, 1, 0);
	assert_true(!f.fresh && !f.used);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6238),
		cmocka_unit_test(test_rfc4226),
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_oathtool),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
