/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-secret.c - each sentence of secret.h
 *
 * OpenSSL's comparison and generator are watched by the linker (--wrap), for
 * neither time nor a broken generator can be tested from outside.
 */
#include "testing.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "secret.h"

static int compared;
static int random_fails_after = -1;

int __real_CRYPTO_memcmp(const void *, const void *, size_t);
int __wrap_CRYPTO_memcmp(const void *, const void *, size_t);
int __real_RAND_bytes(unsigned char *, int);
int __wrap_RAND_bytes(unsigned char *, int);

int
__wrap_CRYPTO_memcmp(const void *a, const void *b, size_t n)
{
	compared++;
	return __real_CRYPTO_memcmp(a, b, n);
}

int
__wrap_RAND_bytes(unsigned char *p, int n)
{
	if (random_fails_after == 0)
		return 0;
	if (random_fails_after > 0)
		random_fails_after--;
	return __real_RAND_bytes(p, n);
}

static void
test_equal(void **state)
{
	char a[32], b[32];

	(void)state;
	memset(a, 'x', sizeof(a));
	memcpy(b, a, sizeof(a));
	compared = 0;
	assert_true(secret_equal(str_of(a, 32), str_of(b, 32)));
	for (size_t i = 0; i < sizeof(b); i++) {
		for (int bit = 0; bit < 8; bit++) {
			b[i] ^= (char)(1 << bit);
			assert_false(secret_equal(str_of(a, 32),
			    str_of(b, 32)));
			b[i] ^= (char)(1 << bit);
		}
	}
	/* all of them by the comparison whose time tells nothing */
	assert_int_equal(compared, 1 + 32 * 8);
	assert_true(secret_equal(STR("a\0b"), STR("a\0b")));
	assert_false(secret_equal(STR("a\0b"), STR("a\0c")));
}

static void
test_equal_lengths(void **state)
{
	(void)state;
	assert_false(secret_equal(STR("abc"), STR("abcd")));
	assert_false(secret_equal(STR("abcd"), STR("abc")));
	assert_false(secret_equal(STR(""), STR("")));
	assert_false(secret_equal(STR(""), STR("a")));
	assert_false(secret_equal(STR("a"), STR("")));
	assert_false(secret_equal(str_of(NULL, 0), str_of(NULL, 0)));
}

static void
test_wipe(void **state)
{
	char a[16];

	(void)state;
	memset(a, 'x', sizeof(a));
	secret_wipe(a + 1, 14);
	assert_int_equal(a[0], 'x');
	assert_int_equal(a[15], 'x');
	for (size_t i = 1; i < 15; i++)
		assert_int_equal(a[i], 0);
	secret_wipe(NULL, 0);
}

/* Nothing reads it again: a memset() would be optimised away. */
static void
test_wipe_kept(void **state)
{
	char *p = malloc(64);

	(void)state;
	assert_non_null(p);
	memcpy(p + 20, MEMORY_MARK, sizeof(MEMORY_MARK));
	secret_wipe(p, 64);
	memory_marked = 0;
	free(p);
	assert_int_equal(memory_marked, 0);

	p = malloc(64);		/* that the mark would have been seen */
	assert_non_null(p);
	memcpy(p + 20, MEMORY_MARK, sizeof(MEMORY_MARK));
	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
	assert_int_equal(memory_marked, 1);
}

static void
test_random(void **state)
{
	static unsigned char a[200000], b[200000];
	size_t same = 0, zero = 0;

	(void)state;
	secret_random(a, sizeof(a));
	secret_random(b, sizeof(b));
	for (size_t i = 0; i < sizeof(a); i++) {
		same += a[i] == b[i];
		zero += a[i] == 0;
	}
	/* one in 256 is 781; what is left unwritten would be thousands */
	assert_in_range(same, 500, 1100);
	assert_in_range(zero, 500, 1100);
	a[1] = 'x';
	secret_random(a, 0);
	secret_random(NULL, 0);
	assert_int_equal(a[1], 'x');
}

/* Small ones come from what the thread keeps: no two are the same, nothing
 * handed out stays there, and a child has none of its parent's. */
static void
test_random_small(void **state)
{
	static unsigned char all[400][16], child[16], parent[16];
	int fd[2], status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < 400; i++) {
		secret_random(all[i], sizeof(all[i]));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(all[i], all[k], 16);
	}
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		secret_random(child, sizeof(child));
		_exit(write(fd[1], child, sizeof(child)) == 16 ? 0 : 1);
	}
	secret_random(parent, sizeof(parent));
	assert_int_equal(read(fd[0], child, sizeof(child)), 16);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(child, parent, sizeof(child));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* In a child that must die of SIGABRT. */
static void
random_broken(int after, size_t n)
{
	static unsigned char a[200000];
	struct rlimit none = { 0, 0 };
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		random_fails_after = after;
		secret_random(a, n);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
test_random_broken(void **state)
{
	(void)state;
	random_broken(0, 1);
	random_broken(1, 200000);	/* a later part of a large one */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_lengths),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_wipe_kept),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_small),
		cmocka_unit_test(test_random_broken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
