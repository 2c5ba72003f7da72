/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-withdrawn.c - a login whose commit fails: nobody is let in, and the
 * audit log says that it came to nothing; and one that is only delayed
 *
 * The one write of the answer is made to fail, or others come between, nothing
 * else.
 */
#include "scene.h"

#include <stdio.h>

#include "host/known.h"

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass ]\n";

static struct scene *s;
static _Atomic bool fails;

void __real_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);
void __wrap_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);

/* Only the commit that begins a session: its record is among it. */
void
__wrap_store_batch_later(struct store *store, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	bool session = false;

	for (size_t i = 0; i < n; i++)
		session |= str_starts(ops[i].key, STR("s/"));
	if (session && fails)
		done(arg, STORE_FAILED);
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
	(void)state;
	s = scene_new(CONF);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_free(s);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_crowded),
	};

	return cmocka_run_group_tests_name("withdrawn", tests, set_up,
	    tear_down);
}
