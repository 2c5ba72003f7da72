/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-withdrawn.c - a login whose commit fails: nobody is let in, and the
 * audit log says that it came to nothing; and one that is only delayed
 *
 * The one write of the answer is made to fail, or others come between, nothing
 * else. And two steps that swap the same value with what they lead to.
 */
#include "scene.h"

#include <pthread.h>
#include <stdio.h>

#include "host/known.h"

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  phone: { plugin: stick }\n"
    "policies:\n"
    "  - match: { host: two.example.org }\n"
    "    require: [ pass then phone ]\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass ]\n";

static struct scene *s;
static _Atomic bool fails;

void __real_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);
void __wrap_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);

/* The first of two commits: it is made when the second has come, so that both
 * steps have seen the value as it was. */
static struct { struct store_op *ops; size_t n; store_done *done; void *arg; }
    held;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned meetings;

static bool
meet(struct store *store, struct store_op *ops, size_t n, int64_t now_ms,
    store_done *done, void *arg)
{
	bool first;

	pthread_mutex_lock(&lock);
	first = meetings > 0 && held.done == NULL;
	if (first) {
		held.ops = ops;
		held.n = n;
		held.done = done;
		held.arg = arg;
	} else if (held.done != NULL) {
		meetings--;
		__real_store_batch_later(store, held.ops, held.n, now_ms,
		    held.done, held.arg);
		held.done = NULL;
	}
	pthread_mutex_unlock(&lock);
	return first;
}

/* Only the commit that begins a session: its record is among it. */
void
__wrap_store_batch_later(struct store *store, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	bool session = false, swap = false;

	for (size_t i = 0; i < n; i++) {
		session |= str_starts(ops[i].key, STR("s/"));
		swap |= str_starts(ops[i].key, STR("k/pass/once"));
	}
	if (session && fails)
		done(arg, STORE_FAILED);
	else if (swap && meet(store, ops, n, now_ms, done, arg))
		return;
	else
		__real_store_batch_later(store, ops, n, now_ms, done, arg);
}

static _Atomic unsigned crowd;	/* of those who enrol meanwhile */

int __real_known_enter(struct known *, const struct session *, int64_t,
    uint64_t);
int __wrap_known_enter(struct known *, const struct session *, int64_t,
    uint64_t);

int
__wrap_known_enter(struct known *k, const struct session *session,
    int64_t seen_ms, uint64_t epoch)
{
	if (crowd > 0) {
		crowd--;
		return -1;
	}
	return __real_known_enter(k, session, seen_ms, epoch);
}

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	return 0;
}

static unsigned
events(const char *name)
{
	char want[80];

	(void)snprintf(want, sizeof(want), "\"event\":\"%s\"", name);
	return scene_audited(s, want);
}

static void
test_withdrawn(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	fails = true;
	p = scene_go(s, &b, "https://app.example.org/");
	p = scene_do(s, &b, &p, "grant subject=ann");
	assert_int_equal(p.what, SEEN_PAGE);
	assert_int_equal(p.status, 503);
	assert_null(browser_cookie(&b, "login.example.org",
	    "__Host-countersign"));
	assert_int_equal(events("login"), 1);
	assert_int_equal(events("login-withdrawn"), 1);
	fails = false;
	p = scene_go(s, &b, "https://app.example.org/");
	p = scene_do(s, &b, &p, "grant subject=ann");
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_int_equal(events("login"), 2);
	assert_int_equal(events("login-withdrawn"), 1);
}

/* Each enrolment of others makes what was just read count as old. */
static void
test_crowded(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	p = scene_go(s, &b, "https://app.example.org/");
	crowd = 200;
	p = scene_do(s, &b, &p, "grant subject=bob");
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_int_equal(crowd, 0);
	assert_int_equal(events("login-withdrawn"), 1);
}

struct two {
	struct scene mine;
	struct browser b;
	struct seen page;
	const char *words;
};

static void *
two_run(void *arg)
{
	struct two *t = arg;

	t->page = scene_do(&t->mine, &t->b, &t->page, t->words);
	return NULL;
}

static void
two_meet(struct two *t, const char *url, const char *words)
{
	pthread_t threads[2];

	meetings = 1;
	for (int i = 0; i < 2; i++) {
		scene_share(s, &t[i].mine, 1u << 20);
		t[i].b = browser_new();
		t[i].page = scene_go(&t[i].mine, &t[i].b, url);
		t[i].words = words;
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, two_run,
		    &t[i]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(meetings, 0);
}

static void
two_free(struct two *t)
{
	for (int i = 0; i < 2; i++)
		arena_free(&t[i].mine.arena);
}

/* P6: both steps said yes, and one of them leads somewhere. */
static void
test_swapped_twice(void **state)
{
	struct browser b = browser_new();
	static struct two t[2];
	struct seen p;
	char words[80];

	(void)state;
	/* what a step that denies has swapped stays as it is */
	(void)snprintf(words, sizeof(words), "grant subject=ann swap=once-1 "
	    "verdict=%u", CSN_DENY);
	p = scene_go(s, &b, "https://app.example.org/");
	p = scene_do(s, &b, &p, words);
	assert_int_equal(p.what, SEEN_PAGE);
	two_meet(t, "https://app.example.org/",
	    "grant subject=ann swap=once-1");
	assert_int_equal((t[0].page.what == SEEN_ALLOWED) +
	    (t[1].page.what == SEEN_ALLOWED), 1);
	assert_int_equal(scene_audited(s, "P6: used elsewhere"), 1);
	two_free(t);
	p = scene_go(s, &b, "https://app.example.org/");
	p = scene_do(s, &b, &p, "grant subject=ann swap=once-1");
	assert_int_equal(p.what, SEEN_PAGE);
}

/* In the middle of a way: the next factor is asked for in one of the two. */
static void
test_swapped_twice_midway(void **state)
{
	static struct two t[2];
	unsigned on = 0;

	(void)state;
	two_meet(t, "https://two.example.org/",
	    "grant subject=ann swap=once-2");
	for (int i = 0; i < 2; i++)
		on += t[i].page.what == SEEN_PAGE &&
		    t[i].page.nprompts == 1;
	assert_int_equal(on, 1);
	assert_int_equal(scene_audited(s, "P6: used elsewhere"), 2);
	two_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_swapped_twice),
		cmocka_unit_test(test_swapped_twice_midway),
	};

	return cmocka_run_group_tests_name("withdrawn", tests, set_up,
	    scene_tear_down);
}
