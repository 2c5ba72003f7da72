/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-restored.c - a store put back from a copy, accepted by the operator:
 * nothing of before counts, on no node (security.md O2)
 */
#include "scene.h"

#include "host/follow.h"

#include <time.h>

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "policies:\n"
    "  - match: { host: app.example.org }\n"
    "    require: [ pass then key ]\n";
static const char URL[] = "https://app.example.org/";

static struct scene *s;
static struct csn_gate *other;

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	other = scene_node(s);
	return 0;
}

static struct seen
login(struct browser *b, const char *who)
{
	struct seen p = scene_go(s, b, URL);

	p = scene_do(s, b, &p, who);
	return scene_do(s, b, &p, "code");
}

/* The feed is read four times a second. */
static bool
out(struct csn_gate *gate, const struct browser *b)
{
	struct timespec pause = { 0, 20000000 };

	for (int i = 0; i < 1000; i++) {
		if (scene_check_at(s, gate, b, URL).what == SEEN_UNKNOWN)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void
test_restored(void **state)
{
	struct browser b = browser_new(), begun = browser_new();
	struct csn_str text = STR("");
	struct seen p, page;
	uint64_t low, high, now;

	(void)state;
	scene_begin(s);
	p = login(&b, "grant subject=ann");
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_int_equal(scene_check_at(s, other, &b, URL).what,
	    SEEN_ALLOWED);
	/* a login at its second step */
	page = scene_go(s, &begun, URL);
	page = scene_do(s, &begun, &page, "grant subject=bob");
	assert_int_equal(page.nprompts, 1);
	s->now_ms += 1000;
	assert_int_equal(store_feed_range(s->store, &low, &high), STORE_OK);
	assert_int_equal(csn_store_restored(s->gate, STR("test"), &text), 0);
	csn_free(&text);
	/* numbers above all that any node has noted */
	assert_int_equal(store_feed_range(s->store, &low, &now), STORE_OK);
	assert_true(now > high + 1000);
	assert_true(out(s->gate, &b));
	assert_true(out(other, &b));
	/* no login for ten minutes, and none of before ever */
	assert_int_equal(scene_go(s, &b, URL).status, 503);
	p = scene_do(s, &begun, &page, "code");
	assert_int_not_equal(p.what, SEEN_ALLOWED);
	s->now_ms += FOLLOW_RESTORED_MS - 2000;
	assert_int_equal(scene_go(s, &b, URL).status, 503);
	s->now_ms += 3000;
	p = scene_do(s, &begun, &page, "code");
	assert_int_not_equal(p.what, SEEN_ALLOWED);
	assert_int_equal(p.screen, 22);
	p = login(&b, "grant subject=ann");
	assert_int_equal(p.what, SEEN_ALLOWED);
	assert_int_equal(s->broken, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restored),
	};

	return cmocka_run_group_tests_name("restored", tests, set_up,
	    scene_tear_down);
}
