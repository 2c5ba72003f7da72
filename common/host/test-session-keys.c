/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-session-keys.c - sessions ended by their factor's keys, in any order
 * (security.md S8)
 */
#include "host_testing.h"
#include "session_keys.h"

static struct rig g;
static struct place place;
static struct person ann;
static unsigned ends;
static uint8_t last[SESSION_ID_LEN];

#define OIDC	STR("oidc")
#define SID	STR("sid-1")

static int
set_up(void **state)
{
	unsigned realm;

	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	rig_factor(&g, "oidc", &rig_identity, realm);
	ann = rig_person(&g, realm, "ann", "");
	place_make(&place);
	ends = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	place_free(&place);
	rig_free(&g);
	return 0;
}

static void
each(void *arg, const uint8_t id[SESSION_ID_LEN])
{
	assert_ptr_equal(arg, &ends);
	memcpy(last, id, SESSION_ID_LEN);
	ends++;
}

static struct session
session_indexed(unsigned number, struct csn_str factor, struct csn_str key)
{
	struct session s = rig_session(&g, &ann);
	struct store_op op;
	struct buf b;

	memcpy(s.id, &number, sizeof(number));
	buf_init(&b, STORE_KEY_MAX);
	session_keys_op(&op, &b, factor, key, &s);
	assert_int_equal(store_batch(place.store, &op, 1, T_NOW), STORE_OK);
	buf_free(&b);
	return s;
}

static int
end_at(struct csn_str factor, struct csn_str key, int64_t now_ms)
{
	return session_keys_end(place.store, factor, key, now_ms, each,
	    &ends);
}

static int
check_at(struct csn_str factor, struct csn_str key, int64_t now_ms)
{
	return session_keys_check(place.store, factor,
	    (struct csn_strs){ &key, 1 }, T_NOW, now_ms);
}

static void
test_found(void **state)
{
	struct session s = session_indexed(1, OIDC, SID);

	(void)state;
	(void)session_indexed(2, OIDC, SID);
	(void)session_indexed(3, OIDC, STR("sid-2"));
	assert_int_equal(check_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(end_at(OIDC, STR("sid-2"), T_NOW), STORE_OK);
	assert_int_equal(ends, 1);
	assert_int_equal(last[0], 3);
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(ends, 3);
	assert_int_equal(end_at(OIDC, STR(""), T_NOW), STORE_OK);
	assert_int_equal(ends, 3);
	/* what has ended by itself is not found */
	assert_int_equal(end_at(OIDC, SID, s.expires_ms), STORE_OK);
	assert_int_equal(ends, 3);
}

/* Scoped to the instance: another factor's messages end nothing of it. */
static void
test_scoped(void **state)
{
	(void)state;
	(void)session_indexed(1, OIDC, SID);
	assert_int_equal(end_at(STR("oidc2"), SID, T_NOW), STORE_OK);
	assert_int_equal(end_at(STR("oid"), SID, T_NOW), STORE_OK);
	assert_int_equal(ends, 0);
	assert_int_equal(check_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(check_at(STR("oidc2"), SID, T_NOW), STORE_ABSENT);
}

/* A message that came before its session. */
static void
test_tombstone(void **state)
{
	struct csn_str keys[] = { STR("other"), SID };
	struct csn_strs two = { keys, 2 };

	(void)state;
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(ends, 0);
	(void)session_indexed(1, OIDC, SID);
	assert_int_equal(session_keys_check(place.store, OIDC, two, T_NOW - 1,
	    T_NOW), STORE_ABSENT);
	assert_int_equal(check_at(OIDC, SID, T_NOW + SESSION_TOMBSTONE_MS -
	    1), STORE_ABSENT);
	assert_int_equal(check_at(OIDC, SID, T_NOW + SESSION_TOMBSTONE_MS),
	    STORE_OK);
	two.n = 0;
	assert_int_equal(session_keys_check(place.store, OIDC, two, T_NOW,
	    T_NOW), STORE_OK);
}

/* A key that names a person is good again for a login that began after the
 * message. */
static void
test_again(void **state)
{
	struct csn_str key = SID;
	struct csn_strs one = { &key, 1 };

	(void)state;
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(session_keys_check(place.store, OIDC, one, T_NOW,
	    T_NOW + 9), STORE_ABSENT);
	assert_int_equal(session_keys_check(place.store, OIDC, one, T_NOW + 1,
	    T_NOW + 9), STORE_OK);
	/* a later message moves the line */
	assert_int_equal(end_at(OIDC, SID, T_NOW + 5), STORE_OK);
	assert_int_equal(session_keys_check(place.store, OIDC, one, T_NOW + 1,
	    T_NOW + 9), STORE_ABSENT);
}

static void
test_many(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1203; i++)
		(void)session_indexed(i, OIDC, SID);
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_OK);
	assert_int_equal(ends, 1203);
}

static void
test_fault(void **state)
{
	(void)state;
	(void)session_indexed(1, OIDC, SID);
	place_break_writes(&place);
	/* no tombstone, no ending: the peer is told to come again */
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_FAILED);
	assert_int_equal(ends, 0);
	place_mend_writes(&place);
	place_break(&place);
	assert_int_equal(check_at(OIDC, SID, T_NOW), STORE_FAILED);
	assert_int_equal(end_at(OIDC, SID, T_NOW), STORE_FAILED);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found), TEST(test_scoped), TEST(test_tombstone),
		TEST(test_again),
		TEST(test_many), TEST(test_fault),
	};

	return cmocka_run_group_tests_name("session-keys", tests, NULL, NULL);
}
