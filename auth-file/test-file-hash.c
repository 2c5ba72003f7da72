/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-file-hash.c - each kind of hash, made here and by others
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
#ifdef HAVE_ARGON2
#include <argon2.h>
#endif

#include "hash.h"

extern char **environ;

#define PASSWORD	"Hunter2!"
#define YESCRYPT	"$y$j05$countersign12345$" \
    "mlWFek1n7a8/HY3DZuhiZ1xdhGaKkL7P.QFMdIg29R1"
#define BCRYPT		"$2y$04$" \
    "abcdefghijklmnopqrstuu9bm0BAgiqtq4VQmdTg9qvaFFICiU4jG"
#define SHA512		"$6$rounds=1000$countersign$" \
    "TvIPEsUdXEzyfK/3cfle88evDaazxinIaxOmYvJRdB4lJ/JHDVoi3Cbt7DEul15AdbO0BCdy" \
    "xvo3We7ngl/bz/"
#define ARGON2ID	"$argon2id$v=19$m=64,t=1,p=4$Y291bnRlcnNpZ24tc2FsdA$" \
    "RsJrjvZf32MTqKjMi67XZVfRsMQBp0TDuz1HmV+l7nU"

static const char *const hashes[] = { YESCRYPT, BCRYPT, SHA512,
#ifdef HAVE_ARGON2
	ARGON2ID
#endif
};

#define HASHES (sizeof(hashes) / sizeof(hashes[0]))

static void
test_verify(void **state)
{
	static const char *const wrong[] = { "hunter2!", "Hunter2", "Hunter2!!",
		" Hunter2!", "x" };

	(void)state;
	assert_int_equal(hash_selftest(), 0);
	for (size_t i = 0; i < HASHES; i++) {
		assert_null(hash_refused(str_from(hashes[i])));
		assert_int_equal(hash_verify(str_from(hashes[i]),
		    STR(PASSWORD)), 1);
		for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++)
			assert_int_equal(hash_verify(str_from(hashes[i]),
			    str_from(wrong[k])), 0);
	}
}

static void
test_odd_passwords(void **state)
{
	char longest[HASH_PASSWORD_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[HASH_PASSWORD_MAX + 1] = '\0';
	for (size_t i = 0; i < HASHES; i++) {
		struct csn_str hash = str_from(hashes[i]);

		assert_int_equal(hash_verify(hash, STR("")), 0);
		assert_int_equal(hash_verify(hash, STR("Hunter2!\0")), 0);
		assert_int_equal(hash_verify(hash, str_from(longest)), 0);
	}
}

/* No hash but the whole one: each cut, and a byte changed anywhere. */
static void
test_damaged(void **state)
{
	char copy[256];

	(void)state;
	for (size_t i = 0; i < HASHES; i++) {
		size_t n = strlen(hashes[i]);

		for (size_t cut = 0; cut < n; cut++) {
			memcpy(copy, hashes[i], n + 1);
			copy[cut] = '\0';
			assert_int_not_equal(hash_verify(str_from(copy),
			    STR(PASSWORD)), 1);
		}
		/* the last character of some has bits that are not used */
		for (size_t at = 0; at + 1 < n; at++) {
			memcpy(copy, hashes[i], n + 1);
			copy[at] = copy[at] == 'A' ? 'B' : 'A';
			assert_int_not_equal(hash_verify(str_from(copy),
			    STR(PASSWORD)), 1);
		}
	}
}

static void
test_refused(void **state)
{
	static const struct { const char *hash, *why; } rows[] = {
		{ "", "empty" },
		{ "Hunter2!", "a password must not stand here" },
		{ "*", "not a hash" }, { "!", "not a hash" }, { "x", "not a" },
		{ "ab01FAX.bQRSU", "DES" },
		{ "$apr1$salt$0GDqIKvxUYlXfjnXIEXHO0", "apr1" },
		{ "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "MD5" },
		{ "$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1",
		    "sha256" },
		{ "{SHA}NWdeaPS1r3uZXZIFrQ/EOELxZfA=", "SHA-1" },
		{ "{SSHA}x", "braces" },
		{ "$argon2i$v=19$m=64,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		    "argon2i " },
		{ "$argon2d$v=19$m=64,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		    "argon2d" },
		{ "$pbkdf2-sha512$310000$x$y", "pbkdf2" },
		{ "$scrypt$ln=16,r=8,p=1$x$y", "scrypt" },
		{ "$7$x", "scrypt" }, { "$gy$x", "gost" },
		{ "$9$what", "not known" },
		{ "$6$salt", "damaged" }, { "$6$salt$", "damaged" },
		{ "$y$", "damaged" }, { "$2y$10$short", "damaged" },
		{ "$6$" "sa lt$TvIPEsUdXEzyfK/3cfle88evDaazxinIaxOmYvJRdB4lJ/"
		    "JHDVoi3Cbt7DEul15AdbO0BCdyxvo3We7ngl/bz/", "damaged" },
	};
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why = hash_refused(str_from(rows[i].hash));
		if (why == NULL || strstr(why, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].hash, why);
		assert_int_equal(hash_verify(str_from(rows[i].hash),
		    STR(PASSWORD)), 0);
	}
}

/* A login asks for one of them, be it of a name that is nobody's: none may take
 * a worker for minutes. What can be written at most is taken. */
static void
test_costly(void **state)
{
	static const char *const rows[] = {
		"$2b$18$abcdefghijklmnopqrstuu",
		"$2y$31$abcdefghijklmnopqrstuu",
		"$2a$99$abcdefghijklmnopqrstuu",
		"$2b$xx$abcdefghijklmnopqrstuu",
		"$6$rounds=5000001$countersign$",
		"$6$rounds=999999999$countersign$",
		"$6$rounds=$countersign$",
		"$y$jET$countersign12345$", "$y$jFT$countersign12345$",
		"$y$jYT$countersign12345$", "$y$jzT$countersign12345$",
		"$y$jDz$countersign12345$", "$y$j9T.1$countersign12345$",
	}, *const bounded[] = {
		"$2b$17$abcdefghijklmnopqrstuu",
		"$6$rounds=5000000$countersign$",
		"$y$jDT$countersign12345$", "$y$j9T$countersign12345$",
	};
	char hash[256];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(hash, sizeof(hash), "%s%.*s", rows[i],
		    rows[i][1] == '2' ? 31 : rows[i][1] == '6' ? 86 : 43,
		    strrchr(SHA512, '$') + 1);
		why = hash_refused(str_from(hash));
		if (why == NULL || strstr(why, "costs more") == NULL)
			fail_msg("%s: %s", hash, why);
		assert_int_equal(hash_verify(str_from(hash), STR("x")), 0);
	}
	for (size_t i = 0; i < sizeof(bounded) / sizeof(bounded[0]); i++) {
		(void)snprintf(hash, sizeof(hash), "%s%.*s", bounded[i],
		    bounded[i][1] == '2' ? 31 : bounded[i][1] == '6' ? 86 :
		    43, strrchr(SHA512, '$') + 1);
		why = hash_refused(str_from(hash));
		if (why != NULL)
			fail_msg("%s: %s", hash, why);
	}
}

#ifdef HAVE_ARGON2

/* The library's own writer, over costs, lanes and lengths. */
static void
test_argon2(void **state)
{
	static const uint8_t salt[32] = "a salt of thirty-two bytes, here";
	char encoded[256];

	(void)state;
	for (uint32_t lanes = 1; lanes <= 4; lanes++)
		for (uint32_t n = 8; n <= 64; n += 7) {
			assert_int_equal(argon2id_hash_encoded(1 + n % 3,
			    32 * lanes, lanes, PASSWORD, strlen(PASSWORD),
			    salt, 8 + n % 24, n, encoded, sizeof(encoded)),
			    ARGON2_OK);
			assert_null(hash_refused(str_from(encoded)));
			assert_int_equal(hash_verify(str_from(encoded),
			    STR(PASSWORD)), 1);
			assert_int_equal(hash_verify(str_from(encoded),
			    STR("hunter2!")), 0);
		}
}

static void
test_argon2_refused(void **state)
{
	static const char *const rows[] = { "",
		"v=16$m=64,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"m=64,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=999999999,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=64,t=1000,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=64,t=1,p=99$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=64,t=0,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=8,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=64,t=1,p=4$c2FsdA$AAAAAAAAAAA",
		"v=19$m=64,t=1,p=4$c2FsdHNhbHQ$",
		"v=19$m=64,t=1,p=4$c2FsdHNhbHQ$AAAA-AAAAAA",
		"v=19$m=64,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAA$AA",
		"v=19$m=64,t=1,p=4,x=1$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$t=1,m=64,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
		/* each within its bounds, and ten seconds and more of work */
		"v=19$m=262144,t=17,p=1$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=262144,t=64,p=16$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=65537,t=64,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
	}, *const bounded[] = {
		"v=19$m=262144,t=16,p=1$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=65536,t=64,p=16$c2FsdHNhbHQ$AAAAAAAAAAA",
		"v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$AAAAAAAAAAA",
	};
	char hash[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(hash, sizeof(hash), "$argon2id$%s", rows[i]);
		assert_non_null(hash_refused(str_from(hash)));
		assert_int_equal(hash_verify(str_from(hash), STR("x")), 0);
	}
	for (size_t i = 0; i < sizeof(bounded) / sizeof(bounded[0]); i++) {
		(void)snprintf(hash, sizeof(hash), "$argon2id$%s",
		    bounded[i]);
		assert_null(hash_refused(str_from(hash)));
	}
}

#endif

/* What the programs of others make. */
static void
program_line(char *const argv[], char *ret, size_t size)
{
	posix_spawn_file_actions_t fa;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(posix_spawn_file_actions_init(&fa), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&fa, fd[1], 1), 0);
	assert_int_equal(posix_spawn_file_actions_addclose(&fa, fd[0]), 0);
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0)
		fail_msg("%s is missing", argv[0]);
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
test_openssl(void **state)
{
	char *sha[] = { (char []){ "openssl" }, (char []){ "passwd" },
		(char []){ "-6" }, (char []){ PASSWORD }, NULL };
	char *apr1[] = { (char []){ "openssl" }, (char []){ "passwd" },
		(char []){ "-apr1" }, (char []){ PASSWORD }, NULL };
	char line[256];

	(void)state;
	program_line(sha, line, sizeof(line));
	assert_int_equal(hash_verify(str_from(line), STR(PASSWORD)), 1);
	assert_int_equal(hash_verify(str_from(line), STR("x")), 0);
	program_line(apr1, line, sizeof(line));
	assert_non_null(hash_refused(str_from(line)));
	assert_int_equal(hash_verify(str_from(line), STR(PASSWORD)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_odd_passwords),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_costly),
#ifdef HAVE_ARGON2
		cmocka_unit_test(test_argon2),
		cmocka_unit_test(test_argon2_refused),
#endif
		cmocka_unit_test(test_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
