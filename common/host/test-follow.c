/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-follow.c - the feed applied in order, and when a node accepts nobody
 *
 * The monotonic clock is the test's (what asks it is wrapped).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "follow.h"
#include "host_testing.h"
#include "people.h"

#define IDLE	1800000

static struct rig g;
static struct place place;
static struct known *k;
static struct person ann;
static char mark[300];
static _Atomic int64_t mono_ms;

int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_tick_ms(void);

int64_t
__wrap_clock_mono_ms(void)
{
	return atomic_load(&mono_ms);
}

int64_t
__wrap_clock_mono_tick_ms(void)
{
	return atomic_load(&mono_ms);
}

static int64_t
now(void *unused)
{
	(void)unused;
	return T_NOW;
}

static int
set_up(void **state)
{
	unsigned realm;

	(void)state;
	atomic_store(&mono_ms, 5000000);
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	rig_factor(&g, "ldap", &rig_identity, realm);
	ann = rig_person(&g, realm, "ann", "x");
	place_make(&place);
	(void)snprintf(mark, sizeof(mark), "%s/mark", place.folder);
	k = known_new();
	assert_non_null(k);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	known_free(k);
	place_free(&place);
	rig_free(&g);
	return 0;
}

static struct follow *
follow_here(void)
{
	struct follow *f = follow_new(place.store, k, mark, now, NULL);

	assert_non_null(f);
	return f;
}

static enum known_state
see(const struct session *s)
{
	struct known_facts facts;
	enum known_state ret = known_see(k, s, T_NOW, IDLE, &facts);

	known_leave(k, &facts);
	return ret;
}

static void
feed(struct store_op *op)
{
	assert_int_equal(store_batch(place.store, op, 1, T_NOW), STORE_OK);
}

static void
feed_bytes(struct csn_str value)
{
	struct store_op op = { .kind = STORE_REVOKE, .value = value };

	feed(&op);
}

static void
session_revoke(const struct session *s)
{
	struct store_op op;
	struct buf b;

	buf_init(&b, 256);
	follow_op_session(&op, &b, s->id);
	feed(&op);
	buf_free(&b);
}

static void
enter(const struct session *s)
{
	assert_int_equal(known_enter(k, s, T_NOW, known_epoch(k)), 0);
}

/* ------------------------------------------------------------------ */

static void
test_applied(void **state)
{
	struct session a = rig_session(&g, &ann), b = a, c = a;
	struct follow *f = follow_here();
	struct store_op op;
	struct buf v;

	(void)state;
	b.id[0]++;
	c.id[1]++;
	c.person.subject = STR("bob");
	enter(&a);
	enter(&b);
	enter(&c);
	session_revoke(&a);
	assert_int_equal(follow_once(f), 0);
	assert_int_equal(see(&a), KNOWN_ENDED);
	assert_int_equal(see(&b), KNOWN_LIVE);
	buf_init(&v, 256);
	follow_op_person(&op, &v, STR("corp"), STR("ann"), 1);
	feed(&op);
	buf_clear(&v);
	follow_op_changed(&op, &v, STR("corp"), STR("bob"));
	feed(&op);
	buf_free(&v);
	c.issued_ms = T_NOW - 1;
	assert_int_equal(follow_once(f), 0);
	assert_int_equal(see(&b), KNOWN_ENDED);
	assert_int_equal(see(&c), KNOWN_OLD);
	assert_true(follow_current(f));
	assert_null(follow_trouble(f));
	follow_free(f);
}

/* A node that has not read the revocations yet accepts nobody; and what came
 * to be known before it did is asked about again. */
static void
test_begin(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f;

	(void)state;
	enter(&s);
	place_sql(&place, "ALTER TABLE feed RENAME TO hidden");
	f = follow_here();
	assert_false(follow_current(f));
	assert_non_null(follow_trouble(f));
	place_sql(&place, "ALTER TABLE hidden RENAME TO feed");
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	assert_true(follow_current(f));
	assert_int_not_equal(see(&s), KNOWN_LIVE);
	follow_free(f);
}

/* One that loses the store keeps what it knows, for a bounded time (S9). */
static void
test_lost(void **state)
{
	struct follow *f = follow_here();

	(void)state;
	place_sql(&place, "ALTER TABLE feed RENAME TO hidden");
	assert_int_equal(follow_once(f), -1);
	assert_true(follow_current(f));
	assert_non_null(follow_trouble(f));
	atomic_fetch_add(&mono_ms, FOLLOW_LOST_MS);
	assert_true(follow_current(f));
	atomic_fetch_add(&mono_ms, 1);
	assert_false(follow_current(f));
	place_sql(&place, "ALTER TABLE hidden RENAME TO feed");
	assert_int_equal(follow_once(f), 0);
	assert_true(follow_current(f));
	follow_free(f);
}

/* A gap, or an entry of a kind that is not known, stops at once and for good:
 * it may have ended something. */
static void
test_gap(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f = follow_here();

	(void)state;
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	place_sql(&place, "UPDATE sqlite_sequence SET seq = seq + 1 "
	    "WHERE name = 'feed'");
	session_revoke(&s);
	assert_int_equal(follow_once(f), -1);
	assert_false(follow_current(f));
	assert_non_null(strstr(follow_trouble(f), "gap"));
	follow_free(f);
}

static uint64_t
feed_low(void)
{
	uint64_t low, high;

	assert_int_equal(store_feed_range(place.store, &low, &high),
	    STORE_OK);
	return low;
}

/* What was there a day ago goes; who reads along misses nothing, and who
 * slept for longer finds the gap. */
static void
test_trim(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f = follow_here(), *late = follow_here();
	int64_t day = FOLLOW_KEEP_MS;
	int rc = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		session_revoke(&s);
	assert_int_equal(follow_once(late), 0);
	assert_int_equal(follow_trim(place.store, T_NOW), STORE_OK);
	session_revoke(&s);
	assert_int_equal(follow_trim(place.store, T_NOW + day - 1),
	    STORE_OK);
	assert_int_equal(feed_low(), 1);
	assert_int_equal(follow_once(f), 0);
	assert_int_equal(follow_trim(place.store, T_NOW + day), STORE_OK);
	assert_int_equal(feed_low(), 4);
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	assert_int_equal(follow_once(late), 0);
	assert_int_equal(follow_trim(place.store, T_NOW + 2 * day), STORE_OK);
	assert_int_equal(feed_low(), 5);
	/* its own thread may read in between: then it is not late */
	for (int64_t i = 3; rc == 0; i += 2) {
		assert_true(i < 99);
		session_revoke(&s);
		assert_int_equal(follow_trim(place.store, T_NOW + i * day),
		    STORE_OK);
		assert_int_equal(follow_trim(place.store, T_NOW + (i + 1) *
		    day), STORE_OK);
		session_revoke(&s);
		rc = follow_once(late);
	}
	assert_int_equal(rc, -1);
	assert_non_null(strstr(follow_trouble(late), "gap"));
	follow_free(f);
	follow_free(late);
}

/* Set back, it begins anew and drops nothing. */
static void
test_trim_clock(void **state)
{
	struct session s = rig_session(&g, &ann);

	(void)state;
	session_revoke(&s);
	assert_int_equal(follow_trim(place.store, T_NOW), STORE_OK);
	assert_int_equal(follow_trim(place.store, T_NOW - 1000), STORE_OK);
	assert_int_equal(follow_trim(place.store, T_NOW - 1000 +
	    FOLLOW_KEEP_MS - 1), STORE_OK);
	assert_int_equal(feed_low(), 1);
}

static void
test_unknown_entry(void **state)
{
	static const struct csn_str bad[] = {
		STR_INIT("\x04" "0123456789abcdef"),	/* of a newer node */
		STR_INIT("\x01" "0123456789abcde"),
		STR_INIT("\x01" "0123456789abcdef0"),
		STR_INIT("\x02\0\0\0\1\0\4corp\0\4an"),
		STR_INIT("\x03\0\4corp"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct follow *f;

		(void)unlink(mark);
		f = follow_here();
		assert_true(follow_current(f));
		feed_bytes(bad[i]);
		assert_int_equal(follow_once(f), -1);
		assert_false(follow_current(f));
		follow_free(f);
	}
}

/* O2: a store that was put back is older than what this node has seen. */
static void
test_older(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f = follow_here();

	(void)state;
	session_revoke(&s);
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	place_sql(&place, "DELETE FROM feed WHERE n > 1; UPDATE "
	    "sqlite_sequence SET seq = 1 WHERE name = 'feed'");
	assert_int_equal(follow_once(f), -1);
	assert_false(follow_current(f));
	follow_free(f);
	/* remembered outside the store: also by the next process */
	f = follow_here();
	assert_false(follow_current(f));
	assert_non_null(strstr(follow_trouble(f), "older"));
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	follow_free(f);
}

/* The same where no mark could be kept: what this process saw counts. */
static void
test_older_unmarked(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f;

	(void)state;
	mark[0] = '\0';
	f = follow_here();
	session_revoke(&s);
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	place_sql(&place, "DELETE FROM feed WHERE n > 1; UPDATE "
	    "sqlite_sequence SET seq = 1 WHERE name = 'feed'");
	assert_int_equal(follow_once(f), -1);
	assert_false(follow_current(f));
	follow_free(f);
}

static void
test_mark(void **state)
{
	struct session s = rig_session(&g, &ann);
	struct follow *f = follow_here();
	char text[64] = "";
	FILE *file;

	(void)state;
	session_revoke(&s);
	assert_int_equal(follow_once(f), 0);
	follow_free(f);
	file = fopen(mark, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "00000000000000000001\n");
	/* one that cannot be read is not taken for none */
	file = fopen(mark, "w");
	assert_non_null(file);
	fputs("-1\n", file);
	fclose(file);
	assert_null(follow_new(place.store, k, mark, now, NULL));
}

/* ------------------------------------------------------------------ */
/* every order of what happens to one session */

enum what { WHAT_REVOKE = 0, WHAT_READ, WHAT_ENTER, WHAT_FEED, WHATS };
enum how { HOW_SESSION = 0, HOW_PERSON, HOW_RESET, HOWS };

struct story {
	struct follow *f;
	struct session s;
	enum how how;
	uint64_t epoch;
	bool read_live;		/* what the store said when it was read */
};

static void
story_put(struct story *t)
{
	char key[SESSION_KEY_LEN + 1];

	session_key(t->s.id, key);
	assert_int_equal(store_put(place.store, str_from(key), STR("record"),
	    t->s.expires_ms, T_NOW), STORE_OK);
}

static uint32_t
generation_now(struct story *t)
{
	struct people_record r;
	struct buf raw;

	buf_init(&raw, 4096);
	assert_int_equal(people_read(place.store, STR("corp"),
	    t->s.person.subject, T_NOW, &raw, &r), STORE_OK);
	buf_free(&raw);
	return r.generation;
}

/* As the gate judges a record. */
static bool
store_says_live(struct story *t)
{
	char key[SESSION_KEY_LEN + 1];
	struct buf b;
	int rc;

	session_key(t->s.id, key);
	buf_init(&b, 64);
	rc = store_get(place.store, str_from(key), T_NOW, &b);
	buf_free(&b);
	return rc == STORE_OK && generation_now(t) == t->s.person.generation;
}

static void
story_revoke(struct story *t)
{
	char key[SESSION_KEY_LEN + 1];
	struct store_op ops[2];
	uint32_t generation;
	struct buf b;

	session_key(t->s.id, key);
	buf_init(&b, 256);
	switch (t->how) {
	case HOW_PERSON:
		assert_int_equal(people_revoke(place.store, STR("corp"),
		    t->s.person.subject, T_NOW, &generation), STORE_OK);
		break;
	case HOW_RESET:
		assert_int_equal(people_reset(place.store, STR("corp"),
		    t->s.person.subject, 77, T_NOW), STORE_OK);
		break;
	default:
		ops[0] = (struct store_op){ .kind = STORE_DELETE,
		    .key = str_from(key) };
		follow_op_session(&ops[1], &b, t->s.id);
		assert_int_equal(store_batch(place.store, ops, 2, T_NOW),
		    STORE_OK);
		break;
	}
	buf_free(&b);
}

static void
story_do(struct story *t, enum what what)
{
	switch (what) {
	case WHAT_REVOKE:
		story_revoke(t);
		break;
	case WHAT_READ:
		t->epoch = known_epoch(k);
		t->read_live = store_says_live(t);
		break;
	case WHAT_ENTER:
		if (t->read_live)
			(void)known_enter(k, &t->s, T_NOW, t->epoch);
		break;
	case WHAT_FEED:
	case WHATS:
		assert_int_equal(follow_once(t->f), 0);
		break;
	}
}

/* order: the steps as digits of base four */
static void
story_tell(struct story *t, unsigned number, const enum what *order,
    bool was_known)
{
	char subject[32];

	(void)snprintf(subject, sizeof(subject), "person-%u", number);
	t->s = rig_session(&g, &ann);
	memcpy(t->s.id, &number, sizeof(number));
	t->s.person.subject = str_from(subject);
	story_put(t);
	if (was_known)
		enter(&t->s);
	for (unsigned i = 0; i < WHATS; i++)
		story_do(t, order[i]);
	/* the feed is read again, sooner or later */
	story_do(t, WHAT_FEED);
	switch (see(&t->s)) {
	case KNOWN_ENDED:
		break;
	case KNOWN_NOT:
		assert_false(store_says_live(t));
		break;
	case KNOWN_LIVE:
	case KNOWN_OLD:
		fail_msg("lives, order %d%d%d%d", (int)order[0],
		    (int)order[1], (int)order[2], (int)order[3]);
	}
}

static void
test_orders(void **state)
{
	struct story t = { .f = follow_here() };
	unsigned number = 0;

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		enum what order[WHATS];
		unsigned seen = 0, at[WHATS] = { 0 };

		for (unsigned i = 0; i < WHATS; i++) {
			order[i] = (enum what)(code >> 2 * i & 3);
			seen |= 1u << order[i];
			at[order[i]] = i;
		}
		if (seen != 15 || at[WHAT_READ] > at[WHAT_ENTER])
			continue;
		for (unsigned how = 0; how < HOWS; how++) {
			t.how = (enum how)how;
			story_tell(&t, ++number, order, false);
			story_tell(&t, ++number, order, true);
		}
	}
	assert_int_equal(number, 12 * HOWS * 2);
	follow_free(t.f);
}

/* ------------------------------------------------------------------ */
/* the same by threads, without an order */

#define CROWD	(200u / (T_SLOW > 1 ? 4 : 1))

static struct follow *crowd_follow;
static atomic_uint crowd_at;
static atomic_bool crowd_stop;

static struct session
crowd_session(unsigned i)
{
	struct session s = rig_session(&g, &ann);

	memcpy(s.id, &i, sizeof(i));
	s.id[15] = (uint8_t)i;
	return s;
}

static void *
crowd_load(void *unused)
{
	struct story t = { .f = crowd_follow };

	(void)unused;
	while (!atomic_load(&crowd_stop)) {
		t.s = crowd_session(atomic_load(&crowd_at));
		story_do(&t, WHAT_READ);
		story_do(&t, WHAT_ENTER);
	}
	return NULL;
}

static void *
crowd_feed(void *unused)
{
	(void)unused;
	while (!atomic_load(&crowd_stop))
		(void)follow_once(crowd_follow);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[3];

	(void)state;
	crowd_follow = follow_here();
	atomic_store(&crowd_stop, false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, i == 2 ?
		    crowd_feed : crowd_load, NULL), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		struct story one = { .s = crowd_session(i),
		    .how = HOW_SESSION };

		story_put(&one);
		atomic_store(&crowd_at, i);
		story_revoke(&one);
	}
	atomic_store(&crowd_stop, true);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(follow_once(crowd_follow), 0);
	for (unsigned i = 0; i < CROWD; i++) {
		struct session s = crowd_session(i);

		assert_int_not_equal(see(&s), KNOWN_LIVE);
	}
	follow_free(crowd_follow);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_applied), TEST(test_begin), TEST(test_lost),
		TEST(test_gap), TEST(test_trim), TEST(test_trim_clock),
		TEST(test_unknown_entry), TEST(test_older),
		TEST(test_older_unmarked), TEST(test_mark), TEST(test_orders),
		TEST(test_threads),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
