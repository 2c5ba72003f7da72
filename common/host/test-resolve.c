/* SPDX-License-Identifier: Apache-2.0 */
/* getaddrinfo() is replaced by a table, so that no name leaves the machine. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/testing.h"
#include "lib/timefmt.h"
#include "resolve.h"

static _Atomic unsigned asked;
static _Atomic bool mute;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;

static const struct {
	const char *host, *addrs[12];
	int rc;
} world[] = {
	{ "both.example", { "2001:db8::1", "2001:db8::2", "192.0.2.1",
	    "2001:db8::3", "192.0.2.2" }, 0 },
	{ "four.example", { "192.0.2.1", "192.0.2.2", "2001:db8::1" }, 0 },
	{ "many.example", { "192.0.2.1", "192.0.2.2", "192.0.2.3",
	    "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7", "192.0.2.8",
	    "192.0.2.9", "2001:db8::1" }, 0 },
	{ "nodata.example", { NULL }, EAI_NODATA },
	{ "broken.example", { NULL }, EAI_AGAIN },
	{ "empty.example", { NULL }, 0 },
};

int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);
void __wrap_freeaddrinfo(struct addrinfo *);

static struct addrinfo *
info_new(const char *text)
{
	struct addrinfo *ai = calloc(1, sizeof(*ai));
	struct sockaddr_in6 *v6 = calloc(1, sizeof(*v6));
	struct sockaddr_in *v4 = (struct sockaddr_in *)v6;

	if (ai == NULL || v6 == NULL)
		abort();
	ai->ai_addr = (struct sockaddr *)v6;
	if (strchr(text, ':') != NULL) {
		ai->ai_family = v6->sin6_family = AF_INET6;
		ai->ai_addrlen = sizeof(*v6);
		(void)inet_pton(AF_INET6, text, &v6->sin6_addr);
	} else {
		ai->ai_family = v4->sin_family = AF_INET;
		ai->ai_addrlen = sizeof(*v4);
		(void)inet_pton(AF_INET, text, &v4->sin_addr);
	}
	return ai;
}

int
__wrap_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **ret)
{
	(void)port;
	(void)hints;
	atomic_fetch_add(&asked, 1);
	(void)pthread_mutex_lock(&gate);
	while (atomic_load(&mute))
		(void)pthread_cond_wait(&opened, &gate);
	(void)pthread_mutex_unlock(&gate);
	*ret = NULL;
	for (size_t i = 0; i < COUNT(world); i++) {
		if (strcmp(world[i].host, host) != 0)
			continue;
		for (size_t k = 0; world[i].addrs[k] != NULL; k++) {
			*ret = info_new(world[i].addrs[k]);
			ret = &(*ret)->ai_next;
		}
		return world[i].rc;
	}
	return EAI_NONAME;
}

void
__wrap_freeaddrinfo(struct addrinfo *ai)
{
	struct addrinfo *next;

	for (; ai != NULL; ai = next) {
		next = ai->ai_next;
		free(ai->ai_addr);
		free(ai);
	}
}

static void
silence(bool on)
{
	(void)pthread_mutex_lock(&gate);
	atomic_store(&mute, on);
	(void)pthread_cond_broadcast(&opened);
	(void)pthread_mutex_unlock(&gate);
}

static int
fresh(void **state)
{
	(void)state;
	resolve_forget();
	atomic_store(&asked, 0);
	return 0;
}

static const char *
text_of(const struct resolve_addrs *addrs)
{
	static char text[1024];
	char one[INET6_ADDRSTRLEN];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < addrs->n; i++) {
		const struct sockaddr_in *v4 = (const void *)&addrs->v[i];
		const struct sockaddr_in6 *v6 = (const void *)&addrs->v[i];
		bool four = v4->sin_family == AF_INET;

		if (inet_ntop(v4->sin_family, four ?
		    (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr,
		    one, sizeof(one)) == NULL)
			abort();
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %d",
		    i > 0 ? ", " : "", one, ntohs(v4->sin_port));
	}
	return text;
}

static const struct {
	const char *host;
	int32_t result;
	const char *addrs;
	unsigned asked;
} table[] = {
	{ "both.example", CSN_OK, "2001:db8::1 636, 192.0.2.1 636, "
	    "2001:db8::2 636, 192.0.2.2 636, 2001:db8::3 636", 1 },
	{ "BOTH.Example", CSN_OK, "2001:db8::1 636, 192.0.2.1 636, "
	    "2001:db8::2 636, 192.0.2.2 636, 2001:db8::3 636", 0 },
	{ "four.example", CSN_OK,
	    "192.0.2.1 636, 2001:db8::1 636, 192.0.2.2 636", 1 },
	{ "many.example", CSN_OK, "192.0.2.1 636, 2001:db8::1 636, "
	    "192.0.2.2 636, 192.0.2.3 636, 192.0.2.4 636, 192.0.2.5 636, "
	    "192.0.2.6 636, 192.0.2.7 636", 1 },
	{ "127.0.0.1", CSN_OK, "127.0.0.1 636", 0 },
	{ "::1", CSN_OK, "::1 636", 0 },
	{ "[2001:db8::7]", CSN_OK, "2001:db8::7 636", 0 },
	{ "nodata.example", CSN_E_ABSENT, NULL, 1 },
	{ "nodata.example", CSN_E_ABSENT, NULL, 0 },
	{ "empty.example", CSN_E_ABSENT, NULL, 1 },
	{ "none.example", CSN_E_ABSENT, NULL, 1 },
	{ "broken.example", CSN_E_BACKEND, NULL, 1 },
	{ "broken.example", CSN_E_BACKEND, NULL, 1 },
	{ "", CSN_E_INVALID, NULL, 0 },
	{ "a_b.example", CSN_E_INVALID, NULL, 0 },
	{ "a b", CSN_E_INVALID, NULL, 0 },
	{ "127.1", CSN_E_INVALID, NULL, 0 },
	{ "[both.example]", CSN_E_INVALID, NULL, 0 },
	{ "fe80::1%lo", CSN_E_INVALID, NULL, 0 },
};

static void
names_are_resolved(void **state)
{
	struct resolve_addrs addrs;
	unsigned before;
	int32_t rc;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		before = atomic_load(&asked);
		rc = resolve_host(str_from(table[i].host), 636,
		    clock_mono_ms() + 10000, &addrs);
		if (rc != table[i].result)
			fail_msg("%s: %d", table[i].host, rc);
		if (rc == CSN_OK)
			assert_string_equal(text_of(&addrs), table[i].addrs);
		if (atomic_load(&asked) - before != table[i].asked)
			fail_msg("%s: asked %u", table[i].host,
			    atomic_load(&asked) - before);
	}
	resolve_forget();
	before = atomic_load(&asked);
	assert_int_equal(resolve_host(STR("both.example"), 1,
	    clock_mono_ms() + 10000, &addrs), CSN_OK);
	assert_int_equal(atomic_load(&asked), before + 1);
}

static void
a_mute_resolver_ends_with_the_deadline(void **state)
{
	int64_t start = clock_mono_ms(), took;
	struct resolve_addrs addrs;

	(void)state;
	silence(true);
	assert_int_equal(resolve_host(STR("both.example"), 1, start + 50,
	    &addrs), CSN_E_DEADLINE);
	took = clock_mono_ms() - start;
	assert_true(took >= 50 && took < 10000);
	/* the answer is used by whoever comes later, without a new question */
	silence(false);
	assert_int_equal(resolve_host(STR("both.example"), 1, start + 60000,
	    &addrs), CSN_OK);
	assert_int_equal(atomic_load(&asked), 1);
	assert_int_equal(resolve_host(STR("both.example"), 1, start,
	    &addrs), CSN_E_DEADLINE);
}

static void
the_queue_is_bounded(void **state)
{
	int64_t start = clock_mono_ms();
	struct resolve_addrs addrs;
	char host[32];
	int32_t rc;

	(void)state;
	silence(true);
	for (unsigned i = 0; i < RESOLVE_THREADS + 64; i++) {
		(void)snprintf(host, sizeof(host), "n%u.example", i);
		rc = resolve_host(str_from(host), 1, clock_mono_ms() + 2,
		    &addrs);
		assert_int_equal(rc, CSN_E_DEADLINE);
		/* the threads have taken theirs */
		while (i < RESOLVE_THREADS && atomic_load(&asked) <= i &&
		    clock_mono_ms() < start + 10000)
			(void)usleep(100);
	}
	assert_int_equal(atomic_load(&asked), RESOLVE_THREADS);
	assert_int_equal(resolve_host(STR("late.example"), 1,
	    clock_mono_ms() + 10000, &addrs), CSN_E_BACKEND);
	/* addresses need no thread */
	assert_int_equal(resolve_host(STR("::1"), 1, clock_mono_ms() + 10000,
	    &addrs), CSN_OK);
	silence(false);
	/* all that wait are answered, and none is asked twice */
	for (unsigned i = 0; i < RESOLVE_THREADS + 64; i++) {
		(void)snprintf(host, sizeof(host), "n%u.example", i);
		assert_int_equal(resolve_host(str_from(host), 1,
		    clock_mono_ms() + 10000, &addrs), CSN_E_ABSENT);
	}
	assert_int_equal(atomic_load(&asked), RESOLVE_THREADS + 64);
}

static void
the_cache_is_bounded(void **state)
{
	struct resolve_addrs addrs;
	char host[32];

	(void)state;
	for (unsigned i = 0; i < RESOLVE_CACHE + 20; i++) {
		(void)snprintf(host, sizeof(host), "c%u.example", i);
		assert_int_equal(resolve_host(str_from(host), 1,
		    clock_mono_ms() + 10000, &addrs), CSN_E_ABSENT);
	}
	assert_int_equal(atomic_load(&asked), RESOLVE_CACHE + 20);
	/* full of live answers: the late ones are asked again */
	assert_int_equal(resolve_host(str_from(host), 1,
	    clock_mono_ms() + 10000, &addrs), CSN_E_ABSENT);
	assert_int_equal(atomic_load(&asked), RESOLVE_CACHE + 21);
}

static void *
ask(void *arg)
{
	struct resolve_addrs addrs;

	if (resolve_host(STR("both.example"), 1, clock_mono_ms() + 10000,
	    &addrs) != CSN_OK || addrs.n != 5)
		return arg;
	return NULL;
}

static void
many_share_one_question(void **state)
{
	pthread_t threads[8];
	void *failed;

	(void)state;
	silence(true);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &asked),
		    0);
	(void)usleep(20000);
	silence(false);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(atomic_load(&asked), 1);
}

static void
threads_end_and_begin_anew(void **state)
{
	struct resolve_addrs addrs;

	(void)state;
	for (int i = 0; i < 3; i++) {
		resolve_rest();
		resolve_forget();
		assert_int_equal(resolve_host(STR("both.example"), 1,
		    clock_mono_ms() + 10000, &addrs), CSN_OK);
	}
	resolve_rest();
	resolve_rest();
	/* one that hangs is not waited for */
	resolve_forget();
	silence(true);
	assert_int_equal(resolve_host(STR("both.example"), 1,
	    clock_mono_ms() + 20, &addrs), CSN_E_DEADLINE);
	resolve_rest();
	silence(false);
	assert_int_equal(resolve_host(STR("both.example"), 1,
	    clock_mono_ms() + 10000, &addrs), CSN_OK);
}

static int
rest(void **state)
{
	(void)state;
	resolve_rest();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_are_resolved, fresh),
		cmocka_unit_test_setup(a_mute_resolver_ends_with_the_deadline,
		    fresh),
		cmocka_unit_test_setup(many_share_one_question, fresh),
		cmocka_unit_test_setup(the_queue_is_bounded, fresh),
		cmocka_unit_test_setup(the_cache_is_bounded, fresh),
		cmocka_unit_test_setup(threads_end_and_begin_anew, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, rest);
}
