/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-renew.c - sessions asked about again in the background, by two nodes
 *
 * The puppet counts in what it keeps: a renewal that two nodes made at once, or
 * one whose answer was lost, shows in the number.
 */
#include "scene.h"

#include "host/factor.h"
#include "host/pool.h"
#include "host/verdict.h"

#include <stdatomic.h>
#include <time.h>

static const char CONF[] =
    "session: { idle: 1h, groups_max_age: 1m }\n"
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass ]\n";
static const char URL[] = "https://app.example.org/";

static struct scene *s;
static struct csn_gate *other;

/* ------------------------------------------------------------------ */
/* a provider far away, that takes its time */

static atomic_bool far, asking, answered;

int __real_factor_open(struct factor *, const struct call_host *,
    const struct conf *, unsigned, const char *);
int __wrap_factor_open(struct factor *, const struct call_host *,
    const struct conf *, unsigned, const char *);
void __real_verdict_call(struct csn_call *, enum verdict_function,
    const struct csn_req *, struct arena *, struct verdict *);
void __wrap_verdict_call(struct csn_call *, enum verdict_function,
    const struct csn_req *, struct arena *, struct verdict *);

/* In threads of its own, as one that asks by the network. */
int
__wrap_factor_open(struct factor *f, const struct call_host *host,
    const struct conf *conf, unsigned index, const char *dir)
{
	int rc = __real_factor_open(f, host, conf, index, dir);

	if (rc == 0 && atomic_load(&far))
		f->pool = pool_new("far", 2, 8);
	return rc;
}

void
__wrap_verdict_call(struct csn_call *c, enum verdict_function f,
    const struct csn_req *req, struct arena *a, struct verdict *ret)
{
	const struct timespec pause = { .tv_nsec = 300000000 };
	bool held = req->event == CSN_EV_RENEW && atomic_load(&far);

	if (held) {
		atomic_store(&asking, true);
		nanosleep(&pause, NULL);
	}
	__real_verdict_call(c, f, req, a, ret);
	if (held)
		atomic_store(&answered, true);
}

/* ------------------------------------------------------------------ */

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	other = scene_node(s);
	return 0;
}

static struct browser
logged_in(const char *words)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, URL);

	p = scene_do(s, &b, &p, words);
	assert_int_equal(p.what, SEEN_ALLOWED);
	return b;
}

static unsigned
asked(const char *line)
{
	unsigned n = 0;
	size_t at = 0;
	ptrdiff_t i;

	pthread_mutex_lock(&s->lock);
	while ((i = str_find(str_of(s->said + at, s->nsaid - at),
	    str_from(line))) >= 0) {
		at += (size_t)i + 1;
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* Both nodes see the session in use, until one of them says so. */
static bool
comes(const struct browser *b, enum seen_what what, const char *groups)
{
	struct timespec pause = { 0, 50000000 };
	struct seen here = { 0 }, there = { 0 };

	for (int i = 0; i < 400; i++) {
		here = scene_check(s, b, URL);
		there = scene_check_at(s, other, b, URL);
		if (here.what == what && there.what == what &&
		    (what != SEEN_ALLOWED || (str_is(seen_header(&here,
		    "Remote-Groups"), groups) && str_is(seen_header(&there,
		    "Remote-Groups"), groups))))
			return true;
		nanosleep(&pause, NULL);
	}
	print_error("here %d %.*s, there %d %.*s\n%s", here.what,
	    STR_FMT(seen_header(&here, "Remote-Groups")), there.what,
	    STR_FMT(seen_header(&there, "Remote-Groups")), s->said);
	return false;
}

static void
look(const struct browser *b)
{
	struct timespec pause = { 0, 50000000 };

	(void)scene_check(s, b, URL);
	nanosleep(&pause, NULL);
}

static void
test_asked_once_by_all(void **state)
{
	struct browser b;

	(void)state;
	scene_begin(s);
	b = logged_in("grant subject=ann groups=g0 renew=0");
	assert_true(comes(&b, SEEN_ALLOWED, "g0"));
	assert_int_equal(asked("renewed from"), 0);
	s->now_ms += 40000;
	assert_true(comes(&b, SEEN_ALLOWED, "g1"));
	assert_int_equal(asked("renewed from 0"), 1);
	/* what it got is what it asks with */
	s->now_ms += 70000;
	assert_true(comes(&b, SEEN_ALLOWED, "g2"));
	assert_int_equal(asked("renewed from 1"), 1);
	/* and a no ends the session, everywhere */
	s->now_ms += 70000;
	assert_true(comes(&b, SEEN_UNKNOWN, ""));
	assert_int_equal(asked("renewed from 2"), 1);
}

static void
test_no_answer_leaves_it(void **state)
{
	struct browser b;

	(void)state;
	scene_begin(s);
	b = logged_in("grant subject=bob groups=g0 renew=9");
	assert_true(comes(&b, SEEN_ALLOWED, "g0"));
	s->now_ms += 40000;
	for (int i = 0; i < 400 && asked("renewed from 9") == 0; i++)
		look(&b);
	assert_true(asked("renewed from 9") > 0);
	assert_true(comes(&b, SEEN_ALLOWED, "g0"));
}

static void
test_asked_only_who_wants(void **state)
{
	struct browser b;

	(void)state;
	scene_begin(s);
	b = logged_in("grant subject=cleo groups=g0 keep=5");
	s->now_ms += 40000;
	/* long enough for the others' turn */
	for (int i = 0; i < 130; i++)
		look(&b);
	assert_int_equal(asked("renewed from 5"), 0);
	assert_int_equal(scene_check(s, &b, URL).what, SEEN_ALLOWED);
}

/* Groups too old, and nobody to ask for them: that is found out once in a
 * while, and not by a worker for each check. */
static void
test_nobody_to_ask(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	b = logged_in("grant subject=eve groups=g0");
	assert_false(scene_check(s, &b, URL).later);
	s->now_ms += 70000;
	p = scene_check(s, &b, URL);
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_true(p.later);
	for (int i = 0; i < 400 && scene_check(s, &b, URL).later; i++)
		look(&b);
	p = scene_check(s, &b, URL);
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_false(p.later);
	assert_true(str_is(seen_header(&p, "Remote-Groups"), ""));
	/* not for ever: another node may have got some */
	s->now_ms += 40000;
	assert_true(scene_check(s, &b, URL).later);
}

/* Who closes the gate waits for those who are asked: what they gave is kept,
 * and what they are told with is still there. */
static void
test_closed_meanwhile(void **state)
{
	struct scene *before = s;
	struct browser b;

	(void)state;
	atomic_store(&far, true);
	s = scene_new(CONF);
	b = logged_in("grant subject=dan groups=g0 renew=0");
	s->now_ms += 40000;
	for (int i = 0; i < 400 && !atomic_load(&asking); i++)
		look(&b);
	assert_true(atomic_load(&asking));
	scene_close(s);
	assert_true(atomic_load(&answered));
	scene_free(s);
	atomic_store(&far, false);
	s = before;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_once_by_all),
		cmocka_unit_test(test_no_answer_leaves_it),
		cmocka_unit_test(test_asked_only_who_wants),
		cmocka_unit_test(test_nobody_to_ask),
		cmocka_unit_test(test_closed_meanwhile),
	};

	return cmocka_run_group_tests_name("renew", tests, set_up,
	    scene_tear_down);
}
