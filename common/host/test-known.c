/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-known.c - the table of known sessions, alone and under many threads
 */
#include <pthread.h>
#include <stdatomic.h>

#include "host_testing.h"
#include "known.h"

#define IDLE	1800000

static struct rig g;
static struct known *k;
static struct person ann, bob;

static int
set_up(void **state)
{
	unsigned realm;

	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	rig_factor(&g, "ldap", &rig_identity, realm);
	ann = rig_person(&g, realm, "ann", "x");
	bob = rig_person(&g, realm, "bob", "y");
	k = known_new();
	assert_non_null(k);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	known_free(k);
	rig_free(&g);
	return 0;
}

static struct session
session_of(const struct person *p, unsigned number)
{
	struct session s = rig_session(&g, p);

	/* as random ids are: spread over shards, and within them */
	for (size_t i = 0; i < sizeof(s.id); i++)
		s.id[i] = (uint8_t)(number * 2654435761u >> 8 * (i % 4));
	memcpy(s.id, &number, sizeof(number));
	s.id[15] = (uint8_t)number;
	return s;
}

static enum known_state
see(const struct session *s, int64_t now_ms)
{
	struct known_facts facts;
	enum known_state ret = known_see(k, s, now_ms, IDLE, &facts);

	known_leave(k, &facts);
	return ret;
}

static int
enter(const struct session *s)
{
	return known_enter(k, s, T_NOW, known_epoch(k));
}

static void
test_states(void **state)
{
	struct session s = session_of(&ann, 1);

	(void)state;
	assert_int_equal(see(&s, T_NOW), KNOWN_NOT);
	assert_int_equal(enter(&s), 0);
	assert_int_equal(see(&s, T_NOW), KNOWN_LIVE);
	assert_int_equal(known_count(k), 1);
	assert_int_equal(enter(&s), 0);
	assert_int_equal(known_count(k), 1);
	known_end(k, s.id);
	assert_int_equal(see(&s, T_NOW), KNOWN_ENDED);
	/* ended is ended, whatever a slow reader brings */
	assert_int_equal(enter(&s), -1);
	assert_int_equal(see(&s, T_NOW), KNOWN_ENDED);
}

/* S9: idle is not ended: the store is asked first; and seeing moves on. */
static void
test_idle(void **state)
{
	struct session s = session_of(&ann, 1);

	(void)state;
	assert_int_equal(enter(&s), 0);
	assert_int_equal(see(&s, T_NOW + IDLE), KNOWN_LIVE);
	assert_int_equal(see(&s, T_NOW + 2 * IDLE), KNOWN_LIVE);
	assert_int_equal(see(&s, T_NOW + 3 * IDLE + 1), KNOWN_NOT);
	/* a clock that goes back makes nothing younger */
	assert_int_equal(see(&s, T_NOW), KNOWN_LIVE);
	assert_int_equal(see(&s, T_NOW + 3 * IDLE + 1), KNOWN_NOT);
}

static void
test_expiry(void **state)
{
	struct session s = session_of(&ann, 1), shorter = s;

	(void)state;
	shorter.expires_ms = T_NOW + 60000;
	assert_int_equal(enter(&shorter), 0);
	/* the cookie says later; the record's word counts */
	assert_int_equal(see(&s, T_NOW + 59000), KNOWN_LIVE);
	assert_int_equal(see(&s, T_NOW + 60000), KNOWN_ENDED);
}

/* S8: revoke-all is by generation. */
static void
test_person(void **state)
{
	struct session old = session_of(&ann, 1), other = session_of(&bob, 2);
	struct session young;

	(void)state;
	young = session_of(&ann, 3);
	young.person.generation = 1;
	assert_int_equal(enter(&old) | enter(&other) | enter(&young), 0);
	known_end_person(k, STR("corp"), STR("ann"), 1);
	assert_int_equal(see(&old, T_NOW), KNOWN_ENDED);
	assert_int_equal(see(&young, T_NOW), KNOWN_LIVE);
	assert_int_equal(see(&other, T_NOW), KNOWN_LIVE);
	known_end_person(k, STR("other"), STR("ann"), 9);
	assert_int_equal(see(&young, T_NOW), KNOWN_LIVE);
	/* a cookie of an older generation than the record's */
	young.person.generation = 0;
	assert_int_equal(see(&young, T_NOW), KNOWN_ENDED);
}

static void
test_changed(void **state)
{
	struct session s = session_of(&ann, 1);

	(void)state;
	assert_int_equal(enter(&s), 0);
	known_age_person(k, STR("corp"), STR("ann"), T_NOW + 500);
	assert_int_equal(see(&s, T_NOW + 2000), KNOWN_OLD);
	/* entered anew from the store, an old cookie is as old as before */
	assert_int_equal(enter(&s), 0);
	assert_int_equal(see(&s, T_NOW + 2000), KNOWN_OLD);
	s.issued_ms = T_NOW + 500;
	assert_int_equal(see(&s, T_NOW + 2000), KNOWN_OLD);
	/* by a node whose clock is ahead of ours, before the change */
	s.issued_ms = T_NOW + SESSION_SKEW_MS;
	assert_int_equal(see(&s, T_NOW + 2000), KNOWN_OLD);
	s.issued_ms = T_NOW + 1000 + SESSION_SKEW_MS;
	assert_int_equal(see(&s, T_NOW + 2000), KNOWN_LIVE);
}

/* What was revoked between reading and entering does not enter. */
static void
test_epoch(void **state)
{
	struct session s = session_of(&ann, 1), other = session_of(&bob, 2);
	uint64_t epoch;

	(void)state;
	epoch = known_epoch(k);
	known_end(k, s.id);
	assert_int_equal(known_enter(k, &s, T_NOW, epoch), -1);
	epoch = known_epoch(k);
	known_end_person(k, STR("corp"), STR("ann"), 1);
	assert_int_equal(known_enter(k, &s, T_NOW, epoch), -1);
	epoch = known_epoch(k);
	known_age_person(k, STR("corp"), STR("ann"), T_NOW);
	assert_int_equal(known_enter(k, &s, T_NOW, epoch), -1);
	epoch = known_epoch(k);
	known_forget(k);
	assert_int_equal(known_enter(k, &s, T_NOW, epoch), -1);
	/* seeing and entering move nothing */
	epoch = known_epoch(k);
	assert_int_equal(enter(&other), 0);
	(void)see(&other, T_NOW);
	assert_int_equal(known_enter(k, &s, T_NOW, epoch), 0);
}

static void
test_groups(void **state)
{
	struct session s = session_of(&ann, 1);
	struct csn_str one[] = { STR_INIT("admins"), STR_INIT("corp/x") };
	struct known_facts facts, held;

	(void)state;
	assert_int_equal(enter(&s), 0);
	assert_int_equal(known_see(k, &s, T_NOW, IDLE, &facts), KNOWN_LIVE);
	assert_true(facts.groups_ms == 0 && facts.hold == NULL);
	known_leave(k, &facts);
	known_regroup(k, s.id, (struct csn_strs){ one, 2 }, T_NOW + 5000);
	assert_int_equal(known_see(k, &s, T_NOW, IDLE, &held), KNOWN_LIVE);
	assert_true(held.groups_ms == T_NOW + 5000 && held.groups.n == 2);
	/* who holds the old ones reads them to the end */
	known_regroup(k, s.id, (struct csn_strs){ one, 0 }, T_NOW + 9000);
	assert_str(held.groups.v[0], "admins");
	assert_str(held.groups.v[1], "corp/x");
	known_leave(k, &held);
	assert_int_equal(known_see(k, &s, T_NOW, IDLE, &facts), KNOWN_LIVE);
	assert_true(facts.groups.n == 0 && facts.hold != NULL);
	known_leave(k, &facts);
	known_end(k, s.id);
	known_regroup(k, s.id, (struct csn_strs){ one, 2 }, T_NOW);
	assert_int_equal(see(&s, T_NOW), KNOWN_ENDED);
}

static void
test_touched(void **state)
{
	struct session s = session_of(&ann, 1), over = session_of(&bob, 2);
	struct known_touch t[4];

	(void)state;
	assert_int_equal(enter(&s) | enter(&over), 0);
	assert_int_equal(known_touched(k, T_NOW, 30000, t, 4), 0);
	(void)see(&s, T_NOW + 20000);
	(void)see(&over, T_NOW + 20000);
	known_end(k, over.id);
	/* not so soon again, and never what has ended */
	assert_int_equal(known_touched(k, T_NOW + 20000, 30000, t, 4), 0);
	assert_int_equal(known_touched(k, T_NOW + 30000, 30000, t, 4), 1);
	assert_memory_equal(t[0].id, s.id, sizeof(s.id));
	assert_true(t[0].seen_ms == T_NOW + 20000);
	assert_int_equal(known_touched(k, T_NOW + 60000, 30000, t, 4), 0);
}

/* S9: entering again moves nothing back, and forgets no touch. */
static void
test_touched_again(void **state)
{
	struct session s = session_of(&ann, 1), late = session_of(&bob, 2);
	struct known_touch t[4];

	(void)state;
	assert_int_equal(enter(&s), 0);
	(void)see(&s, T_NOW + 40000);
	assert_int_equal(known_enter(k, &s, T_NOW + 10000, known_epoch(k)),
	    0);
	assert_true(known_last_seen(k, s.id) == T_NOW + 40000);
	assert_int_equal(known_touched(k, T_NOW + 40000, 30000, t, 4), 1);
	assert_true(t[0].seen_ms == T_NOW + 40000);
	/* met for the first time, long after its record was written */
	assert_int_equal(known_enter(k, &late, T_NOW + 50000,
	    known_epoch(k)), 0);
	assert_int_equal(known_touched(k, T_NOW + 50000, 30000, t, 4), 1);
	assert_memory_equal(t[0].id, late.id, sizeof(late.id));
}

static void
test_stale_groups(void **state)
{
	struct session s = session_of(&ann, 1), quiet = session_of(&bob, 2);
	struct known_touch t[4];

	(void)state;
	assert_int_equal(enter(&s) | enter(&quiet), 0);
	(void)see(&s, T_NOW + 600000);
	assert_int_equal(known_stale_groups(k, T_NOW + 600000, 300000,
	    450000, t, 4), 1);
	assert_memory_equal(t[0].id, s.id, sizeof(s.id));
	known_regroup(k, s.id, (struct csn_strs){ NULL, 0 }, T_NOW + 600000);
	assert_int_equal(known_stale_groups(k, T_NOW + 600000, 300000,
	    450000, t, 4), 0);
	/* nor is one asked about again at once that nobody could tell of */
	(void)see(&quiet, T_NOW + 600000);
	assert_int_equal(known_stale_groups(k, T_NOW + 600000, 300000,
	    450000, t, 4), 1);
	known_asked(k, quiet.id, T_NOW + 600000);
	assert_int_equal(known_stale_groups(k, T_NOW + 600000, 300000,
	    450000, t, 4), 0);
}

/* An ending is kept until the cookie's own end; the unseen are dropped. */
static void
test_sweep(void **state)
{
	struct session s = session_of(&ann, 1), over = session_of(&bob, 2);

	(void)state;
	assert_int_equal(enter(&s) | enter(&over), 0);
	known_end(k, over.id);
	known_sweep(k, T_NOW + IDLE - 1, IDLE);
	assert_int_equal(known_count(k), 2);
	known_sweep(k, T_NOW + IDLE, IDLE);
	assert_int_equal(known_count(k), 1);
	assert_int_equal(see(&s, T_NOW), KNOWN_NOT);
	assert_int_equal(see(&over, T_NOW), KNOWN_ENDED);
	known_sweep(k, over.expires_ms - 1000, IDLE);
	assert_int_equal(known_count(k), 1);
	known_sweep(k, over.expires_ms, IDLE);
	assert_int_equal(known_count(k), 0);
}

/* Many come and go: tables grow, tombstones are dropped, nothing is lost. */
static void
test_many(void **state)
{
	enum { MANY = 20000 };

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			struct session s = session_of(&ann, round * MANY + i);

			assert_int_equal(enter(&s), 0);
			if (i % 3 == 0)
				known_end(k, s.id);
		}
		for (unsigned i = 0; i < MANY; i++) {
			struct session s = session_of(&ann, round * MANY + i);

			assert_int_equal(see(&s, T_NOW), i % 3 == 0 ?
			    KNOWN_ENDED : KNOWN_LIVE);
		}
		assert_int_equal(known_count(k), MANY);
		known_sweep(k, T_NOW + 36000000, 0);
		assert_int_equal(known_count(k), 0);
	}
	known_forget(k);
	assert_int_equal(known_count(k), 0);
}

/* ------------------------------------------------------------------ */
/* threads */

#define CROWD 64u

static atomic_bool stop;
static atomic_uint ended[CROWD];	/* this session was ended */
static atomic_uint wrong;

static void *
crowd_see(void *arg)
{
	unsigned n = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		struct session s = session_of(&ann, n % CROWD);
		bool over = atomic_load(&ended[n % CROWD]) != 0;
		enum known_state st;
		uint64_t epoch = known_epoch(k);
		struct known_facts facts;

		st = known_see(k, &s, T_NOW, IDLE, &facts);
		for (size_t i = 0; i < facts.groups.n; i++)
			if (facts.groups.v[i].n != 6)
				atomic_fetch_add(&wrong, 1);
		known_leave(k, &facts);
		if (over && st != KNOWN_ENDED)
			atomic_fetch_add(&wrong, 1);
		/* "the store" says live only what is not ended yet */
		if (st == KNOWN_NOT && atomic_load(&ended[n % CROWD]) == 0)
			(void)known_enter(k, &s, T_NOW, epoch);
		n++;
	}
	return NULL;
}

static void *
crowd_change(void *arg)
{
	struct csn_str one[] = { STR_INIT("admins") };
	struct known_touch t[8];
	unsigned n = 0;

	(void)arg;
	while (!atomic_load(&stop)) {
		struct session s = session_of(&ann, n++ % CROWD);

		known_regroup(k, s.id, (struct csn_strs){ one, 1 }, T_NOW);
		(void)known_touched(k, T_NOW, 0, t, 8);
		(void)known_stale_groups(k, T_NOW, 1, 0, t, 8);
		known_age_person(k, STR("corp"), STR("bob"), T_NOW);
	}
	return NULL;
}

/* All are ended while others see and enter them: none lives afterwards. */
static void
test_threads(void **state)
{
	pthread_t t[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, i == 3 ?
		    crowd_change : crowd_see, NULL), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		struct session s = session_of(&ann, i);
		struct timespec pause = { .tv_nsec = 200000 };

		/* the record is gone before the feed says so; what is entered
		 * from an earlier reading is met by the feed */
		(void)enter(&s);
		known_end(k, s.id);
		atomic_store(&ended[i], 1);
		nanosleep(&pause, NULL);
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(atomic_load(&wrong), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		struct session s = session_of(&ann, i);

		assert_int_equal(see(&s, T_NOW), KNOWN_ENDED);
	}
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_states), TEST(test_idle), TEST(test_expiry),
		TEST(test_person), TEST(test_changed), TEST(test_epoch),
		TEST(test_groups), TEST(test_touched), TEST(test_touched_again),
		TEST(test_stale_groups), TEST(test_sweep), TEST(test_many),
		TEST(test_threads),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
